//! Findings as plain lines, for logs, editors and pipes: `path:line:column: severity[rule]: message`.

use std::fmt::Write as _;

use super::lines::Lines;
use super::{Checked, Entry, clean};
use crate::finding::Finding;

/// All checked files of a run, one line for each finding and, where it has advice, one below it.
pub fn report(entries: &[Entry]) -> String {
    let mut out = String::new();
    for checked in entries.iter().flatten().filter(|checked| !checked.findings.is_empty()) {
        let lines = Lines::of(&checked.document);
        checked.findings.iter().for_each(|finding| write(&mut out, checked, &lines, finding));
    }
    out
}

/// One line about what could not be done. The reason names the file.
pub fn complaint(reason: &str) -> String {
    format!("accel-studio: {}\n", clean::words(reason))
}

fn write(out: &mut String, checked: &Checked, lines: &Lines, finding: &Finding) {
    let at = lines.position(finding.place.span(&checked.document).start);
    let name = clean::words(&checked.name);
    let (severity, rule) = (finding.severity.word(), finding.rule);
    let message = clean::words(&finding.message);
    let _ = writeln!(out, "{name}:{}:{}: {severity}[{rule}]: {message}", at.line, at.column);
    for (place, words) in &finding.related {
        let at = lines.position(place.span(&checked.document).start);
        let _ = writeln!(out, "  {name}:{}:{}: {}", at.line, at.column, clean::words(words));
    }
    for (document, elsewhere) in checked.elsewhere(finding) {
        let at = document.position(elsewhere.place.span(document).start);
        let (file, words) = (clean::words(&elsewhere.file), clean::words(&elsewhere.words));
        let _ = writeln!(out, "  {file}:{}:{}: {words}", at.line, at.column);
    }
    if let Some(help) = &finding.help {
        let _ = writeln!(out, "  help: {}", clean::words(help));
    }
}
