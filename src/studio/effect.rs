//! What the loop does for `update`, because it touches the world: files, the editor, the terminal.
//!
//! An effect's answer is a message like any other. Files go through `document`'s door, everything
//! else through the screen that the studio was handed.

use std::path::PathBuf;

use super::Screen;
use super::inbox::Message;
use crate::document::{Document, FileError, Overwrite, Stored};

/// Something to be done.
#[derive(Clone, Debug)]
pub(super) enum Effect {
    /// Write a document to its file.
    Save { stored: Box<Stored>, document: Document, overwrite: Overwrite },
    /// Read a file.
    Read(PathBuf),
    /// Let the person edit a text in an editor of their choice; the name chooses its colours.
    Edit { text: String, name: String },
    /// Forget what is on the screen and draw it all again.
    Redraw,
    /// Stop until the shell continues us.
    Suspend,
}

/// What came of reading or writing a file.
pub type Filed = Result<Box<Stored>, FileError>;

/// Performs an effect and gives its answer, where it has one.
pub(super) fn perform<S: Screen>(effect: Effect, screen: &mut S) -> Option<Message> {
    match effect {
        Effect::Save { mut stored, document, overwrite } => {
            let path = stored.path().to_owned();
            let result = stored.save(&document, overwrite);
            Some(Message::Written(path, result.map(|()| stored)))
        }
        Effect::Read(path) => Some(Message::Read(Stored::read(path).map(Box::new))),
        Effect::Edit { text, name } => Some(Message::Edited(screen.edit(&text, &name))),
        Effect::Redraw => {
            screen.forget();
            None
        }
        Effect::Suspend => {
            screen.suspend();
            None
        }
    }
}
