//! What ZeRO splits over the processes, and what it moves to CPU memory or disk.

use super::{Auto, Holds, Manner, Setting};

const DEVICES: &[&str] = &["none", "cpu", "nvme"];

pub(super) static ROWS: &[Setting] = &[
    Setting::new(
        "zero_optimization",
        Holds::Section(Manner::Strict),
        "How training state is split over the processes; Accelerate needs this section.",
    ),
    Setting::new(
        "zero_optimization.stage",
        Holds::Stage,
        "What is split: 1 the optimizer state, 2 gradients as well, 3 parameters as well, 0 nothing.",
    )
    .auto(Auto::Accelerate),
    Setting::new(
        "zero_optimization.contiguous_gradients",
        Holds::Bool,
        "Copies gradients into one piece of memory.",
    ),
    Setting::new(
        "zero_optimization.reduce_scatter",
        Holds::Bool,
        "Sends each process only its part of the gradients.",
    ),
    Setting::new(
        "zero_optimization.reduce_bucket_size",
        Holds::Int(1),
        "Gradient values that are sent at once: more is faster and takes more memory.",
    )
    .auto(Auto::Accelerate),
    Setting::new(
        "zero_optimization.use_multi_rank_bucket_allreduce",
        Holds::Bool,
        "Joins small messages of several processes into one.",
    ),
    Setting::new(
        "zero_optimization.allgather_partitions",
        Holds::Bool,
        "Collects updated parameters all at once instead of one process after the other.",
    ),
    Setting::new(
        "zero_optimization.allgather_bucket_size",
        Holds::Int(0),
        "Parameter values that are collected at once.",
    ),
    Setting::new(
        "zero_optimization.overlap_comm",
        Holds::Bool,
        "Sends gradients while others are still computed; on by itself at stage 3.",
    ),
    Setting::new(
        "zero_optimization.compute_grad_norm",
        Holds::Bool,
        "Computes the length of the gradient at stages 1 and 2.",
    ),
    Setting::new(
        "zero_optimization.load_from_fp32_weights",
        Holds::Bool,
        "Continues from the full-precision copy in a checkpoint.",
    ),
    Setting::new("zero_optimization.elastic_checkpoint", Holds::Bool, "An old form of checkpoints."),
    Setting::new(
        "zero_optimization.ignore_unused_parameters",
        Holds::Bool,
        "Goes on when parameters got no gradient.",
    ),
    Setting::new("zero_optimization.legacy_stage1", Holds::Bool, "An old stage 1 that no longer exists."),
    Setting::new(
        "zero_optimization.round_robin_gradients",
        Holds::Bool,
        "Spreads the copying of gradients to CPU memory evenly over the processes.",
    ),
    Setting::new(
        "zero_optimization.parameter_alignment",
        Holds::Bool,
        "Leaves gaps so that each parameter begins at an even address.",
    ),
    Setting::new(
        "zero_optimization.sub_group_size",
        Holds::Int(0),
        "Parameters that the optimizer updates at once at stage 3.",
    ),
    Setting::new(
        "zero_optimization.stage3_prefetch_bucket_size",
        Holds::Int(0),
        "Parameter values that are fetched before they are needed.",
    )
    .alias("prefetch_bucket_size")
    .auto(Auto::Accelerate)
    .stage_3(),
    Setting::new(
        "zero_optimization.stage3_param_persistence_threshold",
        Holds::Int(0),
        "Parameters smaller than this stay whole on each GPU.",
    )
    .alias("param_persistence_threshold")
    .auto(Auto::Accelerate)
    .stage_3(),
    Setting::new(
        "zero_optimization.stage3_model_persistence_threshold",
        Holds::Int(0),
        "Most parameters that may stay whole on each GPU.",
    )
    .alias("model_persistence_threshold")
    .stage_3(),
    Setting::new(
        "zero_optimization.stage3_max_live_parameters",
        Holds::Int(0),
        "Most parameters that are whole on a GPU at a time.",
    )
    .alias("max_live_parameters")
    .stage_3(),
    Setting::new(
        "zero_optimization.stage3_max_reuse_distance",
        Holds::Int(0),
        "Parameters that are needed again soon are kept, and this says how soon.",
    )
    .alias("max_reuse_distance")
    .stage_3(),
    Setting::new(
        "zero_optimization.stage3_gather_16bit_weights_on_model_save",
        Holds::Bool,
        "Collects the split weights into one model when saving.",
    )
    .alias("gather_16bit_weights_on_model_save")
    .auto(Auto::Accelerate)
    .stage_3(),
    Setting::new(
        "zero_optimization.stage3_gather_fp16_weights_on_model_save",
        Holds::Bool,
        "The old name of stage3_gather_16bit_weights_on_model_save.",
    )
    .instead("stage3_gather_16bit_weights_on_model_save")
    .stage_3(),
    Setting::new(
        "zero_optimization.stage3_module_granularity_threshold",
        Holds::Int(i64::MIN),
        "Modules with smaller parts than this are fetched as one.",
    )
    .alias("module_granularity_threshold")
    .stage_3(),
    Setting::new(
        "zero_optimization.stage3_use_all_reduce_for_fetch_params",
        Holds::Bool,
        "Fetches parameters by adding them up instead of collecting them.",
    )
    .alias("use_all_reduce_for_fetch_params")
    .stage_3(),
    Setting::new(
        "zero_optimization.stage3_allgather_sequential",
        Holds::Bool,
        "Fetches parameters one by one, which saves memory.",
    )
    .alias("allgather_sequential")
    .stage_3(),
    Setting::new(
        "zero_optimization.memory_efficient_linear",
        Holds::Bool,
        "Uses a linear layer that keeps less for the backward pass.",
    ),
    Setting::new(
        "zero_optimization.pipeline_loading_checkpoint",
        Holds::Bool,
        "Reads a checkpoint while the part before it is still used.",
    ),
    Setting::new(
        "zero_optimization.override_module_apply",
        Holds::Bool,
        "Lets initialisation functions see whole parameters.",
    ),
    Setting::new(
        "zero_optimization.log_trace_cache_warnings",
        Holds::Bool,
        "Warns when the order of modules changes between steps.",
    ),
    Setting::new(
        "zero_optimization.enable_sanity_checks",
        Holds::Bool,
        "Checks DeepSpeed's own state, slowly.",
    ),
    Setting::new(
        "zero_optimization.zero_hpz_partition_size",
        Holds::Int(0),
        "Processes that share a second copy of the parameters, usually those of one machine.",
    ),
    Setting::new("zero_optimization.zero_quantized_weights", Holds::Bool, "Sends parameters in fewer bits."),
    Setting::new(
        "zero_optimization.zero_quantized_nontrainable_weights",
        Holds::Bool,
        "Keeps frozen parameters in fewer bits.",
    ),
    Setting::new("zero_optimization.zero_quantized_gradients", Holds::Bool, "Sends gradients in fewer bits."),
    Setting::new(
        "zero_optimization.save_muon_momentum_buffer_in_memory",
        Holds::Bool,
        "Keeps Muon's averages out of the disk.",
    ),
    Setting::new(
        "zero_optimization.leaf_module",
        Holds::Section(Manner::Strict),
        "Modules that stage 3 fetches as a whole, such as mixtures of experts.",
    ),
    Setting::new("zero_optimization.leaf_module.classes", Holds::Anything, "Names of their classes."),
    Setting::new("zero_optimization.leaf_module.names", Holds::Anything, "Their names in the model."),
    Setting::new("zero_optimization.leaf_module.name_suffixes", Holds::Anything, "How their names end."),
    Setting::new(
        "zero_optimization.zenflow",
        Holds::Section(Manner::Strict),
        "Updates the most important parameters at once and the rest later on the CPU.",
    ),
    Setting::new(
        "zero_optimization.zenflow.topk_ratio",
        Holds::Number(0.0, 1.0),
        "The part that is important.",
    ),
    Setting::new(
        "zero_optimization.zenflow.select_strategy",
        Holds::Word(&["auto", "step", "epoch"]),
        "When the important part is chosen anew.",
    ),
    Setting::new(
        "zero_optimization.zenflow.select_interval",
        Holds::Anything,
        "How often it is chosen anew.",
    ),
    Setting::new(
        "zero_optimization.zenflow.update_interval",
        Holds::Anything,
        "How often the rest is updated.",
    ),
    Setting::new("zero_optimization.zenflow.overlap_step", Holds::Bool, "Updates while the next step runs."),
    Setting::new(
        "zero_optimization.zenflow.offload",
        Holds::Bool,
        "Moves the important part to the CPU, too.",
    ),
    Setting::new(
        "zero_optimization.zenflow.auto_ratio",
        Holds::Number(0.0, 1.0),
        "When to update on its own.",
    ),
    Setting::new(
        "zero_optimization.zenflow.full_warm_up_rounds",
        Holds::Int(i64::MIN),
        "Steps that update everything at first.",
    ),
    Setting::new(
        "zero_optimization.zenflow.pt_reserved_cores_perc",
        Holds::Number(0.0, 1.0),
        "CPU cores left to PyTorch.",
    ),
    Setting::new("zero_optimization.zenflow.steps_per_epoch", Holds::Int(i64::MIN), "Steps in one epoch."),
    Setting::new(
        "zero_optimization.offload_param",
        Holds::Section(Manner::Strict),
        "Where parameters live while the GPU does not need them, which only stage 3 can move.",
    )
    .stage_3(),
    Setting::new(
        "zero_optimization.offload_param.device",
        Holds::Word(DEVICES),
        "CPU memory, a fast disk, or none to stay on the GPU.",
    )
    .auto(Auto::Accelerate),
    Setting::new("zero_optimization.offload_param.nvme_path", Holds::Text, "The folder on the fast disk.")
        .auto(Auto::Accelerate),
    Setting::new("zero_optimization.offload_param.buffer_count", Holds::Int(0), "Buffers for the disk."),
    Setting::new("zero_optimization.offload_param.buffer_size", Holds::Int(0), "Values in each buffer."),
    Setting::new(
        "zero_optimization.offload_param.max_in_cpu",
        Holds::Int(0),
        "Values that stay in CPU memory while the rest goes to disk.",
    ),
    Setting::new(
        "zero_optimization.offload_param.pin_memory",
        Holds::Bool,
        "Uses memory that the GPU can read directly.",
    ),
    Setting::new(
        "zero_optimization.offload_optimizer",
        Holds::Section(Manner::Strict),
        "Where the optimizer state lives and is updated.",
    ),
    Setting::new(
        "zero_optimization.offload_optimizer.device",
        Holds::Word(DEVICES),
        "CPU memory, a fast disk, or none to stay on the GPU.",
    )
    .auto(Auto::Accelerate),
    Setting::new(
        "zero_optimization.offload_optimizer.nvme_path",
        Holds::Text,
        "The folder on the fast disk.",
    )
    .auto(Auto::Accelerate),
    Setting::new("zero_optimization.offload_optimizer.buffer_count", Holds::Int(0), "Buffers for the disk."),
    Setting::new(
        "zero_optimization.offload_optimizer.pin_memory",
        Holds::Bool,
        "Uses memory that the GPU can read directly.",
    ),
    Setting::new(
        "zero_optimization.offload_optimizer.pipeline_read",
        Holds::Bool,
        "Reads the next part from disk while one is updated.",
    ),
    Setting::new(
        "zero_optimization.offload_optimizer.pipeline_write",
        Holds::Bool,
        "Writes a part to disk while the next is updated.",
    ),
    Setting::new(
        "zero_optimization.offload_optimizer.fast_init",
        Holds::Bool,
        "Prepares the disk faster at the start.",
    ),
    Setting::new(
        "zero_optimization.offload_optimizer.ratio",
        Holds::Number(0.0, 1.0),
        "The part of the parameters that the CPU updates, at stage 3.",
    ),
    Setting::new(
        "zero_optimization.offload_optimizer.super_offload",
        Holds::Bool,
        "Faster offload for chips that join CPU and GPU, at stage 3.",
    ),
    Setting::new(
        "zero_optimization.offload_optimizer.cpuadam_cores_perc",
        Holds::Number(0.0, 1.0),
        "The part of the CPU cores that updates.",
    ),
    Setting::new(
        "zero_optimization.cpu_offload",
        Holds::Bool,
        "The old name of offload_optimizer with the device cpu.",
    )
    .instead("offload_optimizer"),
    Setting::new(
        "zero_optimization.cpu_offload_param",
        Holds::Bool,
        "The old name of offload_param with the device cpu.",
    )
    .instead("offload_param")
    .stage_3(),
    Setting::new(
        "zero_optimization.cpu_offload_use_pin_memory",
        Holds::Bool,
        "The old place of pin_memory, which has no effect any more.",
    )
    .instead("pin_memory"),
];
