//! A config's text, kept byte for byte, with a tree laid over it.
//!
//! Reading follows PyYAML's SafeLoader for YAML and Python's json for `.json`, because that is what
//! Accelerate uses. Writing changes exactly the bytes that an [`Edit`] must change.
//! This room knows nothing of Accelerate's keys.

mod comments;
pub mod diff;
mod edit;
mod file;
mod json;
mod layout;
mod yaml;

pub use edit::{Applied, EditError, Patch, invert};
pub use file::{FileError, LARGEST_FILE, Overwrite, Stored};

use std::sync::Arc;

use crate::key::{KeyPath, Step};
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

/// How a value is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// Without quotes.
    Plain,
    /// In single quotes.
    Single,
    /// In double quotes (always so for text in JSON).
    Double,
    /// A `|` block.
    Literal,
    /// A `>` block.
    Folded,
    /// A list or mapping in brackets or braces.
    Flow,
    /// A list or mapping by indentation.
    Block,
}

/// One value of the tree, with its place in the text.
#[derive(Clone, Debug)]
pub struct Node {
    /// The value's own bytes: without its tag and anchor, comments and the line end. Empty, after
    /// the colon, for a value that is not written.
    pub span: Span,
    /// How it is written.
    pub style: Style,
    /// The explicit tag, such as `!!str`, if one is written.
    pub tag: Option<String>,
    /// The anchor's name, if one is written.
    pub anchor: Option<String>,
    /// What it is.
    pub data: Data,
}

/// What a node is.
#[derive(Clone, Debug)]
pub enum Data {
    /// A value without parts, already in PyYAML's type.
    Scalar(Value),
    /// A list.
    List(Vec<Node>),
    /// A mapping as written: repeated keys and merge keys are all there.
    Map(Vec<Pair>),
    /// `*name`: the node that the anchor stands for.
    Alias(String, Arc<Node>),
}

/// A key and its value.
#[derive(Clone, Debug)]
pub struct Pair {
    /// The key; not always text.
    pub key: Node,
    /// The value.
    pub value: Node,
}

/// Why a text is not a config: what PyYAML or Python's json would refuse.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Which kind of refusal.
    pub kind: FaultKind,
    /// What is wrong, one sentence in lower case without full stop.
    pub message: String,
    /// What to do about it, as an instruction.
    pub advice: String,
    /// Where it is noticed.
    pub span: Span,
    /// Where it began, with a few words: the quote that is never closed, the first of two anchors.
    pub began: Option<(Span, String)>,
}

/// Kinds of faults that deserve their own advice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FaultKind {
    /// The bytes are not UTF-8.
    NotUtf8,
    /// NUL or another character that PyYAML refuses anywhere.
    ControlCharacter,
    /// A tab where YAML allows none.
    Tab,
    /// Any other syntax error of YAML.
    Yaml,
    /// Any syntax error of JSON.
    Json,
    /// A `.json` that starts with a byte order mark.
    JsonByteOrderMark,
    /// More than one YAML document.
    SeveralDocuments,
    /// A tag that SafeLoader does not know.
    Tag,
    /// A mapping or list as a key, or another value Python cannot hash.
    UnhashableKey,
    /// A value whose text matches a type but cannot be one: `2024-13-45`, `0b_`.
    BadScalar,
    /// An alias without its anchor, an anchor written twice, a value that contains itself.
    Anchor,
    /// Nested deeper or expanding to more values than any config needs.
    TooLarge,
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

/// Line and column of a byte, both from 1; columns count characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Position {
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
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
                tree: Err(not_utf8(error.valid_up_to())),
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
        match (self.pair(path), self.node(path), path.parent()) {
            (Some(pair), ..) => pair.key.span,
            (None, Some(node), _) => node.span,
            (None, None, Some(above)) => self.key_span(&above),
            (None, None, None) => Span::default(),
        }
    }

    /// The value's bytes; the key's where the value is empty or not written.
    pub fn value_span(&self, path: &KeyPath) -> Span {
        match self.node(path) {
            Some(node) if node.span.start < node.span.end => node.span,
            _ => self.key_span(path),
        }
    }

    /// Line and column of a byte offset; offsets past the end count as the end.
    pub fn position(&self, offset: usize) -> Position {
        let offset = floor_char(&self.text, offset);
        let before = &self.text[..offset];
        let start = line_start(before);
        Position { line: count_lines(&before[..start]) + 1, column: before[start..].chars().count() + 1 }
    }
}

impl Fault {
    /// A fault at its place. Boxed, because readers pass results through many levels of the stack.
    fn new(kind: FaultKind, span: Span, message: impl Into<String>, advice: impl Into<String>) -> Box<Fault> {
        Box::new(Fault { kind, message: message.into(), advice: advice.into(), span, began: None })
    }

    /// The same fault with the place where it began.
    fn began(mut self: Box<Self>, span: Span, words: impl Into<String>) -> Box<Fault> {
        self.began = Some((span, words.into()));
        self
    }
}

impl Node {
    /// The child under a step, through an alias.
    pub fn child(&self, step: &Step) -> Option<&Node> {
        match (self.target(), step) {
            (Node { data: Data::List(items), .. }, Step::Item(index)) => items.get(*index),
            (node, step) => node.pair(step).map(|pair| &pair.value),
        }
    }

    /// The pair under a step of a mapping, through an alias.
    pub fn pair(&self, step: &Step) -> Option<&Pair> {
        let Data::Map(pairs) = &self.target().data else { return None };
        match step {
            Step::Key(key) => pairs.iter().rev().find(|pair| pair.is_named(key)),
            Step::Pair(index) => pairs.get(*index),
            Step::Item(_) => None,
        }
    }

    /// This node, or what its alias stands for.
    pub fn target(&self) -> &Node {
        match &self.data {
            Data::Alias(_, node) => node.target(),
            _ => self,
        }
    }
}

impl Pair {
    /// True when the key is this text.
    pub fn is_named(&self, name: &str) -> bool {
        matches!(&self.key.target().data, Data::Scalar(Value::Text(text)) if text == name)
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

fn not_utf8(offset: usize) -> Box<Fault> {
    let span = Span { start: offset, end: offset + 1 };
    Fault::new(FaultKind::NotUtf8, span, "the file is not UTF-8 text", "save it as UTF-8 in your editor")
}

fn floor_char(text: &str, offset: usize) -> usize {
    (0..=offset.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0)
}

/// Where the last line of `text` begins; `\n`, `\r\n` and a lone `\r` end a line.
fn line_start(text: &str) -> usize {
    text.rfind(['\n', '\r']).map_or(0, |at| at + 1)
}

fn count_lines(text: &str) -> usize {
    let bytes = text.as_bytes();
    bytes
        .iter()
        .enumerate()
        .filter(|(at, byte)| **byte == b'\n' || (**byte == b'\r' && bytes.get(at + 1) != Some(&b'\n')))
        .count()
}
