//! One GPU that holds everything.

use super::step::{Step, bytes};
use super::{Breakdown, Category, Moment, Phase};

/// The instants of one GPU without company.
pub(crate) fn moments(step: &Step<'_>) -> Vec<Moment> {
    let whole = Whole::of(step);
    step.moments(|phase| whole.at(phase))
}

/// Weights, gradients and states of a GPU that holds all of them.
pub(crate) struct Whole {
    weights: f64,
    gradients: f64,
    head_gradients: f64,
    layer_gradients: f64,
    largest: f64,
    states: f64,
    stepping: f64,
    embedding: f64,
    accumulates: bool,
}

impl Whole {
    /// All parts of a step's model.
    pub fn of(step: &Step<'_>) -> Whole {
        let optimizer = step.optimizer();
        let units = &step.units;
        let gradients = units.sum(|unit| unit.gradients);
        let matrix = units.head_matrix * step.formats.weight;
        let tied = if units.is_tied { 2.0 } else { 0.0 };
        let again = if step.accumulates { 1.0 } else { 0.0 };
        let learns = if units.learns_base { 1.0 } else { 0.0 };
        Whole {
            weights: units.sum(|unit| unit.weights),
            gradients,
            head_gradients: units.head.gradients + if units.is_tied { matrix * learns } else { 0.0 },
            layer_gradients: gradients
                - units.embedding.gradients
                - units.layers.first().map_or(0.0, |unit| unit.gradients),
            largest: units.largest_layer(|unit| unit.largest) * step.formats.weight,
            states: optimizer.kept,
            stepping: optimizer.temporary,
            embedding: (tied + again) * matrix * learns,
            accumulates: step.accumulates,
        }
    }

    /// What is held at an instant.
    pub fn at(&self, phase: Phase) -> Breakdown {
        let (gradients, temporary) = match phase {
            Phase::LastLayerForward | Phase::ForwardEnd | Phase::BackwardStart | Phase::HeadBackward => {
                (0.0, 0.0)
            }
            Phase::FirstLayerBackward => (self.head_gradients, self.largest),
            Phase::LastLayerBackward => (self.layer_gradients, self.largest),
            Phase::EmbeddingBackward => (self.gradients, self.embedding),
            Phase::OptimizerStep => (self.gradients, self.stepping),
        };
        let gradients = if self.accumulates { self.gradients } else { gradients };
        Breakdown::default()
            .with(Category::Weights, bytes(self.weights))
            .with(Category::Gradients, bytes(gradients))
            .with(Category::Optimizer, bytes(self.states))
            .with(Category::Temporary, bytes(temporary))
    }
}
