#!/usr/bin/env python3
"""Asks the real `Accelerator` who is heard where a launch and the script say different things.

    make oracle-script       (needs the packages of worker.py; writes tests/fixtures/oracle/script.json)

For every keyword a launch says one thing by its variable and the script another, and then the other way
round. What the first worker has in the end is kept: with the launch alone, with the script alone, and with
both. Below `refused` are calls of `Accelerator` that people write, with Python's name for what comes of them
and which of our signs of it is there; below `unchecked` a variable that nobody checks without a launcher.
Every answer is from a process of its own, on eight pretended GPUs.
"""

import json
import os
import pathlib
import tempfile
import types

import record_load
import worker

TARGET = record_load.ROOT / "tests/fixtures/oracle/script.json"
BOOLEAN = (("true", "True"), ("false", "False"))
FSDP = {"ACCELERATE_USE_FSDP": "true", "FSDP_CPU_RAM_EFFICIENT_LOADING": "false"}
FSDP1, FSDP2 = {**FSDP, "FSDP_VERSION": "1"}, {**FSDP, "FSDP_VERSION": "2"}
DEEPSPEED = {"ACCELERATE_USE_DEEPSPEED": "true"}
MEGATRON = {"ACCELERATE_USE_MEGATRON_LM": "true"}
MESH = {**FSDP2, "ACCELERATE_USE_PARALLELISM_CONFIG": "true", "PARALLELISM_CONFIG_DP_SHARD_SIZE": "2"}
FP8 = {"ACCELERATE_MIXED_PRECISION": "fp8"}

# How a class gets into the script's call, and where its settings are found afterwards.
CLASSES = {
    "Accelerator": ("Accelerator({})", "accelerator"),
    "TorchDynamoPlugin": ("Accelerator(dynamo_plugin=TorchDynamoPlugin({}))", "accelerator.state.dynamo_plugin"),
    "GradientAccumulationPlugin": (
        "Accelerator(gradient_accumulation_plugin=GradientAccumulationPlugin({}))",
        "accelerator.gradient_state",
    ),
    "FullyShardedDataParallelPlugin": (
        "Accelerator(fsdp_plugin=FullyShardedDataParallelPlugin({}))",
        "accelerator.state.fsdp_plugin",
    ),
    "DeepSpeedPlugin": ("Accelerator(deepspeed_plugin=DeepSpeedPlugin({}))", "accelerator.state.deepspeed_plugin"),
    "MegatronLMPlugin": ("Accelerator(megatron_lm_plugin=MegatronLMPlugin({}))", "accelerator.state.megatron_lm_plugin"),
    "ParallelismConfig": ("Accelerator(parallelism_config=ParallelismConfig({}))", "accelerator.parallelism_config"),
    "TorchContextParallelConfig": (
        "Accelerator(parallelism_config=ParallelismConfig(cp_handler=TorchContextParallelConfig({})))",
        "accelerator.parallelism_config.cp_handler",
    ),
    "DeepSpeedSequenceParallelConfig": (
        "Accelerator(parallelism_config=ParallelismConfig(sp_handler=DeepSpeedSequenceParallelConfig({})))",
        "accelerator.parallelism_config.sp_handler",
    ),
    "AORecipeKwargs": ("Accelerator(kwargs_handlers=[AORecipeKwargs({})])", "accelerator.ao_recipe_handler"),
    "TERecipeKwargs": ("Accelerator(kwargs_handlers=[TERecipeKwargs({})])", "accelerator.te_recipe_handler"),
    "MSAMPRecipeKwargs": ("Accelerator(kwargs_handlers=[MSAMPRecipeKwargs({})])", "accelerator.msamp_recipe_handler"),
}


def words(first, second):
    """Two words: in a variable as they are, in the script in quotes."""
    return ((first, repr(first)), (second, repr(second)))


def numbers(first, second):
    return ((str(first), str(first)), (str(second), str(second)))


def keywords():
    """Class, keyword, variable, two values (in a variable, in a script), the rest of the variables, where it is read."""
    yield "Accelerator", "mixed_precision", "ACCELERATE_MIXED_PRECISION", words("bf16", "fp16"), {}, ".mixed_precision"
    yield "Accelerator", "cpu", "ACCELERATE_USE_CPU", BOOLEAN, {}, ".device.type"
    steps = "ACCELERATE_GRADIENT_ACCUMULATION_STEPS"
    yield "Accelerator", "gradient_accumulation_steps", steps, numbers(3, 8), {}, ".gradient_accumulation_steps"
    yield "GradientAccumulationPlugin", "num_steps", steps, numbers(3, 8), {}, ".num_steps"
    yield "Accelerator", "dynamo_backend", "ACCELERATE_DYNAMO_BACKEND", words("EAGER", "INDUCTOR"), {}, ".state.dynamo_plugin.backend.value"
    dynamo = "TorchDynamoPlugin"
    yield dynamo, "backend", "ACCELERATE_DYNAMO_BACKEND", words("EAGER", "INDUCTOR"), {}, ".backend.value"
    yield dynamo, "mode", "ACCELERATE_DYNAMO_MODE", words("reduce-overhead", "max-autotune"), {}, ".mode"
    for name in ("fullgraph", "dynamic", "use_regional_compilation"):
        variable = "ACCELERATE_DYNAMO_USE_" + name.removeprefix("use_").upper()
        yield dynamo, name, variable, BOOLEAN, {}, f".{name}"
    yield from of_fsdp()
    yield from of_deepspeed()
    yield from of_megatron()
    yield from of_mesh()
    yield from of_fp8()


def of_fsdp():
    kind = "FullyShardedDataParallelPlugin"
    yield kind, "fsdp_version", "FSDP_VERSION", numbers(1, 2), FSDP, ".fsdp_version"
    yield kind, "sharding_strategy", "FSDP_SHARDING_STRATEGY", words("SHARD_GRAD_OP", "HYBRID_SHARD"), FSDP1, ".sharding_strategy"
    yield kind, "reshard_after_forward", "FSDP_RESHARD_AFTER_FORWARD", BOOLEAN, FSDP2, ".reshard_after_forward"
    yield kind, "cpu_offload", "FSDP_OFFLOAD_PARAMS", BOOLEAN, FSDP1, ".cpu_offload"
    yield kind, "backward_prefetch", "FSDP_BACKWARD_PREFETCH", words("BACKWARD_PRE", "BACKWARD_POST"), FSDP1, ".backward_prefetch"
    yield kind, "state_dict_type", "FSDP_STATE_DICT_TYPE", words("FULL_STATE_DICT", "SHARDED_STATE_DICT"), FSDP1, ".state_dict_type"
    yield kind, "auto_wrap_policy", "FSDP_AUTO_WRAP_POLICY", words("TRANSFORMER_BASED_WRAP", "SIZE_BASED_WRAP"), FSDP1, ".auto_wrap_policy.__name__"
    layers = {**FSDP1, "FSDP_AUTO_WRAP_POLICY": "TRANSFORMER_BASED_WRAP"}
    values = (("A,B", "['A', 'B']"), ("C", "['C']"))
    yield kind, "transformer_cls_names_to_wrap", "FSDP_TRANSFORMER_CLS_TO_WRAP", values, layers, ".transformer_cls_names_to_wrap"
    sized = {**FSDP1, "FSDP_AUTO_WRAP_POLICY": "SIZE_BASED_WRAP"}
    yield kind, "min_num_params", "FSDP_MIN_NUM_PARAMS", numbers(1000, 2000), sized, ".min_num_params"
    for name in ("use_orig_params", "sync_module_states", "forward_prefetch", "activation_checkpointing"):
        yield kind, name, f"FSDP_{name.upper()}", BOOLEAN, FSDP1, f".{name}"
    loading = {**FSDP1, "FSDP_SYNC_MODULE_STATES": "true"}
    yield kind, "cpu_ram_efficient_loading", "FSDP_CPU_RAM_EFFICIENT_LOADING", BOOLEAN, loading, ".cpu_ram_efficient_loading"
    checkpointed = {**FSDP2, "FSDP_ACTIVATION_CHECKPOINTING": "true"}
    name = "activation_checkpointing_offload"
    yield kind, name, f"FSDP_{name.upper()}", BOOLEAN, checkpointed, f".{name}"
    yield kind, "ignored_modules", "FSDP_IGNORED_MODULES", words("head", "tail"), FSDP1, ".ignored_modules"


def of_deepspeed():
    kind = "DeepSpeedPlugin"
    for name, variable, values in (
        ("zero_stage", "DEEPSPEED_ZERO_STAGE", numbers(1, 3)),
        ("gradient_clipping", "GRADIENT_CLIPPING", numbers(0.5, 2.0)),
        ("gradient_accumulation_steps", "GRADIENT_ACCUMULATION_STEPS", numbers(3, 8)),
        ("offload_optimizer_device", "DEEPSPEED_OFFLOAD_OPTIMIZER_DEVICE", words("cpu", "nvme")),
        ("offload_param_device", "DEEPSPEED_OFFLOAD_PARAM_DEVICE", words("cpu", "nvme")),
        ("offload_optimizer_nvme_path", "DEEPSPEED_OFFLOAD_OPTIMIZER_NVME_PATH", words("one", "two")),
        ("offload_param_nvme_path", "DEEPSPEED_OFFLOAD_PARAM_NVME_PATH", words("one", "two")),
        ("zero3_init_flag", "DEEPSPEED_ZERO3_INIT", BOOLEAN),
        ("zero3_save_16bit_model", "DEEPSPEED_ZERO3_SAVE_16BIT_MODEL", BOOLEAN),
    ):
        stage = {} if name == "zero_stage" else {"ACCELERATE_DEEPSPEED_ZERO_STAGE": "3"}
        yield kind, name, f"ACCELERATE_{variable}", values, {**DEEPSPEED, **stage}, f".{name}"
    names = "ACCELERATE_DEEPSPEED_MOE_LAYER_CLS_NAMES"
    yield kind, "transformer_moe_cls_names", names, words("One", "Two"), DEEPSPEED, ".leaves"
    stage = ".deepspeed_config['zero_optimization']['stage']"
    yield kind, "hf_ds_config", "ACCELERATE_DEEPSPEED_CONFIG_FILE", words("one.json", "two.json"), DEEPSPEED, stage


def of_megatron():
    kind = "MegatronLMPlugin"
    sizes = ("tp_degree", "pp_degree", "num_micro_batches", "recompute_num_layers", "expert_model_parallel_size", "context_parallel_size")
    for name in (*sizes, "expert_tensor_parallel_size", "decoder_last_pipeline_num_layers"):
        yield kind, name, f"MEGATRON_LM_{name.upper()}", numbers(2, 4), MEGATRON, f".{name}"
    for name in ("gradient_clipping", "attention_dropout", "hidden_dropout"):
        yield kind, name, f"MEGATRON_LM_{name.upper()}", numbers(0.5, 0.25), MEGATRON, f".{name}"
    for name in (
        "use_custom_fsdp", "no_load_optim", "eod_mask_loss", "no_save_optim", "optimizer_cpu_offload",
        "use_precision_aware_optimizer", "overlap_cpu_optimizer_d2h_h2d", "sequence_parallelism",
        "recompute_activations", "use_distributed_optimizer", "attention_backend", "attention_softmax_in_fp32",
        "calculate_per_token_loss", "use_rotary_position_embeddings",
    ):  # fmt: skip
        yield kind, name, f"MEGATRON_LM_{name.upper()}", BOOLEAN, MEGATRON, f".{name}"
    yield kind, "recompute_granularity", "MEGATRON_LM_RECOMPUTE_GRANULARITY", words("full", "selective"), MEGATRON, ".recompute_granularity"
    yield kind, "recompute_method", "MEGATRON_LM_RECOMPUTE_METHOD", words("uniform", "block"), MEGATRON, ".recompute_method"


def of_mesh():
    for name in ("dp_replicate_size", "dp_shard_size", "tp_size", "cp_size"):
        yield "ParallelismConfig", name, f"PARALLELISM_CONFIG_{name.upper()}", numbers(2, 4), MESH, f".{name}"
    rows = {**DEEPSPEED, "ACCELERATE_USE_PARALLELISM_CONFIG": "true"}
    yield "ParallelismConfig", "sp_size", "PARALLELISM_CONFIG_SP_SIZE", numbers(2, 4), rows, ".sp_size"
    context = {**MESH, "PARALLELISM_CONFIG_CP_SIZE": "2"}
    yield (
        "TorchContextParallelConfig", "cp_comm_strategy", "PARALLELISM_CONFIG_CP_COMM_STRATEGY",
        words("allgather", "alltoall"), context, ".cp_comm_strategy",
    )  # fmt: skip
    kind, sequence = "DeepSpeedSequenceParallelConfig", {**rows, "PARALLELISM_CONFIG_SP_SIZE": "2"}
    fixed = {**sequence, "PARALLELISM_CONFIG_SP_SEQ_LENGTH_IS_VARIABLE": "false"}
    yield kind, "sp_seq_length", "PARALLELISM_CONFIG_SP_SEQ_LENGTH", numbers(128, 256), fixed, ".sp_seq_length"
    long = {**sequence, "PARALLELISM_CONFIG_SP_SEQ_LENGTH": "128"}
    name = "sp_seq_length_is_variable"
    yield kind, name, f"PARALLELISM_CONFIG_{name.upper()}", BOOLEAN, long, f".{name}"
    name = "sp_attn_implementation"
    yield kind, name, f"PARALLELISM_CONFIG_{name.upper()}", words("sdpa", "flash_attention_2"), sequence, f".{name}"


def of_fp8():
    backends = (("AO", "[AORecipeKwargs()]"), ("TE", "[TERecipeKwargs()]"))
    yield "Accelerator", "kwargs_handlers", "ACCELERATE_FP8_BACKEND", backends, FP8, ".fp8_backend.value"
    ao, te, msamp = ({**FP8, "ACCELERATE_FP8_BACKEND": name} for name in ("AO", "TE", "MSAMP"))
    for name in ("pad_inner_dim", "enable_fsdp_float8_all_gather"):
        yield "AORecipeKwargs", name, f"ACCELERATE_FP8_{name.upper()}", BOOLEAN, ao, f".{name}"
    kind = "TERecipeKwargs"
    for name, values in (
        ("use_autocast_during_eval", BOOLEAN),
        ("margin", numbers(1, 2)),
        ("interval", numbers(3, 4)),
        ("fp8_format", words("E4M3", "HYBRID")),
        ("amax_history_len", numbers(16, 32)),
        ("amax_compute_algo", words("max", "most_recent")),
    ):
        yield kind, name, f"ACCELERATE_FP8_{name.removeprefix('fp8_').upper()}", values, te, f".{name}"
    passes = (("true", "(True, False, False)"), ("false", "(False, False, False)"))
    yield kind, "override_linear_precision", "ACCELERATE_FP8_OVERRIDE_FPROP", passes, te, ".override_linear_precision"
    yield "MSAMPRecipeKwargs", "opt_level", "ACCELERATE_FP8_OPT_LEVEL", words("O1", "O2"), msamp, ".opt_level"


# What tutorials write.
CALLS = (
    "Accelerator(num_processes=2)",
    "Accelerator(logging_dir='logs')",
    "Accelerator(fp16=True)",
    "Accelerator(use_cpu=True)",
    "Accelerator(cpu=True)",
    "Accelerator(mixed_precision='fp32')",
    "Accelerator(mixed_precision='tf32')",
    "Accelerator(mixed_precision='BF16')",
    "Accelerator(mixed_precision='no')",
    "Accelerator(project_dir='logs')",
)
# Beginnings by which `launch/supervise/failure.rs` recognises them.
SIGNS = ("Accelerator.__init__() got an unexpected keyword argument", "Unknown mixed_precision mode")


def names():
    """What a script may name."""
    import accelerate
    import accelerate.utils as utils
    from accelerate.parallelism_config import ParallelismConfig
    from accelerate.utils import dataclasses

    known = {name: getattr(source, name) for source in (utils, dataclasses) for name in CLASSES if hasattr(source, name)}
    return {**known, "Accelerator": accelerate.Accelerator, "ParallelismConfig": ParallelismConfig}


def world(env, call):
    """As many processes as the mesh wants: other sizes are refused for a reason of their own."""
    if "ACCELERATE_USE_PARALLELISM_CONFIG" not in env:
        return record_load.GPUS
    known = names()
    mesh = known["ParallelismConfig"]
    known["Accelerator"] = lambda parallelism_config=None: parallelism_config or mesh()
    os.environ.update(env)
    return eval(call, known).total_size


def built(env, call, read):
    processes = world(env, call)
    # DeepSpeed looks for a compiler on the path.
    started = types.SimpleNamespace(env={**os.environ, **env}, is_torchrun=True, world=processes)
    worker.stand_alone(started)
    worker.pretend_libraries()
    if not read.endswith(".leaves"):
        return str(eval(f"({call}){read}", names()))
    # Read only once a model is prepared.
    plugin = eval(f"({call}){read.removesuffix('.leaves')}", names())
    plugin.set_moe_leaf_modules(worker.model_with("One Two"))
    return str(plugin.transformer_moe_cls_names)


def in_child(step, *words):
    """The answer of a process of its own: what a step says, or Python's name for what it raised."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        quiet = os.open(os.devnull, os.O_WRONLY)
        os.dup2(quiet, 1)
        os.dup2(quiet, 2)
        try:
            said = {"value": step(*words)}
        except Exception as error:
            said = {"error": type(error).__name__, "sentence": str(error)}
        os.write(writer, json.dumps(said).encode())
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader, "rb") as answer:
        text = answer.read()
    os.waitpid(child, 0)
    return json.loads(text)


def value_of(*words):
    answer = in_child(built, *words)
    if "value" not in answer:
        raise SystemExit(f"{words}: {answer['error']}: {answer['sentence']}")
    return answer["value"]


def refusal(call):
    answer = in_child(built, {}, call, "")
    if "error" not in answer:
        return None
    sign = next((sign for sign in SIGNS if answer["sentence"].startswith(sign)), None)
    return {"error": answer["error"], "sign": sign}


def contest(kind, keyword, variable, values, rest, read):
    template, place = CLASSES[kind]
    place = place.removeprefix("accelerator")
    plain = {name: word for name, word in rest.items() if name != variable}
    answers = []
    for mine, other in (values, values[::-1]):
        env = {**plain, variable: mine[0]}
        call = template.format(f"{keyword}={other[1]}")
        answers.append(
            {
                "launch": value_of(env, "Accelerator()", place + read),
                "script": value_of(plain, call, place + read),
                "both": value_of(env, call, place + read),
            }
        )
    return {"class": kind, "keyword": keyword, "variable": variable, "answers": answers}


def main():
    keep = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "VIRTUAL_ENV") if name in os.environ}
    os.environ.clear()
    os.environ.update(keep)
    with tempfile.TemporaryDirectory() as home:
        os.environ["HF_HOME"] = home
        os.chdir(home)
        for name, stage in (("one.json", 1), ("two.json", 3)):
            pathlib.Path(home, name).write_text(json.dumps({"zero_optimization": {"stage": stage}}))
        worker.load()
        import accelerate

        record_load.pretend_hardware()
        record_load.pretend_packages()
        contests = [contest(*row) for row in keywords()]
        refused = {call: refusal(call) for call in CALLS}
        unchecked = {"ACCELERATE_MIXED_PRECISION=fp32": value_of({"ACCELERATE_MIXED_PRECISION": "fp32"}, "Accelerator()", ".mixed_precision")}
    lines = ",\n".join(f"  {json.dumps(row)}" for row in contests)
    refused = ",\n".join(f"  {json.dumps(call)}: {json.dumps(error)}" for call, error in refused.items())
    head = f'{{\n "accelerate": {json.dumps(accelerate.__version__)},\n "unchecked": {json.dumps(unchecked)},\n'
    TARGET.write_text(f'{head} "contests": [\n{lines}\n ],\n "refused": {{\n{refused}\n }}\n}}\n')
    print(f"{len(contests)} keywords asked about, {TARGET.relative_to(record_load.ROOT)} written")


if __name__ == "__main__":
    main()
