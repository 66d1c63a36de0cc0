//! From an estimate to advice: how large a batch may be, how many GPUs are needed, what to change.
//!
//! Everything here asks [`estimate()`] again and again with other numbers; nothing knows a
//! formula, a file or a screen.

mod edits;
mod fit;
mod lever;
mod size;
mod table;

#[cfg(test)]
mod tests;

pub use edits::edits;
pub use fit::{Remedy, fit};
pub use lever::{Change, Lever};
pub use size::{fewest_gpus, largest_micro_batch, largest_sequence};
pub use table::{Row, table};

use super::{Estimate, MemoryError, Strategy, Verdict, Workload, estimate};
use crate::config::Config;
use crate::model::ModelCard;
use crate::value::Value;

/// All that decides about an estimate, in the forms in which people write it.
#[derive(Clone, Debug)]
pub struct Situation<'a> {
    /// The model.
    pub card: &'a ModelCard,
    /// One training step.
    pub work: Workload,
    /// The config's values.
    pub config: Value,
    /// DeepSpeed's own file, where the config names one.
    pub deepspeed: Option<Value>,
    /// GPUs to count where the config does not say how many processes.
    pub gpus: Option<u64>,
    /// Micro-batches per step where the script says so and no config.
    pub accumulation: Option<u64>,
}

impl Situation<'_> {
    /// The strategy that the config is.
    pub fn strategy(&self) -> Strategy {
        let config = Config::of(self.config.clone());
        let mut strategy = Strategy::read(&config, self.deepspeed.as_ref(), self.gpus);
        // What the file says beats the script (accelerate 1.15.0, `Accelerator.__init__`).
        if let Some(steps) = self.accumulation.filter(|_| strategy.accumulation == 1) {
            strategy.accumulation = steps;
        }
        strategy
    }

    /// Its estimate.
    ///
    /// # Errors
    /// What [`estimate()`] refuses.
    pub fn estimate(&self) -> Result<Estimate, MemoryError> {
        estimate(self.card, &self.work, &self.strategy())
    }
}

/// Whether an estimate surely fits.
fn fits(estimate: &Estimate, capacity: u64) -> bool {
    estimate.verdict(capacity) == Verdict::Fits
}
