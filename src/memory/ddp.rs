//! `DistributedDataParallel`: everybody holds everything, and gradients travel in buckets.
//!
//! Source: torch 2.11 `nn/parallel/distributed.py`; without `gradient_as_bucket_view` (Accelerate's
//! default) the reducer's buckets are a second copy of all gradients. Measured with real processes on
//! CPU, in units of the weights: 4 between steps and 6 at the peak, 4 and 5 with the view.

use super::single::Whole;
use super::step::{Step, bytes};
use super::{Breakdown, Category, Ddp, Moment};

/// The instants under DDP.
pub(crate) fn moments(step: &Step<'_>, ddp: Ddp) -> Vec<Moment> {
    let whole = Whole::of(step);
    let gradients = bytes(step.units.sum(|unit| unit.gradients));
    step.moments(|phase| held(&whole.at(phase), gradients, ddp))
}

fn held(whole: &Breakdown, gradients: u64, ddp: Ddp) -> Breakdown {
    if !ddp.has_bucket_view {
        return whole.with(Category::Communication, gradients);
    }
    // The gradients live in the buckets, which never go away.
    whole.with(Category::Gradients, gradients.saturating_sub(whole.of(Category::Gradients)))
}
