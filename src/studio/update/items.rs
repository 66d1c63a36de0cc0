//! Editing a list: each item added, changed, moved or removed is a change of its own.

use tui_input::Input;

use super::edit::{candidate, drop_draft, set};
use super::{choose, close};
use crate::schema::Kind;
use crate::studio::command::Command;
use crate::studio::state::State;
use crate::studio::state::dialog::{Dialog, Items};
use crate::studio::state::sheet::Row;
use crate::value::Value;

/// Opens the list of a field.
pub(super) fn open(state: &mut State, row: &Row) {
    let Some(field) = row.field else { return };
    let written = match &row.value {
        Some(Value::List(items)) => items.clone(),
        Some(Value::Text(text)) => vec![Value::text(text.clone())],
        _ => Vec::new(),
    };
    let (items, is_fixed) = match field.kind {
        Kind::Bools(count) => ((0..count).map(|at| flag_at(&written, at)).collect(), true),
        _ => (written, false),
    };
    let title = field.label.to_owned();
    let items = Items { path: row.path.clone(), title, items, selected: 0, is_fixed, typing: None };
    state.dialogs.push(Dialog::Items(items));
}

fn flag_at(items: &[Value], at: usize) -> Value {
    Value::Bool(items.get(at).and_then(Value::as_bool).unwrap_or(false))
}

/// Keys of the list.
pub(super) fn in_items(state: &mut State, command: Command) {
    let Some(Dialog::Items(items)) = state.dialogs.last_mut() else { return };
    if items.typing.is_some() {
        return in_typing(state, command);
    }
    let (at, count) = (items.selected, items.items.len());
    match command {
        Command::Close => close(state),
        Command::EditItem if items.is_fixed => {
            items.items[at] = Value::Bool(!items.items[at].is_truthy());
            write(state);
        }
        Command::EditItem if count > 0 => items.typing = Some(Input::new(shown(&items.items[at]))),
        Command::EditItem | Command::AddItem if !items.is_fixed => {
            items.items.push(Value::text(""));
            items.selected = count;
            items.typing = Some(Input::default());
        }
        Command::RemoveItem if !items.is_fixed && count > 0 => {
            items.items.remove(at);
            items.selected = at.min(count.saturating_sub(2));
            write(state);
        }
        Command::RaiseItem if !items.is_fixed && at > 0 => exchange(state, at, at - 1),
        Command::LowerItem if !items.is_fixed && at + 1 < count => exchange(state, at, at + 1),
        command => choose::move_selection(state, command),
    }
}

fn shown(item: &Value) -> String {
    Kind::Texts.show(item)
}

fn exchange(state: &mut State, from: usize, to: usize) {
    if let Some(Dialog::Items(items)) = state.dialogs.last_mut() {
        items.items.swap(from, to);
        items.selected = to;
    }
    write(state);
}

fn in_typing(state: &mut State, command: Command) {
    let Some(Dialog::Items(items)) = state.dialogs.last_mut() else { return };
    let Some(input) = items.typing.take() else { return };
    let typed = input.value().to_owned();
    let at = items.selected;
    if command == Command::Accept && !typed.is_empty() {
        items.items[at] = Value::text(typed);
        return write(state);
    }
    // An item that was never filled in is no item.
    if items.items[at] == Value::text("") {
        items.items.remove(at);
        items.selected = at.saturating_sub(1);
    }
    drop_draft(state);
}

/// Shows what the config would be with the item that is being typed.
pub(super) fn preview(state: &mut State) {
    let Some(Dialog::Items(items)) = state.dialogs.last() else { return };
    let Some(input) = &items.typing else { return };
    let mut list = items.items.clone();
    list[items.selected] = Value::text(input.value());
    state.draft = candidate(state.history.now(), &items.path, Some(Value::List(list))).ok();
    state.refresh();
}

/// Writes the list as it is now.
fn write(state: &mut State) {
    let Some(Dialog::Items(items)) = state.dialogs.last() else { return };
    let (path, list) = (items.path.clone(), items.items.clone());
    set(state, &path, Value::List(list));
}
