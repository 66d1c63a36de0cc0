//! A config's text, kept byte for byte, with a tree laid over it.
//!
//! Reading follows PyYAML's SafeLoader for YAML and Python's json for `.json`, because that is what
//! Accelerate uses. Writing changes exactly the bytes that an [`Edit`] must change.
//! This room knows nothing of Accelerate's keys.

mod comments;
pub mod diff;
mod edit;
mod exposure;
mod fault;
mod file;
mod json;
mod layout;
mod node;
mod position;
mod yaml;

pub use edit::{Applied, EditError, Patch, invert};
pub use exposure::{Exposure, exposure};
pub use fault::{Fault, FaultKind};
pub use file::{FileError, LARGEST_FILE, Overwrite, Stored};
pub use node::{Data, Node, Pair, Style};
pub use position::Position;

use std::sync::Arc;

use crate::key::KeyPath;
use crate::value::Value;

/// Which reader applies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Read as PyYAML's SafeLoader does.
    Yaml,
    /// Read as Python's json does: chosen by the exact suffix `.json`.
    Json,
}

/// Bytes from `start` up to, not including, `end`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Span {
    /// Offset of the first byte.
    pub start: usize,
    /// Offset after the last byte.
    pub end: usize,
}

/// What stands around the value of a file, as far as it was read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Frame {
    /// The byte order mark at the start.
    pub byte_order_mark: Option<Span>,
    /// The lines that start with `%`, such as `%YAML 1.2`, without comments.
    pub directives: Vec<Span>,
    /// The `---` before the value.
    pub start: Option<Span>,
    /// The last `...` after the value.
    pub end: Option<Span>,
}

/// What a reader makes of a text.
struct Reading {
    tree: Result<Option<Node>, Box<Fault>>,
    frame: Frame,
}

/// A config's text and what it says.
#[derive(Clone, Debug)]
pub struct Document {
    text: Arc<str>,
    format: Format,
    tree: Result<Option<Arc<Node>>, Box<Fault>>,
    frame: Arc<Frame>,
}

/// A change to a config, by key path. [`Document::apply`] makes it with the smallest text change.
#[derive(Clone, Debug, PartialEq)]
pub enum Edit {
    /// Writes a value: replaces the one that is there, else adds the key at the end of its mapping
    /// (adding the mapping too). A mapping or list that stands in the place of another keeps what
    /// both have in common as it is written.
    Set {
        /// Where.
        path: KeyPath,
        /// What; quoted as the file's reader needs it.
        value: Value,
    },
    /// Adds a key that is not there yet, after a given neighbour where that one exists; or an item,
    /// before the one that has its index now.
    Insert {
        /// Where.
        path: KeyPath,
        /// What.
        value: Value,
        /// The sibling keys it should follow, best first; none of them there: at the end.
        after: Vec<String>,
    },
    /// Removes a key and its value, with the line it leaves empty and the comment on that line. A key
    /// that is written several times goes everywhere. A mapping that loses its last key stays, as `{}`.
    Remove {
        /// Where.
        path: KeyPath,
    },
    /// Gives a key another name and keeps its value as written.
    Rename {
        /// Which key.
        path: KeyPath,
        /// Its new name.
        to: String,
    },
    /// Replaces bytes: for faults of the text itself, where no tree exists.
    Replace {
        /// Which bytes, of the text as the edits before this one leave it.
        span: Span,
        /// By what.
        text: String,
    },
}

impl Format {
    /// The reader that Accelerate picks for a file of this name: json only for the exact suffix `.json`.
    pub fn of(file_name: &str) -> Format {
        if file_name.ends_with(".json") { Format::Json } else { Format::Yaml }
    }
}

impl Document {
    /// Reads a text. Never fails: a text that is no config keeps its [`Fault`].
    pub fn parse(text: impl Into<Arc<str>>, format: Format) -> Document {
        let text = text.into();
        let Reading { tree, mut frame } = match format {
            Format::Yaml => yaml::read(&text),
            Format::Json => json::read(&text),
        };
        frame.byte_order_mark = text.starts_with('\u{feff}').then_some(Span { start: 0, end: 3 });
        Document { tree: tree.map(|root| root.map(Arc::new)), text, format, frame: Arc::new(frame) }
    }

    /// Reads bytes. What is not UTF-8 is kept as a fault beside a readable stand-in for the text.
    pub fn from_bytes(bytes: &[u8], format: Format) -> Document {
        match std::str::from_utf8(bytes) {
            Ok(text) => Document::parse(text, format),
            Err(error) => Document {
                text: stand_in(bytes).into(),
                format,
                tree: Err(Fault::not_utf8(bytes, error.valid_up_to())),
                frame: Arc::default(),
            },
        }
    }

    /// The text, byte for byte as read.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Which reader applies.
    pub fn format(&self) -> Format {
        self.format
    }

    /// The tree; `None` for a text without a value and for a text with a fault.
    pub fn root(&self) -> Option<&Node> {
        self.tree.as_ref().ok()?.as_deref()
    }

    /// Why there is no tree.
    pub fn fault(&self) -> Option<&Fault> {
        self.tree.as_ref().err().map(Box::as_ref)
    }

    /// What stands around the value: byte order mark, directives, `---` and `...`.
    pub fn frame(&self) -> &Frame {
        &self.frame
    }

    /// What the file says, as Python would hold it after loading. Null where there is no tree.
    pub fn value(&self) -> Value {
        self.root().map_or(Value::Null, Node::value)
    }

    /// The node at a path, through aliases but not through merge keys.
    pub fn node(&self, path: &KeyPath) -> Option<&Node> {
        path.steps().iter().try_fold(self.root()?, |node, step| node.child(step))
    }

    /// The pair whose value stands at a path.
    pub fn pair(&self, path: &KeyPath) -> Option<&Pair> {
        let (last, _) = path.steps().split_last()?;
        self.node(&path.parent()?)?.pair(last)
    }

    /// The key's bytes; the value's for the items of a list; those of the nearest place above that
    /// is written, where this one is not.
    pub fn key_span(&self, path: &KeyPath) -> Span {
        if let Some(pair) = self.pair(path) {
            return pair.key.span;
        }
        match (self.node(path), path.parent()) {
            (Some(node), _) => node.span,
            (None, Some(above)) => self.key_span(&above),
            (None, None) => Span::default(),
        }
    }

    /// The value's bytes; the key's where the value is empty or not written.
    pub fn value_span(&self, path: &KeyPath) -> Span {
        match self.node(path) {
            Some(node) if node.span.start < node.span.end => node.span,
            _ => self.key_span(path),
        }
    }
}

/// The bytes as text of the same length: each byte that is not UTF-8 shows as `?`, so that offsets
/// stay true.
fn stand_in(bytes: &[u8]) -> String {
    bytes.utf8_chunks().fold(String::with_capacity(bytes.len()), |mut text, chunk| {
        text.push_str(chunk.valid());
        text.extend(chunk.invalid().iter().map(|_| '?'));
        text
    })
}
