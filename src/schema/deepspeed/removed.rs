//! Settings that DeepSpeed 0.19 refuses by name, although older releases took them.

/// A setting that is gone.
#[derive(Debug)]
pub struct Removed {
    /// Its dotted key.
    pub key: &'static str,
    /// What it was, as a noun.
    pub what: &'static str,
    /// What to do instead.
    pub instead: &'static str,
}

const fn gone(key: &'static str, what: &'static str, instead: &'static str) -> Removed {
    Removed { key, what, instead }
}

/// All of them (DeepSpeed 0.19.8).
pub static REMOVED: &[Removed] = &[
    gone("amp", "NVIDIA Apex mixed precision", "use `fp16`, `bf16` or `torch_autocast`"),
    gone("compression_training", "model compression", "remove it; DeepSpeed no longer compresses models"),
    gone(
        "curriculum_learning",
        "the old curriculum learning",
        "write it as `data_efficiency.data_sampling.curriculum_learning`",
    ),
    gone("eigenvalue", "quantisation by eigenvalues", "remove it"),
    gone("elasticity", "elastic training", "remove it and set the batch sizes directly"),
    gone("graph_harvesting", "graph harvesting", "remove it"),
    gone("nebula", "Nebula checkpoints", "remove it; checkpoints are saved with PyTorch"),
    gone("progressive_layer_drop", "progressive layer dropping", "remove it"),
    gone("quantize_training", "quantised training", "remove it"),
    gone("sparse_attention", "sparse attention", "remove it"),
    gone(
        "sparse_gradients",
        "compression of embedding gradients",
        "remove it; embeddings built with `sparse=True` need no setting",
    ),
    gone("zero_optimization.mics_shard_size", "MiCS sharding", "remove it, or use `zero_hpz_partition_size`"),
    gone("zero_optimization.mics_hierarchical_params_gather", "MiCS sharding", "remove it"),
    gone(
        "zero_optimization.zeropp_loco_param",
        "LoCo for quantised gradients",
        "remove it; `zero_quantized_gradients` works without it",
    ),
    gone(
        "compile.backend",
        "the choice of a compiler here",
        "remove it; set `dynamo_config` for torch.compile",
    ),
    gone("compile.disable", "this switch", "remove it; `deepcompile` switches compilation on"),
    gone("compile.kwargs", "arguments of torch.compile here", "remove it"),
    gone("compile.enabled", "this switch", "write `deepcompile` instead"),
];

/// A name that somebody may well write and nobody reads.
#[derive(Debug)]
pub struct Unread {
    /// Its dotted key in DeepSpeed's file.
    pub key: &'static str,
    /// Why nobody reads it, and what to write instead.
    pub why: &'static str,
}

const fn unread(key: &'static str, why: &'static str) -> Unread {
    Unread { key, why }
}

/// Names that DeepSpeed 0.19.8 passes over under Accelerate 1.15.0, and that are easily taken for settings.
pub static UNREAD: &[Unread] = &[
    unread(
        "bfloat16",
        "write `bf16`: Accelerate adds that name itself, and the old one is read only without it",
    ),
    unread("monitor_config", "write `tensorboard`, `wandb`, `csv_monitor` or `comet` at the top of the file"),
    unread("comms_config", "write `comms_logger`"),
    unread("aio.thread_count", "write `intra_op_parallelism`"),
    unread("zero3_init_flag", "write it in Accelerate's config, inside `deepspeed_config`"),
    unread(
        "zero3_save_16bit_model",
        "write `stage3_gather_16bit_weights_on_model_save` inside `zero_optimization`",
    ),
    unread("distributed_type", "remove it; it belongs into Accelerate's config"),
    unread("mixed_precision", "write `bf16` or `fp16` as a mapping with `enabled`"),
    unread("zero_stage", "write `stage` inside `zero_optimization`"),
    unread("offload_optimizer_device", "write `offload_optimizer` inside `zero_optimization`"),
    unread("offload_param_device", "write `offload_param` inside `zero_optimization`"),
    unread("num_processes", "remove it; it belongs into Accelerate's config"),
    unread("deepspeed_config", "remove it; it belongs into Accelerate's config"),
];
