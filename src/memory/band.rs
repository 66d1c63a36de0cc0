//! How far the truth may be, and what a GPU holds beside PyTorch's tensors.
//!
//! Sources of the constants: NVIDIA and Accelerate documentation give 0.3 to 2 GB for a CUDA context
//! with its kernels; published runs beside our oracle gave reserved ÷ allocated of 1.000, 1.013,
//! 1.019, 1.07, 1.02 to 1.03 and 1.10.

use super::step::Step;
use super::{Band, Sharding};

/// CUDA context, kernels and cuBLAS workspace.
const CONTEXT: u64 = 700 << 20;
/// Reserved beyond allocated, as one part in so many: 4 %.
const FRAGMENTATION: u64 = 25;

/// Bytes on top of PyTorch's allocated peak.
pub(crate) fn overhead(allocated: u64) -> u64 {
    CONTEXT.saturating_add(allocated / FRAGMENTATION)
}

/// How far the truth may be from the estimate of a step.
pub(crate) fn of(step: &Step<'_>) -> Band {
    let mut band = Band { low: 0.95, high: 1.05, why: Vec::new() };
    if matches!(step.strategy.sharding, Sharding::Fsdp(_)) {
        band.high = 1.08;
    }
    band.why.extend(step.card.unknown.iter().chain(&step.strategy.unknown).cloned());
    if !band.why.is_empty() {
        band = Band { low: 0.75, high: 1.35, ..band };
    }
    band
}
