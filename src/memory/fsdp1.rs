//! `FullyShardedDataParallel`: flat shards, and one root unit that stays whole through a step.
//!
//! Source: torch 2.11 `distributed/fsdp/_runtime_utils.py` and `_flat_param.py` with the arguments
//! that Accelerate 1.15 passes. `record_stream` may delay frees on a GPU: this is a lower bound.

use super::fsdp2::{ways, wraps_layers};
use super::step::{Step, bytes};
use super::units::Unit;
use super::{Breakdown, Category, Fsdp, FsdpStrategy, Moment, Phase, optimizer};

/// The instants under FSDP1.
pub(crate) fn moments(step: &Step<'_>, fsdp: &Fsdp) -> Vec<Moment> {
    let flat = Flat::of(step, fsdp);
    step.moments(|phase| flat.at(phase))
}

struct Flat {
    weights: f64,
    gradients: f64,
    waiting: f64,
    states: f64,
    stepping: f64,
    /// Gradients of the layers alone.
    layer_gradients: f64,
    /// Low-precision weights that stay from forward to backward: the root unit, or all.
    resident: f64,
    keeps_all: bool,
    root: f64,
    layer: f64,
}

impl Flat {
    fn of(step: &Step<'_>, fsdp: &Fsdp) -> Flat {
        let ways = ways(step, fsdp);
        let on_gpu = if fsdp.offloads { 0.0 } else { 1.0 };
        let units = &step.units;
        let used = step.formats.used;
        // Each unit is stepped as a flat run: Adafactor finds no rows and columns in it.
        let trainable = units.sum(|unit| unit.trainable) / ways;
        let optimizer = optimizer::of_flat(step.work, trainable, step.formats.weight);
        let layers: f64 = units.layers.iter().map(|unit| unit.count * unit.parameters).sum();
        let all = used * units.sum(|unit| unit.parameters);
        let root = if wraps_layers(step, fsdp) { all - used * layers } else { all };
        let keeps_all = matches!(fsdp.strategy, FsdpStrategy::GradOp | FsdpStrategy::HybridGradOp);
        let gradients = |unit: &Unit<'_>| on_gpu * unit.count * unit.gradients / ways;
        let waits = step.accumulates && !step.strategy.syncs_each_batch;
        Flat {
            weights: on_gpu * units.sum(|unit| unit.weights) / ways,
            gradients: on_gpu * units.sum(|unit| unit.gradients) / ways,
            layer_gradients: units.layers.iter().map(gradients).sum(),
            keeps_all,
            waiting: if waits { used * units.sum(|unit| unit.trainable) } else { 0.0 },
            states: on_gpu * optimizer.kept,
            stepping: on_gpu * optimizer.temporary,
            resident: if keeps_all { all } else { root },
            root,
            layer: used * units.largest_layer(|unit| unit.parameters),
        }
    }

    fn at(&self, phase: Phase) -> Breakdown {
        let in_layer = self.root + 3.0 * self.layer;
        // With all weights at hand nothing is prefetched; a layer's gradient is there twice.
        let first = if self.keeps_all { self.resident + 2.0 * self.layer } else { in_layer };
        let prefetched = if self.keeps_all { 0.0 } else { self.layer };
        let (gradients, gathered, temporary) = match phase {
            Phase::LastLayerForward => (0.0, self.resident + 2.0 * prefetched, 0.0),
            Phase::ForwardEnd => (0.0, self.resident, 0.0),
            Phase::BackwardStart => (0.0, self.resident + prefetched, 0.0),
            Phase::HeadBackward | Phase::FirstLayerBackward => (0.0, first, 0.0),
            Phase::LastLayerBackward => (self.layer_gradients, in_layer, 0.0),
            Phase::EmbeddingBackward => (self.layer_gradients, 3.0 * self.root, 0.0),
            Phase::OptimizerStep => (self.gradients, 0.0, self.stepping),
        };
        // In the micro-batch that is reduced, waiting gradients go as sharded ones come.
        let waiting = if phase == Phase::OptimizerStep { 0.0 } else { self.waiting };
        Breakdown::default()
            .with(Category::Weights, bytes(self.weights))
            .with(Category::Gradients, bytes(gradients.max(waiting)))
            .with(Category::Optimizer, bytes(self.states))
            .with(Category::Communication, bytes(gathered))
            .with(Category::Temporary, bytes(temporary))
    }
}
