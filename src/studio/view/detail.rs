//! What there is to say of the selected field or finding, in full.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::{Caption, put, runs, title};
use crate::finding::Finding;
use crate::schema::{Default, Field, Kind};
use crate::studio::fit::{cut, wrap};
use crate::studio::state::dialog::Dialog;
use crate::studio::state::sheet::Row;
use crate::studio::state::{Pane, State};
use crate::studio::theme::{Ink, Theme};

/// From this height on, in rows, there is room for more than what matters most.
const ROOM_FOR_REFERENCE: u16 = 8;

/// Letters of a value that every row has room for; a longer one is repeated in full.
const SHORT: usize = 22;

/// Draws the detail.
pub(super) fn draw<'a>(state: &State, theme: &Theme, frame: &mut Frame, room: Rect) -> Caption<'a> {
    let nothing = Caption { title: Line::default(), scroll: (0, 0) };
    let is_about_finding = state.pane == Pane::Findings || state.is_faulty();
    let (name, beside, parts) = match (is_about_finding, state.finding(), state.row()) {
        _ if state.pane == Pane::Sections => match state.section() {
            Some(section) => {
                let about = vec![(section.about.to_owned(), theme.ink(Ink::Label))];
                (section.title.to_owned(), String::new(), about)
            }
            None => return nothing,
        },
        (true, Some(finding), _) => (finding.rule.to_owned(), String::new(), of_finding(finding, theme)),
        (_, _, Some(row)) if !state.is_faulty() => {
            let expected = row.field.map(|field| field.kind.expected()).unwrap_or_default();
            let mut parts = of_row(state, row, theme);
            if room.height >= ROOM_FOR_REFERENCE {
                parts.extend(row.field.map(|field| reference(state, field, theme)).unwrap_or_default());
            }
            (row.path.to_string(), expected.replace('`', ""), parts)
        }
        _ => return nothing,
    };
    let room_for_title = usize::from(room.width).saturating_sub(name.chars().count() + 6);
    let beside = match beside.is_empty() {
        true => beside,
        false => format!("{} {}", theme.marks.dot, cut(&beside, room_for_title, theme.marks.cut)),
    };
    let room = Rect { x: room.x + 1.min(room.width), width: room.width.saturating_sub(2), ..room };
    let lines = parts.iter().flat_map(|(text, style)| {
        wrap(text, usize::from(room.width.saturating_sub(2)))
            .into_iter()
            .map(|line| runs(&line, *style, theme))
    });
    let mut lines: Vec<Line> = lines.collect();
    let height = usize::from(room.height);
    if lines.len() > height && height > 0 {
        lines.truncate(height);
        lines[height - 1].push_span(Span::styled(format!(" {}", theme.marks.cut), theme.ink(Ink::KeyCap)));
    }
    for (row, line) in lines.into_iter().enumerate() {
        put(frame, room, row, line);
    }
    Caption { title: title(&name, &beside, false, theme), scroll: (0, 0) }
}

type Parts = Vec<(String, Style)>;

/// What matters most comes first: there may be room for little.
fn of_row(state: &State, row: &Row, theme: &Theme) -> Parts {
    let mut parts = Vec::new();
    if let Some(Dialog::Typing(typing)) = state.dialogs.last()
        && let Some(complaint) = &typing.complaint
    {
        parts.push((format!("{} {complaint}", theme.marks.error), theme.ink(Ink::Error)));
    }
    if let Some(variable) = row.variable {
        let words =
            format!("`${variable}` of this shell counts here: a launch of this config leaves it as it is.");
        parts.push((words, theme.ink(Ink::Hint)));
    }
    for finding in row.findings.iter().filter_map(|index| state.sheet.findings.get(*index)) {
        parts.extend(of_finding(finding, theme));
    }
    if let Some(value) = &row.value {
        let words = super::form::written(row, value, theme);
        if words.chars().count() > SHORT {
            parts.push((format!("value {words}"), theme.ink(Ink::Value)));
        }
    }
    if let Some(why) = &row.idle {
        parts.push((format!("{} {}", theme.marks.hint, why.full), theme.ink(Ink::Hint)));
    }
    match row.field {
        Some(field) => {
            parts.push((field.help.to_owned(), theme.ink(Ink::Label)));
            if let (Default::Depends(says), None) = (field.default, &row.value) {
                parts.push((format!("Unset: {says}"), theme.ink(Ink::Faint)));
            }
        }
        None if row.findings.is_empty() => {
            parts.push(("Accelerate does not know this key.".to_owned(), theme.ink(Ink::Label)));
        }
        None => {}
    }
    parts
}

/// What is good to know where there is room for it: the choices, the default, the other ways in.
fn reference(state: &State, field: &'static Field, theme: &Theme) -> Parts {
    let mut lines = vec![String::new()];
    match field.kind {
        Kind::Number(numbers) => {
            lines.extend(numbers.iter().map(|it| format!("`{}` {}", it.number, it.says)))
        }
        _ => {
            let choices = field.choices(state.judge.release(), state.platform());
            lines.extend(choices.map(|it| format!("`{}` {}", it.word, it.says)));
        }
    }
    if let Some(default) = field.default.value() {
        lines.push(format!("default `{}`", field.kind.show(&default)));
    }
    lines.extend(field.flag.map(|flag| format!("flag `{flag}`")));
    if !field.env.is_empty() {
        lines.push(format!("variable `{}`", field.env.join("`, `")));
    }
    lines.into_iter().map(|line| (line, theme.ink(Ink::Faint))).collect()
}

/// Message, help and fix.
fn of_finding(finding: &Finding, theme: &Theme) -> Parts {
    let (mark, style) = theme.severity(finding.severity);
    let mut parts = vec![(format!("{mark} {}", finding.message), style)];
    parts.extend(finding.help.clone().map(|help| (help, theme.ink(Ink::Label))));
    if let Some(fix) = &finding.fix {
        parts.push((format!("`f` {}", fix.title), theme.ink(Ink::Good)));
    }
    parts
}
