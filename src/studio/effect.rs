//! What the loop does for `update`, because it touches the world: files, the editor, the terminal.
//!
//! An effect's answer is a message like any other. Files go through `document`'s door, everything
//! else through the screen that the studio was handed.

use std::path::PathBuf;

use super::inbox::Message;
use super::{Around, Screen};
use crate::document::{Document, FileError, Overwrite, Stored};
use crate::key::KeyPath;
use crate::launch::Plan;
use crate::launch::supervise::Wake;
use crate::settings;
use crate::value::Value;

/// Something to be done.
#[derive(Clone, Debug)]
pub(super) enum Effect {
    /// Write a document to its file.
    Save { stored: Box<Stored>, document: Document, overwrite: Overwrite },
    /// Read a file.
    Read(PathBuf),
    /// Let the person edit a text in an editor of their choice; the name chooses its colours.
    Edit { text: String, name: String },
    /// Find the model of a name.
    FindModel(String),
    /// Find the machine of a name; an empty one is this machine.
    FindMachine(String),
    /// Write a setting into the project's own file, or take it out.
    Keep { key: KeyPath, value: Option<Value> },
    /// Forget what is on the screen and draw it all again.
    Redraw,
    /// Stop until the shell continues us.
    Suspend,
    /// Plan a launch of a config for a script and its arguments.
    Prepare { text: String, path: Option<PathBuf>, words: String },
    /// Start a job.
    Launch(Box<Plan>),
    /// Tell the running job something.
    Wake(Wake),
    /// Copy all that the ranks have said to a folder.
    SaveLogs,
}

/// What came of reading or writing a file.
pub type Filed = Result<Box<Stored>, FileError>;

/// Performs an effect and gives its answer, where it has one.
pub(super) fn perform<S: Screen>(effect: Effect, screen: &mut S, around: &Around) -> Option<Message> {
    match effect {
        Effect::Save { mut stored, document, overwrite } => {
            let path = stored.path().to_owned();
            let result = stored.save(&document, overwrite);
            Some(Message::Written(path, result.map(|()| stored)))
        }
        Effect::Read(path) => Some(Message::Read(Stored::read(path).map(Box::new))),
        Effect::Edit { text, name } => Some(Message::Edited(screen.edit(&text, &name))),
        Effect::FindModel(_) | Effect::FindMachine(_) => look_up(&effect, around),
        Effect::Keep { key, value } => Some(Message::Kept(keep(around, &key, value))),
        Effect::Redraw => {
            screen.forget();
            None
        }
        Effect::Suspend => {
            screen.suspend();
            None
        }
        Effect::Prepare { text, path, words } => {
            Some(Message::Prepared(screen.prepare(&text, path.as_deref(), &words).map(Box::new)))
        }
        Effect::Launch(plan) => screen.launch(*plan).err().map(|words| Message::Over(Err(words))),
        Effect::Wake(wake) => {
            screen.wake(wake);
            None
        }
        Effect::SaveLogs => Some(Message::LogsSaved(screen.save_logs())),
    }
}

/// Keeps a setting, and says so in a few words.
fn keep(around: &Around, key: &KeyPath, value: Option<Value>) -> Result<String, String> {
    let verb = if value.is_some() { "kept in" } else { "taken out of" };
    settings::keep(&around.folder, key, value)?;
    Ok(format!("`{key}` {verb} {}", settings::FILE))
}

/// Finds what a name stands for; `None` for effects that look up nothing.
pub(super) fn look_up(effect: &Effect, around: &Around) -> Option<Message> {
    match effect {
        Effect::FindModel(name) => {
            Some(Message::ModelFound(name.clone(), (around.find_model)(name, &around.here).map(Box::new)))
        }
        Effect::FindMachine(name) if name.is_empty() => {
            Some(Message::MachineFound(String::new(), Ok(Box::new(around.here.clone()))))
        }
        Effect::FindMachine(name) => Some(Message::MachineFound(
            name.clone(),
            (around.find_machine)(name, &around.folder).map(Box::new),
        )),
        _ => None,
    }
}
