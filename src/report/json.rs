//! Findings for programs. The shape is a promise, described in docs/json.md; keys are only ever added.

use serde::Serialize;

use super::lines::Lines;
use super::{Checked, Entry, Tally, statistics};
use crate::document::Document;
use crate::finding::{Finding, Fix, Place};

/// All files of a run as one JSON object, with a line end.
pub fn report(entries: &[Entry]) -> String {
    text(entries, None)
}

/// The same, and how often each rule was broken.
pub fn report_with_statistics(entries: &[Entry]) -> String {
    text(entries, Some(statistics::rows(entries)))
}

fn text(entries: &[Entry], statistics: Option<Vec<statistics::Row>>) -> String {
    let files = entries.iter().map(file).collect();
    let run = Run { files, summary: Tally::of(entries).into(), statistics };
    let mut text = serde_json::to_string_pretty(&run).expect("plain structs always serialise");
    text.push('\n');
    text
}

#[derive(Serialize)]
struct Run {
    files: Vec<File>,
    summary: Summary,
    #[serde(skip_serializing_if = "Option::is_none")]
    statistics: Option<Vec<statistics::Row>>,
}

#[derive(Serialize)]
struct File {
    path: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    failure: Option<String>,
    findings: Vec<Item>,
}

#[derive(Serialize)]
struct Item {
    rule: &'static str,
    severity: &'static str,
    message: String,
    key: Option<String>,
    span: Range,
    label: Option<String>,
    related: Vec<Related>,
    help: Option<String>,
    fix: Option<Repair>,
}

/// `path` names the other file where the place does not lie in this one.
#[derive(Serialize)]
struct Related {
    #[serde(skip_serializing_if = "Option::is_none")]
    path: Option<String>,
    message: String,
    span: Range,
}

#[derive(Serialize)]
struct Range {
    start: Point,
    end: Point,
}

/// `line` and `column` count from 1 and columns count characters; `offset` counts bytes from 0.
#[derive(Serialize)]
struct Point {
    line: usize,
    column: usize,
    offset: usize,
}

#[derive(Serialize)]
struct Repair {
    title: String,
    safe: bool,
    edits: Vec<Replacement>,
}

/// Bytes `start..end` of the file as read become `text`. Edits of one fix never overlap.
#[derive(Serialize)]
struct Replacement {
    start: usize,
    end: usize,
    text: String,
}

#[derive(Serialize)]
struct Summary {
    files: usize,
    unread: usize,
    errors: usize,
    warnings: usize,
    hints: usize,
    fixable: usize,
}

impl From<Tally> for Summary {
    fn from(tally: Tally) -> Summary {
        let Tally { files, unread, errors, warnings, hints, fixable } = tally;
        Summary { files, unread, errors, warnings, hints, fixable }
    }
}

fn file(entry: &Entry) -> File {
    match entry {
        Ok(checked) => File { path: checked.name.clone(), failure: None, findings: items(checked) },
        Err(unread) => {
            File { path: unread.name.clone(), failure: Some(unread.reason.clone()), findings: Vec::new() }
        }
    }
}

fn items(checked: &Checked) -> Vec<Item> {
    if checked.findings.is_empty() {
        return Vec::new();
    }
    let lines = Lines::of(&checked.document);
    checked.findings.iter().map(|finding| item(checked, &lines, finding)).collect()
}

fn item(checked: &Checked, lines: &Lines, finding: &Finding) -> Item {
    let document = &checked.document;
    let related = |(place, message): &(Place, String)| Related {
        path: None,
        message: message.clone(),
        span: range(document, lines, place),
    };
    let elsewhere = checked.elsewhere(finding).map(|(other, elsewhere)| Related {
        path: Some(elsewhere.file.clone()),
        message: elsewhere.words.clone(),
        span: range(other, &Lines::of(other), &elsewhere.place),
    });
    Item {
        rule: finding.rule,
        severity: finding.severity.word(),
        message: finding.message.clone(),
        key: finding.place.path().map(ToString::to_string).filter(|key| !key.is_empty()),
        span: range(document, lines, &finding.place),
        label: Some(finding.label.clone()).filter(|label| !label.is_empty()),
        related: finding.related.iter().map(related).chain(elsewhere).collect(),
        help: finding.help.clone(),
        fix: finding.fix.as_ref().and_then(|fix| repair(document, fix)),
    }
}

fn range(document: &Document, lines: &Lines, place: &Place) -> Range {
    let span = place.span(document);
    Range { start: point(lines, span.start), end: point(lines, span.end) }
}

fn point(lines: &Lines, offset: usize) -> Point {
    let at = lines.position(offset);
    Point { line: at.line, column: at.column, offset }
}

/// A fix as changes of bytes; none where the document cannot take it.
fn repair(document: &Document, fix: &Fix) -> Option<Repair> {
    let patches = document.apply(&fix.edits).ok()?.patches;
    let edits = patches
        .into_iter()
        .map(|patch| Replacement { start: patch.span.start, end: patch.span.end, text: patch.text })
        .collect();
    Some(Repair { title: fix.title.clone(), safe: fix.safe, edits })
}
