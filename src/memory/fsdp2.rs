//! `fully_shard` as Accelerate 1.15 applies it: each layer is a group that is gathered for its turn.
//!
//! Sources: Accelerate 1.15 `utils/fsdp_utils.py` (`fsdp2_prepare_model`: layers, then the embedding,
//! the last norm with the head, then the rest); torch 2.11 `distributed/fsdp/_fully_shard` (one group
//! is prefetched, gradients are reduced from a third buffer; shards are rows of the first dimension,
//! padded to a multiple of the number of ranks).

use super::step::{Step, bytes};
use super::units::{Unit, product, round};
use super::{Breakdown, Category, Fsdp, FsdpStrategy, Moment, Phase};
use crate::model::Tensor;

/// The instants under FSDP2.
pub(crate) fn moments(step: &Step<'_>, fsdp: &Fsdp) -> Vec<Moment> {
    let sharded = Sharded::of(step, fsdp);
    step.moments(|phase| sharded.at(phase))
}

struct Sharded {
    weights: f64,
    gradients: f64,
    /// Gradients of all but the embedding, and of all but the embedding and a layer.
    late: [f64; 2],
    whole_gradients: f64,
    states: f64,
    stepping: f64,
    gathered: Gathered,
}

impl Sharded {
    fn of(step: &Step<'_>, fsdp: &Fsdp) -> Sharded {
        let ways = ways(step, fsdp);
        let units = &step.units;
        let local = |numbers: f64, dims: &[u64]| shard(dims, numbers, ways);
        let optimizer = step.optimizer_of(local);
        let on_gpu = if fsdp.offloads { 0.0 } else { 1.0 };
        let weight = step.formats.weight;
        let twice = if is_shared_twice(step) { units.head_matrix / ways * weight } else { 0.0 };
        let gradients = |unit: &Unit<'_>| on_gpu * weight * learning(unit, units.learns_base, ways);
        let all = units.sum(gradients) + on_gpu * twice;
        let embedding = on_gpu * weight * units.head_matrix / ways;
        let last = if units.learns_base { all - embedding } else { all };
        Sharded {
            weights: on_gpu * (units.sum(|unit| sharded_weights(unit, step, ways)) + twice),
            gradients: all,
            late: [last, last - units.layers.first().map_or(0.0, gradients)],
            whole_gradients: waiting(step),
            states: on_gpu * (optimizer.kept + 2.0 * twice),
            stepping: on_gpu * optimizer.temporary,
            gathered: Gathered::of(step, fsdp, ways),
        }
    }

    fn at(&self, phase: Phase) -> Breakdown {
        let (gradients, gathered, temporary) = match phase {
            Phase::LastLayerForward => (0.0, self.gathered.forward, 0.0),
            Phase::ForwardEnd => (0.0, self.gathered.loss, 0.0),
            Phase::BackwardStart => (0.0, self.gathered.start, 0.0),
            Phase::HeadBackward => (0.0, self.gathered.head, 0.0),
            Phase::FirstLayerBackward => (0.0, self.gathered.first, 0.0),
            Phase::LastLayerBackward => (self.late[1], self.gathered.last, 0.0),
            Phase::EmbeddingBackward => (self.late[0], self.gathered.embedding, 0.0),
            Phase::OptimizerStep => (self.gradients, 0.0, self.stepping),
        };
        // In the micro-batch that is reduced, waiting gradients go as sharded ones come.
        let gradients =
            if phase == Phase::OptimizerStep { gradients } else { gradients.max(self.whole_gradients) };
        Breakdown::default()
            .with(Category::Weights, bytes(self.weights))
            .with(Category::Gradients, bytes(gradients))
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

/// Whether each layer is gathered by itself: by its class, or because it is large enough.
pub(crate) fn wraps_layers(step: &Step<'_>, fsdp: &Fsdp) -> bool {
    let largest = step.units.largest_layer(|unit| unit.parameters);
    fsdp.wraps_layers || fsdp.smallest_unit.is_some_and(|smallest| largest >= smallest as f64)
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

/// transformers ties three modules of an encoder-decoder to one matrix; Accelerate's preparation leaves
/// two sharded parameters of it (measured with T5).
fn is_shared_twice(step: &Step<'_>) -> bool {
    let is_shared = |tensor: &Tensor| tensor.name.ends_with("shared.weight");
    step.units.is_tied && step.card.embeddings.tensors.iter().any(is_shared)
}

/// Numbers of a unit whose gradients a rank holds.
fn learning(unit: &Unit<'_>, learns_base: bool, ways: f64) -> f64 {
    if !learns_base {
        return unit.trainable / ways;
    }
    unit.block.tensors.iter().map(|tensor| shard(&tensor.dims, product(&tensor.dims), ways)).sum()
}

/// Gathered, prefetched and to be reduced, bytes by instant.
struct Gathered {
    forward: f64,
    loss: f64,
    start: f64,
    head: f64,
    first: f64,
    last: f64,
    embedding: f64,
}

impl Gathered {
    fn of(step: &Step<'_>, fsdp: &Fsdp, ways: f64) -> Gathered {
        let units = &step.units;
        let used = step.formats.used;
        // Gathered tensors are as long as all padded shards together.
        let padded = |unit: &Unit<'_>| -> f64 {
            let tensors = unit.block.tensors.iter();
            used * tensors.map(|it| ways * shard(&it.dims, product(&it.dims), ways)).sum::<f64>()
        };
        let layer = units.largest_layer(padded);
        let all = units.sum(padded);
        let matrix = used * units.head_matrix;
        let copies = if is_shared_twice(step) { matrix } else { 0.0 };
        let tail = padded(&units.embedding) + padded(&units.head) - if units.is_tied { 0.0 } else { matrix }
            + copies;
        if !wraps_layers(step, fsdp) {
            let two = 2.0 * all;
            return Gathered {
                forward: all,
                loss: all,
                start: all,
                head: two,
                first: two,
                last: two,
                embedding: two,
            };
        }
        let (tied, untied) = if units.is_tied { (1.0, 0.0) } else { (0.0, 1.0) };
        let last = 3.0 * layer + tied * tail;
        let embedding = untied * (2.0 * matrix + layer) + tied * (tail + 3.0 * matrix + layer);
        if matches!(fsdp.strategy, FsdpStrategy::Full | FsdpStrategy::Hybrid) {
            let loss = tail + untied * matrix + tied * layer.max(copies);
            let start = tail + if copies > 0.0 { layer } else { 0.0 };
            Gathered { forward: last, loss, start, head: tail + layer, first: last, last, embedding }
        } else {
            let loss = all + untied * matrix + tied * layer;
            Gathered { forward: loss, loss, start: all, head: all, first: all + layer, last, embedding }
        }
    }
}
