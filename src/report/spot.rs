//! Where findings lie, as other programs want to know it: a file, and lines and columns.

use super::lines::Lines;
use super::{Checked, visible_span};
use crate::document::{Document, Position, Span};
use crate::finding::{Finding, Place};

/// A part of a file. Lines and columns count from 1, columns count characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Spot<'a> {
    /// The file's name as the person gave it.
    pub(super) file: &'a str,
    /// The first character.
    pub(super) start: Position,
    /// The place after the last character.
    pub(super) end: Position,
}

impl Spot<'_> {
    /// `a.yaml:3:18`
    pub(super) fn words(&self) -> String {
        format!("{}:{}:{}", self.file, self.start.line, self.start.column)
    }
}

/// A checked file with its line ends, ready to be asked for places.
pub(super) struct Atlas<'a> {
    checked: &'a Checked,
    lines: Lines<'a>,
    /// The other file that findings point to, by its name, with its text and line ends.
    other: Option<(&'a str, &'a Document, Lines<'a>)>,
}

impl<'a> Atlas<'a> {
    /// Walks through the text once.
    pub(super) fn of(checked: &'a Checked) -> Atlas<'a> {
        let other = checked.companion.named().map(|(name, document)| (name, document, Lines::of(document)));
        Atlas { checked, lines: Lines::of(&checked.document), other }
    }

    /// Where to look first.
    pub(super) fn first(&self, finding: &Finding) -> Spot<'a> {
        self.spot(&finding.place)
    }

    /// The other places that matter, each with a few words: those in this file, then those in another.
    pub(super) fn related<'f>(&self, finding: &'f Finding) -> Vec<(Spot<'a>, &'f str)> {
        let here = finding.related.iter().map(|(place, words)| (self.spot(place), words.as_str()));
        let elsewhere = finding.elsewhere.iter().filter_map(|elsewhere| {
            let (name, document, lines) = self.other.as_ref()?;
            Some((spot(name, lines, visible_span(document, &elsewhere.place)), elsewhere.words.as_str()))
        });
        here.chain(elsewhere).collect()
    }

    /// Bytes of the checked file.
    pub(super) fn bytes(&self, span: Span) -> Spot<'a> {
        spot(&self.checked.name, &self.lines, span)
    }

    fn spot(&self, place: &Place) -> Spot<'a> {
        self.bytes(visible_span(self.document(), place))
    }

    fn document(&self) -> &'a Document {
        &self.checked.document
    }
}

fn spot<'a>(file: &'a str, lines: &Lines, span: Span) -> Spot<'a> {
    Spot { file, start: lines.position(span.start), end: lines.position(span.end) }
}
