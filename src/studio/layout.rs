//! Which pane is where, for every size of terminal: read by the views and by the mouse.

use ratatui::layout::{Rect, Size};

use super::state::job::Job;
use super::state::{Beside, Pane};

/// Smallest terminal in which a form can be used, in columns and rows.
pub(super) const SMALLEST: Size = Size { width: 34, height: 9 };
/// From this width on, the text stands beside the form, in columns.
const ROOM_FOR_TEXT: u16 = 116;
/// From this width on, the sections stand beside the form, in columns.
const ROOM_FOR_SECTIONS: u16 = 60;
/// From this height on, the findings stand below the form, in rows.
const ROOM_FOR_FINDINGS: u16 = 15;

/// Lines that stay visible above and below the selected one, where there is room.
const MARGIN: usize = 2;

/// From this height on, the loss or the reason of a failure stands below a job's log, in rows.
const ROOM_FOR_CHART: u16 = 18;

/// Where a job is drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct JobAreas {
    pub status: Rect,
    pub log: Rect,
    /// The chart, or why it failed.
    pub below: Option<Rect>,
}

/// The places of a job between header and footer.
pub(super) fn job_areas(areas: Areas, job: &Job) -> JobAreas {
    let top = areas.header.bottom();
    let body = Rect { y: top, height: areas.footer.y.saturating_sub(top), ..areas.header };
    let status = Rect { height: 2.min(body.height), ..body };
    let rest = Rect { y: status.bottom(), height: body.height - status.height, ..body };
    let is_wanted = !job.summary.is_empty() || job.losses.len() > 1;
    if !is_wanted || rest.height < ROOM_FOR_CHART {
        return JobAreas { status, log: rest, below: None };
    }
    let wish = if job.summary.is_empty() { rest.height / 3 } else { rest.height / 2 };
    let lines = u16::try_from(job.summary.len()).unwrap_or(u16::MAX).saturating_add(2);
    let height = if job.summary.is_empty() { wish.min(14) } else { wish.min(lines).max(5) };
    let log = Rect { height: rest.height - height + 1, ..rest };
    let below = Rect { y: log.bottom() - 1, height, ..rest };
    JobAreas { status, log, below: Some(below) }
}

/// The rectangles of one screen. Neighbours share one line of border; a pane that is not shown has
/// none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Areas {
    pub header: Rect,
    pub sections: Option<Rect>,
    pub form: Option<Rect>,
    pub detail: Option<Rect>,
    pub text: Option<Rect>,
    pub memory: Option<Rect>,
    pub findings: Option<Rect>,
    pub footer: Rect,
}

/// What the layout depends on besides the size.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wish {
    /// The pane that must be visible.
    pub pane: Pane,
    /// What is wanted beside the form, where there is room for both.
    pub beside: Option<Beside>,
    /// There is no form: the text has a fault.
    pub is_faulty: bool,
}

/// The areas for a size; `None` where it is too small for anything.
pub(super) fn areas(size: Size, wish: Wish) -> Option<Areas> {
    if size.width < SMALLEST.width || size.height < SMALLEST.height {
        return None;
    }
    let whole = Rect::new(0, 0, size.width, size.height);
    let header = Rect { height: 1, ..whole };
    let footer = Rect { y: whole.bottom() - 1, height: 1, ..whole };
    let body = Rect { y: 1, height: whole.height - 2, ..whole };
    let (upper, findings) = split_findings(body, wish);
    let mut areas = Areas { header, footer, findings, ..Areas::default() };
    if let Some(upper) = upper {
        split_upper(upper, wish, &mut areas);
    }
    Some(areas)
}

/// Findings below everything else; on a low terminal either the one or the other.
fn split_findings(body: Rect, wish: Wish) -> (Option<Rect>, Option<Rect>) {
    if body.height + 2 < ROOM_FOR_FINDINGS {
        let wants_findings = wish.pane == Pane::Findings;
        return if wants_findings { (None, Some(body)) } else { (Some(body), None) };
    }
    let height = (body.height * 27 / 100).clamp(5, 14);
    let findings = Rect { y: body.bottom() - height, height, ..body };
    let upper = Rect { height: body.height - height + 1, ..body };
    (Some(upper), Some(findings))
}

fn split_upper(upper: Rect, wish: Wish, areas: &mut Areas) {
    if wish.is_faulty {
        split_form(upper, areas);
        areas.text = areas.form.take();
        return;
    }
    if upper.width < ROOM_FOR_SECTIONS {
        match wish.pane {
            Pane::Sections => areas.sections = Some(upper),
            Pane::Text => areas.text = Some(upper),
            Pane::Memory => areas.memory = Some(upper),
            Pane::Form | Pane::Findings => split_form(upper, areas),
        }
        return;
    }
    let width = if upper.width >= ROOM_FOR_TEXT { 26 } else { 21 };
    let (sections, rest) = split_left(upper, width);
    areas.sections = Some(sections);
    let has_room = upper.width >= ROOM_FOR_TEXT;
    let beside = match wish.pane {
        Pane::Text => Some(Beside::Text),
        Pane::Memory => Some(Beside::Memory),
        _ => wish.beside.filter(|_| has_room),
    };
    let area = match (beside, has_room) {
        (Some(_), true) => {
            let (form, area) = split_left(rest, rest.width * 56 / 100);
            split_form(form, areas);
            area
        }
        (Some(_), false) => rest,
        (None, _) => return split_form(rest, areas),
    };
    match beside {
        Some(Beside::Memory) => areas.memory = Some(area),
        _ => areas.text = Some(area),
    }
}

/// The form above, the detail of what is selected below, as far as there is room for both.
fn split_form(area: Rect, areas: &mut Areas) {
    let height = match area.height {
        0..10 => 0,
        10..14 => 4,
        14..26 => 6,
        _ => (area.height / 3).min(15),
    };
    if height == 0 {
        areas.form = Some(area);
        return;
    }
    areas.form = Some(Rect { height: area.height - height + 1, ..area });
    areas.detail = Some(Rect { y: area.bottom() - height, height, ..area });
}

/// Two areas that share one column of border.
fn split_left(area: Rect, width: u16) -> (Rect, Rect) {
    let left = Rect { width, ..area };
    let right = Rect { x: area.x + width - 1, width: area.width - width + 1, ..area };
    (left, right)
}

/// The part of a pane inside its border.
pub(super) fn inside(area: Rect) -> Rect {
    Rect {
        x: area.x.saturating_add(1),
        y: area.y.saturating_add(1),
        width: area.width.saturating_sub(2),
        height: area.height.saturating_sub(2),
    }
}

/// An area of this size in the middle of another, never larger than that one.
pub(super) fn middle(room: Rect, wish: Size) -> Rect {
    let (width, height) = (wish.width.min(room.width), wish.height.min(room.height));
    let (x, y) = (room.x + (room.width - width) / 2, room.y + (room.height - height) / 2);
    Rect { x, y, width, height }
}

/// A window for a field in row `y` of the form: below that row, else where there is room. It leaves in
/// sight what shows the outcome: the text beside the form and, if it can, the findings.
pub(super) fn beside(areas: Areas, form: Rect, y: u16, wish: Size) -> Rect {
    let right = areas.text.or(areas.memory).map_or(form.right(), |area| area.x);
    let left = if right >= wish.width + form.x { form.x } else { 0 };
    let width = wish.width.min(right - left);
    let findings = areas.findings.map_or(areas.footer.y, |findings| findings.y);
    let bottom = if findings > wish.height { findings } else { areas.footer.y };
    let height = wish.height.min(bottom.saturating_sub(1));
    let y = (y + 1).min(bottom.saturating_sub(height)).max(1);
    Rect { x: left + (right - left - width) / 2, y, width, height }
}

/// The first visible of `count` lines, so that `selected` is among the `room` visible ones, moved as
/// little as possible.
pub(super) fn first_visible(first: usize, selected: usize, count: usize, room: usize) -> usize {
    if room == 0 || count <= room {
        return 0;
    }
    let margin = MARGIN.min((room - 1) / 2);
    let highest = selected.saturating_sub(margin);
    let lowest = (selected + margin + 1).saturating_sub(room);
    first.clamp(lowest.min(highest), highest).min(count - room)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PANES: [Pane; 5] = [Pane::Sections, Pane::Form, Pane::Text, Pane::Memory, Pane::Findings];

    fn shown(areas: &Areas) -> Vec<Rect> {
        let panes = [areas.sections, areas.form, areas.detail, areas.text, areas.memory, areas.findings];
        panes.into_iter().flatten().chain([areas.header, areas.footer]).collect()
    }

    #[test]
    fn every_size_is_filled_without_leaving_the_screen() {
        for (width, height) in (0..=240).flat_map(|width| (0..=70).map(move |height| (width, height))) {
            for pane in PANES {
                let wish = Wish { pane, beside: None, is_faulty: false };
                let Some(areas) = areas(Size { width, height }, wish) else { continue };
                let screen = Rect::new(0, 0, width, height);
                for area in shown(&areas) {
                    assert_eq!(area.intersection(screen), area, "{pane:?} at {width}x{height}");
                    assert!(area.width > 0 && area.height > 0);
                }
            }
        }
    }

    #[test]
    fn the_pane_in_use_is_always_visible() {
        for (width, height) in [(34, 9), (50, 12), (80, 24), (120, 30), (200, 60)] {
            for pane in PANES {
                let wish = Wish { pane, beside: None, is_faulty: false };
                let areas = areas(Size { width, height }, wish).expect("the size is large enough");
                let area = match pane {
                    Pane::Sections => areas.sections,
                    Pane::Form => areas.form,
                    Pane::Text => areas.text,
                    Pane::Memory => areas.memory,
                    Pane::Findings => areas.findings,
                };
                assert!(area.is_some_and(|area| area.height >= 4), "{pane:?} at {width}x{height}");
            }
        }
    }

    #[test]
    fn the_selected_line_is_always_visible_and_the_list_never_ends_early() {
        for (count, room) in (0..30).flat_map(|count| (1..12).map(move |room| (count, room))) {
            let mut first = 0;
            for selected in (0..count).chain((0..count).rev()) {
                first = first_visible(first, selected, count, room);
                assert!((first..first + room).contains(&selected), "{selected} of {count} in {room}");
                assert!(count <= room || first + room <= count);
            }
        }
    }
}
