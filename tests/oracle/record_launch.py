#!/usr/bin/env python3
"""Asks the real Accelerate what it would start, for every case of a list.

    make oracle-launch       (needs accelerate==1.15.0 and torch==2.11.0)
    record_launch.py                    the cases of launch_cases.py -> tests/fixtures/oracle/launch.json
    record_launch.py FOLDER OUTPUT      every config of a folder, with eight pretended GPUs -> OUTPUT

Accelerate's and torch's own code runs up to the call that would start a process. Replaced are only
those calls, the meeting of several machines (the others are pretended to be there), and the questions
about hardware, packages, ports and MPI. Each answer is
  {"error": stage, "python": type}                      refused: load, validate or prepare
  {"launcher": ..., "env": {...}, "argv": [...]}        one command; env is added or changed
  {"launcher": ..., "env": {...}, "ranks": [{"argv", "env"}, ...], "options": {...}}
                                                        ranks of this machine; env is what all share
  {"launcher": ..., "env": {...}, "argv": [...], "told": {...}}
                                                        handed over: torchrun's arguments that are not
                                                        its parser's defaults
Only facts are kept, never the library's sentences. A case runs in a process of its own.
"""

import contextlib
import io
import json
import logging
import os
import pathlib
import sys
import types

HERE = pathlib.Path(__file__).resolve().parent
OUTPUT = HERE.parent / "fixtures/oracle/launch.json"
FREE_PORT = 45678
PYTHON = "<python>"
FOLDER = "<folder>"


class Started(BaseException):
    """Raised where a process would start."""


def pretend_gpus(case):
    import torch
    import accelerate.utils.environment as environment

    count, name = case["gpus"], case.get("gpu_name", "NVIDIA H100 80GB HBM3")
    torch.cuda.is_available = lambda: count > 0
    torch.cuda.device_count = lambda: count
    torch.cuda.current_device = lambda: 0
    torch.cuda.get_device_capability = lambda *_: (9, 0)
    torch.cuda.is_bf16_supported = lambda *_, **__: True
    environment.get_driver_version = lambda: case.get("driver", "580.65.06")

    def info():
        if count == 0:
            raise OSError("no nvidia-smi")
        return [name] * count, count

    environment.get_gpu_info = info


def pretend_accelerator(case):
    import torch
    import accelerate.commands.launch as launch
    import accelerate.utils.launch as prepare

    kind, count = case.get("accelerator", (None, 0))
    for known in ("xpu", "npu", "mlu", "sdaa", "musa", "hpu", "neuron"):
        for module in (launch, prepare):
            setattr(module, f"is_{known}_available", lambda *_, is_it=known == kind, **__: is_it)
    if kind:
        setattr(torch, kind, types.SimpleNamespace(device_count=lambda: count, is_bf16_supported=lambda: True))


def pretend_packages(case):
    import accelerate.commands.launch as launch
    import accelerate.utils.launch as prepare
    from packaging.version import parse

    packages = case.get("packages", ["deepspeed", "fp8", "tpu"])
    version = case.get("deepspeed", "0.18.2")
    launch.is_deepspeed_available = lambda: "deepspeed" in packages
    prepare.is_fp8_available = lambda: "fp8" in packages
    for module in (launch, prepare):
        module.is_torch_xla_available = lambda check_is_tpu=False, check_is_gpu=False: "tpu" in packages and not check_is_gpu
    prepare.compare_versions = lambda _library, _less, limit: parse(version) < parse(limit)
    for name in ("deepspeed", "deepspeed.launcher"):
        package = types.ModuleType(name)
        package.__path__ = []
        sys.modules[name] = package
    runner = types.ModuleType("deepspeed.launcher.runner")
    runner.DEEPSPEED_ENVIRONMENT_NAME = ".deepspeed_env"
    sys.modules["deepspeed.launcher.runner"] = runner


def pretend_rest(case):
    import psutil
    import accelerate.utils.launch as prepare

    real = prepare.is_port_in_use

    def is_taken(port=None):
        if isinstance(port, int) and 0 <= port <= 65535:
            return case.get("is_port_taken", False)
        return real(port)  # the real call refuses what is no port

    prepare.is_port_in_use = is_taken
    prepare.get_free_port = lambda: FREE_PORT
    psutil.cpu_count = lambda logical=True: case.get("cores", 8) * (2 if logical else 1)
    os.cpu_count = lambda: 2 * case.get("cores", 8)
    mpi = case.get("mpi")
    prepare.which = lambda program: f"/usr/bin/{program}" if mpi else None
    words = {"openmpi": b"mpirun (Open MPI) 4.1.4", "intel": b"Intel(R) MPI Library 2021.11"}.get(mpi, b"")
    prepare.subprocess = types.SimpleNamespace(check_output=lambda *_, **__: words)


def stop_at_the_start(answer):
    """Replaces the calls that start something by notes of what they were given."""
    import accelerate.commands.launch as launch
    import torch.distributed.elastic.agent.server.local_elastic_agent as agent
    import torch.distributed.elastic.rendezvous.registry as registry
    import torch.distributed.launcher.api as api
    import torch.distributed.run as torchrun

    def popen(argv, env=None, **_):
        if not all(isinstance(part, str) for part in [*argv, *env.keys(), *env.values()]):
            raise TypeError("the system takes text only")
        answer["argv"] = list(argv)
        answer["all"] = dict(env)
        raise Started

    launch.subprocess = types.SimpleNamespace(Popen=popen, CalledProcessError=RuntimeError)

    run = torchrun.run

    def note_run(args):
        base = vars(torchrun.get_args_parser().parse_args(["x"]))
        # A share of machines, told as text, is a number to torchrun.
        plain = {key: value for key, value in vars(args).items() if not key.startswith("training_script")}
        answer["told"] = {key: str(value) for key, value in plain.items() if base.get(key) != value and (value or base.get(key))}
        answer["script"] = [args.training_script, *args.training_script_args]
        return run(args)

    torchrun.run = note_run

    class Here:
        """The other machines are there, with as many processes each."""

        def __init__(self, parameters):
            self.parameters, self.rank = parameters, int(parameters.config.get("rank", 0))
            self.use_agent_store = True

        def next_rendezvous(self):
            from torch.distributed import HashStore
            from torch.distributed.elastic.rendezvous import RendezvousInfo, RendezvousStoreInfo

            host, port = "<host>", FREE_PORT
            return RendezvousInfo(HashStore(), self.rank, self.parameters.max_nodes, RendezvousStoreInfo(host, port))

        def get_run_id(self):
            return self.parameters.run_id

        def __getattr__(self, name):
            return lambda *_, **__: None

    registry.get_rendezvous_handler = api.rdzv_registry.get_rendezvous_handler = Here

    def start(name, entrypoint, args, envs, logs_specs, **_):
        import torch.distributed.elastic.multiprocessing as multiprocessing

        answer["all"] = dict(os.environ)
        answer["ranks"] = [{"argv": [entrypoint, *args[rank]], "env": dict(envs[rank])} for rank in sorted(envs)]
        raise Started

    agent.start_processes = start
    initialize = agent.LocalElasticAgent._initialize_workers

    def note_settings(self, group):
        spec = group.spec
        if self._store is None and spec.rdzv_handler.parameters.max_nodes > 1:
            answer["all"] = dict(os.environ)
            raise Started  # several machines: what torchrun was told is all
        answer["options"] = {"max_restarts": spec.max_restarts, "monitor_interval": spec.monitor_interval}
        return initialize(self, group)

    agent.LocalElasticAgent._initialize_workers = note_settings


def pretend_tpu(answer):
    import accelerate.commands.launch as launch

    names = ("torch_xla", "torch_xla.distributed", "torch_xla.distributed.xla_multiprocessing", "torch_xla.distributed.xla_dist")
    xla, folder, spawning, pod = (types.ModuleType(name) for name in names)
    for package in (xla, folder):
        package.__path__ = []

    def spawn(function, args=()):
        answer["all"], answer["argv"] = dict(os.environ), [function.launcher.__name__, *sys.argv[1:]]
        raise Started

    def parser():
        import argparse

        parser = argparse.ArgumentParser()
        for option in ("--tpu", "--docker-container", "--docker-image", "--conda-env"):
            parser.add_argument(option, default="")
        for option in ("--vm", "--env", "--docker-run-flag"):
            parser.add_argument(option, action="append")
        parser.add_argument("--restart-tpuvm-pod-server", action="store_true")
        parser.add_argument("--positional", nargs="+")
        return parser

    def resolve(args):
        answer["all"], answer["argv"] = dict(os.environ), [str(part) for part in args.positional]
        answer["pod"] = {"tpu": str(args.tpu), "vm": args.vm or [], "env": args.env}
        raise Started

    spawning.spawn, pod.get_args_parser, pod.resolve_and_execute = spawn, parser, resolve
    folder.xla_multiprocessing, folder.xla_dist = spawning, pod
    sys.modules.update(zip(names, (xla, folder, spawning, pod)))
    launch.PrepareForLaunch = lambda function: types.SimpleNamespace(launcher=function)


def ask(case, folder):
    """The answer for one case, in a process that is used up by it."""
    import accelerate.commands.accelerate_cli as cli
    import accelerate.commands.launch as launch

    answer = {"stage": "validate", "launcher": None}
    pretend_gpus(case)
    pretend_accelerator(case)
    pretend_packages(case)
    pretend_rest(case)
    pretend_tpu(answer)
    stop_at_the_start(answer)
    os.chdir(folder)
    pathlib.Path("train.py").write_text("def main(*_):\n    pass\n\n\ndef training(*_):\n    pass\n")
    sys.path.insert(0, folder)
    argv = ["accelerate", "launch"]
    if case.get("config") is not None:
        name = case.get("file", "config.yaml")
        pathlib.Path(name).write_text(case["config"])
        argv += ["--config_file", name]
    if case.get("path"):
        argv += ["--config_file", case["path"]]
    sys.argv = argv + case["args"]

    validate, load = launch._validate_launch_command, launch.load_config_from_file

    def note_load(file):
        answer["stage"] = "load"
        loaded = load(file)
        answer["stage"] = "validate"
        return loaded

    def note_validate(args):
        result = validate(args)
        answer["stage"] = "prepare"
        return result

    launch.load_config_from_file, launch._validate_launch_command = note_load, note_validate
    for name in ("simple", "multi_gpu", "deepspeed", "tpu", "tpu_pod", "sagemaker"):
        real = getattr(launch, f"{name}_launcher")

        def note_launcher(*given, real=real, name=name):
            answer["launcher"] = name
            return real(*given)

        setattr(launch, f"{name}_launcher", note_launcher)
    try:
        cli.main()
    except Started:
        return started(answer, case, folder)
    except SystemExit:
        return {"error": "parse", "python": "SystemExit"}
    except Exception as error:
        return {"error": answer["stage"], "python": type(error).__name__}
    raise AssertionError("nothing was started and nothing was refused")


def started(answer, case, folder):
    base = case["env_before"]
    every = {key: value for key, value in answer["all"].items() if base.get(key) != value}
    result = {"launcher": answer["launcher"], "env": every}
    for key in ("argv", "options", "pod"):
        if key in answer:
            result[key] = answer[key]
    if "ranks" in answer:
        ranks = answer["ranks"]
        shared = {key: value for key, value in ranks[0]["env"].items() if all(rank["env"].get(key) == value for rank in ranks)}
        result["env"].update({key: value for key, value in shared.items() if base.get(key) != value})
        result["ranks"] = [{"argv": rank["argv"], "env": {key: value for key, value in rank["env"].items() if key not in shared}} for rank in ranks]
    elif "told" in answer:
        result["argv"] = answer["script"]
    if "told" in answer and "deepspeed" not in answer.get("argv", []):
        result["told"] = answer["told"]
    if result["env"].get("TORCHELASTIC_RUN_ID", "none").count("-") == 4:
        result["env"]["TORCHELASTIC_RUN_ID"] = "<random>"  # of the group that meets on a free port
    text = json.dumps(result).replace(folder, FOLDER).replace(sys.executable, PYTHON)
    return json.loads(text)


def scrub(case):
    """A known environment: the case's variables and nothing else that matters."""
    os.environ.clear()
    os.environ.update({"PATH": "/usr/bin:/bin", "HOME": "/nowhere", "HF_HOME": "/nowhere/hf", **case.get("env", {})})
    case["env_before"] = dict(os.environ)


def answer_in_child(case):
    """Forks, so that the imports are paid for once."""
    import tempfile

    reader, writer = os.pipe()
    with tempfile.TemporaryDirectory() as folder:
        child = os.fork()
        if child == 0:
            os.close(reader)
            scrub(case)
            with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
                try:
                    result = ask(case, os.path.realpath(folder))
                except BaseException as error:  # a fault of this recorder, told by the parent
                    result = {"recorder": repr(error)}
            os.write(writer, json.dumps(result).encode())
            os._exit(0)
        os.close(writer)
        with os.fdopen(reader, "rb") as pipe:
            result = json.load(pipe)
        os.waitpid(child, 0)
    if "recorder" in result:
        raise SystemExit(f"{case['name']}: {result['recorder']}")
    return result


def corpus(folder):
    for path in sorted(pathlib.Path(folder).rglob("*")):
        if path.suffix in (".yaml", ".yml", ".json") and path.is_file():
            yield {"name": str(path.relative_to(folder)), "path": str(path.resolve()), "gpus": 8, "mpi": "openmpi", "args": ["train.py"]}


def main():
    logging.disable(logging.CRITICAL)
    import accelerate
    import accelerate.commands.accelerate_cli  # noqa: F401
    import torch.distributed.run  # noqa: F401

    assert accelerate.__version__ == "1.15.0", accelerate.__version__
    if len(sys.argv) == 3:
        cases, output = list(corpus(sys.argv[1])), pathlib.Path(sys.argv[2])
    else:
        sys.path.insert(0, str(HERE))
        from launch_cases import cases as ours

        cases, output = list(ours()), OUTPUT
    names = [case["name"] for case in cases]
    assert len(names) == len(set(names)), "a name stands twice"
    rows = []
    for case in cases:
        answer = answer_in_child(dict(case))
        rows.append({"case": case, "answer": answer})
    lines = ",\n".join(json.dumps(row, sort_keys=True, ensure_ascii=False) for row in rows)
    output.write_text('{"accelerate": "1.15.0", "rows": [\n' + lines + "\n]}\n")
    refused = sum("error" in row["answer"] for row in rows)
    print(f"{len(rows)} cases, {len(rows) - refused} would start, {refused} are refused")


if __name__ == "__main__":
    main()
