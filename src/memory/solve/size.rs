//! The largest batch, the longest sequence, the smallest number of GPUs: by bisection, because memory
//! grows with the first two and shrinks with the last.

use super::fits;
use crate::memory::{Estimate, MemoryError, Strategy, Workload, estimate};
use crate::model::ModelCard;

/// Sequences per GPU beyond which nobody looks.
const MOST_SEQUENCES: u64 = 1 << 16;
/// Tokens beyond which nobody looks.
const MOST_TOKENS: u64 = 1 << 24;
/// Lengths are answered in multiples of this: kernels and padding like them.
const GRAIN: u64 = 64;
/// GPUs of one machine beyond which only whole machines are looked at.
const MOST_LOCAL: u64 = 1024;
/// Machines beyond which nobody looks.
const MOST_MACHINES: u64 = 512;

/// The largest micro-batch that surely fits, with its estimate; nothing where not even one sequence does.
///
/// # Errors
/// What the estimate refuses, whatever the batch.
pub fn largest_micro_batch(
    card: &ModelCard,
    work: &Workload,
    strategy: &Strategy,
    capacity: u64,
) -> Result<Option<(u64, Estimate)>, MemoryError> {
    let of = |micro_batch| estimate(card, &Workload { micro_batch, ..work.clone() }, strategy);
    of(1)?;
    Ok(largest(MOST_SEQUENCES, 1, |size| of(size).ok().filter(|estimate| fits(estimate, capacity))))
}

/// The longest sequence that surely fits, in tokens, with its estimate; nothing where none does.
///
/// # Errors
/// What the estimate refuses, whatever the length.
pub fn largest_sequence(
    card: &ModelCard,
    work: &Workload,
    strategy: &Strategy,
    capacity: u64,
) -> Result<Option<(u64, Estimate)>, MemoryError> {
    let grain = GRAIN.saturating_mul(strategy.context).saturating_mul(strategy.sequence).max(1);
    let of = |sequence| estimate(card, &Workload { sequence, ..work.clone() }, strategy);
    of(grain)?;
    Ok(largest(MOST_TOKENS / grain, grain, |size| of(size).ok().filter(|estimate| fits(estimate, capacity))))
}

/// The smallest number of GPUs on which the strategy surely fits, with its estimate; nothing where no
/// number helps. Whole machines beyond the first.
///
/// # Errors
/// What the estimate refuses, whatever the number.
pub fn fewest_gpus(
    card: &ModelCard,
    work: &Workload,
    strategy: &Strategy,
    capacity: u64,
) -> Result<Option<(u64, Estimate)>, MemoryError> {
    estimate(card, work, strategy)?;
    let per_copy = [strategy.tensor, strategy.pipeline, strategy.context, strategy.sequence];
    let per_copy = per_copy.iter().fold(1, |product: u64, ways| product.saturating_mul(*ways)).max(1);
    let local = strategy.local.max(1);
    let numbers: Vec<u64> = (1..=local.min(MOST_LOCAL))
        .chain((2..=MOST_MACHINES).map(|machines| machines.saturating_mul(local)))
        .filter(|world| world.is_multiple_of(per_copy))
        .collect();
    let of = |world: u64| {
        let mut other = Strategy { world, local: world.min(local), ..strategy.clone() };
        if strategy.replicas == strategy.machines() {
            other.replicas = other.machines();
        }
        estimate(card, work, &other).ok().filter(|estimate| fits(estimate, capacity))
    };
    let first = numbers.partition_point(|world| of(*world).is_none());
    Ok(numbers.get(first).and_then(|world| Some((*world, of(*world)?))))
}

/// The largest multiple of `grain`, at most `most` times, for which there is an answer.
fn largest<T>(most: u64, grain: u64, of: impl Fn(u64) -> Option<T>) -> Option<(u64, T)> {
    let ask = |times: u64| of(times.checked_mul(grain)?);
    let mut good = (1, ask(1)?);
    let mut bad = None;
    while bad.is_none() && good.0 < most {
        let next = good.0.saturating_mul(2).min(most);
        match ask(next) {
            Some(answer) => good = (next, answer),
            None => bad = Some(next),
        }
    }
    while let Some(end) = bad.filter(|end| end - good.0 > 1) {
        let middle = good.0 + (end - good.0) / 2;
        match ask(middle) {
            Some(answer) => good = (middle, answer),
            None => bad = Some(middle),
        }
    }
    Some((good.0 * grain, good.1))
}
