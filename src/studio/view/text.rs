//! The file's text: coloured as Accelerate reads it, findings underlined, the selected field marked.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};
use ratatui::text::{Line, Span as Piece};
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

use super::{Caption, mark_row, put, title};
use crate::document::Span;
use crate::finding::Severity;
use crate::studio::state::State;
use crate::studio::state::sheet::Sheet;
use crate::studio::theme::{Ink, Theme};

/// Columns of a tab, which YAML forbids nearly everywhere and which is therefore made visible.
const TAB: usize = 4;

/// Draws the text.
pub(super) fn draw<'a>(
    state: &State,
    theme: &Theme,
    frame: &mut Frame,
    room: Rect,
    is_active: bool,
) -> Caption<'a> {
    let name = state.source.name();
    let name = if name.is_empty() { "Text" } else { name };
    let beside = if state.draft.is_some() { "preview" } else { "" };
    let sheet = &state.sheet;
    let painter = Painter { sheet, text: state.shown().text(), theme, width: usize::from(room.width) };
    let visible = sheet.lines.iter().enumerate().skip(state.scroll.text);
    for (row, (index, line)) in visible.take(usize::from(room.height)).enumerate() {
        put(frame, room, row, painter.line(index, *line));
        if index == state.line {
            let ink = if is_active { Ink::Selected } else { Ink::LineSelected };
            mark_row(frame, room, row, theme.ink(ink));
        }
    }
    Caption { title: title(name, beside, is_active, theme), scroll: (state.scroll.text, sheet.lines.len()) }
}

struct Painter<'a> {
    sheet: &'a Sheet,
    text: &'a str,
    theme: &'a Theme,
    width: usize,
}

impl<'a> Painter<'a> {
    /// A line: its number, the mark of its worst finding, its text.
    fn line(&self, index: usize, line: Span) -> Line<'a> {
        let digits = self.sheet.lines.len().max(1).ilog10() as usize + 1;
        let findings = self.findings_on(index);
        let worst = findings.iter().map(|(severity, _)| *severity).max();
        let (mark, style) = worst.map_or((" ", Style::default()), |worst| self.theme.severity(worst));
        let mut pieces = vec![
            Piece::styled(format!("{:>digits$}", index + 1), self.theme.ink(Ink::LineNumber)),
            Piece::styled(format!("{mark} "), style),
        ];
        let room = self.width.saturating_sub(digits + 2);
        pieces.extend(self.letters(line, &findings, room));
        Line::from(pieces)
    }

    /// The findings on a line, with their bytes.
    fn findings_on(&self, line: usize) -> Vec<(Severity, Span)> {
        let here = self.sheet.marks.get(&line).into_iter().flatten();
        here.map(|index| (self.sheet.findings[*index].severity, self.sheet.spans[*index])).collect()
    }

    fn letters(&self, line: Span, findings: &[(Severity, Span)], room: usize) -> Vec<Piece<'a>> {
        let mut pieces: Vec<Piece> = Vec::new();
        let mut used = 0;
        for (at, letter) in self.text.get(line.start..line.end).unwrap_or_default().grapheme_indices(true) {
            let shown = self.shown(letter);
            if used + shown.width() > room {
                cut_end(&mut pieces, self.theme);
                break;
            }
            used += shown.width();
            let style = self.style_at(line.start + at, findings);
            match pieces.last_mut() {
                Some(last) if last.style == style => last.content.to_mut().push_str(&shown),
                _ => pieces.push(Piece::styled(shown, style)),
            }
        }
        pieces
    }

    /// A letter that can be seen: tabs and control characters would vanish or do harm.
    fn shown(&self, letter: &str) -> String {
        match letter {
            "\t" => format!("{}{}", self.theme.marks.tab, " ".repeat(TAB - 1)),
            letter if letter.contains(char::is_control) => self.theme.marks.control.to_owned(),
            letter => letter.to_owned(),
        }
    }

    fn style_at(&self, offset: usize, findings: &[(Severity, Span)]) -> Style {
        let strokes = &self.sheet.strokes;
        let next = strokes.partition_point(|stroke| stroke.span.start <= offset);
        let stroke = next.checked_sub(1).map(|at| strokes[at]).filter(|stroke| offset < stroke.span.end);
        let style = self.theme.ink(stroke.map_or(Ink::CodeMark, |stroke| stroke.ink));
        let here =
            findings.iter().filter(|(_, span)| (span.start..span.end.max(span.start + 1)).contains(&offset));
        match here.map(|(severity, _)| *severity).max() {
            Some(severity) => self.theme.severity(severity).1.add_modifier(Modifier::UNDERLINED),
            None => style,
        }
    }
}

/// Replaces the last letter by the mark of what is left out.
fn cut_end(pieces: &mut Vec<Piece>, theme: &Theme) {
    if let Some(last) = pieces.last_mut() {
        last.content.to_mut().pop();
    }
    pieces.push(Piece::styled(theme.marks.cut, theme.ink(Ink::Faint)));
}
