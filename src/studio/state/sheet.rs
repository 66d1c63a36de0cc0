//! What a document says, laid out for the eye: sections, rows, findings, lines. Derived afresh from
//! the document after each change, never changed itself.

use std::collections::HashMap;

use crate::config::Config;
use crate::document::{Data, Document, Node, Span};
use crate::finding::{Finding, Severity};
use crate::key::{KeyPath, Step};
use crate::rules;
use crate::schema::{self, Field, Group, Release};
use crate::studio::paint::{self, Stroke};
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
    /// "FSDP2 · 8 processes · bf16".
    pub summary: String,
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

/// The page for keys that belong to no section.
const OTHER: (&str, &str) = ("Other keys", "Keys of this file that Accelerate does not know.");

impl Sheet {
    /// Lays out a document.
    /// `file_name` is the file's name without its folder; without it nothing is judged.
    pub fn of(document: &Document, file_name: Option<&str>, release: Release) -> Sheet {
        let config = Config::read(document);
        let findings = file_name.map(|name| rules::check(document, name, release)).unwrap_or_default();
        let (findings, spans) = ordered(document, findings);
        let lines = lines(document.text());
        let mut sections = sections(document, &config, release, &lines);
        for (index, finding) in findings.iter().enumerate() {
            if let Some(path) = finding.place.path()
                && let Some((section, row)) = row_of(&sections, path)
            {
                sections[section].rows[row].findings.push(index);
            }
        }
        let summary = crate::studio::summary::of(&config);
        Sheet { sections, findings, spans, strokes: paint::strokes(document), lines, summary }
    }

    /// Section and row of a place, or of the nearest place above it.
    pub fn row_of(&self, path: &KeyPath) -> Option<(usize, usize)> {
        row_of(&self.sections, path)
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

/// How reasons are abridged for a row, which has no room for a sentence.
const BRIEFLY: [(&str, &str); 4] = [
    ("only exists with compute_environment: LOCAL_MACHINE", "not for SageMaker"),
    ("only exists with compute_environment: AMAZON_SAGEMAKER", "only for SageMaker"),
    ("only matters with ", "needs "),
    ("only matters ", "only "),
];

impl Idle {
    fn of(full: String, field: &Field) -> Idle {
        let mut short = full.split(';').next().unwrap_or_default().replace('`', "");
        if let Some(section) = field.section() {
            short = short.replace(&format!("{section}."), "");
        }
        for (long, brief) in BRIEFLY {
            if let Some(rest) = short.strip_prefix(long) {
                short = format!("{brief}{rest}");
            }
        }
        Idle { full, short }
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

fn row_of(sections: &[Section], path: &KeyPath) -> Option<(usize, usize)> {
    let places = sections
        .iter()
        .enumerate()
        .flat_map(|(at, section)| section.rows.iter().enumerate().map(move |(row, _)| (at, row)));
    places
        .filter(|(at, row)| sections[*at].rows[*row].path.contains(path))
        .max_by_key(|(at, row)| sections[*at].rows[*row].path.steps().len())
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

/// Every place that the file writes: its line, and whether a row has taken it.
struct Written<'a> {
    document: &'a Document,
    lines: &'a [Span],
    places: Vec<(KeyPath, usize)>,
    taken: HashMap<KeyPath, usize>,
}

fn sections(document: &Document, config: &Config, release: Release, lines: &[Span]) -> Vec<Section> {
    let mut written = Written { document, lines, places: Vec::new(), taken: HashMap::new() };
    if let Some(root) = document.root() {
        written.walk(root, &KeyPath::root());
    }
    let lookup = |key: &str| written.value(config, key);
    let mut sections: Vec<Section> = Group::ALL
        .iter()
        .map(|group| {
            let rows =
                schema::group(*group).filter_map(|field| row(field, &written, config, &lookup, release));
            section(group.title(), group.about(), rows.collect())
        })
        .collect();
    place_unknown(&mut sections, &written, config);
    sections.retain(|section| !section.rows.is_empty());
    sections
}

fn section(title: &'static str, about: &'static str, rows: Vec<Row>) -> Section {
    let mut rows = rows;
    rows.sort_by_key(|row| match row.field {
        Some(field) if field.common => 0,
        Some(field) if !field.kind.is_section() => 1,
        _ => 2,
    });
    Section { title, about, is_idle: is_idle(&rows), rows }
}

fn is_idle(rows: &[Row]) -> bool {
    rows.iter().all(|row| !row.is_written() && row.idle.is_some())
}

/// The row of a field; none for a field that this release does not know and the file does not write,
/// and none for a section that is not written.
fn row<'v>(
    field: &'static Field,
    written: &Written,
    config: &'v Config,
    lookup: &dyn Fn(&str) -> Option<&'v Value>,
    release: Release,
) -> Option<Row> {
    let path = written.path(field.key);
    let line = written.line(&path);
    if line.is_none()
        && (field.kind.is_section() || !field.exists_in(release) || field.why_unread().is_some())
    {
        return None;
    }
    let idle = field.why_unread().or_else(|| field.why_inert(lookup)).map(|full| Idle::of(full, field));
    let (value, raw) = (config.at(&path).cloned(), written.raw(&path));
    Some(Row { value, raw, field: Some(field), path, line, idle, findings: Vec::new() })
}

/// Puts what no field stands for into the section of its neighbours, or into a page of its own.
fn place_unknown(sections: &mut Vec<Section>, written: &Written, config: &Config) {
    let known =
        |path: &KeyPath| sections.iter().any(|section| section.rows.iter().any(|row| row.path == *path));
    let unknown: Vec<_> = written.places.iter().filter(|(path, _)| !known(path)).cloned().collect();
    let mut other = Vec::new();
    for (path, line) in unknown {
        let value = config.at(&path).cloned().or_else(|| Some(written.document.node(&path)?.value()));
        let home = path.top().filter(|_| path.steps().len() > 1).and_then(home_of);
        let raw = written.raw(&path);
        let row = Row { path, field: None, value, raw, line: Some(line), idle: None, findings: Vec::new() };
        match home.and_then(|title| sections.iter_mut().find(|section| section.title == title)) {
            Some(section) => {
                section.rows.push(row);
                section.is_idle = false;
            }
            None => other.push(row),
        }
    }
    sections.push(Section { title: OTHER.0, about: OTHER.1, rows: other, is_idle: false });
}

/// The page that shows the keys within a section of the file.
fn home_of(section: &str) -> Option<&'static str> {
    schema::section(section).next().map(|field| field.group.title())
}

impl Written<'_> {
    /// Collects the places of a mapping, going into the sections that are known.
    fn walk(&mut self, node: &Node, above: &KeyPath) {
        let Data::Map(pairs) = &node.target().data else { return };
        for (index, pair) in pairs.iter().enumerate() {
            let name = match &pair.key.target().data {
                Data::Scalar(Value::Text(name)) => Some(name),
                _ => None,
            };
            let counts = name.filter(|name| !pairs[index + 1..].iter().any(|other| other.is_named(name)));
            let path = above.then(counts.map_or(Step::Pair(index), |name| Step::Key(name.clone())));
            let line = line_of(self.lines, pair.key.span.start) + 1;
            self.taken.insert(path.clone(), line);
            self.places.push((path.clone(), line));
            let is_section = schema::find(&path).is_some_and(|field| field.kind.is_section());
            if is_section && above.is_root() {
                self.walk(&pair.value, &path);
            }
        }
    }

    /// The line of a place, from 1.
    fn line(&self, path: &KeyPath) -> Option<usize> {
        self.taken.get(path).copied()
    }

    /// How the value of a place is written, if it is one word or text.
    fn raw(&self, path: &KeyPath) -> Option<String> {
        let node = self.document.node(path).filter(|node| matches!(node.data, Data::Scalar(_)))?;
        self.document.text().get(node.span.start..node.span.end).map(str::to_owned)
    }

    /// Where a field stands: under the spelling that the file uses, else under its proper one.
    fn path(&self, key: &str) -> KeyPath {
        let proper = KeyPath::of(key);
        if self.taken.contains_key(&proper) {
            return proper;
        }
        let spelt = schema::field(key).into_iter().flat_map(schema::spellings);
        let above = proper.parent().unwrap_or_default();
        spelt.map(|name| above.key(name)).find(|path| self.taken.contains_key(path)).unwrap_or(proper)
    }

    /// What the file gives to a field, under whichever spelling.
    fn value<'v>(&self, config: &'v Config, key: &str) -> Option<&'v Value> {
        config.at(&self.path(key))
    }
}
