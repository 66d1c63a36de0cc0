//! The list of sections: each with the mark of its worst finding and how many it has.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Span;

use super::{Caption, mark_row, pointer, put, spread, title};
use crate::studio::fit::cut;
use crate::studio::state::State;
use crate::studio::state::sheet::Section;
use crate::studio::theme::{Ink, Theme};

/// Draws the list.
pub(super) fn draw<'a>(
    state: &State,
    theme: &Theme,
    frame: &mut Frame,
    room: Rect,
    is_active: bool,
) -> Caption<'a> {
    let visible = state.sheet.sections.iter().enumerate().skip(state.scroll.sections);
    for (row, (index, section)) in visible.take(usize::from(room.height)).enumerate() {
        let line = line(state, index, section, theme, usize::from(room.width));
        put(frame, room, row, line);
        if index == state.section {
            let ink = if is_active { Ink::Selected } else { Ink::SelectedIdle };
            mark_row(frame, room, row, theme.ink(ink));
        }
    }
    let scroll = (state.scroll.sections, state.sheet.sections.len());
    Caption { title: title("Sections", "", is_active, theme), scroll }
}

fn line<'a>(
    state: &State,
    index: usize,
    section: &Section,
    theme: &Theme,
    width: usize,
) -> ratatui::text::Line<'a> {
    let (worst, number) = state.sheet.tally(section);
    let (mark, style) = worst.map_or((" ", theme.ink(Ink::Label)), |worst| theme.severity(worst));
    let digit = if index < 9 { (index + 1).to_string() } else { " ".to_owned() };
    let digit = match index == state.section {
        true => pointer(true, theme),
        false => Span::styled(digit, theme.ink(Ink::Faint)),
    };
    let count = if number > 0 { format!(" {number} ") } else { String::new() };
    let ink = if section.is_idle { Ink::Faint } else { Ink::Label };
    let left = vec![
        digit,
        Span::styled(format!(" {mark} "), style),
        Span::styled(
            cut(section.title, width.saturating_sub(4 + count.len()), theme.marks.cut),
            theme.ink(ink),
        ),
    ];
    let right = vec![Span::styled(count, style)];
    spread(left, right, width)
}
