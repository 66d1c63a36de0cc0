//! The entry: one model, one workload, one strategy, one answer.

use super::step::Step;
use super::{Band, Estimate, Host, MemoryError, Moment, Sharding, Strategy, Workload, band};
use super::{ddp, fsdp1, fsdp2, single, zero};
use crate::model::ModelCard;

/// More than any machine has: 2^53 bytes, up to which an `f64` counts exactly.
const ABSURD: u64 = 1 << 53;

/// Peak memory of one training step on one GPU, in the second step and later, when states exist.
///
/// # Errors
/// A size that is zero or absurd, parts that do not divide, or a way of sharding without a formula.
pub fn estimate(card: &ModelCard, work: &Workload, strategy: &Strategy) -> Result<Estimate, MemoryError> {
    let step = Step::of(card, work, strategy)?;
    let moments = moments(&step)?;
    let mut estimate = Estimate {
        moments,
        overhead: 0,
        host: Host::default(),
        band: Band { low: 1.0, high: 1.0, why: Vec::new() },
    };
    if estimate.allocated() >= ABSURD {
        return Err(MemoryError::Overflow);
    }
    estimate.overhead = band::overhead(estimate.allocated(), strategy.world);
    estimate.band = band::of(&step);
    Ok(estimate)
}

fn moments(step: &Step<'_>) -> Result<Vec<Moment>, MemoryError> {
    match &step.strategy.sharding {
        Sharding::Single => Ok(single::moments(step)),
        Sharding::Ddp(ddp) => Ok(ddp::moments(step, *ddp)),
        Sharding::Fsdp(fsdp) if fsdp.version >= 2 => Ok(fsdp2::moments(step, fsdp)),
        Sharding::Fsdp(fsdp) => Ok(fsdp1::moments(step, fsdp)),
        Sharding::Zero(zero) => Ok(zero::moments(step, zero)),
        Sharding::Megatron(_) => not_covered("Megatron-LM"),
    }
}

fn not_covered(what: &str) -> Result<Vec<Moment>, MemoryError> {
    Err(MemoryError::NotCovered { what: format!("{what} has no formula here yet") })
}

#[cfg(test)]
pub(super) mod tests;
#[cfg(test)]
mod traps;
