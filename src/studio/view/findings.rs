//! The list of findings, the worst first.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::{Caption, mark_row, pointer, put, runs, spread, title};
use crate::finding::Finding;
use crate::schema::Release;
use crate::studio::fit::{cut, wrap};
use crate::studio::state::State;
use crate::studio::theme::{Ink, Theme};

/// Draws the list.
pub(super) fn draw<'a>(
    state: &State,
    theme: &Theme,
    frame: &mut Frame,
    room: Rect,
    is_active: bool,
) -> Caption<'a> {
    let number = state.sheet.findings.len();
    let release = state.judge.release();
    let mut beside = if number > 0 { format!("{} of {number}", state.finding + 1) } else { String::new() };
    if number > 0 && release != Release::LATEST {
        beside.push_str(&format!(" for Accelerate {release}"));
    }
    if number == 0 {
        put(frame, room, 0, nothing(state, theme));
    }
    let visible = state.sheet.findings.iter().enumerate().skip(state.scroll.findings);
    for (row, (index, finding)) in visible.take(usize::from(room.height)).enumerate() {
        put(frame, room, row, line(state, index, finding, theme, usize::from(room.width)));
        if index == state.finding {
            let ink = if is_active { Ink::Selected } else { Ink::SelectedIdle };
            mark_row(frame, room, row, theme.ink(ink));
        }
    }
    Caption { title: title("Findings", &beside, is_active, theme), scroll: (state.scroll.findings, number) }
}

fn nothing<'a>(state: &State, theme: &Theme) -> Span<'a> {
    if state.shown().root().is_none() {
        return Span::styled(" nothing is set yet", theme.ink(Ink::Faint));
    }
    let says =
        format!(" {} no findings: checked against Accelerate {}", theme.marks.good, state.judge.release());
    Span::styled(says, theme.ink(Ink::Good))
}

fn line<'a>(state: &State, index: usize, finding: &Finding, theme: &Theme, width: usize) -> Line<'a> {
    let (mark, style) = theme.severity(finding.severity);
    let number = state.sheet.spans.get(index).map_or(1, |span| state.sheet.line_of(span.start) + 1);
    let digits = state.sheet.lines.len().max(1).ilog10() as usize + 1;
    let fix = match &finding.fix {
        Some(fix) if fix.safe => " fix ",
        Some(_) => " fix? ",
        None => "",
    };
    let before = format!("{number:>digits$}  ");
    let room = width.saturating_sub(3 + before.len() + fix.len() + 1);
    let says = cut(&finding.message, room, theme.marks.cut);
    let mut left = vec![
        pointer(index == state.finding, theme),
        Span::styled(format!("{mark} "), style),
        Span::styled(before, theme.ink(Ink::LineNumber)),
    ];
    let words = runs(&wrap(&says, usize::MAX).concat(), theme.ink(Ink::Label), theme);
    left.extend(words.spans);
    spread(left, vec![Span::styled(fix, theme.ink(Ink::Good))], width)
}
