//! Reading the comments by which people silence findings.
//!
//! `# accel-studio: ignore[types/octal, fsdp] reason` speaks of its line, or of the line below where it
//! stands on a line of its own; `ignore-file` above the first key speaks of the whole file. What else
//! comments say is for people.

use crate::document::{Document, Node, Span, Style};
use crate::finding::{Finding, Place};
use crate::rules;
use crate::text;

/// What such a comment begins with, after its `#`.
const MARK: &str = "accel-studio:";

/// What it can say.
const VERBS: [&str; 2] = ["ignore", "ignore-file"];

/// A comment that silences findings, or tries to.
pub(super) struct Remark<'a> {
    /// From its `#` to the end of the line.
    pub span: Span,
    /// What goes when it is removed: with the blanks before it, or with a line that it has for itself.
    pub room: Span,
    /// What it speaks of.
    scope: Scope,
    /// The bytes between the brackets.
    pub inside: Span,
    /// The names between the brackets.
    pub names: Vec<Name<'a>>,
    /// Why it cannot be obeyed.
    pub fault: Option<Fault>,
}

/// A name as written.
#[derive(Clone, Copy)]
pub(super) struct Name<'a> {
    pub text: &'a str,
    pub span: Span,
}

/// Lines from 1.
#[derive(Clone, Copy)]
enum Scope {
    Line(usize),
    File,
}

/// Why a comment cannot be obeyed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    /// It says something that looks like one of the verbs.
    Verb(&'static str),
    /// No brackets behind the verb, or nothing between them.
    NoNames,
    /// The bracket stays open.
    Open,
    /// It speaks of the whole file and stands below the first key.
    TooLow,
}

/// The remarks of a document, in order. None in JSON and in a text with a fault.
pub(super) fn remarks(document: &Document) -> Vec<Remark<'_>> {
    if !document.text().contains(MARK) {
        return Vec::new();
    }
    document.comments().into_iter().filter_map(|comment| remark(document, comment)).collect()
}

/// The remark in a comment; `None` for one that is for people.
fn remark(document: &Document, comment: Span) -> Option<Remark<'_>> {
    let text = document.text();
    let said = &text[comment.start..comment.end];
    let mark = said.match_indices(MARK).map(|(at, _)| at).find(|at| said[..*at].trim_end().ends_with('#'))?;
    let start = comment.start + said[..mark].rfind('#').expect("the mark follows one");
    let after = skip_blanks(text, comment.start + mark + MARK.len(), comment.end);
    let is_part = |letter: char| letter.is_ascii_alphanumeric() || "-_".contains(letter);
    let verb = text[after..comment.end].split(|letter| !is_part(letter)).next().unwrap_or_default();
    let span = Span { start, end: comment.end };
    let (inside, names, fault) = names(text, skip_blanks(text, after + verb.len(), comment.end), comment.end);
    let is_of_file = verb == "ignore-file";
    let is_low = document.root().is_some_and(|root| root.span.start < start);
    let fault = match VERBS.contains(&verb) {
        true if is_of_file && is_low => Some(Fault::TooLow),
        true => fault,
        false => Some(Fault::Verb(text::nearest(verb, VERBS).and_then(known_verb)?)),
    };
    let scope = if is_of_file { Scope::File } else { Scope::Line(line_meant(document, start)) };
    Some(Remark { span, room: room(text, span), scope, inside, names, fault })
}

fn known_verb(near: &str) -> Option<&'static str> {
    VERBS.into_iter().find(|verb| *verb == near)
}

fn skip_blanks(text: &str, at: usize, end: usize) -> usize {
    at + text[at..end].len() - text[at..end].trim_start().len()
}

/// The names in the brackets that open at `at`.
fn names(text: &str, at: usize, end: usize) -> (Span, Vec<Name<'_>>, Option<Fault>) {
    let nowhere = Span { start: at, end: at };
    let Some(rest) = text[at..end].strip_prefix('[') else {
        return (nowhere, Vec::new(), Some(Fault::NoNames));
    };
    let Some(length) = rest.find(']') else { return (nowhere, Vec::new(), Some(Fault::Open)) };
    let inside = Span { start: at + 1, end: at + 1 + length };
    let mut names = Vec::new();
    let mut start = inside.start;
    for piece in rest[..length].split(',') {
        let name = piece.trim();
        let from = start + piece.len() - piece.trim_start().len();
        if !name.is_empty() {
            names.push(Name { text: name, span: Span { start: from, end: from + name.len() } });
        }
        start += piece.len() + 1;
    }
    let fault = names.is_empty().then_some(Fault::NoNames);
    (inside, names, fault)
}

fn is_blank(text: &str) -> bool {
    text.chars().all(char::is_whitespace)
}

/// The text of the line before a byte, without a byte order mark.
fn line_before(text: &str, at: usize) -> &str {
    text[..at].rsplit(['\n', '\r', '\u{feff}']).next().unwrap_or_default()
}

/// Where the line after the one that holds a byte begins; `None` for the last one.
fn next_line(text: &str, at: usize) -> Option<usize> {
    let end = at + text[at..].find(['\n', '\r'])?;
    let width = if text[end..].starts_with("\r\n") { 2 } else { 1 };
    Some(end + width)
}

/// The line that a remark at this byte is about: its own, or, where it has a line for itself, the next
/// one that is no comment.
fn line_meant(document: &Document, start: usize) -> usize {
    let text = document.text();
    let line = document.position(start).line;
    let before = line_before(text, start);
    if !is_blank(before) && !before.trim_start().starts_with('#') {
        return line;
    }
    let mut at = next_line(text, start);
    let mut below = line + 1;
    while let Some(here) = at.filter(|here| text[*here..].trim_start_matches([' ', '\t']).starts_with('#')) {
        at = next_line(text, here);
        below += 1;
    }
    below
}

/// What goes when a remark is removed.
fn room(text: &str, span: Span) -> Span {
    let before = line_before(text, span.start);
    if is_blank(before) {
        return Span {
            start: span.start - before.len(),
            end: next_line(text, span.start).unwrap_or(text.len()),
        };
    }
    let blanks = before.len() - before.trim_end().len();
    Span { start: span.start - blanks, end: span.end }
}

impl Remark<'_> {
    /// True where this remark can be obeyed, names the finding's rule and speaks of its place.
    pub fn silences(&self, document: &Document, finding: &Finding) -> bool {
        self.names.iter().any(|name| self.silences_by(document, name, finding))
    }

    /// The same for one of its names.
    pub fn silences_by(&self, document: &Document, name: &Name, finding: &Finding) -> bool {
        is_meant(name.text, finding.rule) && self.fault.is_none() && self.is_about(document, finding)
    }

    /// True where it speaks of the finding's place.
    pub fn is_about(&self, document: &Document, finding: &Finding) -> bool {
        match self.scope {
            Scope::File => true,
            Scope::Line(line) => lines(document, &finding.place).contains(&line),
        }
    }
}

fn is_meant(word: &str, rule: &str) -> bool {
    rules::find(rule).is_some_and(|rule| rule.answers_to(word))
}

/// The lines at which a person may speak of a place: that where it is shown, that of its key, and the
/// last one of a value that is no section.
fn lines(document: &Document, place: &Place) -> [usize; 3] {
    let line = |offset: usize| document.position(offset).line;
    let shown = line(place.span(document).start);
    let Some(path) = place.path().filter(|path| !path.is_root()) else { return [shown; 3] };
    let is_closed = |node: &&Node| node.style != Style::Block;
    let last = document.node(path).filter(is_closed).map_or(shown, |node| line(node.span.end));
    [shown, line(document.key_span(path).start), last]
}
