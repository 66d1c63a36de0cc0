//! A finding: what is wrong, where, and what to do. The currency of the house.
//!
//! Findings name places symbolically; bytes are looked up once, at the edge, where a [`Place`]
//! meets its document ([`Place::span`]).

use crate::document::{Document, Edit, Span};
use crate::key::KeyPath;

/// How bad it is. The order is the meaning: `Hint < Warning < Error`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Works, could be better.
    Hint,
    /// Works, but differently from what the file says.
    Warning,
    /// Cannot work.
    Error,
}

impl Severity {
    /// The lower-case word that flags, reports and settings use.
    pub fn word(self) -> &'static str {
        match self {
            Severity::Hint => "hint",
            Severity::Warning => "warning",
            Severity::Error => "error",
        }
    }
}

/// Which part of a key-value pair is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Part {
    /// The key alone.
    Key,
    /// The value alone; falls back to the key where the value is empty.
    Value,
}

/// A place in a config.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Place {
    /// The key or the value at a path.
    At(KeyPath, Part),
    /// Bytes: only for faults of the text itself, where no tree exists.
    Bytes(Span),
}

impl Place {
    /// The key at a path.
    pub fn key(path: impl Into<KeyPath>) -> Place {
        Place::At(path.into(), Part::Key)
    }

    /// The value at a path.
    pub fn value(path: impl Into<KeyPath>) -> Place {
        Place::At(path.into(), Part::Value)
    }

    /// The path, when this place has one.
    pub fn path(&self) -> Option<&KeyPath> {
        match self {
            Place::At(path, _) => Some(path),
            Place::Bytes(_) => None,
        }
    }

    /// Its bytes in a document: never empty unless the document is, never outside it.
    pub fn span(&self, document: &Document) -> Span {
        match self {
            Place::At(path, Part::Key) => document.key_span(path),
            Place::At(path, Part::Value) => document.value_span(path),
            Place::Bytes(span) => *span,
        }
    }
}

/// A proposed change. Findings never edit; people, `fix` and the studio do.
#[derive(Clone, Debug, PartialEq)]
pub struct Fix {
    /// What it does, as an instruction: "write 'no' in quotes".
    pub title: String,
    /// True when it keeps or restores what the person plainly meant: `fix --write` applies it
    /// unasked. Others are offered one by one.
    pub safe: bool,
    /// Applied in order, all or none.
    pub edits: Vec<Edit>,
}

/// A place in another file that the config names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Elsewhere {
    /// The other file's name, as the config writes it.
    pub file: String,
    /// Where in it.
    pub place: Place,
    /// A few words under the underline.
    pub words: String,
}

/// One mistake in one config.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// The rule that found it, such as `types/unquoted-no`.
    pub rule: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// One sentence, lower case, no full stop; keys in backticks.
    pub message: String,
    /// Where to look first, and what to say under the underline.
    pub place: Place,
    /// A few words under the primary underline; empty when the message says it all.
    pub label: String,
    /// Other places that matter, each with its own few words.
    pub related: Vec<(Place, String)>,
    /// Places in another file that matter.
    pub elsewhere: Vec<Elsewhere>,
    /// What to write instead, and what Accelerate does today.
    pub help: Option<String>,
    /// The edit that repairs it, where one exists.
    pub fix: Option<Fix>,
}

impl Finding {
    /// Puts a few words under the primary underline.
    pub fn mark(&mut self, words: impl Into<String>) -> &mut Finding {
        self.label = words.into();
        self
    }

    /// Names another place that matters, with a few words.
    pub fn relate(&mut self, place: Place, words: impl Into<String>) -> &mut Finding {
        self.related.push((place, words.into()));
        self
    }

    /// Names a place in another file that matters, with a few words.
    pub fn point(&mut self, file: impl Into<String>, place: Place, words: impl Into<String>) -> &mut Finding {
        self.elsewhere.push(Elsewhere { file: file.into(), place, words: words.into() });
        self
    }

    /// Says what to write instead, and what Accelerate does today.
    pub fn advise(&mut self, help: impl Into<String>) -> &mut Finding {
        self.help = Some(help.into());
        self
    }

    /// Adds a safe fix: it keeps or restores what the person plainly meant.
    pub fn repair(&mut self, title: impl Into<String>, edits: Vec<Edit>) -> &mut Finding {
        self.fix = Some(Fix { title: title.into(), safe: true, edits });
        self
    }

    /// Adds a fix that only the person can choose.
    pub fn offer(&mut self, title: impl Into<String>, edits: Vec<Edit>) -> &mut Finding {
        self.fix = Some(Fix { title: title.into(), safe: false, edits });
        self
    }
}
