//! A plan for people: what is started, then every variable with the reason for it.

use std::fmt::Write as _;

use unicode_width::UnicodeWidthStr;

use super::json::word;
use super::shell::quoted;
use crate::launch::{Launcher, Plan, Process, Reason, secret};
use crate::report::clean;
use crate::text;

/// Columns for a variable and its value, at most.
const WIDEST: usize = 60;

/// The plan as lines.
pub fn table(plan: &Plan) -> String {
    let mut out = format!("{} by the {} launcher\n\n", what(plan), word(plan.launcher));
    for group in same_commands(plan) {
        let _ = writeln!(out, "{}{}", ranks(&group), clean::words(&line(group[0])));
    }
    let written: Vec<&Reason> = plan.reasons.iter().filter(|reason| is_written(plan, reason)).collect();
    let width = written.iter().map(|reason| pair(reason).width()).max().unwrap_or(0).min(WIDEST);
    out.push('\n');
    for reason in written {
        let pair = pair(reason);
        let gap = " ".repeat(width.saturating_sub(pair.width()));
        let _ = writeln!(out, "{}{gap}  {}", clean::words(&pair), clean::words(&why(reason)));
    }
    let same = plan.reasons.iter().filter(|reason| !is_written(plan, reason)).count();
    if same > 0 {
        let _ =
            writeln!(out, "\n{} already hold what they must in this shell", text::count(same, "variable"));
    }
    out
}

/// Processes, or the one command that starts them elsewhere.
fn what(plan: &Plan) -> String {
    match plan.launcher {
        Launcher::Simple | Launcher::MultiGpu | Launcher::DeepSpeed => {
            text::count(plan.processes.len(), "process")
        }
        _ => "a command that starts the processes".to_owned(),
    }
}

fn pair(reason: &Reason) -> String {
    format!("{}={}", reason.variable, reason.value)
}

/// The field and who set it; what the launcher decides alone is explained.
fn why(reason: &Reason) -> String {
    match &reason.field {
        Some(field) => format!("{field} ({})", reason.origin),
        None => reason.sentence.clone(),
    }
}

/// What the shell holds already is no change.
fn is_written(plan: &Plan, reason: &Reason) -> bool {
    plan.shared_env.contains_key(&reason.variable)
        || plan.processes.iter().any(|process| process.env.contains_key(&reason.variable))
}

/// Processes that run the same command, as most do.
fn same_commands(plan: &Plan) -> Vec<Vec<&Process>> {
    let mut groups: Vec<Vec<&Process>> = Vec::new();
    for process in &plan.processes {
        match groups.iter_mut().find(|group| group[0].argv == process.argv) {
            Some(group) => group.push(process),
            None => groups.push(vec![process]),
        }
    }
    groups
}

fn ranks(group: &[&Process]) -> String {
    let numbers: Vec<u32> = group.iter().map(|process| process.rank).collect();
    match numbers.as_slice() {
        [0] => String::new(),
        [one] => format!("rank {one}: "),
        [first, .., last] if usize::try_from(last - first).is_ok_and(|span| span + 1 == numbers.len()) => {
            format!("ranks {first} to {last}: ")
        }
        _ => format!("ranks {}: ", text::all_of(&numbers)),
    }
}

/// The command as a shell would take it, but for what a screen should not show.
fn line(process: &Process) -> String {
    let (words, _) = secret::shown(&process.argv);
    let is_hidden = |word: &str| word.ends_with(secret::HIDDEN);
    let word = |word: &String| if is_hidden(word) { word.clone() } else { quoted(word) };
    words.iter().map(word).collect::<Vec<_>>().join(" ")
}
