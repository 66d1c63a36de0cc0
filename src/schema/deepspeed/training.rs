//! Batches, gradients and what DeepSpeed prints: the settings at the top of the file.

use super::{Auto, Holds, Setting};

const DTYPES: &[&str] = &["fp16", "bf16", "fp32"];
const ANY: f64 = f64::INFINITY;

pub(super) static ROWS: &[Setting] = &[
    Setting::new(
        "train_batch_size",
        Holds::Int(1),
        "Samples in one optimizer step over all processes: micro batch times accumulation times processes.",
    )
    .auto(Auto::Accelerate),
    Setting::new(
        "train_micro_batch_size_per_gpu",
        Holds::Int(1),
        "Samples that one process takes through the model at once.",
    )
    .auto(Auto::Accelerate),
    Setting::new(
        "gradient_accumulation_steps",
        Holds::Int(1),
        "Micro batches whose gradients are collected before each optimizer step.",
    )
    .auto(Auto::Accelerate),
    Setting::new(
        "managed_gradient_accumulation",
        Holds::Bool,
        "Lets DeepSpeed count the micro batches; without it every call of step is an optimizer step.",
    ),
    Setting::new(
        "gradient_clipping",
        Holds::Number(-ANY, ANY),
        "Shrinks gradients larger than this; 1.0 when nothing is set, and 0 switches it off.",
    )
    .auto(Auto::Accelerate),
    Setting::new(
        "prescale_gradients",
        Holds::Bool,
        "Divides gradients before they are added up over the processes instead of afterwards.",
    ),
    Setting::new(
        "gradient_predivide_factor",
        Holds::Number(0.0, ANY),
        "The part of the division that happens before gradients are added up.",
    ),
    Setting::new(
        "gradient_allreduce_op",
        Holds::Word(&["mean", "sum"]),
        "Whether gradients of the processes are averaged or added up.",
    ),
    Setting::new(
        "communication_data_type",
        Holds::Word(DTYPES),
        "The precision in which gradients travel between the GPUs.",
    ),
    Setting::new(
        "seq_parallel_communication_data_type",
        Holds::Word(DTYPES),
        "The precision in which sequence parallelism sends its data.",
    ),
    Setting::new(
        "disable_allgather",
        Holds::Bool,
        "Uses a series of broadcasts where an all-gather is broken on the network.",
    ),
    Setting::new(
        "dataloader_drop_last",
        Holds::Bool,
        "Leaves out the last incomplete batch of a data loader that DeepSpeed builds itself.",
    ),
    Setting::new(
        "steps_per_print",
        Holds::Anything,
        "Steps between two progress lines; Accelerate always replaces it so that nothing is printed.",
    )
    .auto(Auto::Accelerate),
    Setting::new("wall_clock_breakdown", Holds::Bool, "Prints how long each part of a step takes."),
    Setting::new("memory_breakdown", Holds::Bool, "Prints memory use at many places."),
    Setting::new("dump_state", Holds::Bool, "Prints DeepSpeed's whole state after it was built."),
    Setting::new("disable_python_gc", Holds::Bool, "Switches Python's garbage collection of cycles off."),
    Setting::new("log_level", Holds::Text, "How much DeepSpeed logs, such as warning."),
    Setting::new(
        "vocabulary_size",
        Holds::Int(1),
        "The model's vocabulary, only used to warn when it is no multiple of 8.",
    ),
];
