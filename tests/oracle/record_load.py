#!/usr/bin/env python3
"""Asks the real Accelerate what it does with every hand-written config and every preset.

    make oracle        (needs accelerate==1.15.0 and torch; writes tests/fixtures/oracle/load.json)

For each file the answer is one of
  null                                      started: the workers' own settings could be built as well
  {"stage": "load",   "error": "<type>"}    the file is refused while it is read
  {"stage": "launch", "error": "<type>"}    `accelerate launch` refuses before a process starts
  {"stage": "worker", "error": "<type>"}    every worker refuses when it builds its settings
Only facts are kept, never the library's sentences. The fingerprint (FNV-1a, 64 bit) of each file
lets the tests notice that a changed file has not been asked about again.

Accelerate's own code runs throughout; replaced are only the calls that would start a process, and
the questions about hardware and packages: eight GPUs, DeepSpeed, MPI and the FP8 libraries exist.
"""

import json
import os
import pathlib
import re
import resource
import sys
import types

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
GPUS = 8
# Bytes that one launch may use: a value that grows without bound ends in a MemoryError, not in the machine's end.
MEMORY = 4 * 2**30


class Started(BaseException):
    """Raised where a process would start; holds the environment it would get and the world size."""

    def __init__(self, env, world, is_torchrun=False):
        self.env, self.world, self.is_torchrun = dict(env), world, is_torchrun


def fingerprint(data):
    value = 0xCBF29CE484222325
    for byte in data:
        value = ((value ^ byte) * 0x100000001B3) & 0xFFFFFFFFFFFFFFFF
    return f"{value:016x}"


def pretend_hardware():
    import torch
    import accelerate.utils.environment as environment

    torch.cuda.is_available = lambda: True
    torch.cuda.device_count = lambda: GPUS
    torch.cuda.current_device = lambda: 0
    torch.cuda.get_device_capability = lambda *_: (9, 0)
    torch.cuda.is_bf16_supported = lambda *_, **__: True
    environment.get_gpu_info = lambda: (["GPU"] * GPUS, GPUS)
    environment.get_driver_version = lambda: "580.65.06"


def newest_of(compare):
    """DeepSpeed and transformers count as new enough where they are not there; others are really asked about."""
    absent = [name for name in ("deepspeed", "transformers") if name not in sys.modules]
    return lambda name, *rest: name in absent or compare(name, *rest)


def pretend_packages():
    import accelerate.commands.launch as launch
    import accelerate.utils.dataclasses as settings
    import accelerate.utils.launch as prepare

    launch.is_deepspeed_available = lambda: True
    launch.is_sagemaker_available = lambda: True
    prepare.is_fp8_available = lambda: True
    for name in ("is_transformer_engine_available", "is_torchao_available", "is_msamp_available"):
        setattr(settings, name, lambda: True)
    for module in (prepare, settings):
        module.compare_versions = newest_of(module.compare_versions)
    if "deepspeed" not in sys.modules:
        pretend_deepspeed()
    in_use = prepare.is_port_in_use
    prepare.is_port_in_use = lambda port=None: in_use(port) and False
    prepare.which = lambda program: f"/usr/bin/{program}"
    prepare.subprocess = types.SimpleNamespace(check_output=lambda *_, **__: b"mpirun (Open MPI) 4.1.4")


def pretend_deepspeed():
    runner = types.ModuleType("deepspeed.launcher.runner")
    runner.DEEPSPEED_ENVIRONMENT_NAME = ".deepspeed_env"
    for name in ("deepspeed", "deepspeed.launcher"):
        package = types.ModuleType(name)
        package.__path__ = []
        sys.modules[name] = package
    sys.modules["deepspeed.launcher.runner"] = runner


def stop_at_the_start():
    import accelerate.commands.launch as launch
    import torch.distributed.run as torchrun
    from torch.distributed.elastic.agent.server.api import WorkerSpec

    def torchrun_run(args):
        config, *_ = torchrun.config_from_args(args)
        # torch itself refuses fewer than one worker here
        WorkerSpec(role="", local_world_size=config.nproc_per_node, rdzv_handler=None, entrypoint="x")
        raise Started(os.environ, config.nproc_per_node * config.max_nodes, is_torchrun=True)

    def popen(_command, env=None, **_):
        raise Started(env or os.environ, 1)

    def tpu(_args):
        raise Started(os.environ, 1)

    torchrun.run = torchrun_run
    launch.subprocess = types.SimpleNamespace(Popen=popen, CalledProcessError=RuntimeError)
    launch.tpu_launcher = launch.tpu_pod_launcher = tpu


def model_with_the_named_layers():
    """A model whose layers are of the classes that a person means by the names in the file."""
    import torch

    names = re.findall(r"\w+", os.environ.get("FSDP_TRANSFORMER_CLS_TO_WRAP", ""))
    return torch.nn.Sequential(*(type(name, (torch.nn.Module,), {})() for name in names))


def build_worker_settings(started):
    """What `Accelerator()` builds from the environment, in its own classes."""
    import accelerate.utils.dataclasses as settings
    from accelerate.parallelism_config import ParallelismConfig
    from accelerate.utils.environment import parse_choice_from_env, parse_flag_from_env

    os.environ.clear()
    os.environ.update(started.env)
    on = lambda name: os.environ.get(name, "false").lower() == "true"
    parse_flag_from_env("ACCELERATE_USE_CPU")
    parse_flag_from_env("ACCELERATE_DEBUG_MODE")
    int(parse_choice_from_env("ACCELERATE_GRADIENT_ACCUMULATION_STEPS", 1))
    precision = settings.PrecisionType(parse_choice_from_env("ACCELERATE_MIXED_PRECISION", "no")).value
    settings.TorchDynamoPlugin()
    kind = settings.DistributedType.MULTI_GPU
    if on("ACCELERATE_USE_DEEPSPEED"):
        kind = settings.DistributedType.DEEPSPEED
        settings.DeepSpeedPlugin().set_mixed_precision(precision)
    if on("ACCELERATE_USE_FSDP"):
        kind = settings.DistributedType.FSDP
        settings.FullyShardedDataParallelPlugin().set_auto_wrap_policy(model_with_the_named_layers())
    if on("ACCELERATE_USE_MEGATRON_LM"):
        settings.MegatronLMPlugin()
    if on("ACCELERATE_USE_PARALLELISM_CONFIG"):
        second = kind == settings.DistributedType.FSDP and os.environ.get("FSDP_VERSION") == "2"
        ParallelismConfig()._validate_accelerator(
            types.SimpleNamespace(
                multi_device=kind == settings.DistributedType.MULTI_GPU and started.world > 1,
                num_processes=started.world,
                distributed_type=kind,
                is_main_process=True,
                is_fsdp2=second,
            )
        )
    if precision == "fp8":
        backend = settings.FP8BackendType(parse_choice_from_env("ACCELERATE_FP8_BACKEND", "NO"))
        recipes = {"TE": settings.TERecipeKwargs, "MSAMP": settings.MSAMPRecipeKwargs}
        recipes.get(backend.value, lambda: None)()


def verdict(path, steps):
    from accelerate.commands.config.config_args import load_config_from_file
    from accelerate.commands.launch import launch_command, launch_command_parser

    stage = "load"
    try:
        load_config_from_file(str(path))
        stage = "launch"
        launch_command(launch_command_parser().parse_args(["--config_file", str(path), "train.py"]))
        return None
    except Started as started:
        try:
            for stage, step in steps:
                step(started)
            return None
        except (Exception, SystemExit) as error:
            return {"stage": stage, "error": type(error).__name__}
    except (Exception, SystemExit) as error:
        return {"stage": stage, "error": type(error).__name__}


def ask_in_child(path, steps=(("worker", build_worker_settings),)):
    """Each file is asked about in a process of its own: the library keeps state between launches.

    What a worker does after the start is a list of steps, each with the name of its stage.
    """
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY))
        quiet = os.open(os.devnull, os.O_WRONLY)
        os.dup2(quiet, 1)
        os.dup2(quiet, 2)
        os.write(writer, json.dumps(verdict(path, steps)).encode())
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader, "rb") as answer:
        text = answer.read()
    os.waitpid(child, 0)
    return json.loads(text)


def main():
    import tempfile

    keep = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "VIRTUAL_ENV") if name in os.environ}
    os.environ.clear()
    os.environ.update(keep)
    with tempfile.TemporaryDirectory() as folder:
        os.environ["HF_HOME"] = folder
        os.chdir(folder)
        import accelerate

        pretend_hardware()
        pretend_packages()
        stop_at_the_start()
        record = {"accelerate": accelerate.__version__, "gpus": GPUS, "files": {}}
        folders = [ROOT / "presets"] + [ROOT / "tests/fixtures/configs" / kind for kind in ("made", "valid", "silent", "invalid")]
        for path in (path for folder in folders for path in sorted(folder.iterdir())):
            name = path.relative_to(ROOT).as_posix()
            record["files"][name] = {"fingerprint": fingerprint(path.read_bytes()), "refused": ask_in_child(path)}
    lines = ",\n".join(f"  {json.dumps(name)}: {json.dumps(facts)}" for name, facts in record["files"].items())
    target = ROOT / "tests/fixtures/oracle/load.json"
    target.write_text(
        f'{{\n "accelerate": {json.dumps(record["accelerate"])},\n "gpus": {GPUS},\n "files": {{\n{lines}\n }}\n}}\n'
    )
    print(f"{len(record['files'])} files asked about, {target.relative_to(ROOT)} written")


if __name__ == "__main__":
    main()
