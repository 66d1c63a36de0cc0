//! How a text is laid out: its line ends and its indentation, so that what is added looks the same.
//!
//! Layout never changes what a text says; where a text shows no habit, Accelerate's own is taken.

use super::{Data, Document, Format, Node, Style};

/// The byte order mark, which has no width.
const MARK: char = '\u{feff}';

/// What ends a line for PyYAML; the last three hardly ever stand in a config.
pub(super) const BREAKS: [char; 5] = ['\n', '\r', '\u{85}', '\u{2028}', '\u{2029}'];

/// A text's habits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Layout {
    /// The end of a line.
    pub eol: &'static str,
    /// One level of indentation.
    pub unit: String,
    /// True when the dashes of a list stand deeper than the list's key.
    pub has_deep_dashes: bool,
}

impl Layout {
    /// The habits of a document; those among the entries of `near` first.
    pub fn of(document: &Document, near: Option<&Node>) -> Layout {
        let text = document.text();
        let unit = match document.format() {
            Format::Yaml => near
                .and_then(|node| step_within(node, text))
                .or_else(|| document.root().and_then(|root| first(root, &|node| step_within(node, text))))
                .map(|width| " ".repeat(width)),
            Format::Json => document.root().and_then(|root| first(root, &|node| unit_of(node, text))),
        };
        Layout {
            eol: eol_of(text),
            unit: unit.unwrap_or_else(|| "  ".to_owned()),
            has_deep_dashes: document
                .root()
                .and_then(|root| first(root, &|node| dashes_within(node, text)))
                .unwrap_or(false),
        }
    }
}

/// Where the line of a byte begins, after a byte order mark.
pub(super) fn line_start(text: &str, at: usize) -> usize {
    let start = text[..at].rfind(BREAKS).map_or(0, |found| next_line(text, found));
    if start == 0 && text.starts_with(MARK) { MARK.len_utf8().min(at) } else { start }
}

/// Where the line of a byte ends, before its line break.
pub(super) fn line_end(text: &str, at: usize) -> usize {
    text[at..].find(BREAKS).map_or(text.len(), |found| at + found)
}

/// Where the line after the one that ends at `end` begins.
pub(super) fn next_line(text: &str, end: usize) -> usize {
    let rest = &text[end..];
    match rest.chars().next() {
        Some('\r') if rest.starts_with("\r\n") => end + 2,
        Some(first) if BREAKS.contains(&first) => end + first.len_utf8(),
        _ => end,
    }
}

/// The length of the line break at the end of a text, in bytes.
pub(super) fn last_break(text: &str) -> usize {
    match text.chars().next_back() {
        Some('\n') if text.ends_with("\r\n") => 2,
        Some(last) if BREAKS.contains(&last) => last.len_utf8(),
        _ => 0,
    }
}

/// What stands before a byte on its line.
pub(super) fn before(text: &str, at: usize) -> &str {
    &text[line_start(text, at)..at]
}

/// What stands after a byte on its line.
pub(super) fn after(text: &str, at: usize) -> &str {
    &text[at..line_end(text, at)]
}

/// The leading white space of a byte's line.
pub(super) fn margin(text: &str, at: usize) -> &str {
    let line = &text[line_start(text, at)..line_end(text, at)];
    &line[..line.len() - line.trim_start_matches([' ', '\t']).len()]
}

/// True when nothing but white space stands there.
pub(super) fn is_blank(text: &str) -> bool {
    text.trim_matches([' ', '\t']).is_empty()
}

/// The text's line end: that of its first line; a line feed where there is none.
fn eol_of(text: &str) -> &'static str {
    match text.find(['\n', '\r']).map(|at| &text[at..]) {
        Some(rest) if rest.starts_with("\r\n") => "\r\n",
        Some(rest) if rest.starts_with('\r') => "\r",
        _ => "\n",
    }
}

/// The first answer in the order of the text.
fn first<T>(node: &Node, ask: &impl Fn(&Node) -> Option<T>) -> Option<T> {
    ask(node).or_else(|| match &node.data {
        Data::Map(pairs) => pairs.iter().find_map(|pair| first(&pair.value, ask)),
        Data::List(items) => items.iter().find_map(|item| first(item, ask)),
        Data::Scalar(_) | Data::Alias(..) => None,
    })
}

/// How much deeper than its key the first section in a block mapping stands, in columns.
fn step_within(node: &Node, text: &str) -> Option<usize> {
    block_pairs(node)?.find_map(|(key, value)| {
        let _ = block_pairs(value)?;
        deeper(text, key, value.span.start).filter(|step| *step > 0)
    })
}

/// Whether the first block list in a block mapping stands deeper than its key.
fn dashes_within(node: &Node, text: &str) -> Option<bool> {
    block_pairs(node)?.find_map(|(key, value)| match (&value.data, value.style) {
        (Data::List(items), Style::Block) if !items.is_empty() => {
            deeper(text, key, value.span.start).map(|step| step > 0)
        }
        _ => None,
    })
}

fn deeper(text: &str, key: &Node, value: usize) -> Option<usize> {
    before(text, value).chars().count().checked_sub(before(text, key.span.start).chars().count())
}

fn block_pairs(node: &Node) -> Option<impl Iterator<Item = (&Node, &Node)>> {
    match (&node.data, node.style) {
        (Data::Map(pairs), Style::Block) if !pairs.is_empty() => {
            Some(pairs.iter().map(|pair| (&pair.key, &pair.value)))
        }
        _ => None,
    }
}

/// How much deeper than the line of its opening bracket the first entry on a line of its own stands.
fn unit_of(node: &Node, text: &str) -> Option<String> {
    let entry = match &node.data {
        Data::Map(pairs) => pairs.first()?.key.span.start,
        Data::List(items) => items.first()?.span.start,
        Data::Scalar(_) | Data::Alias(..) => return None,
    };
    let deep = before(text, entry);
    if !is_blank(deep) {
        return None;
    }
    let unit = deep.strip_prefix(margin(text, node.span.start))?;
    (!unit.is_empty()).then(|| unit.to_owned())
}
