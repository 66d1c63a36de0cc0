//! The fields of a section, drawn by kind: a new field appears here by itself.

use ratatui::Frame;
use ratatui::layout::{Position, Rect};
use ratatui::text::{Line, Span};
use unicode_width::UnicodeWidthStr;

use super::{Caption, mark_row, padded, pointer, put, spread, title};
use crate::schema::{Default, Field, Kind};
use crate::studio::fit::cut;
use crate::studio::state::State;
use crate::studio::state::dialog::{Dialog, Typing};
use crate::studio::state::sheet::Row;
use crate::studio::theme::{Ink, Theme};
use crate::value::Value;

/// Columns of the mark before a label.
const MARK: usize = 2;
/// Columns of the origin at the right end: "line 1234".
const ORIGIN: usize = 9;

/// Letters of a text that are looked at: no screen shows more.
const LONGEST: usize = 4000;

/// Draws the form.
pub(super) fn draw<'a>(
    state: &State,
    theme: &Theme,
    frame: &mut Frame,
    room: Rect,
    is_active: bool,
) -> Caption<'a> {
    let columns = Columns::of(state, room);
    for (row, (index, field)) in state.rows().enumerate().skip(state.scroll.form).enumerate() {
        if row >= usize::from(room.height) {
            break;
        }
        put(frame, room, row, columns.line(state, field, index == state.row, theme));
        if index == state.row {
            let ink = if is_active { Ink::Selected } else { Ink::SelectedIdle };
            mark_row(frame, room, row, theme.ink(ink));
            if let Some(Dialog::Typing(typing)) = state.dialogs.last() {
                draw_input(frame, columns.value_area(room, row), typing, theme);
            }
        }
    }
    if state.rows().next().is_none() {
        put(
            frame,
            room,
            0,
            Span::styled(" nothing here matters now; z shows all fields", theme.ink(Ink::Faint)),
        );
    }
    caption(state, theme, is_active)
}

fn caption<'a>(state: &State, theme: &Theme, is_active: bool) -> Caption<'a> {
    let shown = state.rows().count();
    let (name, all) = state.section().map_or(("Form", 0), |section| (section.title, section.rows.len()));
    let beside = if all > shown { format!("{} hidden", all - shown) } else { String::new() };
    Caption { title: title(name, &beside, is_active, theme), scroll: (state.scroll.form, shown) }
}

/// Where the parts of a row stand, in columns.
struct Columns {
    label: usize,
    value: usize,
    origin: usize,
}

impl Columns {
    fn of(state: &State, room: Rect) -> Columns {
        let width = usize::from(room.width);
        let widest = state.rows().map(|row| row.label().width()).max().unwrap_or(0);
        let label = widest.clamp(10, (width * 2 / 5).max(10));
        let origin = if width >= 48 { ORIGIN } else { 0 };
        let value = width.saturating_sub(MARK + 1 + label + 2 + origin + 1);
        Columns { label, value, origin }
    }

    fn line<'a>(&self, state: &State, row: &Row, is_selected: bool, theme: &Theme) -> Line<'a> {
        let worst = state.sheet.worst(row);
        let (mark, style) = worst.map_or((" ", theme.ink(Ink::Label)), |worst| theme.severity(worst));
        let is_idle = row.idle.is_some();
        let label = if is_idle { Ink::Faint } else { Ink::Label };
        let (says, ink) = match (&row.value, &row.idle) {
            (None, Some(idle)) => (idle.short.clone(), Ink::Faint),
            (_, Some(_)) => (shown(row, theme).0, Ink::Faint),
            _ => shown(row, theme),
        };
        let opens =
            if is_selected && opens_list(row) { format!(" {}", theme.marks.opens) } else { String::new() };
        let origin = if self.origin > 0 { origin(row) } else { String::new() };
        let room = self.value + self.origin.saturating_sub(origin.width() + 1);
        let says = format!("{}{opens}", cut(&says, room.saturating_sub(opens.width()), theme.marks.cut));
        let left = vec![
            pointer(is_selected, theme),
            Span::styled(format!("{mark} "), style),
            Span::styled(padded(&row.label(), self.label, theme), theme.ink(label)),
            Span::raw("  "),
            Span::styled(says, theme.ink(ink)),
        ];
        let right = vec![Span::styled(origin, theme.ink(Ink::Faint))];
        spread(left, right, MARK + 1 + self.label + 2 + self.value + self.origin)
    }

    fn value_area(&self, room: Rect, row: usize) -> Rect {
        let cells = |columns: usize| u16::try_from(columns).unwrap_or(u16::MAX);
        let from = cells(MARK + 1 + self.label + 2);
        Rect {
            x: room.x + from.min(room.width),
            y: room.y + cells(row),
            width: room.width.saturating_sub(from),
            height: 1,
        }
    }
}

/// True for a field whose value is chosen from a list.
fn opens_list(row: &Row) -> bool {
    let kind = row.field.map(|field| field.kind);
    matches!(kind, Some(Kind::Choice(_) | Kind::Number(_) | Kind::Texts | Kind::Bools(_)))
}

/// Where a row's value comes from.
fn origin(row: &Row) -> String {
    if row.variable.is_some() {
        return "env".to_owned();
    }
    match (row.line, row.field.map(|field| field.default)) {
        (Some(line), _) => format!("line {line}"),
        (None, Some(default)) if default.value().is_some() && row.idle.is_none() => "default".to_owned(),
        _ => String::new(),
    }
}

/// A row's value in words, and what it looks like.
fn shown(row: &Row, theme: &Theme) -> (String, Ink) {
    match (&row.value, row.field) {
        (Some(value), _) => (written(row, value, theme), ink_of(value)),
        (None, Some(field)) => match (field.default, field.default.value()) {
            (_, Some(value)) => (words(&value, Some(field), theme), Ink::Unset),
            (Default::Required, _) if row.idle.is_none() => ("required".to_owned(), Ink::Error),
            (Default::Depends(says), _) => (says.replace('`', ""), Ink::Unset),
            _ => (theme.marks.nothing.to_owned(), Ink::Unset),
        },
        (None, None) => (theme.marks.nothing.to_owned(), Ink::Unset),
    }
}

/// What is written, and what it is read as where that is something else: "no (read as false)".
pub(super) fn written(row: &Row, value: &Value, theme: &Theme) -> String {
    let is_toggle = row.field.is_none_or(|field| matches!(field.kind, Kind::Bool));
    let shown = match value {
        Value::Bool(flag) if !is_toggle => flag.to_string(),
        value => words(value, row.field, theme),
    };
    let reads_alike = |raw: &str| raw.is_empty() || shown.to_lowercase().ends_with(&raw.to_lowercase());
    match (&row.raw, value) {
        (Some(raw), Value::Bool(_) | Value::Int(_)) if !reads_alike(raw) => {
            let shown = shown.trim_start_matches([' ', '●', '○', '*', 'o']);
            format!("{raw} (read as {shown})")
        }
        _ => shown,
    }
}

/// A value as the form shows it.
pub(super) fn words(value: &Value, field: Option<&Field>, theme: &Theme) -> String {
    match value {
        Value::Bool(true) => format!("{} true", theme.marks.on),
        Value::Bool(false) => format!("{} false", theme.marks.off),
        Value::Null => "null".to_owned(),
        Value::Text(text) if text.is_empty() => "''".to_owned(),
        Value::Text(text) => text.chars().take(LONGEST).collect(),
        value => field.map_or(Kind::Anything, |field| field.kind).show(value),
    }
}

fn ink_of(value: &Value) -> Ink {
    match value {
        Value::Int(_) | Value::Float(_) | Value::Time(_) => Ink::Number,
        Value::Bool(_) | Value::Null => Ink::Word,
        _ => Ink::Value,
    }
}

/// The line being typed, with the terminal's own cursor in it.
pub(super) fn draw_input(frame: &mut Frame, area: Rect, typing: &Typing, theme: &Theme) {
    if area.width == 0 || area.height == 0 {
        return;
    }
    let width = usize::from(area.width);
    let scroll = typing.input.visual_scroll(width.saturating_sub(1));
    let text: String = skip_columns(typing.input.value(), scroll);
    let ink = theme.ink(Ink::Input);
    put(frame, area, 0, Span::styled(padded(&text, width, theme), ink));
    mark_row(frame, area, 0, ink);
    let column = typing.input.visual_cursor().saturating_sub(scroll).min(width - 1);
    frame.set_cursor_position(Position { x: area.x + u16::try_from(column).unwrap_or(0), y: area.y });
}

fn skip_columns(text: &str, columns: usize) -> String {
    let mut skipped = 0;
    text.chars()
        .skip_while(|letter| {
            let is_before = skipped < columns;
            skipped += letter.to_string().width();
            is_before
        })
        .collect()
}
