//! What is known beside the file itself. All of it is handed in; each part may be unknown.

use super::companion::Companion;
use super::exposed::Exposed;
use crate::hardware::Machine;
use crate::memory::Workload;
use crate::model::ModelCard;

/// What is known beside the file: rules that need an unknown part stay silent.
#[derive(Clone, Debug, Default)]
pub struct Surroundings {
    /// The other file that the config names.
    pub companion: Companion,
    /// The files that the config names and that others may change.
    pub exposed: Exposed,
    /// One of the machines that the config is for.
    pub machine: Option<Machine>,
    /// What is trained on it.
    pub training: Option<Training>,
}

/// A model and how it is trained.
#[derive(Clone, Debug, PartialEq)]
pub struct Training {
    /// The model.
    pub model: ModelCard,
    /// One step of it.
    pub workload: Workload,
}

impl Surroundings {
    /// Only the other file is known.
    pub fn with(companion: Companion) -> Surroundings {
        Surroundings { companion, ..Surroundings::default() }
    }
}
