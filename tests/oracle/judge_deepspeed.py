"""What Accelerate and DeepSpeed themselves do with a DeepSpeed JSON file.

    python tests/oracle/judge_deepspeed.py FILE.json ...          one JSON line each
    python tests/oracle/judge_deepspeed.py --cases CASES.json     {name: text} to {name: verdict}

Needs accelerate==1.15.0, deepspeed==0.19.8 (`DS_BUILD_OPS=0 pip install deepspeed==0.19.8`) and a C++
compiler. Everything runs on the CPU in one process for each file: the real `Accelerator.prepare` with a
model of one layer, a data loader, and Accelerate's stand-ins for an optimizer and a scheduler where the
file names them. `stage` says where a file is refused first: plugin (the worker reads it), prepare (Accelerate fills in
what is left to it), config (DeepSpeed reads it), engine (DeepSpeed builds optimizer and scheduler).
"""

import json
import multiprocessing
import os
import socket
import sys
import tempfile
import traceback

os.environ["DS_ACCELERATOR"] = "cpu"
os.environ["PATH"] = os.path.dirname(sys.executable) + os.pathsep + os.environ["PATH"]


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def stage(error):
    """Where in the journey of the file the error was raised."""
    import deepspeed

    home = os.path.dirname(deepspeed.__file__)
    config = os.path.join(home, "runtime", "config.py")
    frames = traceback.extract_tb(error.__traceback__)
    builds_config = lambda frame: frame.name == "__init__" and "DeepSpeedConfig(" in (frame.line or "")
    theirs = [frame for frame in frames if frame.filename.startswith(home)]
    if any(frame.filename == config or builds_config(frame) for frame in theirs):
        return "config"
    if theirs:
        return "engine"
    is_prepared = any(frame.name == "prepare" and frame.filename.endswith("accelerator.py") for frame in frames)
    return "prepare" if is_prepared else "plugin"


def prepare(path, environment):
    """Builds what a worker builds, and returns what DeepSpeed was finally given."""
    import torch
    from accelerate import Accelerator
    from accelerate.utils import DummyOptim, DummyScheduler

    os.environ.update(environment)
    os.environ.update(
        ACCELERATE_USE_DEEPSPEED="true",
        ACCELERATE_DEEPSPEED_CONFIG_FILE=path,
        ACCELERATE_DEEPSPEED_ZERO3_INIT="false",
        LOCAL_RANK="0",
        RANK="0",
        WORLD_SIZE="1",
        MASTER_ADDR="127.0.0.1",
        MASTER_PORT=str(free_port()),
    )
    accelerator = Accelerator()
    plugin = accelerator.state.deepspeed_plugin
    model = torch.nn.Linear(16, 16)
    model.config = type("Config", (), {"hidden_size": 16})()
    data = torch.utils.data.DataLoader(torch.zeros(8, 16), batch_size=2)
    given = plugin.deepspeed_config
    optimizer = (
        DummyOptim(model.parameters(), lr=0.001)
        if "optimizer" in given
        else torch.optim.AdamW(model.parameters(), lr=0.001)
    )
    parts = [model, optimizer, data]
    if "scheduler" in given:
        parts.append(DummyScheduler(optimizer, total_num_steps=10, warmup_num_steps=2))
    engine = accelerator.prepare(*parts)[0]
    return {
        "stage": engine.zero_optimization_stage(),
        "fp16": engine.fp16_enabled(),
        "bf16": engine.bfloat16_enabled(),
        "optimizer": type(engine.optimizer).__name__,
        "scheduler": type(engine.lr_scheduler).__name__,
        "clipping": engine.gradient_clipping(),
    }


def pretend(path):
    """A device with 16-bit floats, and the number of processes that the file's own batch sizes need."""
    import deepspeed.comm
    from deepspeed.accelerator import get_accelerator
    from deepspeed.runtime.config import DeepSpeedConfig

    type(get_accelerator()).is_fp16_supported = lambda *_: True
    type(get_accelerator()).is_bf16_supported = lambda *_: True
    build, ask = DeepSpeedConfig.__init__, deepspeed.comm.get_world_size
    world = processes(path)

    def built(self, *arguments, **named):
        deepspeed.comm.get_world_size = lambda *_, **__: world
        try:
            build(self, *arguments, **named)
        finally:
            deepspeed.comm.get_world_size = ask

    DeepSpeedConfig.__init__ = built


def processes(path):
    try:
        given = json.load(open(path, encoding="utf-8"))
        step = given["train_micro_batch_size_per_gpu"] * given.get("gradient_accumulation_steps", 1)
        return max(1, given["train_batch_size"] // step)
    except (ValueError, KeyError, TypeError, AttributeError, ZeroDivisionError):
        return 1


def child(pipe, path, environment):
    quiet = os.open(os.devnull, os.O_WRONLY)
    os.dup2(quiet, 1)
    os.dup2(quiet, 2)
    try:
        pretend(path)
        pipe.send({"ok": True, "value": prepare(path, environment)})
    except BaseException as error:  # SystemExit too: the verdict is that nothing trains
        pipe.send({"ok": False, "stage": stage(error), "error": type(error).__name__, "text": str(error)})
    pipe.close()
    os._exit(0)


def judge(path, environment=()):
    """The verdict on one file."""
    context = multiprocessing.get_context("fork")
    here, there = context.Pipe(duplex=False)
    process = context.Process(target=child, args=(there, path, dict(environment)))
    process.start()
    there.close()
    verdict = {"ok": False, "stage": "engine", "error": "Killed", "text": ""}
    try:
        if here.poll(300):
            verdict = here.recv()
    except EOFError:
        pass
    process.kill()
    process.join()
    return verdict


def load():
    """Imports once; each case runs in a fork of this."""
    import logging

    logging.disable(logging.CRITICAL)
    import accelerate  # noqa: F401
    import deepspeed
    import torch
    import torch.optim
    from transformers.integrations import HfDeepSpeedConfig  # noqa: F401
    from accelerate.utils import DummyOptim  # noqa: F401

    torch.set_num_threads(1)
    # Built and loaded once, instead of looked up by every case.
    from deepspeed.ops.op_builder.cpu import CPUAdamBuilder, FusedAdamBuilder, ShareMemCommBuilder

    for builder in (CPUAdamBuilder, FusedAdamBuilder, ShareMemCommBuilder):
        builder().load(verbose=False)
    return deepspeed.__version__


def main(arguments):
    load()
    if arguments[:1] == ["--cases"]:
        cases = json.load(open(arguments[1], encoding="utf-8"))
        verdicts = {}
        with tempfile.TemporaryDirectory() as folder:
            for name, text in cases.items():
                path = os.path.join(folder, "ds.json")
                with open(path, "w", encoding="utf-8") as file:
                    file.write(text)
                verdicts[name] = judge(path)
        print(json.dumps(verdicts, indent=1))
    else:
        for path in arguments:
            print(json.dumps({"file": path, **judge(path)}), flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
