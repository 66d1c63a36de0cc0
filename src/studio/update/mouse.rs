//! The mouse: a click selects, a click on what is selected acts, the wheel scrolls what is under it.

use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
use ratatui::layout::{Position, Rect};

use super::{context, motion, perform};
use crate::studio::command::Command;
use crate::studio::effect::Effect;
use crate::studio::keymap::Context;
use crate::studio::layout::inside;
use crate::studio::state::dialog::Dialog;
use crate::studio::state::{Pane, State};
use crate::studio::view;

/// Lines per notch of the wheel.
const NOTCH: usize = 3;

/// Takes in what the mouse did.
pub(super) fn handle(state: &mut State, mouse: MouseEvent) -> Vec<Effect> {
    let at = Position { x: mouse.column, y: mouse.row };
    match mouse.kind {
        MouseEventKind::Down(MouseButton::Left) => click(state, at),
        MouseEventKind::ScrollDown => wheel(state, at, Command::Down),
        MouseEventKind::ScrollUp => wheel(state, at, Command::Up),
        _ => Vec::new(),
    }
}

/// The key that a click on a footer hint or on a selected line stands for.
fn act(state: &mut State, command: Command) -> Vec<Effect> {
    perform(state, command, KeyEvent::new(KeyCode::Enter, KeyModifiers::NONE))
}

fn wheel(state: &mut State, at: Position, command: Command) -> Vec<Effect> {
    if state.dialogs.is_empty() && state.open_job().is_some() {
        return (0..NOTCH).flat_map(|_| act(state, command)).collect();
    }
    if state.dialogs.is_empty() {
        match pane_at(state, at) {
            Some((pane, _)) => state.pane = pane,
            None => return Vec::new(),
        }
    } else if context(state) == Context::Typing {
        return Vec::new();
    }
    (0..NOTCH).flat_map(|_| act(state, command)).collect()
}

fn click(state: &mut State, at: Position) -> Vec<Effect> {
    state.note = None;
    if let Some(command) = view::footer_command(state, at) {
        return act(state, command);
    }
    if !state.dialogs.is_empty() {
        return click_dialog(state, at);
    }
    if state.open_job().is_some() {
        return Vec::new();
    }
    let Some((pane, area)) = pane_at(state, at) else { return Vec::new() };
    let was_here = state.pane == pane;
    state.pane = pane;
    let inner = inside(area);
    if !inner.contains(at) {
        return Vec::new();
    }
    let line = usize::from(at.y - inner.y);
    match pane {
        Pane::Sections => click_section(state, line + state.scroll.sections),
        Pane::Form => return click_row(state, line + state.scroll.form, was_here),
        Pane::Text => click_text(state, line + state.scroll.text),
        Pane::Memory => return click_memory(state, at, was_here),
        Pane::Findings => click_finding(state, line + state.scroll.findings),
    }
    Vec::new()
}

fn click_section(state: &mut State, section: usize) {
    motion::go_to_section(state, section);
}

fn click_row(state: &mut State, row: usize, was_here: bool) -> Vec<Effect> {
    if row >= state.rows().count() {
        return Vec::new();
    }
    let is_again = was_here && state.row == row;
    state.row = row;
    motion::show_line(state);
    if is_again { act(state, Command::EditField) } else { Vec::new() }
}

fn click_memory(state: &mut State, at: Position, was_here: bool) -> Vec<Effect> {
    let Some(row) = view::memory_row(state, at) else { return Vec::new() };
    let is_again = was_here && state.outlook.row == row;
    state.outlook.row = row;
    if is_again { act(state, Command::EditPlan) } else { Vec::new() }
}

fn click_text(state: &mut State, line: usize) {
    if line < state.sheet.lines.len() {
        motion::go_to_line(state, line);
    }
}

fn click_finding(state: &mut State, finding: usize) {
    if finding < state.sheet.findings.len() {
        state.finding = finding;
        motion::show_finding(state);
    }
}

/// A click on a line of a list selects it, a second one takes it.
fn click_dialog(state: &mut State, at: Position) -> Vec<Effect> {
    let Some(line) = view::dialog_line(state, at) else { return Vec::new() };
    let Some((selected, count)) = state.dialogs.last_mut().and_then(Dialog::list) else { return Vec::new() };
    if line >= count {
        return Vec::new();
    }
    let is_again = *selected == line;
    *selected = line;
    if is_again {
        let takes = if context(state) == Context::Items { Command::EditItem } else { Command::Accept };
        return act(state, takes);
    }
    if let Some(Dialog::Choosing(_)) = state.dialogs.last() {
        super::choose::preview(state);
    }
    Vec::new()
}

/// The pane under a cell.
fn pane_at(state: &State, at: Position) -> Option<(Pane, Rect)> {
    let areas = state.areas()?;
    let panes = [
        (Pane::Sections, areas.sections),
        (Pane::Form, areas.form),
        (Pane::Text, areas.text),
        (Pane::Memory, areas.memory),
        (Pane::Findings, areas.findings),
    ];
    panes
        .into_iter()
        .filter_map(|(pane, area)| Some((pane, area?)))
        .find(|(_, area)| area.contains(at) && context(state) != Context::Typing)
}
