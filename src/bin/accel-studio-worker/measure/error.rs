//! Why nothing could be measured.

use std::path::PathBuf;

use thiserror::Error;

use crate::comm::CommError;
use crate::engine::EngineError;
use crate::network::NetworkError;
use crate::torch::TorchError;

/// Why there is no measurement.
#[derive(Debug, Error)]
pub enum MeasureError {
    /// The file that says what to measure.
    #[error("`{}` does not say what to measure: {why}", path.display())]
    Ask {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        why: String,
    },
    /// A config whose number of blocks cannot be changed.
    #[error(
        "config.json names its number of blocks neither `num_hidden_layers` nor `n_layer`: measure it whole"
    )]
    Blocks,
    /// One depth, and not the planned one.
    #[error(
        "one depth says nothing about the planned {blocks} blocks: measure two different depths, or all blocks"
    )]
    OneDepth {
        /// Blocks of the planned model.
        blocks: u32,
    },
    /// The memory cannot be read.
    #[error(
        "this system does not tell how much memory a process has had ({0}); measure on Linux or on a GPU"
    )]
    Memory(String),
    /// Nobody takes the answer.
    #[error("the measurement cannot be written: {0}")]
    Answer(String),
    /// The model.
    #[error(transparent)]
    Network(#[from] NetworkError),
    /// A step.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// Other ranks.
    #[error(transparent)]
    Comm(#[from] CommError),
    /// libtorch refused.
    #[error(transparent)]
    Torch(#[from] TorchError),
}

impl From<tch::TchError> for MeasureError {
    fn from(error: tch::TchError) -> MeasureError {
        MeasureError::Torch(error.into())
    }
}

/// What most functions here give.
pub type Result<T> = std::result::Result<T, MeasureError>;
