//! The memory pane: does it fit, what for, and the words that describe model and step.

use ratatui::Frame;
use ratatui::layout::{Position, Rect};
use ratatui::text::{Line, Span};
use unicode_width::UnicodeWidthStr;

use super::form::draw_input;
use super::{Caption, fit, mark_row, padded, pointer, put, runs, spread, title};
use crate::memory::{Category, Estimate, Verdict};
use crate::studio::layout::{first_visible, inside};
use crate::studio::state::State;
use crate::studio::state::dialog::{Dialog, Typing};
use crate::studio::state::outlook::{Answer, Outlook, Row};
use crate::studio::theme::{Ink, Looks, Theme};
use crate::text::bytes;

/// Columns of a category's name.
const NAME: usize = 14;
/// Columns of a size: `1023.9 MiB`.
const SIZE: usize = 10;

/// Draws the pane.
pub(super) fn draw<'a>(
    state: &State,
    theme: &Theme,
    frame: &mut Frame,
    room: Rect,
    is_active: bool,
) -> Caption<'a> {
    let outlook = &state.outlook;
    let rows = Row::all().count();
    let answer = answer_lines(outlook, usize::from(room.width), theme);
    let (below, advice) = advised(state, rest(room, answer.len()));
    if let (Some(area), Some(row)) = (advice, Row::all().nth(outlook.row)) {
        let (says, ink) = advice_for(state, row);
        let says = words(&says, ink, usize::from(area.width), theme);
        for (at, line) in says.into_iter().enumerate() {
            put(frame, area, at, line);
        }
    }
    for (row, line) in answer.into_iter().take(usize::from(below.y - room.y)).enumerate() {
        put(frame, room, row, line);
    }
    let first = first_visible(0, outlook.row, rows, usize::from(below.height));
    for (line, (index, row)) in Row::all().enumerate().skip(first).take(usize::from(below.height)).enumerate()
    {
        put(
            frame,
            below,
            line,
            row_line(outlook, row, index == outlook.row, usize::from(below.width), theme),
        );
        if index == outlook.row {
            let ink = if is_active { Ink::Selected } else { Ink::SelectedIdle };
            mark_row(frame, below, line, theme.ink(ink));
            if let Some(Dialog::Telling(typing)) = state.dialogs.last() {
                draw_input(frame, value_area(below, line), typing, theme);
            }
        }
    }
    Caption { title: title("Memory", &beside(outlook), is_active, theme), scroll: (first, rows) }
}

/// What stands beside the title: the machine.
fn beside(outlook: &Outlook) -> String {
    outlook.machine.found.as_deref().map_or_else(String::new, |machine| machine.gpus.summary())
}

/// What is left for the rows below so many lines of answer: three at least, where there is room.
fn rest(room: Rect, answer: usize) -> Rect {
    let above = u16::try_from(answer).unwrap_or(u16::MAX).min(room.height.saturating_sub(3));
    Rect { y: room.y + above, height: room.height - above, ..room }
}

/// What is wrong with what is typed, else what the row means.
fn advice_for(state: &State, row: Row) -> (String, Ink) {
    match state.dialogs.last() {
        Some(Dialog::Telling(Typing { complaint: Some(complaint), .. })) => (complaint.clone(), Ink::Warning),
        _ => (row.says().to_owned(), Ink::Faint),
    }
}

/// The rows, and below them two lines for what the selected one means, where there is room; for what is wrong
/// with what is typed there always is.
fn advised(state: &State, below: Rect) -> (Rect, Option<Rect>) {
    let is_told = matches!(state.dialogs.last(), Some(Dialog::Telling(Typing { complaint: Some(_), .. })));
    if below.height < if is_told { 3 } else { 8 } {
        return (below, None);
    }
    let height = below.height - 2;
    (Rect { height, ..below }, Some(Rect { y: below.y + height, height: 2, ..below }))
}

/// The row under a cell.
pub(super) fn row_at(state: &State, at: Position) -> Option<usize> {
    let room = inside(state.areas()?.memory?);
    // The lines of the answer are counted with any theme: marks differ, lines do not.
    let answer = answer_lines(
        &state.outlook,
        usize::from(room.width),
        &Theme::new(Looks { colour: false, unicode: false }),
    );
    let (below, _) = advised(state, rest(room, answer.len()));
    let first = first_visible(0, state.outlook.row, Row::all().count(), usize::from(below.height));
    let row = first + usize::from(at.y.checked_sub(below.y)?);
    (below.contains(at) && row < Row::all().count()).then_some(row)
}

fn row_line<'a>(outlook: &Outlook, row: Row, is_selected: bool, width: usize, theme: &Theme) -> Line<'a> {
    let (value, is_written) = outlook.value(row);
    let (says, ink) = match row {
        Row::Model if value.is_empty() => ("name one to see whether it fits".to_owned(), Ink::Unset),
        Row::Machine if value.is_empty() => ("this one".to_owned(), Ink::Unset),
        _ if is_written => (value, Ink::Value),
        _ => (value, Ink::Unset),
    };
    let left = vec![
        pointer(is_selected, theme),
        Span::raw(" "),
        Span::styled(padded(row.label(), LABEL, theme), theme.ink(Ink::Label)),
        Span::raw("  "),
        Span::styled(fit::cut(&says, width.saturating_sub(LABEL + 5), theme.marks.cut), theme.ink(ink)),
    ];
    spread(left, Vec::new(), width)
}

/// Columns of a row's label.
const LABEL: usize = 16;

fn value_area(room: Rect, row: usize) -> Rect {
    let from = u16::try_from(LABEL + 4).unwrap_or(0).min(room.width);
    let y = room.y + u16::try_from(row).unwrap_or(0);
    Rect { x: room.x + from, y, width: room.width - from, height: 1 }
}

/// What there is to say above the rows.
fn answer_lines<'a>(outlook: &Outlook, width: usize, theme: &Theme) -> Vec<Line<'a>> {
    let troubles = [&outlook.model.trouble, &outlook.machine.trouble].into_iter().flatten();
    let mut lines: Vec<Line> =
        troubles.flat_map(|trouble| words(trouble, Ink::Warning, width, theme)).collect();
    match outlook.answer.as_ref().map(|answer| (answer, &answer.estimate)) {
        Some((answer, Ok(estimate))) => {
            lines.push(verdict_line(outlook, answer, estimate, width, theme));
            lines.push(gauge(answer, estimate, width, theme));
            lines.extend(category_lines(estimate, width, theme));
            lines.push(host_line(answer, estimate, theme));
            lines.extend(words(&format!(" {}", answer.strategy.words()), Ink::Faint, width, theme));
        }
        Some((_, Err(reason))) => lines.extend(words(reason, Ink::Warning, width, theme)),
        None => {}
    }
    lines.push(Line::default());
    lines
}

fn words<'a>(text: &str, ink: Ink, width: usize, theme: &Theme) -> Vec<Line<'a>> {
    fit::wrap(text, width).iter().map(|line| runs(line, theme.ink(ink), theme)).collect()
}

/// `✗ 61.2 of 39.4 GiB: does not fit          was 58.1 GiB`.
fn verdict_line<'a>(
    outlook: &Outlook,
    answer: &Answer,
    estimate: &Estimate,
    width: usize,
    theme: &Theme,
) -> Line<'a> {
    let needed = bytes(estimate.needed());
    let (mark, ink, says) = match answer.verdict() {
        Some(Verdict::Fits) => (theme.marks.good, Ink::Good, ": fits"),
        Some(Verdict::Close) => (theme.marks.warning, Ink::Warning, ": too close to say"),
        Some(Verdict::TooLarge) => (theme.marks.error, Ink::Error, ": does not fit"),
        None => (" ", Ink::Label, " per GPU"),
    };
    let of = answer.capacity.map_or(String::new(), |capacity| format!(" of {}", bytes(capacity)));
    let left = vec![Span::styled(format!("{mark} {needed}{of}{says}"), theme.ink(ink))];
    let was = outlook.before.map(|before| format!("was {} ", bytes(before)));
    spread(left, vec![Span::styled(was.unwrap_or_default(), theme.ink(Ink::Faint))], width)
}

/// A bar of what is needed, with a mark where the GPU ends.
fn gauge<'a>(answer: &Answer, estimate: &Estimate, width: usize, theme: &Theme) -> Line<'a> {
    let needed = estimate.needed();
    let whole = answer.capacity.unwrap_or(needed).max(needed).max(1);
    let columns = width.saturating_sub(2);
    let scaled = |bytes: u64| (u128::from(bytes) * columns as u128 / u128::from(whole)) as usize;
    let (filled, limit) = (scaled(needed), answer.capacity.map(scaled));
    let ink = match answer.verdict() {
        Some(Verdict::TooLarge) => Ink::Error,
        Some(Verdict::Close) => Ink::Warning,
        _ => Ink::Good,
    };
    let cell = |at: usize| match limit {
        Some(limit) if at == limit.min(columns.saturating_sub(1)) => theme.marks.limit,
        _ if at < filled => theme.marks.bar,
        _ => theme.marks.bar_rest,
    };
    let bar: String = (0..columns).map(cell).collect();
    Line::from(vec![Span::raw(" "), Span::styled(bar, theme.ink(ink))])
}

/// Bytes by category at the worst instant.
fn category_lines<'a>(estimate: &Estimate, width: usize, theme: &Theme) -> Vec<Line<'a>> {
    let Some(peak) = estimate.peak() else { return Vec::new() };
    let held = peak.held.with(Category::Overhead, estimate.overhead);
    let most = Category::ALL.iter().map(|category| held.of(*category)).max().unwrap_or(0).max(1);
    let columns = width.saturating_sub(NAME + SIZE + 4);
    let line = |category: &Category| {
        let size = held.of(*category);
        let bar = (u128::from(size) * columns as u128 / u128::from(most)) as usize;
        let number = bytes(size);
        Line::from(vec![
            Span::styled(format!(" {}", padded(category.word(), NAME, theme)), theme.ink(Ink::Label)),
            Span::styled(
                format!("{}{number}", " ".repeat(SIZE.saturating_sub(number.width()))),
                theme.ink(Ink::Number),
            ),
            Span::styled(format!("  {}", theme.marks.bar.repeat(bar)), theme.ink(Ink::Faint)),
        ])
    };
    let shown = Category::ALL.iter().filter(|category| held.of(**category) > 0);
    shown.map(line).collect()
}

/// When the worst instant is, and what the host needs.
fn host_line<'a>(answer: &Answer, estimate: &Estimate, theme: &Theme) -> Line<'a> {
    let when = estimate.peak().map_or("", |peak| peak.phase.says());
    let of = answer.ram.map_or(String::new(), |ram| format!(" of {}", bytes(ram)));
    let host = format!("host RAM {}{of}", bytes(estimate.host.ram()));
    let dot = theme.marks.dot;
    Line::styled(format!(" worst {when} {dot} {host}"), theme.ink(Ink::Faint))
}
