//! What a document says, laid out for the eye: sections, rows, findings, lines. Derived afresh from
//! the document after each change, never changed itself.

mod rows;
mod written;

use std::collections::HashMap;

use self::written::Written;
use crate::config::Config;
use crate::document::{Document, Span};
use crate::finding::{Finding, Severity};
use crate::key::KeyPath;
use crate::schema::{Field, Release};
use crate::studio::paint::{self, Stroke};
use crate::studio::state::shell::Heard;
use crate::value::Value;

/// A document as the panes show it.
#[derive(Clone, Debug)]
pub(in crate::studio) struct Sheet {
    /// The pages of the form: never empty pages, "Other keys" last.
    pub sections: Vec<Section>,
    /// Worst first, then in the order of the text.
    pub findings: Vec<Finding>,
    /// Each finding's bytes, in the same order.
    pub spans: Vec<Span>,
    /// The bytes of each line of the text, without its end.
    pub lines: Vec<Span>,
    /// The colours of the text, in order.
    pub strokes: Vec<Stroke>,
    /// Indices of the findings on each line that has any.
    pub marks: HashMap<usize, Vec<usize>>,
    /// "FSDP2 · 8 processes · bf16".
    pub summary: String,
    /// Section and row of each place.
    places: HashMap<KeyPath, (usize, usize)>,
}

/// A page of the form.
#[derive(Clone, Debug)]
pub(in crate::studio) struct Section {
    /// Its heading.
    pub title: &'static str,
    /// What it is for.
    pub about: &'static str,
    pub rows: Vec<Row>,
    /// True when nothing is written here and no field matters now.
    pub is_idle: bool,
}

/// A line of the form.
#[derive(Clone, Debug)]
pub(in crate::studio) struct Row {
    /// Where the value stands, or would.
    pub path: KeyPath,
    /// What is known of the key; `None` for a key that Accelerate does not know.
    pub field: Option<&'static Field>,
    /// What is written.
    pub value: Option<Value>,
    /// How it is written, where it is no list and no mapping.
    pub raw: Option<String>,
    /// The line it is written on, from 1.
    pub line: Option<usize>,
    /// Why it does not matter now.
    pub idle: Option<Idle>,
    /// The variable of the shell that the workers read in its place.
    pub variable: Option<&'static str>,
    /// Indices of its findings.
    pub findings: Vec<usize>,
}

/// Why a field does not matter now.
#[derive(Clone, Debug)]
pub(in crate::studio) struct Idle {
    /// In a sentence: "only matters with `distributed_type: FSDP`; yours is MULTI_GPU".
    pub full: String,
    /// In a few words: "needs distributed_type: FSDP".
    pub short: String,
}

impl Sheet {
    /// Lays out a document with its findings.
    pub fn of(document: &Document, findings: Vec<Finding>, release: Release) -> Sheet {
        let config = Config::read(document);
        let (findings, spans) = ordered(document, findings);
        let lines = lines(document.text());
        let sections = rows::sections(&Written::of(document, &config, &lines), release);
        let summary = crate::studio::summary::of(&config);
        let strokes = paint::strokes(document);
        let (places, marks) = (places(&sections), marks(&lines, &spans));
        let mut sheet = Sheet { sections, findings, spans, lines, marks, strokes, summary, places };
        sheet.hand_out_findings();
        sheet
    }

    /// Gives each finding to the row of its place.
    fn hand_out_findings(&mut self) {
        for (index, finding) in self.findings.iter().enumerate() {
            if let Some((section, row)) = finding.place.path().and_then(|path| self.row_of(path)) {
                self.sections[section].rows[row].findings.push(index);
            }
        }
    }

    /// Tells the rows which of them the shell decides.
    pub fn hear(&mut self, heard: &[Heard]) {
        for row in self.sections.iter_mut().flat_map(|section| &mut section.rows) {
            let own = heard.iter().find(|heard| row.field.is_some_and(|field| field.key == heard.key));
            row.variable = own.map(|heard| heard.variable);
        }
    }

    /// Section and row of a place, or of the nearest place above it.
    pub fn row_of(&self, path: &KeyPath) -> Option<(usize, usize)> {
        match self.places.get(path) {
            Some(place) => Some(*place),
            None => self.row_of(&path.parent()?),
        }
    }

    /// The worst finding among those of a row.
    pub fn worst(&self, row: &Row) -> Option<Severity> {
        row.findings.iter().map(|index| self.findings[*index].severity).max()
    }

    /// The worst finding of a section and how many it has.
    pub fn tally(&self, section: &Section) -> (Option<Severity>, usize) {
        let worst = section.rows.iter().filter_map(|row| self.worst(row)).max();
        (worst, section.rows.iter().map(|row| row.findings.len()).sum())
    }

    /// How many findings there are of a severity.
    pub fn count(&self, severity: Severity) -> usize {
        self.findings.iter().filter(|finding| finding.severity == severity).count()
    }

    /// The line of a byte, from 0.
    pub fn line_of(&self, offset: usize) -> usize {
        line_of(&self.lines, offset)
    }
}

impl Row {
    /// True when the file holds this key.
    pub fn is_written(&self) -> bool {
        self.line.is_some()
    }

    /// What the form calls it.
    pub fn label(&self) -> String {
        match self.field {
            Some(field) => field.label.to_owned(),
            None => self.path.name().map_or_else(|| self.path.to_string(), str::to_owned),
        }
    }
}

/// Findings and their bytes, the worst first, then by place.
fn ordered(document: &Document, findings: Vec<Finding>) -> (Vec<Finding>, Vec<Span>) {
    let mut pairs: Vec<_> = findings
        .into_iter()
        .map(|finding| {
            let span = finding.place.span(document);
            (finding, span)
        })
        .collect();
    pairs.sort_by_key(|(finding, span)| (std::cmp::Reverse(finding.severity), span.start));
    pairs.into_iter().unzip()
}

/// Section and row of each place.
fn places(sections: &[Section]) -> HashMap<KeyPath, (usize, usize)> {
    let numbered = sections.iter().enumerate();
    let rows = numbered.flat_map(|(at, section)| section.rows.iter().enumerate().map(move |row| (at, row)));
    rows.map(|(at, (row, it))| (it.path.clone(), (at, row))).collect()
}

/// The findings on each line.
fn marks(lines: &[Span], spans: &[Span]) -> HashMap<usize, Vec<usize>> {
    let mut marks: HashMap<usize, Vec<usize>> = HashMap::new();
    for (index, span) in spans.iter().enumerate() {
        let last = span.end.saturating_sub(1).max(span.start);
        for line in line_of(lines, span.start)..=line_of(lines, last) {
            marks.entry(line).or_default().push(index);
        }
    }
    marks
}

fn lines(text: &str) -> Vec<Span> {
    let mut lines = Vec::new();
    let (mut start, bytes) = (0, text.as_bytes());
    let mut at = 0;
    while at < bytes.len() {
        let width = match (bytes[at], bytes.get(at + 1)) {
            (b'\r', Some(b'\n')) => 2,
            (b'\r' | b'\n', _) => 1,
            _ => 0,
        };
        if width > 0 {
            lines.push(Span { start, end: at });
            start = at + width;
        }
        at += width.max(1);
    }
    if start < bytes.len() || lines.is_empty() {
        lines.push(Span { start, end: bytes.len() });
    }
    lines
}

fn line_of(lines: &[Span], offset: usize) -> usize {
    lines.partition_point(|line| line.start <= offset).saturating_sub(1)
}
