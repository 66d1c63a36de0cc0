//! An estimate on one screen: the answer first, then where the memory goes.

use super::super::clean;
use super::super::pretty::Look;
use super::{Sheet, label, parts};
use crate::memory::Verdict;
use crate::text::bytes;

/// Columns of labels and of numbers; the rest is for bars.
const LABEL: usize = 15;
const NUMBER: usize = 11;

/// The page of an estimate.
pub fn page(sheet: &Sheet, look: Look) -> String {
    let width = look.width.clamp(60, 100);
    let mut out = String::new();
    line(&mut out, &paint(&verdict(sheet), sheet.verdict(), look.colour));
    out.push('\n');
    entry(&mut out, width, "Model", &model(sheet));
    entry(&mut out, width, "Strategy", &format!("{} ({})", sheet.strategy.words(), sheet.config));
    entry(&mut out, width, "Step", &step(sheet));
    for warning in sheet.warnings {
        entry(&mut out, width, "Beware", warning);
    }
    out.push('\n');
    bars(&mut out, sheet, width);
    out.push('\n');
    if let Some(peak) = sheet.estimate.peak() {
        entry(&mut out, width, "Worst", peak.phase.says());
    }
    entry(&mut out, width, "Host RAM", &host(sheet));
    if sheet.estimate.host.nvme > 0 {
        entry(&mut out, width, "On disk", &format!("{} on each machine", bytes(sheet.estimate.host.nvme)));
    }
    let (low, high) = sheet.estimate.range();
    entry(&mut out, width, "Confidence", &format!("likely {} to {} per GPU", bytes(low), bytes(high)));
    for assumed in sheet.assumed {
        entry(&mut out, width, "Assumed", assumed);
    }
    for unknown in &sheet.estimate.band.why {
        entry(&mut out, width, "Not known", unknown);
    }
    out
}

/// The answer in one line.
pub(super) fn verdict(sheet: &Sheet) -> String {
    let needed = bytes(sheet.estimate.needed());
    let Some(memory) = sheet.room.memory else {
        return format!("Needs {needed} per GPU.");
    };
    let gpu = sheet.room.gpu.as_deref().unwrap_or("a GPU");
    let there = format!("{} of {gpu}", bytes(memory));
    match sheet.estimate.verdict(memory) {
        Verdict::Fits => format!("Fits: {needed} per GPU, within the {there}."),
        Verdict::Close => format!("Too close to say: about {needed} per GPU, beside the {there}."),
        Verdict::TooLarge => format!("Does not fit: {needed} per GPU, more than the {there}."),
    }
}

/// Colour repeats what the words say.
fn paint(words: &str, verdict: Option<Verdict>, has_colour: bool) -> String {
    let words = clean::words(words).into_owned();
    let code = match verdict {
        Some(Verdict::Fits) => 32,
        Some(Verdict::Close) => 33,
        Some(Verdict::TooLarge) => 31,
        None => return words,
    };
    if has_colour { format!("\u{1b}[1;{code}m{words}\u{1b}[0m") } else { words }
}

fn model(sheet: &Sheet) -> String {
    let numbers = sheet.card.parameters();
    let name = &sheet.card.name;
    match sheet.card.active_parameters() {
        active if active < numbers => {
            format!("{name}, {} parameters, {} active", short(numbers), short(active))
        }
        _ => format!("{name}, {} parameters", short(numbers)),
    }
}

/// 8.03 B, 124 M.
pub(super) fn short(number: u64) -> String {
    let number = number as f64;
    match number {
        _ if number >= 1e12 => format!("{:.2} T", number / 1e12),
        _ if number >= 1e9 => format!("{:.2} B", number / 1e9),
        _ if number >= 1e6 => format!("{:.0} M", number / 1e6),
        _ => format!("{number:.0}"),
    }
}

fn step(sheet: &Sheet) -> String {
    let work = sheet.work;
    let read = |name: &str| {
        let field = crate::memory::WorkloadField::find(name)?;
        (field.read)(work)
    };
    let mut words = vec![
        format!("{} × {} tokens per GPU", work.micro_batch, work.sequence),
        format!("weights in {}", work.weights.word()),
        [read("optimizer"), read("step")].into_iter().flatten().collect::<Vec<String>>().join(" "),
        format!("{} attention", read("attention").unwrap_or_default()),
    ];
    let is_checkpointed = work.has_checkpointing || sheet.strategy.sharding.has_checkpointing();
    words.push(if is_checkpointed { "with checkpointing" } else { "no checkpointing" }.to_owned());
    if let Some(lora) = &work.lora {
        let base = lora.base.map_or(String::new(), |base| format!(" over {} bits", base.bits));
        words.push(format!("LoRA rank {}{base}", lora.rank));
    }
    if work.has_fused_loss {
        words.push("fused loss".to_owned());
    }
    words.join(", ")
}

fn host(sheet: &Sheet) -> String {
    let host = &sheet.estimate.host;
    let there = sheet.room.ram.map(|ram| format!(" of {}", bytes(ram))).unwrap_or_default();
    let parts: Vec<String> =
        host.parts.iter().map(|(what, amount)| format!("{what} {}", bytes(*amount))).collect();
    let parts = if parts.is_empty() { String::new() } else { format!(": {}", parts.join(", ")) };
    let warning = match sheet.room.ram {
        Some(ram) if host.ram() > ram => " — more than there is",
        _ => "",
    };
    format!("{}{there} on each machine{warning}{parts}", bytes(host.ram()))
}

/// One bar per category, one for all with the GPU's size marked on it.
fn bars(out: &mut String, sheet: &Sheet, width: usize) {
    let room = width.saturating_sub(LABEL + NUMBER + 1);
    let needed = sheet.estimate.needed();
    let full = needed.max(sheet.room.memory.unwrap_or(0)).max(1);
    let cells = |amount: u64| scale(amount, full, room);
    let mut before = 0;
    for (category, amount) in parts(sheet.estimate).filter(|(_, amount)| *amount > 0) {
        // Each bar begins where the one above ends.
        let (start, end) = (cells(before), cells(before + amount));
        let bar = format!("{}{}", " ".repeat(start), "█".repeat(end.saturating_sub(start).max(1)));
        row(out, label(category), &bar, amount, room);
        before += amount;
    }
    let mut total: Vec<char> = "▒".repeat(cells(needed)).chars().collect();
    total.resize(room, ' ');
    if let Some(memory) = sheet.room.memory {
        let mark = cells(memory).min(room.saturating_sub(1));
        total[mark] = '│';
        row(out, "together", total.iter().collect::<String>().trim_end(), needed, room);
        let words = format!("│ {}", bytes(memory));
        let words = if mark + words.chars().count() <= room {
            format!("{}{words}", " ".repeat(mark))
        } else {
            let words = format!("{} │", bytes(memory));
            format!("{words:>width$}", width = mark + 1)
        };
        line(out, &format!("{:LABEL$}{words}", ""));
    } else {
        row(out, "together", total.iter().collect::<String>().trim_end(), needed, room);
    }
}

/// `amount` of `full` in cells of a bar.
fn scale(amount: u64, full: u64, cells: usize) -> usize {
    let share = u128::from(amount) * cells as u128 / u128::from(full.max(1));
    usize::try_from(share).unwrap_or(cells).min(cells)
}

fn row(out: &mut String, label: &str, bar: &str, amount: u64, room: usize) {
    let padding = room.saturating_sub(bar.chars().count());
    let amount = bytes(amount);
    line(out, &format!("{label:LABEL$}{bar}{}{amount:>NUMBER$}", " ".repeat(padding)));
}

fn entry(out: &mut String, width: usize, label: &str, words: &str) {
    let words = clean::words(words);
    for (number, text) in textwrap::wrap(&words, width - LABEL).iter().enumerate() {
        let label = if number == 0 { label } else { "" };
        line(out, &format!("{label:LABEL$}{text}"));
    }
}

fn line(out: &mut String, text: &str) {
    out.push_str(text.trim_end());
    out.push('\n');
}
