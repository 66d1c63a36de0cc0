//! Saving, reloading, leaving: every step that could lose work asks first.

use std::path::{Path, PathBuf};

use tui_input::Input;

use super::{close, motion};
use crate::document::diff;
use crate::document::{Document, FileError, Overwrite, Stored};
use crate::key::KeyPath;
use crate::studio::Outcome;
use crate::studio::command::Command;
use crate::studio::effect::{Effect, Filed};
use crate::studio::state::State;
use crate::studio::state::dialog::{Body, Conflict, Dialog, Reading, Typing};
use crate::studio::state::job::Job;

/// The name that is proposed for a new config.
const PROPOSED: &str = "accelerate_config.yaml";

/// Shows what will be written; asks for a name where there is none.
pub(super) fn save(state: &mut State, then_quit: bool) -> Vec<Effect> {
    state.quits_after_save = then_quit;
    if state.source.path().is_none() {
        ask_name(state);
        return Vec::new();
    }
    let lines = diff::lines(state.source.saved_text(), state.history.now().text());
    if lines.is_empty() {
        state.say("nothing to save: the file already says this");
        return Vec::new();
    }
    let title = format!("Save {}?", state.source.name());
    state.dialogs.push(Dialog::Saving(Reading { title, body: Body::Diff(lines), scroll: 0 }));
    Vec::new()
}

/// Asks for a file's name.
pub(super) fn ask_name(state: &mut State) {
    let proposed = state.source.path().map_or_else(|| PROPOSED.to_owned(), |path| path.display().to_string());
    let typing = Typing { path: KeyPath::root(), input: Input::new(proposed), complaint: None };
    state.dialogs.push(Dialog::Naming(typing));
    judge_name(state);
}

/// Says what is wrong with the name so far.
pub(super) fn judge_name(state: &mut State) {
    let Some(Dialog::Naming(typing)) = state.dialogs.last_mut() else { return };
    let name = typing.input.value().trim();
    let suffix = Path::new(name).extension().and_then(|suffix| suffix.to_str());
    typing.complaint = match suffix {
        _ if name.is_empty() || name.ends_with('/') => Some("type a file name".to_owned()),
        Some("yaml" | "yml") => None,
        Some("json") if state.history.now().format() == crate::document::Format::Yaml => {
            Some("this text is YAML: give it the suffix .yaml".to_owned())
        }
        Some("json") => None,
        _ => Some("give it the suffix .yaml, so that editors know it".to_owned()),
    };
}

/// Keys of the dialogs about files.
pub(super) fn in_dialog(state: &mut State, command: Command) -> Vec<Effect> {
    match (state.dialogs.last().cloned(), command) {
        (Some(Dialog::Reading(_) | Dialog::Saving(_)), command) if is_motion(command) => {
            motion::read_on(state, command);
            Vec::new()
        }
        (Some(Dialog::Saving(_)), Command::Accept) => write(state, Overwrite::Refuse),
        (Some(Dialog::Naming(typing)), Command::Accept) => write_as(state, &typing),
        (Some(Dialog::Conflict(conflict)), Command::Overwrite) if conflict.can_overwrite => {
            overwrite(state, conflict.path)
        }
        (Some(Dialog::Conflict(_)), Command::Reload) => {
            close(state);
            reload(state)
        }
        (Some(Dialog::Conflict(_)), Command::SaveAs) => {
            close(state);
            ask_name(state);
            Vec::new()
        }
        (Some(Dialog::Leaving), Command::Save) => {
            close(state);
            save(state, true)
        }
        (Some(Dialog::Leaving), Command::Discard) => {
            state.outcome = Some(Outcome::Left);
            Vec::new()
        }
        (_, Command::Cancel) => {
            state.quits_after_save = false;
            close(state);
            Vec::new()
        }
        _ => Vec::new(),
    }
}

fn is_motion(command: Command) -> bool {
    matches!(command, Command::Up | Command::Down | Command::PageUp | Command::PageDown)
}

fn write(state: &mut State, overwrite: Overwrite) -> Vec<Effect> {
    close(state);
    let document = state.history.now().clone();
    let stored = match (&state.source.stored, &state.source.wanted) {
        (Some(stored), _) => stored.clone(),
        (None, Some(path)) => Stored::new(path.clone(), document.clone()),
        (None, None) => return Vec::new(),
    };
    vec![Effect::Save { stored: Box::new(stored), document, overwrite }]
}

fn write_as(state: &mut State, typing: &Typing) -> Vec<Effect> {
    let name = typing.input.value().trim();
    if name.is_empty() || name.ends_with('/') {
        return Vec::new();
    }
    close(state);
    let (path, document) = (PathBuf::from(name), state.history.now().clone());
    let stored = match &state.source.stored {
        Some(stored) if stored.path() == path => stored.clone(),
        _ => Stored::new(path, document.clone()),
    };
    vec![Effect::Save { stored: Box::new(stored), document, overwrite: Overwrite::Refuse }]
}

fn overwrite(state: &mut State, path: PathBuf) -> Vec<Effect> {
    close(state);
    let document = state.history.now().clone();
    let stored = Box::new(Stored::new(path, document.clone()));
    vec![Effect::Save { stored, document, overwrite: Overwrite::Force }]
}

/// True when the refused save may be forced.
pub(super) fn can_overwrite(state: &State) -> bool {
    matches!(state.dialogs.last(), Some(Dialog::Conflict(conflict)) if conflict.can_overwrite)
}

/// After an attempt to write.
pub(super) fn written(state: &mut State, path: PathBuf, result: Filed) -> Vec<Effect> {
    match result {
        Ok(stored) => {
            state.source.stored = Some(*stored);
            state.source.wanted = None;
            state.say(format!("saved {}", path.display()));
            state.refresh();
            if state.quits_after_save {
                state.outcome = Some(Outcome::Left);
            }
        }
        Err(error) => {
            let can_overwrite = matches!(error, FileError::Changed(_) | FileError::Exists(_));
            let conflict = Conflict { path, says: error.to_string(), can_overwrite };
            state.dialogs.push(Dialog::Conflict(conflict));
        }
    }
    Vec::new()
}

/// Reads the file again.
pub(super) fn reload(state: &mut State) -> Vec<Effect> {
    match state.source.path() {
        Some(path) => vec![Effect::Read(path.to_owned())],
        None => {
            state.refuse("this config has no file yet");
            Vec::new()
        }
    }
}

/// After an attempt to read. What was there before can be brought back by undo.
pub(super) fn read(state: &mut State, result: Filed) -> Vec<Effect> {
    match result {
        Ok(stored) => {
            let document = stored.document().clone();
            let is_first = state.source.stored.is_none() && state.history.now().text().is_empty();
            state.source.stored = Some(*stored);
            let name = state.source.name().to_owned();
            if is_first {
                state.history = crate::studio::state::history::History::new(document);
                state.say(format!("opened {name}"));
            } else if document.text() == state.history.now().text() {
                state.say(format!("{name} says the same on disk"));
            } else {
                state.history.push(document, format!("reloaded {name}"), None);
                state.say(format!("reloaded {name}; u brings your version back"));
            }
            state.refresh();
        }
        Err(error) => state.refuse(error.to_string()),
    }
    Vec::new()
}

/// Hands the text to the person's editor.
pub(super) fn external_edit(state: &State) -> Vec<Effect> {
    let text = state.history.now().text().to_owned();
    vec![Effect::Edit { text, name: state.source.name().to_owned() }]
}

/// After the editor: what was changed there is one change here.
pub(super) fn edited(state: &mut State, result: Result<String, String>) -> Vec<Effect> {
    match result {
        Ok(text) if text == state.history.now().text() => state.say("nothing was changed in the editor"),
        Ok(text) => {
            let document = Document::parse(text, state.history.now().format());
            state.history.push(document, "edited the text", None);
            state.refresh();
            state.say("taken over from the editor; s saves it");
        }
        Err(refusal) => state.refuse(refusal),
    }
    vec![Effect::Redraw]
}

/// Leaves, or asks first: what shall become of a running job, then of unsaved changes.
pub(super) fn quit(state: &mut State) {
    if state.job.as_ref().is_some_and(Job::is_running) {
        state.dialogs.push(Dialog::LeavingJob);
    } else if state.is_modified() {
        state.dialogs.push(Dialog::Leaving);
    } else {
        state.outcome = Some(Outcome::Left);
    }
}
