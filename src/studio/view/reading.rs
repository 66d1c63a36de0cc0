//! Pages and diffs, with a hint where there is more.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::{padded, put, runs};
use crate::document::diff::{Change, DiffLine};
use crate::studio::fit::{broken, wrap};
use crate::studio::state::dialog::{Body, GAP, INDENT, Line as Part, Reading, term_width};
use crate::studio::theme::{Ink, Theme};

/// Draws what is being read.
pub(super) fn draw(reading: &Reading, theme: &Theme, frame: &mut Frame, room: Rect) {
    let width = usize::from(room.width);
    let lines: Vec<Line> = match &reading.body {
        Body::Page(parts) => page(parts, theme, width),
        Body::Diff(lines) => lines.iter().map(|line| difference(line, theme, width)).collect(),
    };
    let height = usize::from(room.height);
    let is_cut = lines.len() > reading.scroll + height;
    for (row, line) in lines.into_iter().skip(reading.scroll).take(height).enumerate() {
        put(frame, room, row, line);
    }
    if is_cut && height > 0 {
        let more = padded(&format!("{} more below", theme.marks.cut), width, theme);
        put(frame, room, height - 1, Span::styled(more, theme.ink(Ink::Faint)));
    }
}

fn page<'a>(parts: &[Part], theme: &Theme, width: usize) -> Vec<Line<'a>> {
    let terms = term_width(parts);
    parts.iter().flat_map(|part| rows(part, terms, theme, width)).collect()
}

fn rows<'a>(part: &Part, terms: usize, theme: &Theme, width: usize) -> Vec<Line<'a>> {
    match part {
        Part::Gap => vec![Line::default()],
        Part::Heading(text) => vec![Line::styled(text.clone(), theme.ink(Ink::TitleActive))],
        Part::Words(text) => {
            wrap(text, width).iter().map(|line| runs(line, theme.ink(Ink::Label), theme)).collect()
        }
        Part::Below(text) => {
            let line = |line: &Vec<_>| {
                let mut says = runs(line, theme.ink(Ink::Faint), theme);
                says.spans.insert(0, Span::raw(" ".repeat(INDENT)));
                says
            };
            wrap(text, width.saturating_sub(INDENT)).iter().map(line).collect()
        }
        Part::Printed(text) => {
            broken(text, width).into_iter().map(|line| Line::styled(line, theme.ink(Ink::Value))).collect()
        }
        Part::Term(term, says) => {
            let (left, right) = (wrap(term, terms), wrap(says, width.saturating_sub(terms + GAP)));
            let line = |row: usize| {
                let term: String = left.get(row).into_iter().flatten().map(|run| run.text.as_str()).collect();
                let term = format!("{}{}", padded(&term, terms, theme), " ".repeat(GAP));
                let mut pieces = vec![Span::styled(term, theme.ink(Ink::KeyCap))];
                let says = right.get(row).map(|line| runs(line, theme.ink(Ink::Label), theme));
                pieces.extend(says.unwrap_or_default().spans);
                Line::from(pieces)
            };
            (0..left.len().max(right.len())).map(line).collect()
        }
    }
}

fn difference<'a>(line: &DiffLine, theme: &Theme, width: usize) -> Line<'a> {
    let (sign, ink) = match line.change {
        Change::Kept => (" ", Ink::Faint),
        Change::Removed => ("-", Ink::Removed),
        Change::Added => ("+", Ink::Added),
        Change::Gap => return Line::styled(theme.marks.cut, theme.ink(Ink::Faint)),
    };
    let number = format!("{:>4} ", line.number);
    let text = padded(&format!("{sign} {}", line.text.replace('\t', "    ")), width.saturating_sub(5), theme);
    Line::from(vec![Span::styled(number, theme.ink(Ink::LineNumber)), Span::styled(text, theme.ink(ink))])
}
