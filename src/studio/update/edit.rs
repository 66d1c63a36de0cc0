//! Changing a field: flipping, typing, unsetting, undo. A value is tried on a draft while it is
//! typed, so that findings follow every key; only taking it changes the history.

use tui_input::Input;

use super::{choose, close, items};
use crate::config::Config;
use crate::document::{Document, Edit, Format};
use crate::key::{KeyPath, Step};
use crate::schema::{self, Field, Kind};
use crate::studio::command::Command;
use crate::studio::state::dialog::{Dialog, Typing};
use crate::studio::state::sheet::Row;
use crate::studio::state::{Pane, State};
use crate::value::Value;

/// Edits the selected row in the way of its kind.
pub(super) fn begin(state: &mut State) {
    let Some(row) = state.row().cloned() else { return state.refuse("there is no field here") };
    state.pane = Pane::Form;
    if state.history.now().format() == Format::Json && row.path.steps().iter().any(is_pair) {
        return state.refuse("this key is repeated; edit it in the text");
    }
    match row.field.map(|field| field.kind) {
        Some(Kind::Bool) => flip(state, &row),
        Some(Kind::Choice(_) | Kind::Number(_)) => choose::open(state, &row),
        Some(Kind::Texts | Kind::Bools(_)) => items::open(state, &row),
        Some(Kind::Section) => state.refuse("this is a whole section; its keys are in the rows around it"),
        _ => type_value(state, &row),
    }
}

fn is_pair(step: &Step) -> bool {
    matches!(step, Step::Pair(_))
}

/// A toggle: what counts now becomes its opposite.
fn flip(state: &mut State, row: &Row) {
    let written = row.value.as_ref().and_then(|value| value.as_bool());
    let counts = written.or_else(|| row.field?.default.value()?.as_bool()).unwrap_or(false);
    set(state, &row.path, Value::Bool(!counts));
}

fn type_value(state: &mut State, row: &Row) {
    let shown = match (&row.value, row.field) {
        (None, _) => String::new(),
        (Some(value), Some(field)) if !matches!(field.kind, Kind::Anything) => field.kind.show(value),
        (Some(_), _) => as_written(state.history.now(), &row.path),
    };
    if shown.contains(['\n', '\r']) {
        return state.refuse("this value has several lines; `e` edits it in the text");
    }
    let typing = Typing { path: row.path.clone(), input: Input::new(shown), complaint: None };
    state.dialogs.push(Dialog::Typing(typing));
}

/// The value's own bytes.
fn as_written(document: &Document, path: &KeyPath) -> String {
    let span = document.node(path).map(|node| node.span).unwrap_or_default();
    document.text().get(span.start..span.end).unwrap_or_default().to_owned()
}

/// Keys of a value being typed.
pub(super) fn in_typing(state: &mut State, command: Command) {
    match command {
        Command::Accept => take_typing(state),
        _ => {
            close(state);
            drop_draft(state);
        }
    }
}

/// Shows what the config would be with what is typed so far.
pub(super) fn preview_typing(state: &mut State) {
    let Some(Dialog::Typing(typing)) = state.dialogs.last() else { return };
    let (path, typed) = (typing.path.clone(), typing.input.value().to_owned());
    let result = read(&path, &typed, state.history.now().format())
        .and_then(|value| candidate(state.history.now(), &path, value));
    let (draft, complaint) = match result {
        Ok(document) => (Some(document), None),
        Err(complaint) => (as_typed(state.history.now(), &path, &typed), Some(complaint)),
    };
    state.draft = draft;
    if let Some(Dialog::Typing(typing)) = state.dialogs.last_mut() {
        typing.complaint = complaint;
    }
    state.refresh();
}

/// What does not fit is still shown as it would stand in the file, for the rules to judge.
fn as_typed(document: &Document, path: &KeyPath, typed: &str) -> Option<Document> {
    let value = read_as_file(typed, document.format()).ok()?;
    candidate(document, path, value).ok()
}

fn take_typing(state: &mut State) {
    let Some(Dialog::Typing(typing)) = state.dialogs.last() else { return };
    let (path, typed) = (typing.path.clone(), typing.input.value().to_owned());
    match read(&path, &typed, state.history.now().format()) {
        Err(complaint) => {
            if let Some(Dialog::Typing(typing)) = state.dialogs.last_mut() {
                typing.complaint = Some(complaint);
            }
        }
        Ok(value) => {
            close(state);
            match value {
                Some(value) => set(state, &path, value),
                None => remove(state, &path),
            }
        }
    }
}

/// What a person typed for a place; `None` where nothing is left.
fn read(path: &KeyPath, typed: &str, format: Format) -> Result<Option<Value>, String> {
    match schema::find(path).map(|field| field.kind) {
        Some(kind) if !matches!(kind, Kind::Anything) => match kind.read(typed)? {
            Value::Null => Ok(None),
            value => Ok(Some(value)),
        },
        _ => read_as_file(typed, format),
    }
}

/// For keys that nobody knows: what is typed means what it would mean in the file.
fn read_as_file(typed: &str, format: Format) -> Result<Option<Value>, String> {
    if typed.trim().is_empty() {
        return Ok(None);
    }
    let document = Document::parse(typed, format);
    match document.fault() {
        Some(fault) => Err(fault.message.clone()),
        None => Ok(Some(document.value())),
    }
}

/// Writes a value, as a change of its own.
pub(super) fn set(state: &mut State, path: &KeyPath, value: Value) {
    let result = candidate(state.history.now(), path, Some(value));
    take(state, result, format!("set `{path}`"), Some(path));
}

/// Takes the selected key out of the file.
pub(super) fn unset(state: &mut State) {
    let Some(row) = state.row() else { return };
    match (row.is_written(), row.path.clone()) {
        (true, path) => remove(state, &path),
        (false, path) => state.refuse(format!("`{path}` is not in the file")),
    }
}

/// Takes a key out of the file, as a change of its own.
pub(super) fn remove(state: &mut State, path: &KeyPath) {
    let result = candidate(state.history.now(), path, None);
    take(state, result, format!("removed `{path}`"), Some(path));
}

/// Goes on with a changed document, or says why there is none.
pub(super) fn take(
    state: &mut State,
    changed: Result<Document, String>,
    says: String,
    path: Option<&KeyPath>,
) {
    state.draft = None;
    match changed {
        Ok(document) if document.text() == state.history.now().text() => {}
        Ok(document) => {
            state.history.push(document, says.clone(), path.cloned());
            state.say(says);
        }
        Err(refusal) => state.refuse(refusal),
    }
    state.refresh();
    super::motion::show_line(state);
}

/// Shows the document as it is again.
pub(super) fn drop_draft(state: &mut State) {
    if state.draft.take().is_some() {
        state.refresh();
    }
}

/// The document with a value at a place, or without the place.
pub(super) fn candidate(
    document: &Document,
    path: &KeyPath,
    value: Option<Value>,
) -> Result<Document, String> {
    let edit = match (value, document.pair(path).is_some()) {
        (None, false) => return Ok(document.clone()),
        (None, true) => Edit::Remove { path: path.clone() },
        (Some(value), true) => Edit::Set { path: path.clone(), value },
        (Some(value), false) => Edit::Insert { path: path.clone(), value, after: neighbours(document, path) },
    };
    document.apply(&[edit]).map(|applied| applied.document).map_err(|refusal| refusal.to_string())
}

/// The keys that a new one should follow.
fn neighbours(document: &Document, path: &KeyPath) -> Vec<String> {
    let field: Option<&Field> = schema::find(path);
    let config = Config::read(document);
    let beside = path.parent().and_then(|above| config.at(&above)?.as_map().map(<[_]>::to_vec));
    let beside = beside.unwrap_or_default();
    let present: Vec<&str> = beside.iter().filter_map(|(key, _)| key.as_text()).collect();
    field.map(|field| schema::after(field, &present)).unwrap_or_default()
}

/// Takes the last change back.
pub(super) fn undo(state: &mut State) {
    match state.history.undo() {
        Some(change) => walked(state, format!("undone: {}", change.says), change.path),
        None => state.say("there is nothing to undo"),
    }
}

/// Makes the change again that was taken back.
pub(super) fn redo(state: &mut State) {
    match state.history.redo() {
        Some(change) => walked(state, format!("done again: {}", change.says), change.path),
        None => state.say("there is nothing to do again"),
    }
}

fn walked(state: &mut State, says: String, path: Option<KeyPath>) {
    state.refresh();
    if let Some(path) = path {
        state.select(&path);
    }
    super::motion::show_line(state);
    state.say(says);
}
