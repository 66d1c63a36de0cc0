//! `fully_shard` as Accelerate 1.15 applies it: each layer is a group that is gathered for its turn.
//!
//! Sources: Accelerate 1.15 `utils/fsdp_utils.py` (`fsdp2_prepare_model`: layers, then the embedding,
//! the last norm with the head, then the rest); torch 2.11 `distributed/fsdp/_fully_shard` (one group
//! is prefetched, gradients are reduced from a third buffer; shards are rows of the first dimension,
//! padded to a multiple of the number of ranks).

use super::step::{Step, bytes};
use super::units::{Unit, product, round};
use super::{Breakdown, Category, Fsdp, FsdpStrategy, Moment, Phase};

/// The instants under FSDP2.
pub(crate) fn moments(step: &Step<'_>, fsdp: &Fsdp) -> Vec<Moment> {
    let sharded = Sharded::of(step, fsdp);
    step.moments(|phase| sharded.at(phase))
}

struct Sharded {
    weights: f64,
    gradients: f64,
    whole_gradients: f64,
    states: f64,
    stepping: f64,
    gathered: [f64; 6],
}

impl Sharded {
    fn of(step: &Step<'_>, fsdp: &Fsdp) -> Sharded {
        let ways = ways(step, fsdp);
        let local = |numbers: f64, dims: &[u64]| numbers.min(shard(dims, numbers, ways));
        let optimizer = step.optimizer_of(local);
        let on_gpu = if fsdp.offloads { 0.0 } else { 1.0 };
        let size = |unit: &Unit<'_>| -> f64 {
            unit.block.tensors.iter().map(|tensor| local(product(&tensor.dims), &tensor.dims)).sum()
        };
        let numbers = step.units.sum(size);
        let trainable =
            if step.units.learns_base { numbers } else { step.units.sum(|unit| unit.trainable) / ways };
        Sharded {
            weights: on_gpu * step.units.sum(|unit| sharded_weights(unit, step, ways)),
            gradients: on_gpu * trainable * step.formats.weight,
            whole_gradients: waiting(step),
            states: on_gpu * optimizer.kept,
            stepping: on_gpu * optimizer.temporary,
            gathered: gathered(step, fsdp),
        }
    }

    fn at(&self, phase: Phase) -> Breakdown {
        let (gradients, gathered, temporary) = match phase {
            Phase::ForwardEnd => (0.0, self.gathered[0], 0.0),
            Phase::BackwardStart => (0.0, self.gathered[1], 0.0),
            Phase::HeadBackward => (0.0, self.gathered[2], 0.0),
            Phase::FirstLayerBackward => (0.0, self.gathered[3], 0.0),
            Phase::LastLayerBackward => (self.gradients, self.gathered[4], 0.0),
            Phase::EmbeddingBackward => (self.gradients, self.gathered[5], 0.0),
            Phase::OptimizerStep => (self.gradients, 0.0, self.stepping),
        };
        let waiting = if phase == Phase::OptimizerStep { 0.0 } else { self.whole_gradients };
        Breakdown::default()
            .with(Category::Weights, bytes(self.weights))
            .with(Category::Gradients, bytes(gradients + waiting))
            .with(Category::Optimizer, bytes(self.states))
            .with(Category::Communication, bytes(gathered))
            .with(Category::Temporary, bytes(temporary))
    }
}

/// Ranks that share one copy of the parameters.
pub(crate) fn ways(step: &Step<'_>, fsdp: &Fsdp) -> f64 {
    match fsdp.strategy {
        FsdpStrategy::None => 1.0,
        _ => step.strategy.shards() as f64,
    }
}

/// Numbers of a tensor on one rank: whole rows of the first dimension, rounded up.
fn shard(dims: &[u64], numbers: f64, ways: f64) -> f64 {
    match dims.first() {
        Some(&rows) if rows > 0 => (rows as f64 / ways).ceil() * (numbers / rows as f64),
        _ => numbers / ways,
    }
}

fn sharded_weights(unit: &Unit<'_>, step: &Step<'_>, ways: f64) -> f64 {
    if !step.units.learns_base {
        return unit.weights / ways;
    }
    let tensors = unit.block.tensors.iter();
    tensors.map(|tensor| round(shard(&tensor.dims, product(&tensor.dims), ways) * step.formats.weight)).sum()
}

/// Whole gradients that wait on every GPU for the last micro-batch (`no_sync`).
fn waiting(step: &Step<'_>) -> f64 {
    if !step.accumulates || step.strategy.syncs_each_batch {
        return 0.0;
    }
    step.units.sum(|unit| unit.trainable) * step.formats.used
}

/// Gathered, prefetched and reduced bytes at the end of forward, the start of backward, in the head's
/// backward, in the first and last layer's and in the embedding's.
fn gathered(step: &Step<'_>, fsdp: &Fsdp) -> [f64; 6] {
    let units = &step.units;
    let used = step.formats.used;
    let all = used * units.sum(|unit| unit.parameters);
    let layer = used * units.largest_layer(|unit| unit.parameters);
    let head = used * units.head_matrix;
    let (tied, untied) = if units.is_tied { (1.0, 0.0) } else { (0.0, 1.0) };
    if !fsdp.wraps_layers {
        return [all, all, 2.0 * all, 2.0 * all, 2.0 * all, 2.0 * all];
    }
    let in_layer = 3.0 * layer + tied * head;
    let in_embedding = untied * (2.0 * head + layer) + tied * 4.0 * head;
    let reshards = matches!(fsdp.strategy, FsdpStrategy::Full | FsdpStrategy::Hybrid);
    if reshards {
        let forward = untied * 2.0 * head + tied * (head + layer);
        [forward, head, 2.0 * head, in_layer, in_layer, in_embedding]
    } else {
        let forward = all + untied * head + tied * layer;
        [forward, all, all + head, all + 2.0 * layer, in_layer, in_embedding]
    }
}
