//! A job: how it stands, what the ranks say, how busy the machine is, how the loss goes, why it failed.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::symbols::Marker;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Axis, Chart, Dataset, GraphType};

use super::{border, padded, put, runs, spread, title};
use crate::hardware::live::{GpuUsage, Usage};
use crate::launch::supervise::{End, Outcome};
use crate::studio::fit;
use crate::studio::layout::{Areas, inside, job_areas};
use crate::studio::state::State;
use crate::studio::state::job::{Job, Said, Stage, Standing, printable};
use crate::studio::theme::{Ink, Theme};
use crate::text;

/// Columns of a bar.
const BAR: usize = 10;
/// A gibibyte.
const GIB: u64 = 1 << 30;

/// Draws the job in place of the panes.
pub(super) fn draw(state: &State, job: &Job, areas: Areas, theme: &Theme, frame: &mut Frame) {
    let places = job_areas(areas, job);
    let is_active = state.dialogs.is_empty();
    status(job, theme, frame, places.status);
    border(frame, places.log, is_active, theme);
    log(job, theme, frame, inside(places.log));
    tabs(job, theme, frame, places.log, is_active);
    if let Some(area) = places.below {
        border(frame, area, false, theme);
        if job.summary.is_empty() {
            chart(job, theme, frame, inside(area));
            caption("Loss", &last_loss(job), frame, area, theme);
        } else {
            summary(job, theme, frame, inside(area));
            caption("Why it failed", "", frame, area, theme);
        }
    }
}

fn caption(name: &str, beside: &str, frame: &mut Frame, area: Rect, theme: &Theme) {
    if area.width > 2 {
        let cells = Rect { x: area.x + 1, width: area.width - 2, ..area };
        put(frame, cells, 0, title(name, beside, false, theme));
    }
}

/// Two lines: the job, and the machine.
fn status(job: &Job, theme: &Theme, frame: &mut Frame, area: Rect) {
    let width = usize::from(area.width);
    let (words, ink) = stage(job);
    let mut left = vec![Span::styled(format!(" {words}"), theme.ink(ink)), Span::raw("  ")];
    for (index, standing) in job.ranks.iter().enumerate().take(64) {
        let rank = job.plan.processes.get(index).map_or(0, |process| process.rank);
        let (mark, ink) = match standing {
            Standing::Waiting => (theme.marks.off, Ink::Faint),
            Standing::Running => (theme.marks.on, Ink::Good),
            Standing::Ended(end) if end.is_success() => (theme.marks.good, Ink::Good),
            Standing::Ended(_) => (theme.marks.error, Ink::Error),
            Standing::EndedWith => (theme.marks.nothing, Ink::Faint),
        };
        left.push(Span::styled(format!("{mark}{rank} "), theme.ink(ink)));
    }
    let mut right = Vec::new();
    if let Some((done, all)) = job.steps {
        let percent = done * 100 / all.max(1);
        right.push(Span::styled(format!("step {done}/{all} ({percent} %)  "), theme.ink(Ink::Number)));
    }
    right.push(Span::styled(format!("{} ", clock(job)), theme.ink(Ink::Name)));
    put(frame, area, 0, spread(left, right, width));
    put(frame, area, 1, Line::from(machine(&job.usage, theme, width)));
}

fn stage(job: &Job) -> (String, Ink) {
    match &job.stage {
        Stage::Running if job.attempt > 0 => (format!("running, restart {}", job.attempt), Ink::Good),
        Stage::Running => ("running".to_owned(), Ink::Good),
        Stage::Stopping => ("stopping".to_owned(), Ink::Warning),
        Stage::Killing => ("ending by SIGKILL".to_owned(), Ink::Warning),
        Stage::Broken(words) => (words.clone(), Ink::Error),
        Stage::Ended(Outcome::Success) => ("done".to_owned(), Ink::Good),
        Stage::Ended(Outcome::Stopped { .. }) => ("stopped".to_owned(), Ink::Warning),
        Stage::Ended(Outcome::NotStarted(_, words)) => (format!("not started: {words}"), Ink::Error),
        Stage::Ended(Outcome::Failed(fallen)) => (format!("failed: {}", said_end(fallen.end)), Ink::Error),
    }
}

fn said_end(end: End) -> String {
    end.says()
}

/// `1:02:03`.
fn clock(job: &Job) -> String {
    let seconds = job.elapsed.as_secs();
    let (hours, minutes) = (seconds / 3600, seconds / 60 % 60);
    if hours > 0 {
        format!("{hours}:{minutes:02}:{:02}", seconds % 60)
    } else {
        format!("{minutes}:{:02}", seconds % 60)
    }
}

/// A gauge: bar and words.
type Gauge<'a> = [Span<'a>; 4];

/// GPUs where there are some, else processors and memory. Power and temperature stand there where all gauges
/// have room for them.
fn machine<'a>(usage: &Usage, theme: &Theme, width: usize) -> Vec<Span<'a>> {
    let mut gauges = Vec::new();
    for (columns, is_whole) in [(BAR, true), (BAR / 2, true), (BAR / 3, true), (BAR, false)] {
        gauges = match usage.gpus.is_empty() {
            true => of_host(usage, columns, theme),
            false => of_gpus(usage, columns, is_whole, theme),
        };
        if gauges.iter().map(wide).sum::<usize>() < width + GAP.len() {
            break;
        }
    }
    let mut used = 1;
    // Only whole gauges, as many as fit.
    let fitting = gauges.into_iter().take_while(|gauge| {
        used += wide(gauge);
        used <= width + GAP.len()
    });
    std::iter::once(Span::raw(" ")).chain(fitting.flatten()).collect()
}

/// Between two gauges.
const GAP: &str = "   ";

fn wide(gauge: &Gauge) -> usize {
    gauge.iter().map(Span::width).sum()
}

fn memory((used, total): (u64, u64)) -> String {
    format!(" {}/{} GiB", used / GIB, total / GIB)
}

fn of_gpus<'a>(usage: &Usage, columns: usize, is_whole: bool, theme: &Theme) -> Vec<Gauge<'a>> {
    let gauge = |(index, gpu): (usize, &GpuUsage)| {
        let mut words = gpu.memory.map(memory).unwrap_or_default();
        if is_whole {
            words.extend(gpu.power.map(|watts| format!(" {watts} W")));
            let degree = if theme.is_unicode { "°C" } else { "C" };
            words.extend(gpu.temperature.map(|degrees| format!(" {degrees} {degree}")));
        }
        bar(&format!("GPU {index}"), gpu.busy, &words, columns, theme)
    };
    usage.gpus.iter().enumerate().map(gauge).collect()
}

fn of_host<'a>(usage: &Usage, columns: usize, theme: &Theme) -> Vec<Gauge<'a>> {
    if usage.cpu.is_none() && usage.ram.is_none() {
        return Vec::new();
    }
    let share = usage.ram.and_then(|(used, total)| u32::try_from(used * 100 / total.max(1)).ok());
    let ram = usage.ram.map(memory).unwrap_or_default();
    vec![bar("CPU", usage.cpu, "", columns, theme), bar("RAM", share, &ram, columns, theme)]
}

fn bar<'a>(name: &str, percent: Option<u32>, words: &str, columns: usize, theme: &Theme) -> Gauge<'a> {
    let filled = percent.map_or(0, |percent| (percent as usize * columns).div_ceil(100).min(columns));
    let number = percent.map_or("  ? %".to_owned(), |percent| format!("{percent:>3} %"));
    [
        Span::styled(format!("{name} "), theme.ink(Ink::Label)),
        Span::styled(theme.marks.thumb.repeat(filled), theme.ink(Ink::Good)),
        Span::styled(theme.marks.dot.repeat(columns - filled), theme.ink(Ink::Faint)),
        Span::styled(format!(" {number}{words}{GAP}"), theme.ink(Ink::Number)),
    ]
}

fn tabs(job: &Job, theme: &Theme, frame: &mut Frame, area: Rect, is_active: bool) {
    let mut spans = Vec::new();
    for log in 0..job.logs.len() {
        let is_shown = log == job.shown;
        let ink = match (is_shown, is_active) {
            (true, true) => Ink::TitleActive,
            (true, false) => Ink::Title,
            (false, _) => Ink::Faint,
        };
        let name = job.name(log);
        let text = if job.logs.len() > 1 { format!(" {} {name} ", log + 1) } else { format!(" {name} ") };
        spans.push(Span::styled(text, theme.ink(ink)));
    }
    let Some(log) = job.log() else { return };
    let mut words = if log.top.is_none() { "follows".to_owned() } else { "G follows again".to_owned() };
    if log.forgotten > 0 {
        words = format!("{} left out, {words}", text::count(log.forgotten, "line"));
    }
    let right = vec![Span::styled(format!(" {words} "), theme.ink(Ink::Faint))];
    if area.width > 4 {
        let cells = Rect { x: area.x + 1, width: area.width - 2, ..area };
        let width = usize::from(cells.width);
        let used: usize = spans.iter().chain(&right).map(Span::width).sum();
        put(frame, cells, 0, Line::from(spans));
        if used < width {
            let at = cells.right() - u16::try_from(right[0].width()).unwrap_or(0);
            put(frame, Rect { x: at, width: cells.right() - at, ..cells }, 0, Line::from(right));
        }
    }
}

fn log(job: &Job, theme: &Theme, frame: &mut Frame, room: Rect) {
    let Some(log) = job.log() else { return };
    let rows = usize::from(room.height);
    let first = log.first(rows);
    let names = job.shown == 0 && job.logs.len() > 1;
    let digits = job.ranks.len().saturating_sub(1).to_string().len();
    for (row, said) in log.lines.iter().skip(first).take(rows).enumerate() {
        let mut spans = Vec::new();
        if names {
            let rank = job.plan.processes.get(said.index).map_or(0, |process| process.rank);
            spans.push(Span::styled(format!("{rank:>digits$} "), theme.ink(Ink::LineNumber)));
        }
        let used: usize = spans.iter().map(Span::width).sum();
        spans.extend(line(said, &job.query, usize::from(room.width).saturating_sub(used), theme));
        put(frame, room, row, Line::from(spans));
    }
    if log.lines.is_empty() {
        put(frame, room, 0, Line::styled("nothing is said yet", theme.ink(Ink::Faint)));
    }
}

/// A line as text: colours and moves of the cursor are left out, what is searched stands out, and a mark stands
/// where the room ends before the line does.
fn line<'a>(said: &Said, query: &str, width: usize, theme: &Theme) -> Vec<Span<'a>> {
    let text = fit::cut(&printable(&said.text), width, theme.marks.cut);
    let style =
        if said.is_error && text.contains("Error") { theme.ink(Ink::Error) } else { Style::default() };
    let (lower, query) = (text.to_lowercase(), query.to_lowercase());
    let at = lower.find(&query).filter(|_| !query.is_empty() && lower.len() == text.len());
    let Some(at) = at.filter(|at| text.is_char_boundary(*at) && text.is_char_boundary(at + query.len()))
    else {
        return vec![Span::styled(text, style)];
    };
    vec![
        Span::styled(text[..at].to_owned(), style),
        Span::styled(text[at..at + query.len()].to_owned(), theme.ink(Ink::Match)),
        Span::styled(text[at + query.len()..].to_owned(), style),
    ]
}

fn last_loss(job: &Job) -> String {
    job.losses.back().map(|loss| format!("{loss:.4}")).unwrap_or_default()
}

fn chart(job: &Job, theme: &Theme, frame: &mut Frame, room: Rect) {
    #[expect(clippy::cast_precision_loss, reason = "a chart has few points")]
    let points: Vec<(f64, f64)> =
        job.losses.iter().enumerate().map(|(at, loss)| (at as f64, *loss)).collect();
    let (low, high) =
        points.iter().fold((f64::MAX, f64::MIN), |(low, high), (_, loss)| (low.min(*loss), high.max(*loss)));
    let (Some(last), true) = (points.last().map(|point| point.0), room.height > 1 && room.width > 12) else {
        return;
    };
    let high = if high > low { high } else { low + 1.0 };
    let marker = if theme.is_unicode { Marker::Braille } else { Marker::Dot };
    let data = Dataset::default()
        .marker(marker)
        .graph_type(GraphType::Line)
        .style(theme.ink(Ink::Good))
        .data(&points);
    let bounds = [low, high];
    let labels = [format!("{low:.3}"), format!("{high:.3}")];
    let chart = Chart::new(vec![data])
        .x_axis(Axis::default().bounds([0.0, last.max(1.0)]))
        .y_axis(Axis::default().bounds(bounds).labels(labels).style(theme.ink(Ink::Faint)));
    frame.render_widget(chart, room);
}

/// Both ends of a long traceback: who, why and what to do at the top, whole; what was raised at the bottom.
fn summary(job: &Job, theme: &Theme, frame: &mut Frame, room: Rect) {
    let (rows, width) = (usize::from(room.height), usize::from(room.width));
    let ours = job.summary.iter().take(3).take_while(|words| is_ours(words)).count();
    let wrapped = |(index, words): (usize, &String)| {
        let ink = if index == 0 { Ink::Error } else { Ink::Label };
        fit::wrap(words, width).iter().map(|line| runs(line, theme.ink(ink), theme)).collect::<Vec<_>>()
    };
    let mut lines: Vec<Line> = job.summary[..ours].iter().enumerate().flat_map(wrapped).collect();
    let said = &job.summary[ours..];
    // What was raised is worth more than the end of an advice.
    lines.truncate(rows.saturating_sub(said.len().min(2)));
    let tail = said.len().min(rows - lines.len());
    let printed = |(index, words): (usize, &String)| {
        let ink = if index + 1 == tail { Ink::Error } else { Ink::Label };
        Line::styled(padded(&printable(words), width, theme), theme.ink(ink))
    };
    lines.extend(said[said.len() - tail..].iter().enumerate().map(printed));
    for (row, line) in lines.into_iter().enumerate() {
        put(frame, room, row, line);
    }
}

/// Ours, not the script's; `update::job` writes them.
fn is_ours(words: &str) -> bool {
    words.starts_with("rank ") || words.starts_with("cause: ") || words.starts_with("help: ")
}
