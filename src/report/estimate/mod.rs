//! An estimate for people and programs: one file per format. Everything shown was computed elsewhere.

mod csv;
mod json;
mod page;
mod remedies;
mod table;

pub use csv::csv;
pub use json::{json, rows};
pub use page::page;
pub use remedies::{advice, answer};
pub use table::table;

use crate::memory::{Category, Estimate, Phase, Strategy, Verdict, Workload};
use crate::model::ModelCard;

/// An estimate and all that it is about.
pub struct Sheet<'a> {
    /// Where the strategy comes from: the config's name.
    pub config: &'a str,
    /// The model.
    pub card: &'a ModelCard,
    /// One training step.
    pub work: &'a Workload,
    /// Who holds what.
    pub strategy: &'a Strategy,
    /// The estimate.
    pub estimate: &'a Estimate,
    /// What there is.
    pub room: &'a Room,
    /// Why the answer may not be about a job that runs, one sentence each.
    pub warnings: &'a [String],
    /// What was assumed because nobody said it, one sentence each.
    pub assumed: &'a [String],
}

/// What a machine offers, as far as it is known; bytes.
#[derive(Clone, Debug, Default)]
pub struct Room {
    /// A GPU's name.
    pub gpu: Option<String>,
    /// What one process can have of a GPU.
    pub memory: Option<u64>,
    /// Host memory.
    pub ram: Option<u64>,
}

impl Sheet<'_> {
    fn verdict(&self) -> Option<Verdict> {
        self.room.memory.map(|memory| self.estimate.verdict(memory))
    }
}

/// A category as people call it.
fn label(category: Category) -> &'static str {
    match category {
        Category::Weights => "weights",
        Category::Gradients => "gradients",
        Category::Optimizer => "optimizer",
        Category::Activations => "activations",
        Category::Logits => "logits, loss",
        Category::Temporary => "temporary",
        Category::Communication => "communication",
        Category::Overhead => "overhead",
    }
}

/// A category in machine-readable reports.
fn key(category: Category) -> &'static str {
    match category {
        Category::Logits => "logits",
        other => label(other),
    }
}

/// An instant in machine-readable reports.
fn phase_key(phase: Phase) -> &'static str {
    match phase {
        Phase::LastLayerForward => "last_layer_forward",
        Phase::ForwardEnd => "forward_end",
        Phase::BackwardStart => "backward_start",
        Phase::HeadBackward => "head_backward",
        Phase::FirstLayerBackward => "first_layer_backward",
        Phase::LastLayerBackward => "last_layer_backward",
        Phase::EmbeddingBackward => "embedding_backward",
        Phase::OptimizerStep => "optimizer_step",
    }
}

/// Bytes at the peak, by category, overhead included.
fn parts(estimate: &Estimate) -> impl Iterator<Item = (Category, u64)> {
    let peak = estimate.peak().map(|moment| moment.held).unwrap_or_default();
    Category::ALL.into_iter().map(move |category| match category {
        Category::Overhead => (category, estimate.overhead),
        other => (other, peak.of(other)),
    })
}
