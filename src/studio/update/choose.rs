//! Choosing from a list: each step shows at once what the choice would mean.

use super::edit::{candidate, drop_draft, remove, set};
use super::{close, motion};
use crate::schema::Kind;
use crate::studio::command::Command;
use crate::studio::state::State;
use crate::studio::state::dialog::{Choice, Choosing, Dialog};
use crate::studio::state::sheet::Row;
use crate::value::Value;

/// Opens the list of a field's choices.
pub(super) fn open(state: &mut State, row: &Row) {
    let Some(field) = row.field else { return };
    let options: Vec<Choice> = match field.kind {
        Kind::Number(numbers) => numbers
            .iter()
            .map(|it| Choice { value: Value::int(it.number), word: it.number.to_string(), says: it.says })
            .collect(),
        _ => field
            .choices(state.judge.release(), state.platform())
            .map(|it| Choice { value: Value::text(it.word), word: it.word.to_owned(), says: it.says })
            .collect(),
    };
    let counts = row.value.clone().or_else(|| field.default.value());
    let same = |option: &Choice| counts.as_ref().is_some_and(|value| means(value, option));
    let current = options.iter().position(same);
    let choosing = Choosing {
        path: row.path.clone(),
        title: field.label.to_owned(),
        selected: current.unwrap_or(0),
        options,
        current,
    };
    state.dialogs.push(Dialog::Choosing(choosing));
}

/// True when what is written stands for this choice: words in any case, `no` read as false.
fn means(value: &Value, option: &Choice) -> bool {
    match value {
        Value::Bool(false) => option.word.eq_ignore_ascii_case("no"),
        Value::Text(text) => text.eq_ignore_ascii_case(&option.word),
        Value::Int(number) => number.to_string() == option.word,
        _ => false,
    }
}

/// Keys of the list.
pub(super) fn in_choosing(state: &mut State, command: Command) {
    let Some(Dialog::Choosing(choosing)) = state.dialogs.last().cloned() else { return };
    match command {
        Command::Accept => {
            close(state);
            match choosing.options.get(choosing.selected) {
                Some(choice) => set(state, &choosing.path, choice.value.clone()),
                None => drop_draft(state),
            }
        }
        Command::UnsetField => {
            close(state);
            remove(state, &choosing.path);
        }
        Command::Cancel => {
            close(state);
            drop_draft(state);
        }
        command => {
            move_selection(state, command);
            preview(state);
        }
    }
}

/// Moves the selection of the top dialog, if it is a list.
pub(super) fn move_selection(state: &mut State, command: Command) {
    let page = state.window().map_or(1, |window| usize::from(window.height / 2));
    if let Some((selected, count)) = state.dialogs.last_mut().and_then(Dialog::list) {
        *selected = motion::moved(command, *selected, count, page);
    }
}

/// Shows what the config would be with the selected choice.
pub(super) fn preview(state: &mut State) {
    let Some(Dialog::Choosing(choosing)) = state.dialogs.last() else { return };
    let Some(choice) = choosing.options.get(choosing.selected) else { return };
    let is_same = choosing.current == Some(choosing.selected);
    let draft = candidate(state.history.now(), &choosing.path, Some(choice.value.clone()));
    state.draft = if is_same { None } else { draft.ok() };
    state.refresh();
}
