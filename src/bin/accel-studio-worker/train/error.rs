//! Why a training ended early, in words, and the exit code that says so.

use std::io;
use std::path::PathBuf;

use accel_studio::worker::{Layout, Run, Sharded};
use thiserror::Error;

use crate::checkpoint::CheckpointError;
use crate::comm::{self, CommError};
use crate::data::DataError;
use crate::engine::EngineError;
use crate::metrics::MetricsError;
use crate::network::NetworkError;
use crate::torch::TorchError;
use crate::weights::WeightsError;

/// Why there is no trained model.
#[derive(Debug, Error)]
pub enum TrainError {
    /// The file of the run.
    #[error("`{}` is no run that can be trained: {why}", path.display())]
    Run { path: PathBuf, why: String },
    /// What the run asks for does not go together.
    #[error("{0}")]
    Refused(String),
    /// Nothing to read.
    #[error(transparent)]
    Data(#[from] DataError),
    /// The model's config.
    #[error(transparent)]
    Network(#[from] NetworkError),
    /// The model's weights.
    #[error(transparent)]
    Weights(#[from] WeightsError),
    /// A step that could not be done.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// Other ranks.
    #[error(transparent)]
    Comm(#[from] CommError),
    /// A checkpoint.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// A file of measurements.
    #[error(transparent)]
    Metrics(#[from] MetricsError),
    /// libtorch refused.
    #[error(transparent)]
    Torch(#[from] TorchError),
    /// A file beside the model.
    #[error("`{}` cannot be written: {why}", path.display())]
    Write { path: PathBuf, why: io::Error },
    /// Signals cannot be heard.
    #[error("signals cannot be heard: {0}")]
    Signals(io::Error),
    /// libtorch refused where nobody had foreseen it.
    #[error("libtorch refused: {}", TorchError::short(.0))]
    Panic(String),
    /// Something above, and what a person can do about it.
    #[error("{0}\n  {1}")]
    Advised(Box<TrainError>, String),
}

impl From<tch::TchError> for TrainError {
    fn from(error: tch::TchError) -> TrainError {
        TrainError::Torch(error.into())
    }
}

/// What most functions here give.
pub type Result<T> = std::result::Result<T, TrainError>;

/// The run could not be done.
const FAILED: u8 = 2;

impl TrainError {
    /// The exit code: a rank that lost another is not the one to blame, so it has its own.
    pub fn code(&self) -> u8 {
        match self {
            TrainError::Comm(_)
            | TrainError::Engine(EngineError::Comm(_))
            | TrainError::Checkpoint(CheckpointError::Comm(_)) => comm::LOST,
            TrainError::Advised(error, _) => error.code(),
            _ => FAILED,
        }
    }

    /// Whether every rank ends for this reason, or for that of another rank, and needs no word about it.
    pub fn is_known_to_all(&self) -> bool {
        match self {
            TrainError::Advised(error, _) => error.is_known_to_all(),
            TrainError::Refused(_) | TrainError::Engine(EngineError::NotFinite { .. }) => true,
            TrainError::Checkpoint(error) => matches!(
                error,
                CheckpointError::InUse { .. }
                    | CheckpointError::OtherModel { .. }
                    | CheckpointError::OtherRank { .. }
            ),
            _ => self.code() == comm::LOST,
        }
    }

    /// With what to change, where memory ran out.
    pub fn with_advice(self, run: &Run) -> TrainError {
        if is_about_memory(&self.to_string()) { self.advised(memory_advice(run)) } else { self }
    }

    /// With a second sentence.
    pub fn advised(self, advice: String) -> TrainError {
        TrainError::Advised(Box::new(self), advice)
    }
}

/// How CUDA's and the CPU's allocators of libtorch say it.
fn is_about_memory(text: &str) -> bool {
    let lower = text.to_lowercase();
    ["out of memory", "can't allocate memory", "cannot allocate memory", "not enough memory"]
        .iter()
        .any(|words| lower.contains(words))
}

fn memory_advice(run: &Run) -> String {
    let foreseen = match run.estimated_bytes {
        Some(bytes) => format!("the estimate foresees {} per device", accel_studio::text::bytes(bytes)),
        None => "no estimate was made for this run".to_owned(),
    };
    let Layout { sharded, world, has_checkpointing, offloads_states, .. } = run.layout;
    let (micro, sequence) = (run.batch.micro, run.batch.sequence);
    let smaller = format!("micro-batches below {micro} with more accumulation");
    let ways = [
        (micro > 1, smaller.as_str()),
        (!has_checkpointing, "activation checkpointing"),
        (world > 1 && sharded < Sharded::Everything, "ZeRO-3 or FULL_SHARD"),
        (!offloads_states, "CPU offload of the optimizer states"),
        (sequence > 512, "shorter sequences"),
        (true, "more processes that share the model"),
    ];
    let ways: Vec<&str> = ways.iter().filter(|(helps, _)| *helps).map(|(_, way)| *way).collect();
    format!("{foreseen}; what needs less: {}", accel_studio::text::any_of(&ways))
}

#[cfg(test)]
mod tests {
    use accel_studio::worker::Model;

    use super::*;

    #[test]
    fn who_runs_out_of_memory_hears_the_estimate_and_what_needs_less() {
        let model = Model { name: "tiny".to_owned(), config: serde_json::Value::Null, weights: None };
        let mut run = Run::new(model, Layout::alone());
        (run.batch.micro, run.batch.sequence, run.estimated_bytes) = (4, 1024, Some(3 << 30));
        run.layout.has_checkpointing = true;
        let full = TorchError("CUDA out of memory. Tried to allocate 2.00 GiB.".to_owned());
        assert_eq!(
            TrainError::from(full).with_advice(&run).to_string(),
            "CUDA out of memory. Tried to allocate 2.00 GiB.\n  the estimate foresees 3.0 GiB per device; what needs \
             less: micro-batches below 4 with more accumulation, CPU offload of the optimizer states, shorter \
             sequences or more processes that share the model"
        );
        let other = TorchError("shapes do not match".to_owned());
        assert_eq!(TrainError::from(other).with_advice(&run).to_string(), "shapes do not match");
    }

    #[test]
    fn a_rank_that_lost_another_says_so_by_its_code() {
        let lost = CommError { doing: "all-reduce", rank: 1, why: "rank 0 is gone".to_owned() };
        let lost = TrainError::from(EngineError::Comm(lost));
        assert!(lost.is_known_to_all() && lost.code() == comm::LOST);
        let full =
            TrainError::Write { path: "tokenizer.json".into(), why: io::Error::other("no space left") };
        assert!(!full.is_known_to_all() && full.code() == FAILED);
    }
}
