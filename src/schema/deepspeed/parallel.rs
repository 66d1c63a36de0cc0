//! Splitting the model itself, and offering DeepSpeed's compiler and experts.

use super::{Holds, Manner, Setting};

pub(super) static ROWS: &[Setting] = &[
    Setting::new("tensor_parallel", Holds::Section(Manner::Strict), "Splits single layers over GPUs."),
    Setting::new(
        "tensor_parallel.autotp_size",
        Holds::Int(i64::MIN),
        "GPUs that share each layer; 0 or 1 is off.",
    ),
    Setting::new("tensor_parallel.dtype", Holds::Anything, "The number format of the split layers."),
    Setting::new("tensor_parallel.tp_overlap_comm", Holds::Bool, "Sends while it computes."),
    Setting::new(
        "tensor_parallel.vocab_parallel_lm_head",
        Holds::Bool,
        "Splits the last layer by words, too.",
    ),
    Setting::new(
        "tensor_parallel.vocab_parallel_ce_backend",
        Holds::Word(&["torch", "liger"]),
        "Which program computes the loss over the split words.",
    ),
    Setting::new(
        "tensor_parallel.tensor_parallel",
        Holds::Section(Manner::Strict),
        "How many GPUs share a layer.",
    )
    .alias("tp"),
    Setting::new(
        "tensor_parallel.tensor_parallel.tp_size",
        Holds::Int(i64::MIN),
        "GPUs that share each layer.",
    ),
    Setting::new(
        "tensor_parallel.tensor_parallel.tp_grain_size",
        Holds::Int(i64::MIN),
        "The smallest piece.",
    ),
    Setting::new("tensor_parallel.tensor_parallel.mpu", Holds::Anything, "Only for use from Python."),
    Setting::new("tensor_parallel.tensor_parallel.tp_group", Holds::Anything, "Only for use from Python."),
    Setting::new("tensor_parallel.injection_policy_tuple", Holds::Anything, "Which layers are replaced."),
    Setting::new("tensor_parallel.partition_config", Holds::Anything, "Which layers are split and how."),
    Setting::new("tensor_parallel.preset_model", Holds::Text, "A family of models whose layers are known."),
    Setting::new("tensor_parallel.keep_module_on_host", Holds::Bool, "Keeps loaded weights in CPU memory."),
    Setting::new(
        "tensor_parallel.replace_with_kernel_inject",
        Holds::Bool,
        "Uses fast kernels for inference.",
    )
    .alias("kernel_inject"),
    Setting::new("expert_parallel", Holds::Section(Manner::Free), "Splits mixtures of experts over GPUs."),
    Setting::new(
        "use_data_before_expert_parallelism",
        Holds::Bool,
        "Which of the two ways of splitting comes first.",
    ),
    Setting::new("sequence_parallel_size", Holds::Int(1), "GPUs that share one sequence."),
    Setting::new("pipeline", Holds::Section(Manner::Free), "Splits the layers into stages."),
    Setting::new("compile", Holds::Section(Manner::Strict), "DeepSpeed's own compiler."),
    Setting::new("compile.deepcompile", Holds::Bool, "Compiles the model together with its communication."),
    Setting::new("compile.autoep_non_moe", Holds::Bool, "Compiles around mixtures of experts."),
    Setting::new("compile.free_activation", Holds::Bool, "Frees large results early."),
    Setting::new("compile.free_activation_threshold", Holds::Int(i64::MIN), "How large, in bytes."),
    Setting::new(
        "compile.offload_activation",
        Holds::Bool,
        "Moves results to CPU memory until they are needed.",
    ),
    Setting::new("compile.offload_activation_pin_memory", Holds::Bool, "Uses memory that the GPU can read."),
    Setting::new("compile.offload_opt_states", Holds::Bool, "Moves optimizer state to CPU memory meanwhile."),
    Setting::new("compile.offload_parameters", Holds::Bool, "Moves parameters to CPU memory meanwhile."),
    Setting::new("compile.double_buffer", Holds::Bool, "Uses two buffers in turn."),
    Setting::new("compile.symmetric_memory", Holds::Bool, "Uses memory at the same address on all GPUs."),
    Setting::new("compile.debug_log", Holds::Bool, "Writes down what was compiled."),
    Setting::new("compile.sync_before_reduce", Holds::Bool, "Waits before gradients are sent."),
    Setting::new("compile.sync_after_reduce", Holds::Bool, "Waits after gradients were sent."),
    Setting::new("compile.sync_before_allgather", Holds::Bool, "Waits before parameters are collected."),
    Setting::new("compile.sync_after_allgather", Holds::Bool, "Waits after parameters were collected."),
    Setting::new("compile.keep_int_input_tensors", Holds::Bool, "Keeps whole-number inputs for compilation."),
    Setting::new("compile.keep_all_input_tensors", Holds::Bool, "Keeps all inputs for compilation."),
    Setting::new("compile.passes", Holds::Texts, "Which steps of compilation run."),
];
