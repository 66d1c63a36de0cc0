//! Where the parts of a list or mapping stand in the text, to the byte: what the tree's spans leave
//! open because only an editor needs it (dashes, colons, commas, comments).

use super::super::layout::{BREAKS, after, before, is_blank, line_end, margin, next_line};
use super::super::{Data, Document, Node, Pair, Span, Style};
use super::{Plan, Refusal};

/// A pair or an item: from its key or dash to the last byte of its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub start: usize,
    pub end: usize,
}

/// The entries of a list or mapping; none for anything else.
pub(super) fn entries(node: &Node, text: &str) -> Plan<Vec<Entry>> {
    if node.style == Style::Flow && !text[node.span.start..].starts_with(['{', '[']) {
        return Err(Refusal::Entangled("a mapping without braces"));
    }
    match &node.data {
        Data::Map(pairs) => pairs.iter().map(|pair| of_pair(pair, text)).collect(),
        Data::List(items) if node.style == Style::Flow => {
            items.iter().map(|item| Ok(Entry { start: item.span.start, end: end_of(item, text)? })).collect()
        }
        Data::List(items) => dashes(node, items, text),
        Data::Scalar(_) | Data::Alias(..) => Ok(Vec::new()),
    }
}

fn of_pair(pair: &Pair, text: &str) -> Plan<Entry> {
    let colon = colon(pair, text).map_or(pair.key.span.end, |at| at + 1);
    let end = if is_unwritten(&pair.value) { colon } else { end_of(&pair.value, text)? };
    refuse_marks_on_nothing(&pair.value)?;
    Ok(Entry { start: pair.key.span.start, end })
}

/// The items of a block list. Dashes are found forwards, because what stands before an item may
/// hold dashes too.
fn dashes(list: &Node, items: &[Node], text: &str) -> Plan<Vec<Entry>> {
    let mut at = list.span.start;
    let mut entries = Vec::with_capacity(items.len());
    for item in items {
        let start = skip_blank(text, at);
        if !text[start..].starts_with('-') {
            return Err(Refusal::Entangled("an unusual list"));
        }
        refuse_marks_on_nothing(item)?;
        let end = if is_unwritten(item) { start + 1 } else { end_of(item, text)? };
        entries.push(Entry { start, end });
        at = end;
    }
    Ok(entries)
}

/// An anchor or a tag without a value after it has no end that the tree knows.
fn refuse_marks_on_nothing(node: &Node) -> Plan<()> {
    match (is_unwritten(node), &node.tag, &node.anchor) {
        (true, Some(_), _) => Err(Refusal::Entangled("a tag")),
        (true, _, Some(_)) => Err(Refusal::Entangled("an anchor")),
        _ => Ok(()),
    }
}

/// True for a value of which nothing is written.
pub(super) fn is_unwritten(node: &Node) -> bool {
    node.span.start == node.span.end
}

/// The last byte of a value: for a section, that of its last entry.
pub(super) fn end_of(node: &Node, text: &str) -> Plan<usize> {
    match (&node.data, node.style) {
        (Data::Map(_) | Data::List(_), Style::Block) => {
            let last = entries(node, text)?.last().map(|entry| entry.end);
            last.ok_or(Refusal::Entangled("an unusual section"))
        }
        (_, Style::Literal | Style::Folded) => Ok(end_of_block_text(node, text)),
        _ => Ok(node.span.end),
    }
}

/// The end of a `|` or `>` text. Blank lines after it count only where `+` keeps them.
fn end_of_block_text(node: &Node, text: &str) -> usize {
    let mut end = line_end(text, node.span.end);
    while has_mark(node, text, '+') {
        let next = next_line(text, end);
        let blank_end = line_end(text, next);
        if next == end || next == text.len() || !is_blank(&text[next..blank_end]) {
            break;
        }
        end = blank_end;
    }
    end
}

/// The `|` or `>` text that ends at `at`, empty lines aside.
pub(super) fn block_text_before(document: &Document, at: usize) -> Option<&Node> {
    let text = document.text();
    let mut found = None;
    leaves(document.root()?, &mut |leaf| {
        let is_block = matches!(leaf.style, Style::Literal | Style::Folded);
        if is_block && text.get(leaf.span.end..at).is_some_and(|gap| gap.trim().is_empty()) {
            found = Some(leaf);
        }
        found.is_some()
    });
    found
}

/// What stands after `|` or `>`: `-` drops the line breaks at the end, `+` keeps all.
pub(super) fn has_mark(block_text: &Node, text: &str, mark: char) -> bool {
    let marks = after(text, block_text.span.start).split('#').next();
    marks.is_some_and(|marks| marks.contains(mark))
}

/// True when a line that begins at `line` would belong to the `|` or `>` text if it followed it.
pub(super) fn would_take_in(block_text: &Node, text: &str, line: usize) -> bool {
    let body = next_line(text, line_end(text, block_text.span.start));
    if line == text.len() {
        return false;
    }
    match is_blank(after(text, line)) {
        true => has_mark(block_text, text, '+'),
        false => margin(text, line).len() >= margin(text, body).len(),
    }
}

/// The colon of a pair; `None` where it has none: `{a}`, `? a`.
pub(super) fn colon(pair: &Pair, text: &str) -> Option<usize> {
    let at = skip_blank(text, pair.key.span.end);
    text[at..].starts_with(':').then_some(at)
}

/// The comma after a byte, across white space and comments.
pub(super) fn comma(text: &str, at: usize) -> Option<usize> {
    let at = skip_blank(text, at);
    text[at..].starts_with(',').then_some(at)
}

/// The first byte from `at` on that is neither white space nor in a comment. `at` must not be inside
/// a text without quotes, where `#` may be a letter.
pub(super) fn skip_blank(text: &str, at: usize) -> usize {
    let mut at = at;
    loop {
        let rest = &text[at..];
        let is_space = |each: char| matches!(each, ' ' | '\t') || BREAKS.contains(&each);
        at += rest.len() - rest.trim_start_matches(is_space).len();
        if !text[at..].starts_with('#') {
            return at;
        }
        at = line_end(text, at);
    }
}

/// True when the rest of a line is white space or a comment.
pub(super) fn is_tail(rest: &str) -> bool {
    let rest = rest.trim_start_matches([' ', '\t']);
    rest.is_empty() || rest.starts_with('#')
}

/// Refuses a place with something else than a comment after it on its line.
pub(super) fn check_tail(text: &str, end: usize) -> Plan<()> {
    if is_tail(after(text, end)) { Ok(()) } else { Err(Refusal::Entangled("something after it on its line")) }
}

/// What stands before an entry of a section on its line, as spaces of the same width. Only spaces
/// and the dashes of lists may stand there.
pub(super) fn margin_of(text: &str, start: usize) -> Plan<String> {
    let lead = before(text, start);
    match lead.chars().find(|each| !matches!(each, ' ' | '-')) {
        None => Ok(" ".repeat(lead.len())),
        Some('?') => Err(Refusal::Entangled("a question mark")),
        Some('&') => Err(Refusal::Entangled("an anchor")),
        Some('!') => Err(Refusal::Entangled("a tag")),
        Some(_) => Err(Refusal::Entangled("something before it on its line")),
    }
}

/// True when there is a comment among the bytes of a value, but not after it.
pub(super) fn has_comment(document: &Document, node: &Node) -> bool {
    let inside = |comment: &Span| node.span.start < comment.start && comment.start < node.span.end;
    document.comments().iter().any(inside)
}

/// The comment after the `|` or `>` of a block text.
pub(super) fn header_comment<'a>(node: &Node, text: &'a str) -> Option<&'a str> {
    if !matches!(node.style, Style::Literal | Style::Folded) {
        return None;
    }
    let header = after(text, node.span.start);
    header.find('#').map(|at| &header[at..])
}

/// True when a test holds for a scalar or alias of the tree, keys included, in the order of the text.
pub(super) fn leaves<'a>(node: &'a Node, test: &mut impl FnMut(&'a Node) -> bool) -> bool {
    match &node.data {
        Data::Map(pairs) => pairs.iter().any(|pair| leaves(&pair.key, test) || leaves(&pair.value, test)),
        Data::List(items) => items.iter().any(|item| leaves(item, test)),
        Data::Scalar(_) | Data::Alias(..) => test(node),
    }
}
