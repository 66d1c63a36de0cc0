//! The page before a job begins: what would fail, whether it fits, the command, and every variable with its
//! reason.

use crate::launch::{Reason, secret};
use crate::memory::Verdict;
use crate::studio::inbox::Prepared;
use crate::studio::state::dialog::Line;
use crate::studio::state::outlook::Outlook;
use crate::text::{bytes, count};

/// All that a person may want to know before a job begins.
pub(super) fn page(prepared: &Prepared, outlook: &Outlook) -> Vec<Line> {
    let plan = &prepared.plan;
    let mut lines = Vec::new();
    if !prepared.refusals.is_empty() {
        lines.push(Line::Heading("This would fail".to_owned()));
        lines.extend(prepared.refusals.iter().map(|refusal| Line::Words(refusal.clone())));
        lines.push(Line::Gap);
    }
    if let Some(says) = memory(outlook) {
        lines.extend([Line::Heading("Memory".to_owned()), Line::Words(says), Line::Gap]);
    }
    lines.push(Line::Heading(format!("Command of {}", count(plan.processes.len(), "process"))));
    if let Some(first) = plan.processes.first() {
        lines.push(command(&first.argv));
    }
    if !prepared.notes.is_empty() {
        lines.extend([Line::Gap, Line::Heading("To know".to_owned())]);
        lines.extend(prepared.notes.iter().map(|note| Line::Words(note.clone())));
    }
    lines.push(Line::Gap);
    lines.push(Line::Heading("Environment that is added or changed".to_owned()));
    let why = |name: &str| plan.reasons.iter().find(|reason| reason.variable == name);
    let first = plan.processes.first().map(|process| plan.env_of(process)).unwrap_or_default();
    lines.extend(first.iter().flat_map(|(name, value)| variable(name, value, why(name))));
    lines
}

/// Words wrap at spaces; a backtick of a script's argument would be lost in them.
fn command(argv: &[String]) -> Line {
    let text = secret::shown(argv).0.join(" ");
    if text.contains('`') { Line::Printed(text) } else { Line::Words(text) }
}

/// Whether it fits, where a model is named; the words of the memory pane.
fn memory(outlook: &Outlook) -> Option<String> {
    let answer = outlook.answer.as_ref()?;
    let model = &outlook.model.name;
    let estimate = match &answer.estimate {
        Ok(estimate) => estimate,
        Err(reason) => return Some(format!("{model}: no estimate: {reason}")),
    };
    let needed = bytes(estimate.needed());
    let verdict = match answer.verdict() {
        Some(Verdict::Fits) => "fits",
        Some(Verdict::Close) => "tight: too close to say",
        Some(Verdict::TooLarge) => "does not fit",
        None => return Some(format!("{model}: {needed} per GPU; how much a GPU has is not known")),
    };
    let capacity = bytes(answer.capacity.unwrap_or_default());
    let machine = match outlook.machine.name.as_str() {
        "" => "this machine",
        name => name,
    };
    Some(format!("{verdict}: {model} needs {needed} of the {capacity} of each GPU ({machine})"))
}

/// A variable, and below it the reason.
fn variable(name: &str, value: &str, reason: Option<&Reason>) -> Vec<Line> {
    let mut lines = vec![Line::Printed(format!("{name}={value}"))];
    lines.extend(reason.map(|reason| match reason.origin.as_str() {
        "" => Line::Below(reason.sentence.clone()),
        origin => Line::Below(format!("{} ({origin})", reason.sentence)),
    }));
    lines
}
