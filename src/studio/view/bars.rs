//! The line at the top (which file, what kind of config, how many findings) and the one at the
//! bottom (what has just happened, which keys work now).

use ratatui::Frame;
use ratatui::layout::{Position, Rect};
use ratatui::text::{Line, Span};
use unicode_width::UnicodeWidthStr;

use super::put;
use crate::finding::Severity;
use crate::studio::command::Command;
use crate::studio::fit::{cut, cut_start};
use crate::studio::keymap;
use crate::studio::state::State;
use crate::studio::theme::{Ink, Theme};
use crate::studio::update::{context, is_possible};
use crate::text::count;

/// Columns between two hints.
const GAP: usize = 2;

/// Draws the line at the top.
pub(super) fn header(state: &State, theme: &Theme, frame: &mut Frame, area: Rect) {
    let width = usize::from(area.width);
    let right = counts(state, theme, width >= 100);
    let right_width: usize = right.iter().map(|span| span.content.width()).sum();
    let mut left = vec![Span::styled(" accel-studio ", theme.ink(Ink::TitleActive))];
    let modified =
        if state.is_modified() { format!(" {} modified", theme.marks.modified) } else { String::new() };
    let room = width.saturating_sub(14 + right_width + modified.width() + 2);
    let name = state.source.path().map_or("new config".into(), |path| path.display().to_string());
    let name = cut_start(&name, room, theme.marks.cut);
    let rest = room.saturating_sub(name.width() + 3);
    left.push(Span::styled(name, theme.ink(Ink::Name)));
    left.push(Span::styled(modified, theme.ink(Ink::Modified)));
    let summary = &state.sheet.summary;
    if !summary.is_empty() && rest >= 12 {
        let summary = summary.replace('·', theme.marks.dot);
        left.push(Span::styled(
            format!("   {}", cut(&summary, rest, theme.marks.cut)),
            theme.ink(Ink::Label),
        ));
    }
    put(frame, area, 0, super::spread(left, right, width));
}

/// How many findings there are, by severity.
fn counts<'a>(state: &State, theme: &Theme, with_words: bool) -> Vec<Span<'a>> {
    let mut spans = Vec::new();
    for severity in [Severity::Error, Severity::Warning, Severity::Hint] {
        let number = state.sheet.count(severity);
        if number > 0 {
            let (mark, style) = theme.severity(severity);
            let words = if with_words { count(number, severity.word()) } else { number.to_string() };
            spans.push(Span::styled(format!("{mark} {words} "), style));
            spans.push(Span::raw(" "));
        }
    }
    if spans.is_empty() && state.history.now().root().is_some() {
        spans.push(Span::styled(format!("{} no findings ", theme.marks.good), theme.ink(Ink::Good)));
    }
    spans
}

/// Draws the line at the bottom.
pub(super) fn footer(state: &State, theme: &Theme, frame: &mut Frame, area: Rect) {
    let mut spans = Vec::new();
    if let Some(note) = &state.note {
        let ink = if note.is_bad { Ink::Warning } else { Ink::Note };
        let says = note.says.replace('`', "");
        spans.push(Span::styled(
            format!(" {}", cut(&says, usize::from(area.width), theme.marks.cut)),
            theme.ink(ink),
        ));
    }
    for hint in hints(state, area) {
        let used: usize = spans.iter().map(|span: &Span| span.content.width()).sum();
        spans.push(Span::raw(" ".repeat(usize::from(hint.from).saturating_sub(used))));
        spans.push(Span::styled(hint.key, theme.ink(Ink::KeyCap)));
        spans.push(Span::styled(format!(" {}", hint.command.row().name), theme.ink(Ink::Label)));
    }
    put(frame, area, 0, Line::from(spans));
}

/// A key that works now, and where the footer names it.
struct Hint {
    from: u16,
    to: u16,
    key: String,
    command: Command,
}

/// The hints that fit: those of the pane or dialog in use first.
fn hints(state: &State, area: Rect) -> Vec<Hint> {
    let width = usize::from(area.width);
    let mut at = 1 + state.note.as_ref().map_or(0, |note| note.says.replace('`', "").width() + GAP);
    let mut hints: Vec<Hint> = Vec::new();
    for binding in keymap::shown_in(context(state)).filter(|binding| is_possible(state, binding.command)) {
        if hints.iter().any(|hint| hint.command == binding.command) {
            continue;
        }
        let key = binding.key.to_string();
        let wide = key.width() + 1 + binding.command.row().name.width();
        if at + wide > width {
            continue;
        }
        let cells = |columns: usize| area.x + u16::try_from(columns).unwrap_or(u16::MAX);
        hints.push(Hint { from: cells(at), to: cells(at + wide), key, command: binding.command });
        at += wide + GAP;
    }
    hints
}

/// The command of the hint under a cell.
pub(super) fn command_at(state: &State, at: Position) -> Option<Command> {
    let area = state.areas()?.footer;
    let hint = hints(state, area).into_iter().find(|hint| (hint.from..hint.to).contains(&at.x));
    hint.filter(|_| area.contains(at)).map(|hint| hint.command)
}
