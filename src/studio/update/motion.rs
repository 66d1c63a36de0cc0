//! Going about: lines, pages, panes, sections, and what scrolls along.

use crate::key::KeyPath;
use crate::studio::command::Command;
use crate::studio::layout::{first_visible, inside};
use crate::studio::state::dialog::Dialog;
use crate::studio::state::{Beside, Pane, State, outlook};

/// Goes where a command says.
pub(super) fn go(state: &mut State, command: Command) {
    match command {
        Command::NextPane => turn_pane(state, 1),
        Command::PreviousPane => turn_pane(state, -1),
        Command::Left => go_sideways(state, -1),
        Command::Right => go_sideways(state, 1),
        Command::OpenSection => state.pane = Pane::Form,
        Command::ShowField => show_field(state),
        Command::NextFinding => turn_finding(state, 1),
        Command::PreviousFinding => turn_finding(state, -1),
        command => step(state, command),
    }
}

/// How a command moves a selection among `count` lines of which `page` are visible.
pub(super) fn moved(command: Command, at: usize, count: usize, page: usize) -> usize {
    let last = count.saturating_sub(1);
    match command {
        Command::Up => at.saturating_sub(1),
        Command::Down => (at + 1).min(last),
        Command::PageUp => at.saturating_sub(page.max(1)),
        Command::PageDown => (at + page.max(1)).min(last),
        Command::First => 0,
        Command::Last => last,
        _ => at,
    }
}

fn step(state: &mut State, command: Command) {
    let page = page(state);
    match state.pane {
        Pane::Sections => {
            let section = moved(command, state.section, state.sheet.sections.len(), page);
            go_to_section(state, section);
        }
        Pane::Form => {
            state.row = moved(command, state.row, state.rows().count(), page);
            show_line(state);
        }
        Pane::Findings => {
            state.finding = moved(command, state.finding, state.sheet.findings.len(), page);
            show_finding(state);
        }
        Pane::Text => go_to_line(state, moved(command, state.line, state.sheet.lines.len(), page)),
        Pane::Memory => {
            state.outlook.row = moved(command, state.outlook.row, outlook::Row::all().count(), page);
        }
    }
}

/// How many lines the pane in use shows.
fn page(state: &State) -> usize {
    let Some(areas) = state.areas() else { return 1 };
    let area = match state.pane {
        Pane::Sections => areas.sections,
        Pane::Form => areas.form,
        Pane::Text => areas.text,
        Pane::Memory => areas.memory,
        Pane::Findings => areas.findings,
    };
    area.map_or(1, |area| usize::from(inside(area).height))
}

/// Goes to the section of a number, from 0, if there is one.
pub(super) fn go_to_section(state: &mut State, section: usize) {
    if section < state.sheet.sections.len() && section != state.section {
        state.section = section;
        state.row = 0;
        state.scroll.form = 0;
    }
    show_line(state);
}

fn turn_pane(state: &mut State, by: isize) {
    let panes: &[Pane] = match state.is_faulty() {
        true => &[Pane::Text, Pane::Findings],
        false if state.beside == Some(Beside::Memory) => {
            &[Pane::Sections, Pane::Form, Pane::Memory, Pane::Findings]
        }
        false => &[Pane::Sections, Pane::Form, Pane::Text, Pane::Findings],
    };
    let at = panes.iter().position(|pane| *pane == state.pane).unwrap_or(0) as isize;
    state.pane = panes[(at + by).rem_euclid(panes.len() as isize) as usize];
}

fn go_sideways(state: &mut State, by: isize) {
    let last = if state.beside == Some(Beside::Memory) { Pane::Memory } else { Pane::Text };
    let row = [Pane::Sections, Pane::Form, last];
    let Some(at) = row.iter().position(|pane| *pane == state.pane) else { return };
    let next = row.get((at as isize + by).max(0) as usize).copied().unwrap_or(state.pane);
    if !state.is_faulty() {
        state.pane = next;
    }
}

/// Goes to the field of the finding, or of the line, that is selected.
fn show_field(state: &mut State) {
    match state.pane {
        Pane::Findings => show_finding(state),
        Pane::Text => go_to_line(state, state.line),
        Pane::Sections | Pane::Form | Pane::Memory => {}
    }
    if !state.is_faulty() && !state.sheet.findings.is_empty() | (state.pane == Pane::Text) {
        state.pane = Pane::Form;
    }
}

fn turn_finding(state: &mut State, by: isize) {
    let count = state.sheet.findings.len();
    if count == 0 {
        return state.say("no findings");
    }
    let is_here = state.row().is_some_and(|row| row.findings.contains(&state.finding));
    if is_here || by < 0 || state.pane == Pane::Findings {
        state.finding = (state.finding as isize + by).rem_euclid(count as isize) as usize;
    }
    show_finding(state);
}

/// Selects the field and the line of the selected finding.
pub(super) fn show_finding(state: &mut State) {
    let Some(finding) = state.finding() else { return };
    let path = finding.place.path().cloned();
    if let Some(path) = path {
        state.select(&path);
    }
    if let Some(span) = state.sheet.spans.get(state.finding) {
        state.line = state.sheet.line_of(span.start);
    }
}

/// Selects the line of the selected field; where that is not written, the line of its section.
pub(super) fn show_line(state: &mut State) {
    let Some(row) = state.row() else { return };
    let (line, finding) = (row.line, row.findings.first().copied());
    state.line = line.map_or(state.line, |line| line - 1);
    state.finding = finding.unwrap_or(state.finding);
}

/// Selects a line of the text and the field that is written there.
pub(super) fn go_to_line(state: &mut State, line: usize) {
    state.line = line.min(state.sheet.lines.len().saturating_sub(1));
    let written = state.sheet.sections.iter().flat_map(|section| &section.rows);
    let here: Option<KeyPath> = written
        .filter(|row| row.line.is_some_and(|from| from <= state.line + 1))
        .max_by_key(|row| (row.line, row.path.steps().len()))
        .map(|row| row.path.clone());
    if let Some(path) = here {
        state.select(&path);
    }
}

/// Shows or hides the text. Where it has no room beside the form, it takes the form's place.
pub(super) fn toggle_text(state: &mut State) {
    let is_beside = state.areas().is_some_and(|areas| areas.text.is_some() && areas.form.is_some());
    let is_alone = state.areas().is_some_and(|areas| areas.text.is_some() && areas.form.is_none());
    if state.is_faulty() {
        return;
    }
    if is_alone {
        state.pane = Pane::Form;
    } else if is_beside {
        state.beside = None;
        if state.pane == Pane::Text {
            state.pane = Pane::Form;
        }
    } else {
        state.beside = Some(Beside::Text);
        if state.pane == Pane::Memory {
            state.pane = Pane::Form;
        }
        let fits = state.areas().is_some_and(|areas| areas.text.is_some());
        if !fits {
            state.pane = Pane::Text;
        }
    }
}

/// Leaves out the fields that do not matter now, or shows them again.
pub(super) fn toggle_idle(state: &mut State) {
    let selected = state.row().map(|row| row.path.clone());
    state.hides_idle = !state.hides_idle;
    let still = selected.and_then(|path| state.rows().position(|row| row.path == path));
    state.row = still.unwrap_or(0);
    let says =
        if state.hides_idle { "fields that do not matter now are hidden" } else { "all fields are shown" };
    state.say(says);
}

/// Scrolls what is being read.
pub(super) fn read_on(state: &mut State, command: Command) {
    let room = state.window().map(inside).unwrap_or_default();
    let (height, width) = (usize::from(room.height), room.width.saturating_sub(2));
    let reading = match state.dialogs.last_mut() {
        Some(Dialog::Reading(reading) | Dialog::Saving(reading)) => reading,
        Some(Dialog::Launching(it)) => &mut it.reading,
        _ => return,
    };
    let end = reading.body.height(width).saturating_sub(height);
    reading.scroll = match command {
        Command::Last => end,
        command => moved(command, reading.scroll, end + 1, height.saturating_sub(1)),
    };
}

/// Scrolls each pane so that what is selected is visible.
pub(super) fn follow(state: &mut State) {
    state.keep_in_range();
    let Some(areas) = state.areas() else { return };
    let room = |area: Option<ratatui::layout::Rect>| area.map_or(0, |area| usize::from(inside(area).height));
    let rows = state.rows().count();
    let scroll = &mut state.scroll;
    scroll.sections =
        first_visible(scroll.sections, state.section, state.sheet.sections.len(), room(areas.sections));
    scroll.form = first_visible(scroll.form, state.row, rows, room(areas.form));
    scroll.text = first_visible(scroll.text, state.line, state.sheet.lines.len(), room(areas.text));
    scroll.findings =
        first_visible(scroll.findings, state.finding, state.sheet.findings.len(), room(areas.findings));
}
