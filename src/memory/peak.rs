//! The entry: one model, one workload, one strategy, one answer.

use super::parallel::{self, Share};
use super::step::Step;
use super::{Band, Estimate, MemoryError, Moment, Precision, Sharding, Strategy, Workload, band};
use super::{ddp, fsdp1, fsdp2, host, megatron, single, zero};
use crate::model::ModelCard;

/// More than any machine has: 2^53 bytes, up to which an `f64` counts exactly.
const ABSURD: u64 = 1 << 53;

/// Peak memory of one training step on one GPU, in the second step and later, when states exist.
///
/// # Errors
/// A size that is zero or absurd, or parts that do not divide.
pub fn estimate(card: &ModelCard, work: &Workload, strategy: &Strategy) -> Result<Estimate, MemoryError> {
    if strategy.is_on_cpu {
        let what = "this config trains on the CPU and needs no GPU memory; what it needs of host memory is not known \
                    here, because the estimate is of CUDA's kernels";
        return Err(MemoryError::NotCovered { what: what.to_owned() });
    }
    if let Sharding::Megatron(megatron) = &strategy.sharding {
        let work = megatron::workload(work, strategy, megatron);
        // Its model is cast once; nothing runs under autocast.
        return worst(card, &work, &Strategy { precision: Precision::No, ..strategy.clone() });
    }
    worst(card, work, strategy)
}

/// The share that needs most.
fn worst(card: &ModelCard, work: &Workload, strategy: &Strategy) -> Result<Estimate, MemoryError> {
    let mut largest: Option<Estimate> = None;
    for share in parallel::shares(card, work, strategy)? {
        let one = of_share(&share, strategy)?;
        if largest.as_ref().is_none_or(|known| known.allocated() < one.allocated()) {
            largest = Some(one);
        }
    }
    Ok(largest.expect("a model has at least one share"))
}

fn of_share(share: &Share<'_>, strategy: &Strategy) -> Result<Estimate, MemoryError> {
    let mut step = Step::of(&share.card, &share.work, strategy)?;
    step.layers.iter_mut().for_each(|layer| layer.count *= share.in_flight);
    let moments = moments(&step);
    let mut estimate = Estimate {
        moments,
        overhead: 0,
        host: host::of(&step),
        band: Band { low: 1.0, high: 1.0, why: Vec::new() },
    };
    if estimate.allocated() >= ABSURD {
        return Err(MemoryError::Overflow);
    }
    estimate.overhead = band::overhead(estimate.allocated(), strategy.world);
    estimate.band = band::of(&step);
    Ok(estimate)
}

fn moments(step: &Step<'_>) -> Vec<Moment> {
    match &step.strategy.sharding {
        Sharding::Single => single::moments(step),
        Sharding::Ddp(ddp) => ddp::moments(step, *ddp),
        Sharding::Fsdp(fsdp) if fsdp.version >= 2 => fsdp2::moments(step, fsdp),
        Sharding::Fsdp(fsdp) => fsdp1::moments(step, fsdp),
        Sharding::Zero(zero) => zero::moments(step, zero),
        Sharding::Megatron(megatron) => megatron::moments(step, megatron),
    }
}

#[cfg(test)]
pub(super) mod tests;
#[cfg(test)]
mod traps;
