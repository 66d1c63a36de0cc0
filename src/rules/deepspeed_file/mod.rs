//! Mistakes in DeepSpeed's own JSON file, alone or beside the config that names it.
//!
//! Facts are those of DeepSpeed 0.19.8 under Accelerate 1.15.0.

mod auto;
mod batch;
mod keys;
mod needs;
mod offload;
mod optimizer;
mod precision;
mod renamed;
mod scheduler;
mod values;
mod written;

pub use written::{DeepSpeedFile, Written};

use super::Rule;

/// Special before general.
pub(super) const SUBJECTS: &[&[Rule]] = &[
    keys::RULES,
    renamed::RULES,
    batch::RULES,
    precision::RULES,
    optimizer::RULES,
    scheduler::RULES,
    offload::RULES,
    auto::RULES,
    values::RULES,
    needs::RULES,
];
