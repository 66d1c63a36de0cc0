//! The learning-rate schedules that DeepSpeed builds itself, and what each one takes.

use super::{Auto, Holds, Manner, Setting};

const ANY: f64 = f64::INFINITY;

pub(super) static ROWS: &[Setting] = &[
    Setting::new(
        "scheduler",
        Holds::Section(Manner::Loose),
        "The learning-rate schedule that DeepSpeed builds; the script then uses Accelerate's DummyScheduler.",
    ),
    Setting::new("scheduler.type", Holds::Text, "Its name, such as WarmupDecayLR."),
    Setting::new("scheduler.params", Holds::Section(Manner::Arguments), "What it is built with."),
    Setting::new(
        "scheduler.params.warmup_min_lr",
        Holds::Number(0.0, ANY),
        "The learning rate at the start.",
    )
    .auto(Auto::Stand),
    Setting::new(
        "scheduler.params.warmup_max_lr",
        Holds::Number(0.0, ANY),
        "The learning rate after the warmup.",
    )
    .auto(Auto::Stand),
    Setting::new("scheduler.params.warmup_num_steps", Holds::Int(1), "Steps of the warmup.")
        .auto(Auto::Stand),
    Setting::new("scheduler.params.total_num_steps", Holds::Number(1.0, ANY), "Steps of the whole training.")
        .auto(Auto::Stand),
    Setting::new(
        "scheduler.params.warmup_type",
        Holds::Word(&["log", "linear"]),
        "How the learning rate rises during the warmup.",
    ),
    Setting::new(
        "scheduler.params.warmup_min_ratio",
        Holds::Number(0.0, ANY),
        "The learning rate at the start, as a part of the full one.",
    ),
    Setting::new(
        "scheduler.params.cos_min_ratio",
        Holds::Number(0.0, ANY),
        "The learning rate at the end, as a part of the full one.",
    ),
];

/// A schedule that DeepSpeed builds by name. Those of `torch.optim.lr_scheduler` work as well.
#[derive(Debug)]
pub struct Scheduler {
    /// Its name, exactly.
    pub name: &'static str,
    /// The arguments it takes.
    pub arguments: &'static [&'static str],
    /// Those without which it cannot be built.
    pub needed: &'static [&'static str],
}

/// The schedules of DeepSpeed 0.19.8.
pub static SCHEDULERS: &[Scheduler] = &[
    Scheduler {
        name: "WarmupLR",
        arguments: &[
            "warmup_min_lr",
            "warmup_max_lr",
            "warmup_num_steps",
            "warmup_type",
            "last_batch_iteration",
        ],
        needed: &[],
    },
    Scheduler {
        name: "WarmupDecayLR",
        arguments: &[
            "total_num_steps",
            "warmup_min_lr",
            "warmup_max_lr",
            "warmup_num_steps",
            "warmup_type",
            "last_batch_iteration",
        ],
        needed: &["total_num_steps"],
    },
    Scheduler {
        name: "WarmupCosineLR",
        arguments: &[
            "total_num_steps",
            "warmup_min_ratio",
            "warmup_num_steps",
            "cos_min_ratio",
            "warmup_type",
            "last_batch_iteration",
        ],
        needed: &["total_num_steps"],
    },
    Scheduler {
        name: "OneCycle",
        arguments: &[
            "cycle_min_lr",
            "cycle_max_lr",
            "decay_lr_rate",
            "cycle_first_step_size",
            "cycle_second_step_size",
            "cycle_first_stair_count",
            "cycle_second_stair_count",
            "decay_step_size",
            "cycle_momentum",
            "cycle_min_mom",
            "cycle_max_mom",
            "decay_mom_rate",
            "last_batch_iteration",
        ],
        needed: &["cycle_min_lr", "cycle_max_lr"],
    },
    Scheduler {
        name: "LRRangeTest",
        arguments: &[
            "lr_range_test_min_lr",
            "lr_range_test_step_size",
            "lr_range_test_step_rate",
            "lr_range_test_staircase",
            "last_batch_iteration",
        ],
        needed: &[],
    },
];

/// The schedules of PyTorch 2.11 that can be built from a name and numbers.
const TORCH: &[&str] = &[
    "ConstantLR",
    "CosineAnnealingLR",
    "CosineAnnealingWarmRestarts",
    "CyclicLR",
    "ExponentialLR",
    "LinearLR",
    "MultiStepLR",
    "OneCycleLR",
    "PolynomialLR",
    "ReduceLROnPlateau",
    "StepLR",
    "LambdaLR",
    "MultiplicativeLR",
    "SequentialLR",
    "ChainedScheduler",
];

impl Scheduler {
    /// The schedule of a name.
    pub fn named(name: &str) -> Option<&'static Scheduler> {
        SCHEDULERS.iter().find(|known| known.name == name)
    }

    /// True for a name that DeepSpeed finds in PyTorch.
    pub fn is_of_torch(name: &str) -> bool {
        TORCH.contains(&name)
    }
}
