//! How often each rule was broken: the overview of a run over many files.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::Serialize;

use super::Entry;
use crate::finding::Severity;

/// One rule of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Row {
    /// Its name.
    pub rule: &'static str,
    /// How bad it is here; a rule whose severity differs between projects has a row for each.
    pub severity: &'static str,
    /// Findings.
    pub count: usize,
    /// Those among them that `fix --write` repairs unasked.
    pub fixable: usize,
}

/// The rules that were broken, most frequent first; equals the worse first, then by name.
pub fn rows(entries: &[Entry]) -> Vec<Row> {
    let mut counts: BTreeMap<(Reverse<Severity>, &'static str), (usize, usize)> = BTreeMap::new();
    for finding in entries.iter().flatten().flat_map(|checked| &checked.findings) {
        let (count, fixable) = counts.entry((Reverse(finding.severity), finding.rule)).or_default();
        *count += 1;
        *fixable += usize::from(finding.fix.as_ref().is_some_and(|fix| fix.safe));
    }
    let row = |((Reverse(severity), rule), (count, fixable)): ((Reverse<Severity>, _), _)| Row {
        rule,
        severity: severity.word(),
        count,
        fixable,
    };
    let mut rows: Vec<Row> = counts.into_iter().map(row).collect();
    rows.sort_by_key(|row| Reverse(row.count));
    rows
}

/// The rows as a table for people.
pub fn report(entries: &[Entry]) -> String {
    let rows = rows(entries);
    let width = rows.iter().map(|row| row.rule.len()).max().unwrap_or(0);
    let digits = rows.first().map_or(0, |row| row.count.to_string().len());
    let mut out = String::new();
    for Row { rule, severity, count, fixable } in rows {
        let _ = match fixable {
            0 => writeln!(out, "{count:digits$}  {severity:7}  {rule}"),
            _ => writeln!(out, "{count:digits$}  {severity:7}  {rule:width$}  {fixable} fixable"),
        };
    }
    out
}
