//! Why weights could not be read or written: which file, what is wrong, what to do.

use std::fmt::Display;
use std::path::{Path, PathBuf};

use thiserror::Error;

/// A sentence about a file or folder.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{}: {reason}", path.display())]
pub struct WeightsError {
    /// The file or folder.
    pub path: PathBuf,
    /// What is wrong with it, and what to do.
    pub reason: String,
}

/// What most functions here give.
pub type Result<T> = std::result::Result<T, WeightsError>;

impl WeightsError {
    /// A file and what is wrong with it.
    pub(super) fn new(path: &Path, reason: impl Display) -> WeightsError {
        WeightsError { path: path.to_owned(), reason: reason.to_string() }
    }

    /// For `map_err`: the first line of what a library says of a file.
    pub(super) fn at<E: Display>(path: &Path) -> impl Fn(E) -> WeightsError {
        let path = path.to_owned();
        move |error| {
            let text = error.to_string();
            WeightsError::new(&path, text.lines().next().unwrap_or("failed without a reason"))
        }
    }
}
