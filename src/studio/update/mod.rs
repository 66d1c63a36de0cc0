//! What a message does to the state. Pure: what must be done in the world is given back as effects.

mod choose;
mod edit;
mod file;
mod find;
mod fix;
mod help;
mod items;
mod job;
mod motion;
mod mouse;
mod outlook;
mod plan;
mod remedies;
mod start;

use ratatui::crossterm::event::{Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use ratatui::layout::Size;
use tui_input::backend::crossterm::to_input_request;

use super::Outcome;
use super::command::Command;
use super::effect::Effect;
use super::inbox::Message;
use super::keymap::{self, Context, Key};
use super::state::dialog::{Body, Dialog, Reading};
use super::state::{Pane, State};
use crate::document::diff;

pub(super) use self::outlook::lookups;
pub(super) use self::start::begin;

/// Takes in a message.
pub(super) fn update(state: &mut State, message: Message) -> Vec<Effect> {
    let effects = match message {
        Message::Key(key) if key.kind == KeyEventKind::Release => return Vec::new(),
        Message::Key(key) => press(state, key),
        Message::Mouse(mouse) => mouse::handle(state, mouse),
        Message::Paste(text) => paste(state, &text),
        Message::Resized => Vec::new(),
        Message::Signal(signal) => {
            state.outcome = Some(Outcome::Ended { signal, loses_changes: state.is_modified() });
            Vec::new()
        }
        Message::Written(path, result) => file::written(state, path, result),
        Message::Read(result) => file::read(state, result),
        Message::Edited(result) => file::edited(state, result),
        Message::ModelFound(name, result) => {
            state.outlook.model.take(&name, result);
            outlook::found(state)
        }
        Message::MachineFound(name, result) => {
            state.outlook.machine.take(&name, result);
            outlook::found(state)
        }
        Message::Kept(result) => outlook::kept(state, result),
        Message::Launch(plan) => job::launch(state, *plan),
        Message::Over(result) => job::over(state, result),
        news => {
            hear(state, news);
            Vec::new()
        }
    };
    motion::follow(state);
    effects
}

/// Takes in news that ask for nothing.
fn hear(state: &mut State, news: Message) {
    match news {
        Message::Prepared(result) => job::prepared(state, result),
        Message::Said(pieces) => job::said(state, pieces),
        Message::Step(step) => job::stepped(state, &step),
        Message::Pulse(elapsed, usage) => job::pulse(state, elapsed, usage),
        Message::LogsSaved(result) => job::logs_saved(state, result),
        _ => {}
    }
}

/// Takes in the size of the screen, which only a frame knows.
pub(super) fn resize(state: &mut State, size: Size) {
    if state.size != size {
        state.size = size;
        motion::follow(state);
    }
}

/// Which keys count now.
pub(super) fn context(state: &State) -> Context {
    match state.dialogs.last() {
        Some(dialog) => dialog.context(),
        None if state.open_job().is_some() => Context::Job,
        None => pane_context(state),
    }
}

/// Which keys the pane in use has, without regard to dialogs.
fn pane_context(state: &State) -> Context {
    match state.pane {
        Pane::Sections => Context::Sections,
        Pane::Form => Context::Form,
        Pane::Text => Context::Text,
        Pane::Memory => Context::Memory,
        Pane::Findings => Context::Findings,
    }
}

/// True where a command would do something now: the footer leaves out the others.
pub(super) fn is_possible(state: &State, command: Command) -> bool {
    match command {
        Command::EditField => state.row().is_some(),
        Command::EditPlan | Command::UnsetPlan => state.pane == Pane::Memory,
        Command::Memory => !state.is_faulty(),
        Command::MakeFit => remedies::is_wanted(state),
        Command::UnsetField => state.row().is_some_and(super::state::sheet::Row::is_written),
        Command::FieldHelp => state.row().is_some() && !state.is_faulty(),
        Command::Find => !state.is_faulty(),
        Command::Fix => fix::chosen(state).is_some(),
        Command::FixAll => state.sheet.findings.iter().any(fix::is_safe),
        Command::NextFinding | Command::PreviousFinding => !state.sheet.findings.is_empty(),
        Command::ShowField if state.is_faulty() => false,
        Command::ShowField if state.pane == Pane::Findings => !state.sheet.findings.is_empty(),
        Command::Undo => state.history.can_undo(),
        Command::Redo => state.history.can_redo(),
        Command::Save | Command::Diff => state.is_modified(),
        Command::Reload if context(state) == Context::Conflict => file::can_overwrite(state),
        Command::Reload => state.source.stored.is_some(),
        Command::ToggleText => !state.is_faulty(),
        Command::Overwrite => file::can_overwrite(state),
        command => job::is_possible(state, command),
    }
}

fn press(state: &mut State, event: KeyEvent) -> Vec<Effect> {
    state.note = None;
    let context = context(state);
    let takes_text = matches!(context, Context::Typing | Context::Searching);
    if event.modifiers == KeyModifiers::ALT && event.code.as_char().is_some() && !takes_text {
        // A slow line delivers Escape and the next key together, which reads as a key held with Alt.
        let escape = press(state, KeyEvent::new(KeyCode::Esc, KeyModifiers::NONE));
        let key = press(state, KeyEvent::new(event.code, KeyModifiers::NONE));
        return escape.into_iter().chain(key).collect();
    }
    match Key::of(event).and_then(|key| keymap::command(context, key)) {
        Some(command) => perform(state, command, event),
        None => {
            type_key(state, event);
            Vec::new()
        }
    }
}

/// Performs a command. The key is there for the one that stands for nine.
fn perform(state: &mut State, command: Command, event: KeyEvent) -> Vec<Effect> {
    if let Command::GoToSection = command {
        let digit = event.code.as_char().and_then(|letter| letter.to_digit(10)).unwrap_or(1);
        motion::go_to_section(state, digit as usize - 1);
        return Vec::new();
    }
    if !state.dialogs.is_empty() {
        return in_dialog(state, command);
    }
    if let Command::GoToLog = command {
        let digit = event.code.as_char().and_then(|letter| letter.to_digit(10)).unwrap_or(1);
        job::go_to_log(state, digit as usize - 1);
        return Vec::new();
    }
    if state.open_job().is_some() { job::run(state, command) } else { run(state, command) }
}

/// Performs a command where the panes have the keys.
pub(super) fn run(state: &mut State, command: Command) -> Vec<Effect> {
    match command {
        Command::EditField => edit::begin(state),
        Command::UnsetField => edit::unset(state),
        Command::Fix => fix::fix(state),
        Command::FixAll => fix::fix_all(state),
        Command::Undo => edit::undo(state),
        Command::Redo => edit::redo(state),
        Command::FieldHelp => help::open_field(state),
        Command::KeyHelp => help::open_keys(state),
        Command::Find => find::open_fields(state),
        Command::Palette => find::open_commands(state),
        Command::Diff => open_diff(state),
        Command::ToggleText => motion::toggle_text(state),
        Command::Memory => outlook::toggle(state),
        Command::MakeFit => remedies::open(state),
        Command::EditPlan => return outlook::begin(state),
        Command::UnsetPlan => return outlook::unset(state),
        Command::ToggleIdle => motion::toggle_idle(state),
        Command::Save => return file::save(state, false),
        Command::SaveAs => file::ask_name(state),
        Command::Reload => return file::reload(state),
        Command::ExternalEditor => return file::external_edit(state),
        Command::Redraw => return vec![Effect::Redraw],
        Command::Suspend => return vec![Effect::Suspend],
        Command::Quit => file::quit(state),
        Command::Launch => job::begin(state),
        Command::Train => return job::train(state),
        _ => motion::go(state, command),
    }
    Vec::new()
}

/// Performs a command where a dialog has the keys.
fn in_dialog(state: &mut State, command: Command) -> Vec<Effect> {
    if let (Command::KeyHelp, Some(Dialog::Reading(_))) = (command, state.dialogs.last()) {
        help::open_keys(state);
        return Vec::new();
    }
    match state.dialogs.last() {
        Some(Dialog::Typing(_)) => edit::in_typing(state, command),
        Some(Dialog::Choosing(_)) => choose::in_choosing(state, command),
        Some(Dialog::Items(_)) => items::in_items(state, command),
        Some(Dialog::Finding(_)) => find::in_fields(state, command),
        Some(Dialog::Palette(_)) => return find::in_commands(state, command),
        Some(Dialog::Starting(_)) => return start::in_starting(state, command),
        Some(Dialog::Reading(_)) => in_reading(state, command),
        Some(Dialog::Scripting(_) | Dialog::Searching(_) | Dialog::Launching(_) | Dialog::LeavingJob) => {
            return job::in_dialog(state, command);
        }
        Some(Dialog::Remedies(_)) => return remedies::in_remedies(state, command),
        Some(Dialog::Telling(_) | Dialog::Picking(_)) => return outlook::in_dialog(state, command),
        Some(Dialog::Naming(_) | Dialog::Saving(_) | Dialog::Conflict(_) | Dialog::Leaving) => {
            return file::in_dialog(state, command);
        }
        None => {}
    }
    Vec::new()
}

/// A key that is no command goes into what is being typed.
fn type_key(state: &mut State, event: KeyEvent) {
    let Some(request) = to_input_request(&Event::Key(event)) else { return };
    let Some(input) = input(state) else { return };
    input.handle(request);
    typed(state);
}

fn paste(state: &mut State, text: &str) -> Vec<Effect> {
    if let Some(input) = input(state) {
        let line = text.split(['\n', '\r']).next().unwrap_or_default();
        for letter in line.chars().filter(|letter| !letter.is_control()) {
            input.handle(tui_input::InputRequest::InsertChar(letter));
        }
        typed(state);
    }
    Vec::new()
}

/// The line that is being typed.
fn input(state: &mut State) -> Option<&mut tui_input::Input> {
    match state.dialogs.last_mut()? {
        Dialog::Typing(typing) | Dialog::Naming(typing) | Dialog::Telling(typing) => Some(&mut typing.input),
        Dialog::Items(items) => items.typing.as_mut(),
        Dialog::Scripting(typing) | Dialog::Searching(typing) => Some(&mut typing.input),
        Dialog::Finding(search) => Some(&mut search.input),
        Dialog::Palette(search) => Some(&mut search.input),
        _ => None,
    }
}

/// After each change of the line that is being typed.
fn typed(state: &mut State) {
    match state.dialogs.last() {
        Some(Dialog::Typing(_)) => edit::preview_typing(state),
        Some(Dialog::Items(_)) => items::preview(state),
        Some(Dialog::Finding(_)) => find::narrow_fields(state),
        Some(Dialog::Palette(_)) => find::narrow_commands(state),
        Some(Dialog::Naming(_)) => file::judge_name(state),
        Some(Dialog::Telling(_)) => outlook::judge_typing(state),
        _ => {}
    }
}

/// Closes the top dialog.
fn close(state: &mut State) {
    state.dialogs.pop();
}

fn open_diff(state: &mut State) {
    let lines = diff::lines(state.source.saved_text(), state.history.now().text());
    if lines.is_empty() {
        return state.say("nothing differs from the file on disk");
    }
    let reading = Reading { title: "What has changed".to_owned(), body: Body::Diff(lines), scroll: 0 };
    state.dialogs.push(Dialog::Reading(reading));
}

fn in_reading(state: &mut State, command: Command) {
    match command {
        Command::Close => close(state),
        command => motion::read_on(state, command),
    }
}
