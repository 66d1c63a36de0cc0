"""Records the peak memory of training steps, without a GPU.

usage: record_memory.py FILE [--check] [--only TEXT]

FILE holds one JSON object per line: `id`, `model`, `task`, `config`, `settings`. A real transformers model of that
config makes two training steps as an Accelerate user's loop does, on fake CUDA tensors, and the peak of the second
is written as the line's `truth`; the first line of a model also gets the config.json that transformers would save
for it, as `saved`. `--check` compares with what stands there and writes nothing.
Needs torch==2.11.0, transformers==5.23.0, accelerate==1.15.0, and peft for cases with `lora`.
"""

import argparse
import contextlib
import functools
import gc
import json
import os
import sys
import types
import warnings

os.environ["CUDA_VISIBLE_DEVICES"] = ""
warnings.filterwarnings("ignore")

import fake_gpu
import torch
import transformers
from accelerate.utils import fsdp_utils
from accelerate.utils.operations import convert_outputs_to_fp32
from torch._subclasses.fake_tensor import FakeTensorMode, unset_fake_temporarily

CLASSES = {
    "causal-lm": "AutoModelForCausalLM",
    "masked-lm": "AutoModelForMaskedLM",
    "seq2seq-lm": "AutoModelForSeq2SeqLM",
    "speech-seq2seq": "AutoModelForSpeechSeq2Seq",
    "image-classification": "AutoModelForImageClassification",
    "sequence-classification": "AutoModelForSequenceClassification",
    "contrastive": "AutoModel",
}
DTYPES = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}
DEFAULTS = {
    "seq": 0, "tgt_seq": None, "weights_dtype": "fp32", "mixed_precision": "no", "ckpt": False, "attn": "sdpa",
    "padding": False, "dist": "single", "world": 1, "replicate": 1, "reshard": True, "strategy": "FULL_SHARD",
    "wrap": None, "grad_accum": 1, "clip": False, "optimizer": "adamw", "opt_impl": "foreach",
    "keep_outputs": False, "lora": None,
}


def local(tensor):
    return getattr(tensor, "_local_tensor", tensor)


# ---- model and data --------------------------------------------------------------------------------------------


def build(case, wanted):
    fields = dict(case["config"])
    config = transformers.CONFIG_MAPPING[fields.pop("model_type")](**fields)
    if hasattr(config, "use_cache"):
        config.use_cache = False
    make = getattr(transformers, CLASSES[case["task"]]).from_config
    with torch.device("cuda"):
        model = make(config, attn_implementation=wanted.attn, dtype=DTYPES[wanted.weights_dtype])
    model.train()
    if wanted.ckpt:
        model.gradient_checkpointing_enable()
    return config, adapted(model, wanted) if wanted.lora else model


def adapted(model, wanted):
    """LoRA by peft. Fake modules cannot be moved, so the adapters are made where they belong."""
    from peft import LoraConfig, get_peft_model
    from peft.tuners.tuners_utils import BaseTunerLayer

    BaseTunerLayer._move_adapter_to_device_of_base_layer = lambda *_, **__: None
    if wanted.ckpt:
        model.enable_input_require_grads()
    move, torch.nn.Module.to = torch.nn.Module.to, lambda module, *_, **__: module
    try:
        with torch.device("cuda"):
            rank, targets = wanted.lora["r"], wanted.lora["targets"]
            settings = LoraConfig(r=rank, lora_dropout=0.0, target_modules=targets, task_type="CAUSAL_LM")
            return get_peft_model(model, settings)
    finally:
        torch.nn.Module.to = move


def saved(case):
    """The config.json that `save_pretrained` writes: it names the fields that every model of the family has."""
    fields = dict(case["config"])
    config = transformers.CONFIG_MAPPING[fields.pop("model_type")](**fields)
    fields = config.to_diff_dict()
    for name in ("transformers_version", "id2label", "label2id"):  # a thousand names of classes; their number is kept
        fields.pop(name, None)
    return fields | ({"num_labels": case["config"]["num_labels"]} if "num_labels" in case["config"] else {})


def batch_of(case, config, wanted):
    def tokens(length):
        return torch.zeros(wanted.batch, length, dtype=torch.long, device="cuda")

    def image(shape, side):
        return torch.zeros(wanted.batch, shape.num_channels, side, side, device="cuda")

    task = case["task"]
    classes = torch.zeros(wanted.batch, dtype=torch.long, device="cuda")
    if task == "image-classification":
        return {"pixel_values": image(config, config.image_size), "labels": classes}
    if task == "speech-seq2seq":
        frames = (wanted.batch, config.num_mel_bins, 2 * config.max_source_positions)
        sound = torch.zeros(frames, dtype=DTYPES[wanted.weights_dtype], device="cuda")
        return {"input_features": sound, "labels": tokens(wanted.seq)}
    batch = {"input_ids": tokens(wanted.seq)}
    if task == "contrastive":
        return batch | {"pixel_values": image(config.vision_config, config.vision_config.image_size), "return_loss": True}
    if wanted.padding:
        batch["attention_mask"] = torch.ones_like(batch["input_ids"])
    if task == "sequence-classification":
        return batch | {"labels": classes}
    return batch | {"labels": tokens((wanted.tgt_seq or wanted.seq) if task == "seq2seq-lm" else wanted.seq)}


def decide_masks(has_padding):
    """Whether a mask may be dropped depends on numbers, which fake tensors have not; decided as for real ones."""
    from transformers import masking_utils

    masking_utils.find_packed_sequence_indices = lambda *_, **__: None
    for name in ("_ignore_causal_mask_sdpa", "_ignore_bidirectional_mask_sdpa"):
        plain = PLAIN_MASKS.setdefault(name, getattr(masking_utils, name))
        setattr(masking_utils, name, (lambda *_, **__: False) if has_padding else plain)
    masking_utils.fast_all = lambda _: not has_padding


PLAIN_MASKS = {}


# ---- how the model is spread -----------------------------------------------------------------------------------


def start_group(world):
    import torch.distributed._tools.fake_collectives  # noqa: F401  registers collectives for fake tensors
    from torch.testing._internal.distributed.fake_pg import FakeStore

    if torch.distributed.is_initialized():
        torch.distributed.destroy_process_group()
    torch.distributed.init_process_group("fake", store=FakeStore(), rank=0, world_size=world)


def classes_to_wrap(model, wanted):
    return set(wanted.wrap or getattr(model, "_no_split_modules", None) or [])


def with_fsdp2(model, wanted, ledger):
    """Accelerate's own `fsdp2_prepare_model`, handed a stand-in for the Accelerator."""
    from torch.distributed.device_mesh import init_device_mesh
    from torch.distributed.fsdp import MixedPrecisionPolicy, OffloadPolicy

    copies = wanted.replicate
    names = ("dp",) if copies == 1 else ("copies", "dp")
    with unset_fake_temporarily():
        start_group(wanted.world)
        sizes = (wanted.world,) if copies == 1 else (copies, wanted.world // copies)
        mesh = init_device_mesh("cuda", sizes, mesh_dim_names=names)
    dtype = DTYPES.get(wanted.mixed_precision)
    plugin = types.SimpleNamespace(
        auto_wrap_policy=None, set_auto_wrap_policy=lambda _: None, reshard_after_forward=wanted.reshard,
        cpu_offload=OffloadPolicy(), ignored_modules=None, cpu_ram_efficient_loading=False,
        mixed_precision_policy=MixedPrecisionPolicy(param_dtype=dtype, reduce_dtype=dtype, output_dtype=dtype),
    )
    accelerator = types.SimpleNamespace(
        state=types.SimpleNamespace(fsdp_plugin=plugin), torch_device_mesh={names: mesh}, is_main_process=False,
        parallelism_config=types.SimpleNamespace(fsdp_dim_names=names), device=torch.device("cuda"),
        mixed_precision=wanted.mixed_precision,
    )
    wrapped = classes_to_wrap(model, wanted)
    fsdp_utils.fsdp2_prepare_auto_wrap_policy = lambda *_: lambda module: type(module).__name__ in wrapped
    count_collectives(ledger)
    return fsdp_utils.fsdp2_prepare_model(accelerator, model)


def count_collectives(ledger):
    """What FSDP 2 allocates to gather and to reduce is communication; what it leaves behind are gradients."""
    from torch.distributed.fsdp._fully_shard import _fsdp_param_group as group

    for name in ("foreach_all_gather", "foreach_all_gather_copy_out", "foreach_reduce"):
        plain = COLLECTIVES.setdefault(name, getattr(group, name))

        def counted(*args, plain=plain, **kwargs):
            with ledger.counting("comm"):
                result = plain(*args, **kwargs)
            for parameter in args[0] if plain is COLLECTIVES["foreach_reduce"] else ():
                if parameter.sharded_param.grad is not None:
                    ledger.note(parameter.sharded_param.grad, "grad")
            return result

        setattr(group, name, counted)


COLLECTIVES = {}


def with_fsdp1(model, wanted):
    """FullyShardedDataParallel with the arguments that Accelerate 1.15 passes."""
    import torch.distributed.fsdp as fsdp
    import torch.distributed.fsdp._flat_param
    import torch.distributed.fsdp._runtime_utils
    import torch.distributed.utils
    from torch.distributed.fsdp.wrap import transformer_auto_wrap_policy

    for module in (torch.distributed.utils, fsdp._runtime_utils, fsdp._flat_param):
        if hasattr(module, "_no_dispatch_record_stream"):
            module._no_dispatch_record_stream = lambda *_: None
    strategy = fsdp.ShardingStrategy[wanted.strategy]
    group = None
    with unset_fake_temporarily():
        start_group(wanted.world)
        if "HYBRID" in wanted.strategy:
            shards = wanted.world // wanted.replicate
            group = (
                torch.distributed.new_group(list(range(shards))),
                torch.distributed.new_group(list(range(0, wanted.world, shards))),
            )
    wrapped = classes_to_wrap(model, wanted)
    layers = {type(module) for module in model.modules() if type(module).__name__ in wrapped}
    dtype = DTYPES.get(wanted.mixed_precision)
    precision = fsdp.MixedPrecision(param_dtype=dtype, reduce_dtype=dtype, buffer_dtype=dtype) if dtype else None
    model = fsdp.FullyShardedDataParallel(
        model, process_group=group, sharding_strategy=strategy, mixed_precision=precision,
        device_id=torch.device("cuda:0"), use_orig_params=wanted.strategy != "SHARD_GRAD_OP",
        auto_wrap_policy=functools.partial(transformer_auto_wrap_policy, transformer_layer_cls=layers),
        limit_all_gathers=True, backward_prefetch=fsdp.BackwardPrefetch.BACKWARD_PRE,
    )
    torch.cuda.is_available = lambda: True
    torch.accelerator.is_available = lambda: False
    return model


def with_autocast(model, dtype):
    """As `Accelerator.prepare_model` does it: autocast around forward, outputs in fp32."""
    forward = torch.autocast("cuda", dtype=dtype)(type(model).forward)
    model.forward = types.MethodType(convert_outputs_to_fp32(types.MethodType(forward, model).__func__), model)


def optimizer_of(wanted, parameters):
    is_foreach, is_fused = wanted.opt_impl == "foreach", wanted.opt_impl == "fused"
    kinds = {
        "adamw": lambda: torch.optim.AdamW(parameters, foreach=is_foreach, fused=is_fused),
        "sgd": lambda: torch.optim.SGD(parameters, foreach=is_foreach),
        "sgd-momentum": lambda: torch.optim.SGD(parameters, momentum=0.9, foreach=is_foreach),
        "adafactor": lambda: transformers.Adafactor(parameters, lr=1e-3, scale_parameter=False, relative_step=False),
    }
    return kinds[wanted.optimizer]()


# ---- two steps -------------------------------------------------------------------------------------------------


def record(case):
    wanted = types.SimpleNamespace(**DEFAULTS | case["settings"])
    torch.cuda.is_available = CUDA_IS_AVAILABLE
    fake_gpu.chosen_kernels.clear()
    decide_masks(wanted.padding)
    with FakeTensorMode(allow_non_fake_inputs=True):
        config, model = build(case, wanted)
        counts = [(parameter.numel(), parameter.requires_grad) for parameter in model.parameters()]
        ledger = fake_gpu.Ledger(getattr(config, "vocab_size", None))
        model = spread(model, wanted, ledger)
        parameters = [parameter for parameter in model.parameters() if parameter.requires_grad]
        if wanted.dist == "ddp":  # the reducer's buckets (C++): a copy of all gradients, gradient_as_bucket_view=False
            buckets = [torch.empty_like(parameter) for parameter in parameters]
            for bucket in buckets:
                ledger.note(bucket, "comm")
        for parameter in model.parameters():
            ledger.note(parameter, "param")
            ledger.parameters.add(local(parameter).untyped_storage()._cdata)
        for buffer in model.buffers():
            ledger.note(buffer, "buffer")
        batch = batch_of(case, config, wanted)
        for tensor in batch.values():
            if isinstance(tensor, torch.Tensor):
                ledger.note(tensor, "input")
        if not wanted.dist.startswith("fsdp"):
            for parameter in parameters:
                parameter.register_post_accumulate_grad_hook(lambda grown: ledger.note(grown.grad, "grad"))
        optimizer = optimizer_of(wanted, parameters)
        with ledger, ledger.resizes():
            kept = {}
            for _ in range(2):  # optimizer states exist from the second step on
                ledger.forget_peak()
                step(model, batch, optimizer, parameters, wanted, ledger, kept)
    truth = {
        "n_params": sum(number for number, _ in counts),
        "n_trainable": sum(number for number, is_trained in counts if is_trained),
        "peak_bytes": ledger.peak,
        "peak_phase": ledger.worst["phase"],
        "peak_op": ledger.worst["op"],
        "peak_by_category": ledger.worst["held"],
        "sdpa_backend": sorted(fake_gpu.chosen_kernels),
    }
    del model, optimizer, batch, kept
    gc.collect()
    return truth


CUDA_IS_AVAILABLE = torch.cuda.is_available


def spread(model, wanted, ledger):
    if wanted.dist == "fsdp2":
        return with_fsdp2(model, wanted, ledger)
    if wanted.mixed_precision != "no":
        with_autocast(model, DTYPES[wanted.mixed_precision])
    return with_fsdp1(model, wanted) if wanted.dist == "fsdp1" else model


def step(model, batch, optimizer, parameters, wanted, ledger, kept):
    """One optimizer step. Outputs that the script keeps live on until the next forward has made new ones."""
    for turn in range(wanted.grad_accum):
        is_last = turn == wanted.grad_accum - 1
        if wanted.dist == "fsdp2" and wanted.grad_accum > 1:
            model.set_requires_gradient_sync(is_last)
        is_silent = wanted.dist == "fsdp1" and not is_last
        with model.no_sync() if is_silent else contextlib.nullcontext():
            ledger.phase = "fwd"
            ledger.look()
            outputs = model(**batch)
            loss = outputs["loss"]
            kept["outputs"] = outputs if wanted.keep_outputs else None
            del outputs
            loss = loss / wanted.grad_accum if wanted.grad_accum > 1 else loss
            ledger.phase = "bwd"
            ledger.look()
            loss.backward()
        del loss
        for parameter in parameters:
            if parameter.grad is not None:
                ledger.note(parameter.grad, "grad")
    ledger.phase = "step"
    ledger.look()
    if wanted.clip:
        torch.nn.utils.clip_grad_norm_(parameters, 1.0)
    optimizer.step()
    for state in optimizer.state.values():
        for tensor in state.values():
            if isinstance(tensor, torch.Tensor):
                ledger.note(tensor, "opt")
    optimizer.zero_grad(set_to_none=True)


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("file")
    arguments.add_argument("--check", action="store_true")
    arguments.add_argument("--only", default="")
    asked = arguments.parse_args()
    fake_gpu.pretend()
    with open(asked.file) as file:
        cases = [json.loads(line) for line in file if line.strip()]
    changed, seen, models = 0, 0, set()
    for case in cases:
        if asked.only not in case["id"]:
            continue
        seen += 1
        before, truth = case.get("truth", {}).get("peak_bytes"), record(case)
        changed += before != truth["peak_bytes"]
        note = "" if before == truth["peak_bytes"] else f"  (was {before})"
        print(f"{truth['peak_bytes']:15} {truth['peak_phase']:4} {case['id']}{note}", flush=True)
        case["truth"] = truth
        if case["model"] not in models:
            case["saved"] = saved(case)
        models.add(case["model"])
    if not asked.check:
        with open(asked.file, "w") as file:
            file.writelines(json.dumps(case) + "\n" for case in cases)
    print(f"{changed} of {seen} differ", file=sys.stderr)
    sys.stdout.flush()
    os._exit(1 if asked.check and changed else 0)  # fake process groups do not end by themselves


if __name__ == "__main__":
    main()
