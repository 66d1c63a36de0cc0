//! The windows above the panes.

use ratatui::Frame;
use ratatui::layout::{Position, Rect};
use ratatui::text::{Line, Span};
use unicode_width::UnicodeWidthStr;

use super::form::draw_input;
use super::{fit, mark_row, padded, put, reading, runs, window};
use crate::studio::command::Command;
use crate::studio::keymap::{self, Context};
use crate::studio::layout::{first_visible, inside};
use crate::studio::state::State;
use crate::studio::state::dialog::{
    Choosing, Conflict, Dialog, Hit, Items, Remedies, Remedy, Search, Starting, Typing,
};
use crate::studio::theme::{Ink, Theme};
use crate::text::bytes;

/// Draws a dialog in its window.
pub(super) fn draw(state: &State, dialog: &Dialog, theme: &Theme, frame: &mut Frame, area: Rect) {
    let room = window(frame, area, &title(dialog), theme);
    match dialog {
        Dialog::Choosing(it) | Dialog::Picking(it) => choosing(it, theme, frame, room),
        Dialog::Remedies(it) => remedies(it, theme, frame, room),
        Dialog::Items(it) => items(it, theme, frame, room),
        Dialog::Naming(it) => naming(it, theme, frame, room),
        Dialog::Finding(it) => search(it, theme, frame, room),
        Dialog::Palette(it) => search(it, theme, frame, room),
        Dialog::Reading(it) | Dialog::Saving(it) => reading::draw(it, theme, frame, room),
        Dialog::Conflict(it) => conflict(it, theme, frame, room),
        Dialog::Leaving => leaving(state, theme, frame, room),
        Dialog::Starting(it) => starting(it, theme, frame, room),
        Dialog::Scripting(it) => scripting(it, theme, frame, room),
        Dialog::Searching(it) => draw_input(frame, Rect { height: room.height.min(1), ..room }, it, theme),
        Dialog::Launching(it) => reading::draw(&it.reading, theme, frame, room),
        Dialog::LeavingJob => leaving_job(theme, frame, room),
        Dialog::Typing(_) | Dialog::Telling(_) => {}
    }
}

fn title(dialog: &Dialog) -> String {
    match dialog {
        Dialog::Choosing(it) | Dialog::Picking(it) => it.title.clone(),
        Dialog::Remedies(_) => "Make it fit".to_owned(),
        Dialog::Items(it) => it.title.clone(),
        Dialog::Naming(_) => "Save as".to_owned(),
        Dialog::Finding(_) => "Find a field".to_owned(),
        Dialog::Palette(_) => "Commands".to_owned(),
        Dialog::Reading(it) | Dialog::Saving(it) => it.title.clone(),
        Dialog::Conflict(_) => "Not saved".to_owned(),
        Dialog::Leaving => "Unsaved changes".to_owned(),
        Dialog::Starting(_) => "New config".to_owned(),
        Dialog::Scripting(_) => "Launch".to_owned(),
        Dialog::Searching(_) => "Search the log".to_owned(),
        Dialog::Launching(it) => it.reading.title.clone(),
        Dialog::LeavingJob => "A job is running".to_owned(),
        Dialog::Typing(_) | Dialog::Telling(_) => String::new(),
    }
}

/// The part of a window that holds the lines of its list: `above` and `below` it stand other things.
fn list_room(dialog: &Dialog, room: Rect) -> Rect {
    let (above, below) = match dialog {
        Dialog::Choosing(_) | Dialog::Picking(_) => (0, 3),
        Dialog::Remedies(_) => (0, 5),
        Dialog::Finding(_) | Dialog::Palette(_) => (2, 3),
        Dialog::Starting(_) => (2, 4),
        _ => (0, 1),
    };
    let height = room.height.saturating_sub(above + below);
    if height == 0 {
        return room;
    }
    Rect { y: room.y + above, height, ..room }
}

/// The line of the top dialog's list under a cell.
pub(super) fn line_at(state: &State, at: Position) -> Option<usize> {
    let mut dialog = state.dialogs.last()?.clone();
    let window = inside(state.window()?);
    let list = list_room(&dialog, window);
    let (selected, count) = dialog.list()?;
    let first = first_visible(0, *selected, count, usize::from(list.height));
    list.contains(at).then(|| first + usize::from(at.y - list.y))
}

/// A line of a list: a name and what it means.
struct Entry {
    name: String,
    says: String,
    /// True for the value that counts now.
    is_current: bool,
}

/// Draws a list with its names in one column, and below it what is selected in full.
fn list(entries: &[Entry], selected: usize, theme: &Theme, frame: &mut Frame, room: Rect) {
    let first = first_visible(0, selected, entries.len(), usize::from(room.height));
    let widest = entries.iter().map(|entry| entry.name.width()).max().unwrap_or(0);
    let names = widest.min(usize::from(room.width) / 2);
    for (row, (index, entry)) in entries.iter().enumerate().skip(first).enumerate() {
        if row >= usize::from(room.height) {
            break;
        }
        let mark = if entry.is_current { theme.marks.on } else { " " };
        let rest = usize::from(room.width).saturating_sub(names + 5);
        let line = Line::from(vec![
            Span::styled(format!(" {mark} "), theme.ink(Ink::Good)),
            Span::styled(padded(&entry.name, names, theme), theme.ink(Ink::Name)),
            Span::styled(
                format!("  {}", padded(&entry.says.replace('`', ""), rest, theme)),
                theme.ink(Ink::Faint),
            ),
        ]);
        put(frame, room, row, line);
        if index == selected {
            mark_row(frame, room, row, theme.ink(Ink::Selected));
        }
    }
}

/// A text at the bottom of a window, in as many rows as are left for it.
fn below(text: &str, rows: u16, theme: &Theme, frame: &mut Frame, room: Rect) {
    let rows = rows.min(room.height);
    let area = Rect { y: room.bottom() - rows, height: rows, ..room };
    for (row, line) in fit::wrap(text, usize::from(area.width)).iter().enumerate() {
        put(frame, area, row, runs(line, theme.ink(Ink::Label), theme));
    }
}

fn choosing(it: &Choosing, theme: &Theme, frame: &mut Frame, room: Rect) {
    let entry = |(index, option): (usize, &crate::studio::state::dialog::Choice)| Entry {
        name: option.word.clone(),
        says: option.says.to_owned(),
        is_current: it.current == Some(index),
    };
    let entries: Vec<Entry> = it.options.iter().enumerate().map(entry).collect();
    let area = list_room(&Dialog::Choosing(it.clone()), room);
    list(&entries, it.selected, theme, frame, area);
    if let Some(option) = it.options.get(it.selected) {
        below(option.says, 2, theme, frame, room);
    }
}

fn remedies(it: &Remedies, theme: &Theme, frame: &mut Frame, room: Rect) {
    let entry =
        |option: &Remedy| Entry { name: bytes(option.needed), says: option.name.clone(), is_current: false };
    let entries: Vec<Entry> = it.options.iter().map(entry).collect();
    let area = list_room(&Dialog::Remedies(it.clone()), room);
    list(&entries, it.selected, theme, frame, area);
    if let Some(option) = it.options.get(it.selected) {
        below(&option.says, 4, theme, frame, room);
    }
}

fn starting(it: &Starting, theme: &Theme, frame: &mut Frame, room: Rect) {
    put(frame, room, 0, Line::styled("What shall the config be for?", theme.ink(Ink::Name)));
    let entry = |option: &crate::studio::state::dialog::Beginning| Entry {
        name: option.name(),
        says: option.word().to_owned(),
        is_current: false,
    };
    let entries: Vec<Entry> = it.options.iter().map(entry).collect();
    let area = list_room(&Dialog::Starting(it.clone()), room);
    list(&entries, it.selected, theme, frame, area);
    if let Some(option) = it.options.get(it.selected) {
        below(&option.says(), 3, theme, frame, room);
    }
}

fn search<T: Clone>(it: &Search<T>, theme: &Theme, frame: &mut Frame, room: Rect) {
    let typing = Typing { input: it.input.clone(), ..Typing::default() };
    draw_input(frame, Rect { height: room.height.min(1), ..room }, &typing, theme);
    let entry = |hit: &Hit<T>| Entry {
        name: hit.name.clone(),
        says: hit.place.replace('·', theme.marks.dot),
        is_current: false,
    };
    let entries: Vec<Entry> = it.hits.iter().map(entry).collect();
    let area = Rect { y: room.y + 2.min(room.height), height: room.height.saturating_sub(5), ..room };
    if entries.is_empty() {
        put(frame, area, 0, Line::styled("nothing is called that", theme.ink(Ink::Faint)));
    }
    list(&entries, it.selected, theme, frame, area);
    if let Some(hit) = it.hits.get(it.selected) {
        below(&hit.says, 2, theme, frame, room);
    }
}

fn items(it: &Items, theme: &Theme, frame: &mut Frame, room: Rect) {
    let area = list_room(&Dialog::Items(it.clone()), room);
    let first = first_visible(0, it.selected, it.items.len(), usize::from(area.height));
    for (row, (index, item)) in it.items.iter().enumerate().skip(first).enumerate() {
        let words = super::form::words(item, None, theme);
        let number = format!("{:>3}  ", index + 1);
        let line = Line::from(vec![Span::styled(number, theme.ink(Ink::LineNumber)), Span::raw(words)]);
        put(frame, area, row, line);
        if index == it.selected && row < usize::from(area.height) {
            mark_row(frame, area, row, theme.ink(Ink::Selected));
            if let Some(input) = &it.typing {
                let typing = Typing { input: input.clone(), ..Typing::default() };
                let y = area.y + u16::try_from(row).unwrap_or(0);
                let x = area.x + 5.min(area.width);
                let cells = Rect { x, y, width: area.width.saturating_sub(5), height: 1 };
                draw_input(frame, cells, &typing, theme);
            }
        }
    }
    if it.items.is_empty() {
        put(frame, area, 0, Line::styled("the list is empty; a adds an item", theme.ink(Ink::Faint)));
    }
}

fn naming(it: &Typing, theme: &Theme, frame: &mut Frame, room: Rect) {
    put(frame, room, 0, Line::styled("File name:", theme.ink(Ink::Label)));
    let line = Rect { y: room.y + 1.min(room.height), height: room.height.saturating_sub(1).min(1), ..room };
    draw_input(frame, line, it, theme);
    if let Some(complaint) = &it.complaint {
        put(frame, room, 2, Line::styled(complaint.clone(), theme.ink(Ink::Warning)));
    }
}

fn scripting(it: &Typing, theme: &Theme, frame: &mut Frame, room: Rect) {
    put(frame, room, 0, Line::styled("Script and its arguments:", theme.ink(Ink::Label)));
    let line = Rect { y: room.y + 1.min(room.height), height: room.height.saturating_sub(1).min(1), ..room };
    draw_input(frame, line, it, theme);
    put(frame, room, 3, Line::styled("The plan is shown before anything starts.", theme.ink(Ink::Faint)));
}

fn leaving_job(theme: &Theme, frame: &mut Frame, room: Rect) {
    let says = "The ranks end with the studio. Stopping lets them finish in order.";
    let lines = fit::wrap(says, usize::from(room.width));
    for (row, line) in lines.iter().enumerate() {
        put(frame, room, row, runs(line, theme.ink(Ink::Label), theme));
    }
    put(frame, room, lines.len() + 1, offers(Context::LeavingJob, |_| true, theme));
}

fn conflict(it: &Conflict, theme: &Theme, frame: &mut Frame, room: Rect) {
    let lines = fit::wrap(&it.says, usize::from(room.width));
    for (row, line) in lines.iter().enumerate() {
        put(frame, room, row, runs(line, theme.ink(Ink::Warning), theme));
    }
    let is_offered = |command| it.can_overwrite || !matches!(command, Command::Overwrite | Command::Reload);
    put(frame, room, lines.len() + 1, offers(Context::Conflict, is_offered, theme));
}

fn leaving(state: &State, theme: &Theme, frame: &mut Frame, room: Rect) {
    let name =
        state.source.path().map_or("This new config".to_owned(), |path| format!("`{}`", path.display()));
    let says = format!("{name} has changes that are not saved.");
    let lines = fit::wrap(&says, usize::from(room.width));
    for (row, line) in lines.iter().enumerate() {
        put(frame, room, row, runs(line, theme.ink(Ink::Label), theme));
    }
    put(frame, room, lines.len() + 1, offers(Context::Leaving, |_| true, theme));
}

/// The answers to a question, read from the key table.
fn offers<'a>(context: Context, is_offered: impl Fn(Command) -> bool, theme: &Theme) -> Line<'a> {
    let bindings = keymap::shown_in(context).filter(|binding| is_offered(binding.command));
    let spans = bindings.flat_map(|binding| {
        [
            Span::styled(binding.key.to_string(), theme.ink(Ink::KeyCap)),
            Span::styled(format!(" {}   ", binding.command.row().name), theme.ink(Ink::Label)),
        ]
    });
    Line::from(spans.collect::<Vec<_>>())
}
