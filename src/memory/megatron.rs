//! Megatron-LM: 16-bit weights, fp32 gradients that never go away, fp32 masters and states, the last two
//! split over the copies with the distributed optimizer.
//!
//! Source: Megatron-LM `megatron/training/theoretical_memory_usage.py`: 18 bytes per parameter, or 6 and 12
//! over the copies; its optimizer steps fused.

use super::step::{Step, bytes};
use super::zero::Numbers;
use super::{
    Breakdown, Category, Megatron, Moment, Precision, Recompute, Strategy, Workload, Zero, optimizer,
};
use crate::model::Dtype;

/// The workload as Megatron-LM runs it: its own 16-bit model, its own recomputation.
pub(crate) fn workload(work: &Workload, strategy: &Strategy, megatron: &Megatron) -> Workload {
    let weights = match strategy.precision {
        Precision::No => Dtype::F32,
        Precision::Fp16 => Dtype::F16,
        Precision::Bf16 | Precision::Fp8 => Dtype::Bf16,
    };
    let has_checkpointing = work.has_checkpointing || megatron.recompute == Recompute::Full;
    Workload { weights, has_checkpointing, ..work.clone() }
}

/// The instants under Megatron-LM.
pub(crate) fn moments(step: &Step<'_>, megatron: &Megatron) -> Vec<Moment> {
    let numbers = Numbers::of(step, &Zero::at(0));
    let copies = if megatron.has_distributed_optimizer { step.strategy.shards() as f64 } else { 1.0 };
    let stepped = numbers.trainable / copies;
    let is_half = step.formats.stored < 4.0;
    let on_gpu = if megatron.offloads_optimizer { 0.0 } else { 1.0 };
    let masters = if is_half { 4.0 * stepped * on_gpu } else { 0.0 };
    let states = optimizer::of_flat(step.work, stepped, 4.0).kept * on_gpu;
    let held = Breakdown::default()
        .with(Category::Weights, bytes(numbers.whole + masters))
        .with(Category::Gradients, bytes(4.0 * numbers.trainable))
        .with(Category::Optimizer, bytes(states));
    step.moments(|_| held)
}
