//! What becomes of the variables that the shell holds before a launch: overwritten, passed on, or read
//! by nobody.

use std::collections::BTreeMap;

use super::Plan;
use super::contract;
use crate::layers::variables;

/// A variable of the shell that a person set for training.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Variable {
    /// Its name.
    pub name: String,
    /// What the shell holds.
    pub value: String,
    /// What becomes of it.
    pub fate: Fate,
}

/// What becomes of a variable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fate {
    /// The launch writes another value, because of this field.
    Overwritten {
        /// The new value.
        by: String,
        /// The field that decides; none where the launcher decides alone.
        field: Option<String>,
    },
    /// The workers get it as it is.
    Passed,
    /// Nothing reads it; what to use instead.
    Unread(String),
}

impl Variable {
    /// What a person should know of it beside its fate, where there is something.
    pub fn remark(&self) -> Option<&'static str> {
        // accelerate 1.15.0, `Accelerator.__init__`, measured: the constructor says 8, the variable 3, and 3 counts.
        let is_accumulation =
            self.name == "ACCELERATE_GRADIENT_ACCUMULATION_STEPS" && self.fate == Fate::Passed;
        is_accumulation
            .then_some("it beats `Accelerator(gradient_accumulation_steps=…)`; all other arguments of the script beat variables")
    }
}

/// Beginnings of names that matter to training and that the launcher passes on.
const TRAINING: [&str; 8] =
    ["ACCELERATE_", "FSDP_", "MEGATRON_LM_", "PARALLELISM_CONFIG_", "NCCL_", "TORCH_NCCL_", "XLA_", "PET_"];

/// The variables of a shell that have to do with training, by name.
pub fn variables(shell: &BTreeMap<String, String>, plan: Option<&Plan>) -> Vec<Variable> {
    let is_known = |name: &str| {
        TRAINING.iter().any(|known| name.starts_with(known))
            || contract::is_written(name)
            || ["OMP_NUM_THREADS", "USE_TORCH_XLA"].contains(&name)
    };
    let fate = |name: &str, value: &str| match (variables::why_unread(name), new_value(plan, name)) {
        (Some(why), _) => Fate::Unread(why),
        (None, Some((by, field))) if by != value => Fate::Overwritten { by, field },
        _ => Fate::Passed,
    };
    shell
        .iter()
        .filter(|(name, _)| is_known(name) && *name != "PYTHONPATH")
        .map(|(name, value)| Variable { name: name.clone(), value: value.clone(), fate: fate(name, value) })
        .collect()
}

/// What a plan writes, and because of which field.
fn new_value(plan: Option<&Plan>, name: &str) -> Option<(String, Option<String>)> {
    let plan = plan?;
    let own = plan.processes.first().and_then(|process| process.env.get(name));
    let value = own.or_else(|| plan.shared_env.get(name))?.clone();
    let reason = plan.reasons.iter().rev().find(|reason| reason.variable == name);
    Some((value, reason.and_then(|reason| reason.field.clone())))
}
