//! The memory pane: naming model and machine, describing the step. What is set there goes into the
//! project's settings, never into the config.

use tui_input::Input;

use super::close;
use crate::key::KeyPath;
use crate::memory::{WorkloadField, WorkloadKind};
use crate::studio::command::Command;
use crate::studio::effect::Effect;
use crate::studio::state::dialog::{Choice, Choosing, Dialog, Typing};
use crate::studio::state::outlook::Row;
use crate::studio::state::{Beside, Pane, State};
use crate::value::Value;

/// Goes to the memory pane, or back to the form.
pub(super) fn toggle(state: &mut State) {
    if state.is_faulty() {
        return state.refuse("nothing can be estimated while the text cannot be read");
    }
    if state.pane == Pane::Memory {
        state.pane = Pane::Form;
    } else {
        state.pane = Pane::Memory;
        state.beside = Some(Beside::Memory);
    }
}

/// The selected row.
fn selected(state: &State) -> Option<Row> {
    Row::all().nth(state.outlook.row)
}

/// Edits the selected row in the way of its kind.
pub(super) fn begin(state: &mut State) -> Vec<Effect> {
    let Some(row) = selected(state) else { return Vec::new() };
    match row {
        Row::Step(field) => match field.kind {
            WorkloadKind::Switch => return flip(state, field),
            WorkloadKind::Choice(words) => choose(state, field, words),
            _ => type_word(state, row),
        },
        _ => type_word(state, row),
    }
    Vec::new()
}

/// Takes the selected row out of the settings, so that its default counts.
pub(super) fn unset(state: &mut State) -> Vec<Effect> {
    selected(state).map_or_else(Vec::new, |row| keep(state, row, None))
}

fn flip(state: &mut State, field: &'static WorkloadField) -> Vec<Effect> {
    let is_on = (field.read)(&state.outlook.workload).as_deref() == Some("true");
    keep(state, Row::Step(field), Some((!is_on).to_string()))
}

fn choose(state: &mut State, field: &'static WorkloadField, words: &'static [(&'static str, &'static str)]) {
    let now = (field.read)(&state.outlook.workload);
    let current = words.iter().position(|(word, _)| now.as_deref() == Some(*word));
    let choice = |(word, says): &(&'static str, &'static str)| Choice {
        value: Value::text(*word),
        word: (*word).to_owned(),
        says,
    };
    state.dialogs.push(Dialog::Picking(Choosing {
        path: KeyPath::of(&Row::Step(field).key()),
        title: field.label.to_owned(),
        options: words.iter().map(choice).collect(),
        selected: current.unwrap_or(0),
        current,
    }));
}

fn type_word(state: &mut State, row: Row) {
    let (value, is_written) = state.outlook.value(row);
    let shown =
        if is_written || matches!(row, Row::Step(_)) && value != "none" { value } else { String::new() };
    let typing = Typing { path: KeyPath::of(&row.key()), input: Input::new(shown), complaint: None };
    state.dialogs.push(Dialog::Telling(typing));
}

/// Keys while a word of the pane is typed or chosen.
pub(super) fn in_dialog(state: &mut State, command: Command) -> Vec<Effect> {
    match (command, state.dialogs.last().cloned()) {
        (Command::Accept, Some(Dialog::Telling(typing))) => take_typed(state, &typing),
        (Command::Accept, Some(Dialog::Picking(choosing))) => {
            close(state);
            let word = choosing.options.get(choosing.selected).map(|choice| choice.word.clone());
            selected(state).map_or_else(Vec::new, |row| keep(state, row, word))
        }
        (Command::UnsetField, Some(Dialog::Picking(_))) => {
            close(state);
            unset(state)
        }
        (Command::Cancel, _) => {
            close(state);
            Vec::new()
        }
        (command, _) => {
            super::choose::move_selection(state, command);
            Vec::new()
        }
    }
}

fn take_typed(state: &mut State, typing: &Typing) -> Vec<Effect> {
    let Some(row) = selected(state) else { return Vec::new() };
    let word = typing.input.value().trim().to_owned();
    if let Some(complaint) = complaint(state, row, &word) {
        if let Some(Dialog::Telling(typing)) = state.dialogs.last_mut() {
            typing.complaint = Some(complaint);
        }
        return Vec::new();
    }
    close(state);
    keep(state, row, Some(word).filter(|word| !word.is_empty()))
}

/// What is wrong with a word for a row.
fn complaint(state: &State, row: Row, word: &str) -> Option<String> {
    match row {
        Row::Step(field) if !word.is_empty() => field.set(&mut state.outlook.workload.clone(), word).err(),
        _ => None,
    }
}

/// Judges what is typed so far.
pub(super) fn judge_typing(state: &mut State) {
    let Some(Dialog::Telling(typing)) = state.dialogs.last() else { return };
    let Some(row) = selected(state) else { return };
    let complaint = complaint(state, row, typing.input.value().trim());
    if let Some(Dialog::Telling(typing)) = state.dialogs.last_mut() {
        typing.complaint = complaint;
    }
}

/// Sets a row, and has it kept in the settings.
pub(super) fn keep(state: &mut State, row: Row, word: Option<String>) -> Vec<Effect> {
    let mut effects = vec![Effect::Keep { key: KeyPath::of(&row.key()), value: word.as_deref().map(plain) }];
    let outlook = &mut state.outlook;
    outlook.has_news = true;
    match row {
        Row::Model => {
            (outlook.model.name, outlook.model.found) = (word.unwrap_or_default(), None);
            outlook.model.trouble = None;
        }
        Row::Machine => outlook.machine.name = word.unwrap_or_default(),
        Row::Step(field) => {
            match word {
                Some(word) => outlook.words.insert(field.name.to_owned(), word),
                None => outlook.words.remove(field.name),
            };
            outlook.read_words();
        }
    }
    effects.extend(lookups(state).into_iter().filter(|_| !matches!(row, Row::Step(_))));
    state.refresh();
    effects
}

/// What must be looked up for the names that are set.
pub(in crate::studio) fn lookups(state: &State) -> Vec<Effect> {
    let (model, machine) = (&state.outlook.model, &state.outlook.machine);
    let is_wanted = !model.name.is_empty() && model.found.is_none() && model.trouble.is_none();
    let model = is_wanted.then(|| Effect::FindModel(model.name.clone()));
    model.into_iter().chain([Effect::FindMachine(machine.name.clone())]).collect()
}

/// After a name was looked up.
pub(super) fn found(state: &mut State) -> Vec<Effect> {
    state.outlook.has_news = true;
    state.outlook.read_words();
    state.refresh();
    Vec::new()
}

/// After a setting was written, or not.
pub(super) fn kept(state: &mut State, result: Result<String, String>) -> Vec<Effect> {
    match result {
        Ok(says) => state.say(says),
        Err(reason) => state.refuse(format!("not kept: {reason}")),
    }
    Vec::new()
}

/// A word as the value that it looks like.
fn plain(word: &str) -> Value {
    match (word, word.parse::<i64>()) {
        ("true", _) => Value::Bool(true),
        ("false", _) => Value::Bool(false),
        (_, Ok(number)) => Value::int(number),
        _ => Value::text(word),
    }
}
