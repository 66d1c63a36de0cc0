//! What an optimizer keeps between steps and what it needs for a moment in each.
//!
//! Sources: torch 2.11 `torch/optim` (the foreach path of AdamW holds one square root per
//! parameter at once; `fused` holds none; measured on real tensors: a plain loop peaks at 5 × the
//! weights, not 4); bitsandbytes 0.48 `optim/optimizer.py` (`min_8bit_size=4096`, one fp32 scale per
//! block of 256); transformers 5.23 `Adafactor`. Knows neither layers nor tokens.

use super::lora;
use super::mode::Formats;
use super::units::{Unit, Units, product};
use super::{Optimizer, StepKind, Workload};
use crate::model::Tensor;

/// bitsandbytes keeps tensors with fewer numbers in 32 bits.
const SMALL: f64 = 4096.0;
/// Numbers that share one fp32 scale in bitsandbytes' 8-bit states.
const QUANTISED_BLOCK: f64 = 256.0;

/// Bytes of an optimizer.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct States {
    /// Kept from one step to the next.
    pub kept: f64,
    /// Held while it steps.
    pub temporary: f64,
}

/// States of one tensor of which this GPU steps `numbers`, each of `bytes`.
///
/// A matrix that is not cut keeps its rows and columns, which Adafactor needs.
fn of_tensor(work: &Workload, tensor: &Tensor, numbers: f64, bytes: f64) -> States {
    let rows_and_columns = match tensor.dims[..] {
        [.., rows, columns] => Some((rows as f64, columns as f64)),
        _ => None,
    };
    of(work, numbers, bytes, rows_and_columns)
}

/// States of all trainable parameters where this GPU steps `share(numbers, dims)` of a tensor's numbers.
pub(crate) fn of_units(
    units: &Units<'_>,
    work: &Workload,
    formats: Formats,
    share: impl Fn(f64, &[u64]) -> f64,
) -> States {
    let adapters = |unit: &Unit<'_>| {
        let numbers = share(unit.trainable, &[]);
        of(work, numbers, lora::ADAPTER, Some((unit.trainable, 1.0)).filter(|_| numbers > 0.0))
    };
    let mut all = States::default();
    for unit in units.all() {
        if !units.learns_base {
            all = all.with(work, adapters(unit), unit.count);
            continue;
        }
        for tensor in &unit.block.tensors {
            let numbers = share(product(&tensor.dims), &tensor.dims);
            all = all.with(work, of_tensor(work, tensor, numbers, formats.weight), unit.count);
        }
    }
    all
}

/// States of a flat run of numbers, as ZeRO and FSDP1 without original parameters step them.
pub(crate) fn of_flat(work: &Workload, numbers: f64, bytes: f64) -> States {
    of(work, numbers, bytes, None)
}

impl States {
    /// With `count` more of another: states add up, and so do temporaries where all tensors are stepped
    /// at once; elsewhere the largest counts.
    #[must_use]
    pub fn with(self, work: &Workload, other: States, count: f64) -> States {
        let at_once = work.step == StepKind::Foreach && work.optimizer != Optimizer::Adafactor;
        let temporary = if at_once {
            self.temporary + count * other.temporary
        } else {
            self.temporary.max(other.temporary)
        };
        States { kept: self.kept + count * other.kept, temporary }
    }
}

fn of(work: &Workload, numbers: f64, bytes: f64, matrix: Option<(f64, f64)>) -> States {
    let one = numbers * bytes;
    // Tensor by tensor, two of the same size: the denominator and its square root.
    let foreach = match work.step {
        StepKind::Foreach => one,
        StepKind::ForLoop => 2.0 * one,
        StepKind::Fused => 0.0,
    };
    let adam = States { kept: 2.0 * one, temporary: foreach };
    match work.optimizer {
        Optimizer::AdamW => adam,
        Optimizer::AdamW8bit if numbers < SMALL => States { kept: 8.0 * numbers, temporary: 0.0 },
        Optimizer::AdamW8bit => {
            States { kept: 2.0 * numbers + 8.0 * numbers / QUANTISED_BLOCK, temporary: 0.0 }
        }
        Optimizer::Adafactor => adafactor(numbers, bytes, matrix),
        Optimizer::Sgd => States::default(),
        Optimizer::SgdMomentum | Optimizer::Lion => States { kept: one, temporary: 0.0 },
        Optimizer::Muon if matrix.is_some() => States { kept: one, temporary: 0.0 },
        Optimizer::Muon => adam,
    }
}

/// fp32 sums of rows and columns for matrices, a second moment for the rest.
fn adafactor(numbers: f64, bytes: f64, matrix: Option<(f64, f64)>) -> States {
    let kept = match matrix {
        Some((rows, columns)) if rows > 0.0 && columns > 0.0 => {
            numbers / (rows * columns) * (rows + columns) * 4.0
        }
        _ => numbers * 4.0,
    };
    // The update and its square.
    States { kept, temporary: 2.0 * numbers * bytes }
}
