//! Checkpoints, activations, data and the disk.

use super::{Holds, Manner, Setting};

pub(super) static ROWS: &[Setting] = &[
    Setting::new(
        "zero_allow_untested_optimizer",
        Holds::Bool,
        "Lets ZeRO run with optimizers that it was not tested with.",
    ),
    Setting::new(
        "zero_force_ds_cpu_optimizer",
        Holds::Bool,
        "Insists on DeepSpeed's own optimizer when the optimizer state is on the CPU.",
    ),
    Setting::new(
        "activation_checkpointing",
        Holds::Section(Manner::Loose),
        "Options of DeepSpeed's own activation checkpointing, which the model must call itself.",
    ),
    Setting::new("activation_checkpointing.partition_activations", Holds::Bool, "Splits them over GPUs."),
    Setting::new("activation_checkpointing.number_checkpoints", Holds::Int(i64::MIN), "How many are kept."),
    Setting::new(
        "activation_checkpointing.contiguous_memory_optimization",
        Holds::Bool,
        "Keeps them in one piece of memory.",
    ),
    Setting::new("activation_checkpointing.cpu_checkpointing", Holds::Bool, "Moves them to CPU memory."),
    Setting::new(
        "activation_checkpointing.synchronize_checkpoint_boundary",
        Holds::Bool,
        "Waits for the GPU at each one.",
    ),
    Setting::new("activation_checkpointing.profile", Holds::Bool, "Measures each one."),
    Setting::new("checkpoint", Holds::Section(Manner::Loose), "How checkpoints are written."),
    Setting::new(
        "checkpoint.tag_validation",
        Holds::Word(&["warn", "ignore", "fail"]),
        "Whether all processes must use the same name.",
    ),
    Setting::new("checkpoint.load_universal", Holds::Bool, "Reads checkpoints of any number of processes."),
    Setting::new("checkpoint.use_node_local_storage", Holds::Bool, "Writes on each machine's own disk."),
    Setting::new("checkpoint.checkpoint_serialization", Holds::Bool, "Writes in PyTorch's own format."),
    Setting::new("checkpoint.parallel_write", Holds::Anything, "Writes from several processes."),
    Setting::new("checkpoint.writer", Holds::Anything, "The program that writes."),
    Setting::new("datastates_ckpt", Holds::Anything, "Checkpoints through DataStates."),
    Setting::new("aio", Holds::Section(Manner::Loose), "How the fast disk is read and written."),
    Setting::new("aio.block_size", Holds::Int(1), "Bytes read at once."),
    Setting::new("aio.queue_depth", Holds::Int(1), "Reads that wait at the same time."),
    Setting::new("aio.intra_op_parallelism", Holds::Int(1), "Threads of one read."),
    Setting::new("aio.single_submit", Holds::Bool, "Hands over one block at a time."),
    Setting::new("aio.overlap_events", Holds::Bool, "Hands over blocks while others are read."),
    Setting::new("aio.use_gds", Holds::Bool, "Reads straight into the GPU."),
    Setting::new("hybrid_engine", Holds::Section(Manner::Strict), "Training and text generation in turns."),
    Setting::new("hybrid_engine.enabled", Holds::Bool, "Generates text between steps."),
    Setting::new("hybrid_engine.max_out_tokens", Holds::Int(1), "Most tokens of one text."),
    Setting::new(
        "hybrid_engine.inference_tp_size",
        Holds::Int(i64::MIN),
        "GPUs that share a layer meanwhile.",
    ),
    Setting::new("hybrid_engine.release_inference_cache", Holds::Bool, "Frees memory after each text."),
    Setting::new("hybrid_engine.pin_parameters", Holds::Bool, "Keeps parameters on the GPU meanwhile."),
    Setting::new("hybrid_engine.tp_gather_partition_size", Holds::Int(i64::MIN), "Layers collected at once."),
    Setting::new("hybrid_engine.enable_cuda_graph", Holds::Bool, "Records and replays GPU work."),
    Setting::new(
        "data_efficiency",
        Holds::Section(Manner::Free),
        "Trains on easy samples first or drops tokens.",
    ),
    Setting::new("autotuning", Holds::Section(Manner::Free), "Tries settings before training."),
];
