//! The colours of a text: which bytes are keys, words, numbers, comments.
//!
//! Taken from the tree, so that a colour shows how Accelerate reads a value, not how it looks: `no`
//! is painted as the truth word that it is. A text with a fault has no tree and is painted by line.

use super::theme::Ink;
use crate::document::{Data, Document, Node, Span};
use crate::value::Value;

/// Bytes of one colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stroke {
    pub span: Span,
    pub ink: Ink,
}

/// The strokes of a document: in order, not overlapping. Bytes between them have no colour.
pub(super) fn strokes(document: &Document) -> Vec<Stroke> {
    let mut strokes = Vec::new();
    match (document.fault(), document.root()) {
        (Some(_), _) => by_line(document.text(), &mut strokes),
        (None, Some(root)) => by_tree(root, &mut strokes),
        (None, None) => {}
    }
    strokes.sort_by_key(|stroke| (stroke.span.start, stroke.span.end));
    with_comments(document.text(), strokes)
}

fn by_tree(node: &Node, strokes: &mut Vec<Stroke>) {
    match &node.data {
        Data::Scalar(value) => push(strokes, node.span, ink_of(value)),
        Data::Alias(..) => push(strokes, node.span, Ink::CodeMark),
        Data::List(items) => items.iter().for_each(|item| by_tree(item, strokes)),
        Data::Map(pairs) => {
            for pair in pairs {
                match &pair.key.data {
                    Data::Scalar(Value::Text(_)) => push(strokes, pair.key.span, Ink::CodeKey),
                    _ => by_tree(&pair.key, strokes),
                }
                by_tree(&pair.value, strokes);
            }
        }
    }
}

fn ink_of(value: &Value) -> Ink {
    match value {
        Value::Text(_) | Value::Bytes(_) => Ink::CodeText,
        Value::Int(_) | Value::Float(_) | Value::Time(_) => Ink::CodeNumber,
        _ => Ink::CodeWord,
    }
}

fn push(strokes: &mut Vec<Stroke>, span: Span, ink: Ink) {
    if span.start < span.end {
        strokes.push(Stroke { span, ink });
    }
}

/// Without a tree: what stands before the first `: ` of a line is taken for its key.
fn by_line(text: &str, strokes: &mut Vec<Stroke>) {
    let mut start = 0;
    for line in text.split_inclusive(['\n', '\r']) {
        let body = line.trim_start_matches([' ', '\t', '-']);
        let indent = line.len() - body.len();
        let name = body.find(':').map(|colon| &body[..colon]).filter(|name| !name.contains(['#', '"', '\'']));
        if let Some(name) = name {
            push(strokes, Span { start: start + indent, end: start + indent + name.len() }, Ink::CodeKey);
        }
        start += line.len();
    }
}

/// Adds the comments that stand between the strokes, and drops strokes that overlap others (the
/// parts of a value that an anchor brings in twice).
fn with_comments(text: &str, strokes: Vec<Stroke>) -> Vec<Stroke> {
    let mut all = Vec::with_capacity(strokes.len() * 2);
    let mut done = 0;
    for stroke in strokes {
        if stroke.span.start < done || stroke.span.end > text.len() {
            continue;
        }
        comments(text, done, stroke.span.start, &mut all);
        done = stroke.span.end;
        all.push(stroke);
    }
    comments(text, done, text.len(), &mut all);
    all
}

/// The comments from byte `from` up to byte `to`, where no value stands.
fn comments(text: &str, from: usize, to: usize, strokes: &mut Vec<Stroke>) {
    let bytes = text.as_bytes();
    let mut at = from;
    while at < to {
        let begins = bytes[at] == b'#' && (at == 0 || bytes[at - 1].is_ascii_whitespace());
        if begins {
            let length = bytes[at..to].iter().take_while(|byte| !matches!(byte, b'\n' | b'\r')).count();
            push(strokes, Span { start: at, end: at + length }, Ink::CodeComment);
            at += length;
        }
        at += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::Format;

    fn painted(text: &str) -> Vec<(&str, Ink)> {
        let document = Document::parse(text, Format::Yaml);
        strokes(&document).iter().map(|s| (&text[s.span.start..s.span.end], s.ink)).collect()
    }

    #[test]
    fn a_colour_shows_how_a_value_is_read() {
        let text = "# top\na: 'x' # why\nb: no\nc: [1, t#x]\n";
        assert_eq!(
            painted(text),
            [
                ("# top", Ink::CodeComment),
                ("a", Ink::CodeKey),
                ("'x'", Ink::CodeText),
                ("# why", Ink::CodeComment),
                ("b", Ink::CodeKey),
                ("no", Ink::CodeWord),
                ("c", Ink::CodeKey),
                ("1", Ink::CodeNumber),
                ("t#x", Ink::CodeText),
            ]
        );
    }

    #[test]
    fn a_faulty_text_is_still_readable() {
        let text = "a: 1\n\tb: [ # open\n";
        assert_eq!(painted(text), [("a", Ink::CodeKey), ("b", Ink::CodeKey), ("# open", Ink::CodeComment)]);
    }
}
