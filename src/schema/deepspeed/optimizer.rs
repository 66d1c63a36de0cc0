//! The optimizer that DeepSpeed builds itself, and what each one takes.

use super::{Auto, Holds, Manner, Setting};

const ANY: f64 = f64::INFINITY;

pub(super) static ROWS: &[Setting] = &[
    Setting::new(
        "optimizer",
        Holds::Section(Manner::Loose),
        "The optimizer that DeepSpeed builds; the script then uses Accelerate's DummyOptim.",
    ),
    Setting::new("optimizer.type", Holds::Text, "Its name, such as AdamW."),
    Setting::new("optimizer.params", Holds::Section(Manner::Arguments), "What it is built with."),
    Setting::new("optimizer.params.lr", Holds::Number(0.0, ANY), "The learning rate.").auto(Auto::Stand),
    Setting::new(
        "optimizer.params.weight_decay",
        Holds::Number(0.0, ANY),
        "How strongly weights are pulled to zero.",
    )
    .auto(Auto::Stand),
    Setting::new("optimizer.params.betas", Holds::Anything, "How long Adam's two averages remember.")
        .auto(Auto::Trainer),
    Setting::new(
        "optimizer.params.eps",
        Holds::Number(0.0, ANY),
        "A small number that avoids dividing by zero.",
    )
    .auto(Auto::Trainer),
    Setting::new("optimizer.legacy_fusion", Holds::Bool, "Uses an old way of joining Adam's steps."),
];

/// An optimizer that DeepSpeed knows by name. PyTorch's own work as well, by their exact names.
#[derive(Debug)]
pub struct Optimizer {
    /// Its name, in any case where DeepSpeed builds it itself.
    pub name: &'static str,
    /// True where the name may be written in upper or lower case.
    pub any_case: bool,
    /// True where ZeRO takes it without `zero_allow_untested_optimizer`.
    pub is_tested: bool,
    /// The arguments it takes; empty where any may be right.
    pub arguments: &'static [&'static str],
}

const ADAM: &[&str] = &[
    "lr",
    "betas",
    "eps",
    "weight_decay",
    "bias_correction",
    "amsgrad",
    "adam_w_mode",
    "torch_adam",
    "fp32_optimizer_states",
    "foreach",
    "maximize",
    "capturable",
    "differentiable",
    "fused",
    "set_grad_none",
];

const fn own(name: &'static str, is_tested: bool, arguments: &'static [&'static str]) -> Optimizer {
    Optimizer { name, any_case: true, is_tested, arguments }
}

const fn torch(name: &'static str, is_tested: bool) -> Optimizer {
    Optimizer { name, any_case: false, is_tested, arguments: &[] }
}

/// Every optimizer of DeepSpeed 0.19.8 and of PyTorch 2.11.
pub static OPTIMIZERS: &[Optimizer] = &[
    own("AdamW", true, ADAM),
    own("Adam", true, ADAM),
    own("Adagrad", true, &[]),
    own("Lion", true, &[]),
    own("Muon", true, &[]),
    own("Lamb", false, &[]),
    own("MuAdam", false, &[]),
    own("MuAdamW", false, &[]),
    own("MuSGD", false, &[]),
    torch("SGD", false),
    torch("RMSprop", false),
    torch("Adafactor", false),
    torch("Adamax", false),
    torch("Adadelta", false),
    torch("ASGD", false),
    torch("LBFGS", false),
    torch("NAdam", false),
    torch("RAdam", false),
    torch("Rprop", false),
    torch("SparseAdam", false),
];

impl Optimizer {
    /// The optimizer of a name as DeepSpeed looks it up.
    pub fn named(name: &str) -> Option<&'static Optimizer> {
        OPTIMIZERS
            .iter()
            .find(|known| known.name == name || (known.any_case && known.name.eq_ignore_ascii_case(name)))
    }
}
