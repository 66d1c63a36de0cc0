//! Findings to text, one file per format.
//!
//! Here symbolic places meet their document and become lines and columns. This room decides nothing
//! about configs and writes to no stream: every format gives back a `String`.

mod address;
pub mod checks;
mod clean;
pub mod estimate;
mod fingerprint;
pub mod github;
pub mod gitlab;
pub mod health;
pub mod json;
pub mod junit;
pub mod line;
mod lines;
pub mod machine;
pub mod measured;
pub mod page;
pub mod patch;
pub mod plan;
pub mod pretty;
pub mod resolved;
pub mod sarif;
mod script;
mod spot;
pub mod statistics;
mod tally;

pub use tally::Tally;

use crate::document::{Document, Span};
use crate::finding::{Elsewhere, Finding, Place};
use crate::rules::Companion;

/// A file that was read and checked.
#[derive(Debug)]
pub struct Checked {
    /// Its name as the person gave it.
    pub name: String,
    /// Its text.
    pub document: Document,
    /// The other file that it names, as far as findings point there.
    pub companion: Companion,
    /// What was found, in the order of the file.
    pub findings: Vec<Finding>,
}

/// A file that could not be checked at all.
#[derive(Debug)]
pub struct Unread {
    /// Its name as the person gave it.
    pub name: String,
    /// Why, as a sentence that names the file: "there is no file `a.yaml`".
    pub reason: String,
}

/// What came of one file.
pub type Entry = Result<Checked, Unread>;

impl Checked {
    /// The places of a finding that lie in the other file, with its text.
    fn elsewhere<'a>(&'a self, finding: &'a Finding) -> impl Iterator<Item = (&'a Document, &'a Elsewhere)> {
        let document = self.companion.document();
        finding.elsewhere.iter().filter_map(move |place| Some((document?, place)))
    }
}

/// The bytes of a place: at least one character wide where the text has any, never outside the text
/// and never through the middle of a character.
fn visible_span(document: &Document, place: &Place) -> Span {
    let text = document.text();
    let span = place.span(document);
    let start = text.floor_char_boundary(span.start.min(text.len()));
    let end = text.ceil_char_boundary(span.end.clamp(start, text.len()));
    if start < end { Span { start, end } } else { widened(text, start) }
}

/// One character at `at`; the last one of the text where `at` is its end.
fn widened(text: &str, at: usize) -> Span {
    match (text[at..].chars().next(), text[..at].chars().next_back()) {
        (Some(next), _) => Span { start: at, end: at + next.len_utf8() },
        (None, Some(last)) => Span { start: at - last.len_utf8(), end: at },
        (None, None) => Span { start: 0, end: 0 },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::Format;

    fn span(text: &str, start: usize, end: usize) -> Span {
        visible_span(&Document::parse(text, Format::Json), &Place::Bytes(Span { start, end }))
    }

    #[test]
    fn an_empty_place_is_widened_to_one_character() {
        assert_eq!(span("aéb", 1, 1), Span { start: 1, end: 3 });
        assert_eq!(span("aé", 3, 3), Span { start: 1, end: 3 });
        assert_eq!(span("", 0, 0), Span { start: 0, end: 0 });
    }

    #[test]
    fn a_place_never_leaves_the_text_or_cuts_a_character() {
        assert_eq!(span("aé", 2, 99), Span { start: 1, end: 3 });
        assert_eq!(span("aé", 50, 60), Span { start: 1, end: 3 });
    }
}
