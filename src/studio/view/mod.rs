//! From state to cells. Views decide nothing: what is selected, dimmed or possible is in the state.

mod bars;
mod detail;
mod dialog;
mod findings;
mod form;
mod job;
mod outlook;
mod reading;
mod sections;
mod text;

use ratatui::Frame;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;
use ratatui::symbols::merge::MergeStrategy;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Clear};
use unicode_width::UnicodeWidthStr;

use super::command::Command;
use super::fit::{self, Run};
use super::layout::{Areas, SMALLEST, inside};
use super::state::{Pane, State};
use super::theme::{Ink, Theme};

/// Draws the studio.
pub(super) fn draw(state: &State, theme: &Theme, frame: &mut Frame) {
    let Some(areas) = state.areas() else { return too_small(theme, frame) };
    bars::header(state, theme, frame, areas.header);
    match state.open_job() {
        Some(job) => job::draw(state, job, areas, theme, frame),
        None => panes(state, areas, theme, frame),
    }
    for dialog in &state.dialogs {
        if let Some(window) = state.window_of(dialog) {
            dialog::draw(state, dialog, theme, frame, window);
        }
    }
    bars::footer(state, theme, frame, areas.footer);
}

/// Draws the panes of the config.
fn panes(state: &State, areas: Areas, theme: &Theme, frame: &mut Frame) {
    let part = |pane: Pane, area: Option<Rect>| area.map(|area| (Part::Pane(pane), area));
    let parts = [
        part(Pane::Sections, areas.sections),
        part(Pane::Text, areas.text),
        part(Pane::Memory, areas.memory),
        part(Pane::Findings, areas.findings),
        areas.detail.map(|area| (Part::Detail, area)),
        part(Pane::Form, areas.form),
    ];
    let mut parts: Vec<(Part, Rect)> = parts.into_iter().flatten().collect();
    // The pane in use comes last, so that the border it shares shows that it is in use.
    parts.sort_by_key(|(part, _)| *part == Part::Pane(state.pane));
    for (part, area) in &parts {
        border(frame, *area, part.is_active(state), theme);
    }
    for (part, area) in parts {
        let caption = part.draw(state, theme, frame, area);
        caption.draw(frame, area, theme);
    }
}

/// The command of the footer's hint under a cell.
pub(super) fn footer_command(state: &State, at: Position) -> Option<Command> {
    bars::command_at(state, at)
}

/// The row of the memory pane under a cell.
pub(super) fn memory_row(state: &State, at: Position) -> Option<usize> {
    outlook::row_at(state, at)
}

/// The line of the top dialog's list under a cell.
pub(super) fn dialog_line(state: &State, at: Position) -> Option<usize> {
    dialog::line_at(state, at)
}

fn too_small(theme: &Theme, frame: &mut Frame) {
    let area = frame.area();
    let says = format!(
        "This window has {}x{} cells. The studio needs {}x{}: make it larger, or press q to leave.",
        area.width, area.height, SMALLEST.width, SMALLEST.height
    );
    for (row, line) in fit::wrap(&says, usize::from(area.width)).into_iter().enumerate() {
        put(frame, area, row, runs(&line, Style::default(), theme));
    }
}

/// Writes a line into a row of an area, if the area has that row.
fn put<'a>(frame: &mut Frame, area: Rect, row: usize, line: impl Into<Line<'a>>) {
    let Ok(row) = u16::try_from(row) else { return };
    if row < area.height && area.width > 0 {
        frame.render_widget(line.into(), Rect { y: area.y + row, height: 1, ..area });
    }
}

/// Gives a row of an area a style, all the way across.
fn mark_row(frame: &mut Frame, area: Rect, row: usize, style: Style) {
    let Ok(row) = u16::try_from(row) else { return };
    if row < area.height {
        frame.buffer_mut().set_style(Rect { y: area.y + row, height: 1, ..area }, style);
    }
}

/// A part of the screen that has a border.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Pane(Pane),
    /// What there is to say of what is selected.
    Detail,
}

impl Part {
    fn is_active(self, state: &State) -> bool {
        self == Part::Pane(state.pane) && state.window().is_none()
    }

    /// Draws the inside and gives what stands on the border.
    fn draw<'a>(self, state: &State, theme: &Theme, frame: &mut Frame, area: Rect) -> Caption<'a> {
        let (is_active, room) = (self.is_active(state), inside(area));
        match self {
            Part::Pane(Pane::Sections) => sections::draw(state, theme, frame, room, is_active),
            Part::Pane(Pane::Form) => form::draw(state, theme, frame, room, is_active),
            Part::Pane(Pane::Text) => text::draw(state, theme, frame, room, is_active),
            Part::Pane(Pane::Memory) => outlook::draw(state, theme, frame, room, is_active),
            Part::Pane(Pane::Findings) => findings::draw(state, theme, frame, room, is_active),
            Part::Detail => detail::draw(state, theme, frame, room),
        }
    }
}

/// What stands on a border: a title, and where in a long list we are.
struct Caption<'a> {
    title: Line<'a>,
    /// First visible line, and how many there are.
    scroll: (usize, usize),
}

impl Caption<'_> {
    fn draw(self, frame: &mut Frame, area: Rect, theme: &Theme) {
        let (first, count) = self.scroll;
        let room = usize::from(inside(area).height);
        if area.width > 2 {
            let cells = Rect { x: area.x + 1, width: area.width - 2, ..area };
            put(frame, cells, 0, self.title);
        }
        if count <= room || room == 0 {
            return;
        }
        let length = (room * room / count).max(1);
        let top = first * (room - length) / (count - room);
        for row in top..top + length {
            let cells = Rect { x: area.right() - 1, y: area.y + 1, width: 1, height: area.height - 2 };
            put(frame, cells, row, Span::styled(theme.marks.thumb, theme.ink(Ink::Thumb)));
        }
    }
}

/// The border of a part, grown together with those of its neighbours.
fn border(frame: &mut Frame, area: Rect, is_active: bool, theme: &Theme) {
    let ink = if is_active { Ink::BorderActive } else { Ink::Border };
    let block = Block::bordered()
        .border_set(theme.marks.border)
        .border_style(theme.ink(ink))
        .merge_borders(MergeStrategy::Exact);
    frame.render_widget(block, area);
}

/// The first cell of a line of a list: the selected one has a pointer.
fn pointer<'a>(is_selected: bool, theme: &Theme) -> Span<'a> {
    Span::styled(if is_selected { theme.marks.pointer } else { " " }, theme.ink(Ink::KeyCap))
}

/// A pane's title: its name, and a few words beside it.
fn title<'a>(name: &str, beside: &str, is_active: bool, theme: &Theme) -> Line<'a> {
    let ink = if is_active { Ink::TitleActive } else { Ink::Title };
    let mut spans = vec![Span::styled(format!(" {name} "), theme.ink(ink))];
    if !beside.is_empty() {
        spans.push(Span::styled(format!("{beside} "), theme.ink(Ink::Faint)));
    }
    Line::from(spans)
}

/// An empty window above everything, with a frame and a title; gives the room inside.
fn window(frame: &mut Frame, area: Rect, title: &str, theme: &Theme) -> Rect {
    frame.render_widget(Clear, area);
    let block = Block::bordered()
        .border_set(theme.marks.border)
        .border_style(theme.ink(Ink::BorderActive))
        .style(theme.ink(Ink::Dialog))
        .title(Span::styled(format!(" {title} "), theme.ink(Ink::TitleActive)));
    frame.render_widget(block, area);
    let room = inside(area);
    Rect { x: room.x + 1.min(room.width), width: room.width.saturating_sub(2), ..room }
}

/// Runs as spans: what stood in backticks gets weight.
fn runs<'a>(runs: &[Run], style: Style, theme: &Theme) -> Line<'a> {
    let ink = |run: &Run| if run.is_code { style.patch(theme.ink(Ink::Name)) } else { style };
    runs.iter().map(|run| Span::styled(run.text.clone(), ink(run))).collect::<Vec<_>>().into()
}

/// A line with something at its left and something at its right end; the left gives way.
fn spread<'a>(left: Vec<Span<'a>>, right: Vec<Span<'a>>, width: usize) -> Line<'a> {
    let wide = |spans: &[Span]| spans.iter().map(|span| span.content.width()).sum::<usize>();
    let (used, needed) = (wide(&left), wide(&right));
    let gap = width.saturating_sub(used + needed);
    if used + needed > width {
        return Line::from(left);
    }
    let mut spans = left;
    spans.push(Span::raw(" ".repeat(gap)));
    spans.extend(right);
    Line::from(spans)
}

/// A text in exactly `width` columns.
fn padded(text: &str, width: usize, theme: &Theme) -> String {
    let text = fit::cut(text, width, theme.marks.cut);
    let gap = width.saturating_sub(text.width());
    format!("{text}{}", " ".repeat(gap))
}
