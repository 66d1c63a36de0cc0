//! Rules that need to know what is trained: whether it fits, and whether the config means this model.

mod model;
mod size;

pub(super) use model::RULES as MODEL_RULES;
pub(super) use size::RULES as SIZE_RULES;

use super::Facts;
use crate::document::Document;
use crate::finding::Place;
use crate::memory::{Estimate, Strategy, estimate};

impl Facts<'_> {
    /// How the config spreads the job; without a number of processes, over the machine's GPUs.
    fn strategy(&self) -> Strategy {
        let deepspeed = self.companion.document().map(Document::value);
        let gpus = self.gpus().and_then(|gpus| u64::try_from(gpus.len()).ok()).filter(|gpus| *gpus > 0);
        Strategy::read(self.config, deepspeed.as_ref(), gpus)
    }

    /// What a step of the training needs with this config; `None` where nobody said what is trained.
    fn estimate(&self) -> Option<Estimate> {
        let training = self.training?;
        estimate(&training.model, &training.workload, &self.strategy()).ok()
    }

    /// Where the file says how the job is spread.
    fn spread_place(&self) -> Place {
        match self.entry("distributed_type") {
            Some(_) => self.value_place("distributed_type"),
            None => Place::Bytes(self.first()),
        }
    }
}
