//! Why a step could not be done.

use thiserror::Error;

use crate::comm::CommError;
use crate::network::NetworkError;
use crate::torch::TorchError;

/// Why there is no result.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum EngineError {
    /// libtorch refused, for instance for want of memory.
    #[error(transparent)]
    Torch(#[from] TorchError),
    /// Another rank is gone or late.
    #[error(transparent)]
    Comm(#[from] CommError),
    /// The network could not be run on what it was given.
    #[error(transparent)]
    Network(#[from] NetworkError),
    /// A loss that is no number, without a loss scale that would answer it.
    #[error(
        "the loss of step {step} is not finite on rank {rank}; the weights are as step {} left them: \
         take a lower learning rate, clip gradients, or look at that rank's data",
        step.saturating_sub(1)
    )]
    NotFinite {
        /// The optimizer step, from 1.
        step: u64,
        /// The rank; the highest where there are several.
        rank: usize,
    },
    /// Weights or a checkpoint that do not fit.
    #[error("unit `{unit}`: {what} has {found} numbers where this rank holds {expected}")]
    Size {
        /// The unit.
        unit: String,
        /// `first moments`.
        what: &'static str,
        /// Numbers that are there.
        found: usize,
        /// Numbers that belong there.
        expected: i64,
    },
    /// A checkpoint of another model.
    #[error("the checkpoint has {found} units, the model {expected}; it belongs to another model")]
    Units {
        /// Units of the checkpoint.
        found: usize,
        /// Units of the model.
        expected: usize,
    },
    /// A unit whose gradient did not arrive.
    #[error("unit `{unit}` had no gradient after a backward pass; it takes no part in the loss")]
    NoGradient {
        /// The unit.
        unit: String,
    },
}

impl From<tch::TchError> for EngineError {
    fn from(error: tch::TchError) -> EngineError {
        EngineError::Torch(error.into())
    }
}

/// What most functions here give.
pub type Result<T> = std::result::Result<T, EngineError>;
