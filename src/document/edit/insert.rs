//! A key or an item that is not there yet: after its neighbour, on a line like its neighbour's.

use super::super::json::write as json;
use super::super::layout::{BREAKS, Layout, after, before, is_blank, line_end, next_line};
use super::super::yaml::write as yaml;
use super::super::{Data, Document, Format, Node, Style};
use super::prove::{position_after, wrapped};
use super::set::{is_empty, json_shape, replace};
use super::site::{
    Entry, block_text_before, check_tail, comma, entries, has_mark, is_tail, is_unwritten, margin_of,
};
use super::{Patch, Plan, Refusal};
use crate::key::{KeyPath, Step};
use crate::value::Value;

/// What is added to a list or mapping: an item, or a key with its value.
struct New<'a> {
    key: Option<&'a str>,
    /// How the neighbour's key is quoted.
    quotes: Style,
    value: &'a Value,
}

/// The patches that add a key after the first of the siblings `after` that is there, or an item
/// before the one that has its index now.
pub(super) fn insert(document: &Document, path: &KeyPath, value: &Value, after: &[String]) -> Plan {
    match path.steps().last() {
        Some(Step::Item(_)) => missing(document, path, value, after),
        Some(Step::Key(_)) if document.node(path).is_some() => Err(Refusal::AlreadyThere),
        Some(Step::Key(_)) => missing(document, path, value, after),
        Some(Step::Pair(_)) | None => Err(Refusal::NoSuchPlace),
    }
}

/// The patches that add what is missing at `path`, with the sections that lead to it.
pub(super) fn missing(document: &Document, path: &KeyPath, value: &Value, after: &[String]) -> Plan {
    let within = |steps: &[Step]| wrapped(value, steps).ok_or(Refusal::NoSuchPlace);
    if says_nothing(document) {
        return first_value(document, &within(path.steps())?);
    }
    let (place, node) = nearest_above(document, path).ok_or(Refusal::NoSuchPlace)?;
    let steps = &path.steps()[place.steps().len()..];
    let (step, below) = steps.split_first().ok_or(Refusal::NoSuchPlace)?;
    match (&node.data, step) {
        (Data::Scalar(Value::Null), _) => replace(document, &place, node, &within(steps)?),
        (Data::Map(_), Step::Key(_)) | (Data::List(_), Step::Item(0)) if is_empty(node) => {
            replace(document, &place, node, &within(steps)?)
        }
        (Data::Map(pairs), Step::Key(key)) => {
            let names = if below.is_empty() { after } else { &[] };
            let index = position_after(node, names).unwrap_or(pairs.len());
            let quotes = pairs[index.max(1) - 1].key.style;
            put(document, node, index, &New { key: Some(key), quotes, value: &within(below)? })
        }
        (Data::List(items), Step::Item(index)) if *index <= items.len() => {
            let new = New { key: None, quotes: Style::Plain, value: &within(below)? };
            put(document, node, *index, &new)
        }
        _ => Err(Refusal::NoSuchPlace),
    }
}

/// The deepest place above `path` that is written, and what stands there.
fn nearest_above<'a>(document: &'a Document, path: &KeyPath) -> Option<(KeyPath, &'a Node)> {
    let above = path.parent()?;
    match document.node(&above) {
        Some(node) => Some((above, node)),
        None => nearest_above(document, &above),
    }
}

/// True for a text without a value: nothing but comments and markers.
pub(super) fn says_nothing(document: &Document) -> bool {
    document.root().is_none_or(|root| is_unwritten(root) && root.tag.is_none() && root.anchor.is_none())
}

/// A value in a text that has none: after its comments, before an end marker.
pub(super) fn first_value(document: &Document, value: &Value) -> Plan {
    if document.format() == Format::Json {
        return Err(Refusal::NoSuchPlace);
    }
    let text = document.text();
    let layout = Layout::of(document, None);
    let written = yaml::block(value, "", &layout);
    let marker = text.match_indices("...").map(|(at, _)| at).find(|at| before(text, *at).is_empty());
    let at = marker.unwrap_or(text.len());
    let patch = match before(text, at) {
        "" => format!("{written}{}", layout.eol),
        _ => format!("{}{written}", layout.eol),
    };
    Ok(vec![Patch::insert(at, patch)])
}

/// Adds an entry before the one at `index`, or at the end. The list or mapping is not empty.
fn put(document: &Document, node: &Node, index: usize, new: &New) -> Plan {
    let entries = entries(node, document.text())?;
    let neighbour = *entries.get(index.max(1) - 1).ok_or(Refusal::NoSuchPlace)?;
    match node.style {
        Style::Flow if index == 0 => put_first_in_brackets(document, node, neighbour, new),
        Style::Flow => put_in_brackets(document, node, neighbour, new),
        _ => put_on_line(document, node, neighbour, index == 0, new),
    }
}

fn put_on_line(document: &Document, node: &Node, neighbour: Entry, is_first: bool, new: &New) -> Plan {
    let text = document.text();
    let margin = margin_of(text, neighbour.start)?;
    let layout = Layout::of(document, Some(node));
    let line = match new.key {
        Some(key) => yaml::pair(&yaml::inline(&Value::text(key), new.quotes), new.value, &margin, &layout),
        None => yaml::item(new.value, &margin, &layout),
    };
    if is_first {
        return Ok(vec![Patch::insert(neighbour.start, format!("{line}{}{margin}", layout.eol))]);
    }
    check_tail(text, neighbour.end)?;
    let end = line_end(text, neighbour.end);
    if end == text.len() && block_text_before(document, end).is_some_and(|block| !has_mark(block, text, '-'))
    {
        return Err(Refusal::Entangled("a text that ends with the file"));
    }
    let end = after_deeper_comments(text, end, margin.len());
    Ok(vec![Patch::insert(end, format!("{}{margin}{line}", layout.eol))])
}

/// The end of the last comment line that belongs to the section that ends at `end`, because it is
/// indented further than what comes after the section.
fn after_deeper_comments(text: &str, end: usize, margin_width: usize) -> usize {
    let (mut last, mut line) = (end, end);
    loop {
        let start = next_line(text, line);
        if start == line {
            return last;
        }
        line = line_end(text, start);
        let content = text[start..line].trim_start_matches(' ');
        match (content.chars().next(), line - start - content.len() > margin_width) {
            (Some('#'), true) => last = line,
            (None, _) => {}
            _ => return last,
        }
    }
}

fn put_first_in_brackets(document: &Document, node: &Node, next: Entry, new: &New) -> Plan {
    let text = document.text();
    let written = in_brackets(document, node, next, new)?;
    let between = match has_own_line(text, node, next) {
        true => format!(",{}{}", Layout::of(document, None).eol, before(text, next.start)),
        false => separator(document).to_owned(),
    };
    Ok(vec![Patch::insert(next.start, format!("{written}{between}"))])
}

/// After an entry on its own line comes another line; else the new entry follows on the same line.
fn put_in_brackets(document: &Document, node: &Node, neighbour: Entry, new: &New) -> Plan {
    let text = document.text();
    let written = in_brackets(document, node, neighbour, new)?;
    let beside =
        |written: &str| vec![Patch::insert(neighbour.end, format!("{}{written}", separator(document)))];
    if !has_own_line(text, node, neighbour) {
        return Ok(beside(&written));
    }
    let line = format!("{}{}{written}", Layout::of(document, None).eol, before(text, neighbour.start));
    Ok(match comma(text, neighbour.end) {
        Some(at) if is_tail(after(text, at + 1)) => {
            vec![Patch::insert(line_end(text, at), format!("{line},"))]
        }
        Some(_) => beside(&written),
        None if is_tail(after(text, neighbour.end)) => {
            vec![Patch::insert(neighbour.end, ","), Patch::insert(line_end(text, neighbour.end), line)]
        }
        None => vec![Patch::insert(neighbour.end, format!(",{line}"))],
    })
}

/// An entry as it is written between brackets, beside `neighbour`.
fn in_brackets(document: &Document, node: &Node, neighbour: Entry, new: &New) -> Plan<String> {
    if document.format() == Format::Json {
        let is_spread = has_own_line(document.text(), node, neighbour);
        let shape = json_shape(document, neighbour.start, is_spread);
        let written = match new.key {
            Some(key) => json::pair(key, new.value, &shape),
            None => json::write(new.value, &shape),
        };
        return written.ok_or(Refusal::Unwritable);
    }
    let value = yaml::flow(new.value, if new.quotes == Style::Double { Style::Double } else { Style::Plain });
    Ok(match new.key {
        Some(key) => format!("{}: {value}", yaml::flow(&Value::text(key), new.quotes)),
        None => value,
    })
}

/// True for an entry in brackets that is the first on its line, which is not that of the bracket.
pub(super) fn has_own_line(text: &str, node: &Node, entry: Entry) -> bool {
    is_blank(before(text, entry.start)) && text[node.span.start..entry.start].contains(BREAKS)
}

fn separator(document: &Document) -> &'static str {
    match json_shape(document, 0, false) {
        json::Shape::Line { is_spaced: false } if document.format() == Format::Json => ",",
        _ => ", ",
    }
}
