//! Why a network could not be read or run: what is wrong, where, and what to do.

use accel_studio::model::ModelError;
use thiserror::Error;

use crate::torch::TorchError;

/// Why there is no network, or no result of one.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum NetworkError {
    /// A family that the worker has no arithmetic for.
    #[error("the worker does not train models of type `{found}`; it trains {trained}")]
    Family {
        /// `model_type` of the config.
        found: String,
        /// All that it trains, as a sentence.
        trained: String,
    },
    /// The config does not describe a model.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// A field holds what the worker cannot follow.
    #[error("config.json: `{field}` {reason}")]
    Field {
        /// The field.
        field: String,
        /// `is "longrope"; …`.
        reason: String,
    },
    /// More tokens than the model has learned positions.
    #[error("a sequence of {tokens} tokens, but `{field}` is {most}; take shorter sequences")]
    TooLong {
        /// Tokens of the sequence.
        tokens: i64,
        /// The field that limits it.
        field: &'static str,
        /// Most tokens.
        most: i64,
    },
    /// A flat tensor that does not hold a unit.
    #[error("unit `{unit}` has {needed} numbers, but was given {given}")]
    Flat {
        /// The unit.
        unit: String,
        /// Numbers of its tensors.
        needed: i64,
        /// Numbers of the tensor.
        given: i64,
    },
    /// libtorch refused.
    #[error("{doing}: {why}")]
    Torch {
        /// What was being computed.
        doing: String,
        /// What libtorch says.
        why: TorchError,
    },
}

/// What most functions here give.
pub type Result<T> = std::result::Result<T, NetworkError>;

impl From<tch::TchError> for NetworkError {
    fn from(error: tch::TchError) -> NetworkError {
        NetworkError::Torch { doing: "the forward pass failed".to_owned(), why: TorchError::from(error) }
    }
}

impl NetworkError {
    /// A field with the reason why it cannot be followed.
    pub(super) fn field(field: impl Into<String>, reason: impl Into<String>) -> NetworkError {
        NetworkError::Field { field: field.into(), reason: reason.into() }
    }
}
