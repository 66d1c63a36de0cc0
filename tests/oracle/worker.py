"""The first worker of a job, alone: what a training script's `Accelerator()` does with the environment of a launch.

Needs accelerate==1.15.0, deepspeed==0.19.8, megatron-core==0.16.1 and torchao==0.18.0. Their own code runs. The processes that
are not there are torch's `fake` process group: every check of ranks and sizes is the real one, and nothing is
ever sent. Pretended are the GPUs, the FP8 libraries and the parts of Megatron-LM outside of its core, and
the work stops where DeepSpeed would build its engine.
"""

import os
import re
import socket
import sys
import types

os.environ["DS_ACCELERATOR"] = "cpu"


def load():
    """Imports once; each sample runs in a fork of this."""
    import logging

    logging.disable(logging.CRITICAL)
    os.environ["PATH"] = os.path.dirname(sys.executable) + os.pathsep + os.environ["PATH"]
    import accelerate  # noqa: F401
    import deepspeed.launcher.runner  # noqa: F401
    import megatron.core.parallel_state  # noqa: F401
    import torchao.float8  # noqa: F401
    import transformers.integrations  # noqa: F401
    import transformers.modeling_utils  # noqa: F401
    from deepspeed.ops.op_builder.cpu import CPUAdamBuilder
    from deepspeed.runtime.sequence_parallel import ulysses_sp  # noqa: F401
    from transformers import LlamaForCausalLM  # noqa: F401

    CPUAdamBuilder().load(verbose=False)


class Prepared(BaseException):
    """Raised where DeepSpeed would build its engine."""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return str(probe.getsockname()[1])


def stand_alone(started):
    """The environment that torchrun gives to rank 0, and a process group that needs no other process."""
    import torch
    from torch.testing._internal.distributed.fake_pg import FakeStore

    os.environ.clear()
    os.environ.update(started.env)
    if started.is_torchrun:
        os.environ.update(
            RANK="0",
            LOCAL_RANK="0",
            WORLD_SIZE=str(started.world),
            LOCAL_WORLD_SIZE=str(started.world),
            MASTER_ADDR="127.0.0.1",
            MASTER_PORT=free_port(),
        )
    begin = torch.distributed.init_process_group

    def fake(*_, **__):
        begin(backend="fake", store=FakeStore(), rank=0, world_size=started.world)

    torch.distributed.init_process_group = fake
    torch.cuda.set_device = lambda *_: None


def pretend_libraries():
    import accelerate.accelerator
    import accelerate.state

    accelerate.state.is_fp8_available = lambda: True
    accelerate.accelerator.is_megatron_lm_available = lambda: True
    for name in ("is_transformer_engine_available", "is_torchao_available", "is_msamp_available"):
        setattr(accelerate.accelerator, name, lambda: True)


def model_with(names):
    """A model whose layers are of the classes that a person means by the names in the file."""
    import torch

    classes = (type(name, (torch.nn.Linear,), {}) for name in re.findall(r"\w+", names or ""))
    model = torch.nn.Sequential(torch.nn.Linear(16, 16), *(kind(16, 16) for kind in classes))
    model.config = type("Config", (), {"hidden_size": 16})()
    return model


def transformer(attention):
    """Sequence parallelism is only there for models of `transformers`, with the attention that the file names."""
    from transformers import LlamaConfig, LlamaForCausalLM

    size = dict(vocab_size=8, hidden_size=16, intermediate_size=16, num_hidden_layers=1, num_attention_heads=8)
    model = LlamaForCausalLM(LlamaConfig(**size, attn_implementation="sdpa"))
    model.config._attn_implementation = attention or "sdpa"
    return model


def prepare_deepspeed(accelerator):
    """`Accelerator.prepare` with a small model, up to DeepSpeed's engine."""
    import deepspeed
    import torch
    from accelerate.utils import DummyOptim, DummyScheduler

    def stop(*_, **__):
        raise Prepared

    deepspeed.initialize = stop
    # MS-AMP has its own DeepSpeed, and its own `initialize`.
    sys.modules["msamp"] = types.ModuleType("msamp")
    sys.modules["msamp"].deepspeed = deepspeed
    given = accelerator.state.deepspeed_plugin.deepspeed_config
    mesh = accelerator.parallelism_config
    if mesh is not None and mesh.sp_size > 1:
        model = transformer(mesh.sp_handler.sp_attn_implementation)
    else:
        model = model_with(os.environ.get("ACCELERATE_DEEPSPEED_MOE_LAYER_CLS_NAMES"))
    optimizer = (DummyOptim if "optimizer" in given else torch.optim.AdamW)(model.parameters(), lr=0.001)
    parts = [model, optimizer, torch.utils.data.DataLoader(torch.zeros(64, 16), batch_size=2)]
    if "scheduler" in given:
        parts.append(DummyScheduler(optimizer, total_num_steps=10, warmup_num_steps=2))
    try:
        accelerator.prepare(*parts)
    except Prepared:
        pass


def prepare_megatron(accelerator):
    """The groups of processes, as Megatron-LM's `initialize_megatron` has its core make them."""
    from megatron.core import parallel_state

    sizes = accelerator.state.megatron_lm_plugin.megatron_lm_default_args
    parallel_state.initialize_model_parallel(
        tensor_model_parallel_size=sizes["tensor_model_parallel_size"],
        pipeline_model_parallel_size=sizes["pipeline_model_parallel_size"],
        context_parallel_size=sizes["context_parallel_size"],
        create_gloo_process_groups=False,
    )


def build(started):
    """What a training script builds first."""
    stand_alone(started)
    pretend_libraries()
    from accelerate import Accelerator

    Accelerator()


def state():
    """What the first worker has, in words."""
    from accelerate import Accelerator

    accelerator = Accelerator()
    return {
        "type": accelerator.distributed_type.value,
        "processes": accelerator.num_processes,
        "precision": accelerator.mixed_precision,
        "accumulation": accelerator.gradient_accumulation_steps,
        "compiler": accelerator.state.dynamo_plugin.backend.value,
    }


def prepare(_started):
    """What follows once the script hands its model over, as far as nothing needs a device."""
    from accelerate import Accelerator
    from accelerate.utils import DistributedType

    accelerator = Accelerator()
    kind = accelerator.distributed_type
    if kind == DistributedType.DEEPSPEED:
        prepare_deepspeed(accelerator)
    if kind == DistributedType.FSDP and accelerator.state.fsdp_plugin is not None:
        names = os.environ.get("FSDP_TRANSFORMER_CLS_TO_WRAP")
        accelerator.state.fsdp_plugin.set_auto_wrap_policy(model_with(names))
    if kind == DistributedType.MEGATRON_LM:
        prepare_megatron(accelerator)
