//! A value takes the place of another one, in the style of the one that was there.

use super::super::json::write::{self as json, Shape};
use super::super::layout::{BREAKS, Layout, after, is_blank, line_end, margin};
use super::super::yaml::write as yaml;
use super::super::{Data, Document, Format, Node, Style};
use super::site::{colon, entries, has_comment, is_unwritten, leaves};
use super::{Patch, Plan, Refusal, insert, prove, reshape};
use crate::key::{KeyPath, Step};
use crate::value::Value;

/// The patches that make `value` stand at `path`.
pub(super) fn set(document: &Document, path: &KeyPath, value: &Value) -> Plan {
    if path.is_root() && insert::says_nothing(document) {
        return insert::first_value(document, value);
    }
    match document.node(path) {
        Some(node) => replace(document, path, node, value),
        None => insert::missing(document, path, value, &[]),
    }
}

/// The patches that put `value` in the place of `node`, which stands at `path`.
pub(super) fn replace(document: &Document, path: &KeyPath, node: &Node, value: &Value) -> Plan {
    if prove::is_same(&node.value(), value) {
        return Ok(Vec::new());
    }
    if node.tag.is_some() {
        return Err(Refusal::Entangled("a tag"));
    }
    if document.format() == Format::Json {
        return replace_json(document, node, value);
    }
    let takes_lines = matches!(node.style, Style::Block | Style::Literal | Style::Folded);
    let stays_flow = node.style == Style::Flow && !is_empty(node) && is_collection(value);
    if is_in_brackets(document, path) || stays_flow || !(takes_lines || yaml::needs_lines(value)) {
        return replace_inline(document, path, node, value);
    }
    reshape::replace(document, path, node, value)
}

/// True inside `[…]` or `{…}`, and everywhere in JSON.
pub(super) fn is_in_brackets(document: &Document, path: &KeyPath) -> bool {
    let mut above = path.parent();
    while let Some(place) = above {
        if document.node(&place).is_some_and(|node| node.style == Style::Flow) {
            return true;
        }
        above = place.parent();
    }
    document.format() == Format::Json
}

/// How JSON is spread in the place of, or beside, what begins at `at`.
pub(super) fn json_shape(document: &Document, at: usize, is_spread: bool) -> Shape {
    let text = document.text();
    if is_spread {
        let layout = Layout::of(document, None);
        return Shape::Lines { margin: margin(text, at).to_owned(), unit: layout.unit, eol: layout.eol };
    }
    let is_tight = text.contains("\":") && !text.contains("\": ");
    Shape::Line { is_spaced: !is_tight }
}

/// The byte after the colon or the dash that a value follows.
pub(super) fn lead(document: &Document, path: &KeyPath) -> Plan<usize> {
    let above = path.parent().ok_or(Refusal::NoSuchPlace)?;
    let above = document.node(&above).ok_or(Refusal::NoSuchPlace)?;
    match path.steps().last() {
        Some(Step::Item(index)) => {
            let entries = entries(above, document.text())?;
            Ok(entries.get(*index).ok_or(Refusal::NoSuchPlace)?.start + 1)
        }
        _ => {
            let pair = document.pair(path).ok_or(Refusal::NoSuchPlace)?;
            let colon = colon(pair, document.text()).ok_or(Refusal::Entangled("a question mark"))?;
            Ok(colon + 1)
        }
    }
}

/// True for a list or mapping without anything in it.
pub(super) fn is_empty(node: &Node) -> bool {
    match &node.data {
        Data::List(items) => items.is_empty(),
        Data::Map(pairs) => pairs.is_empty(),
        Data::Scalar(_) | Data::Alias(..) => false,
    }
}

fn is_collection(value: &Value) -> bool {
    matches!(value, Value::List(_) | Value::Map(_))
}

fn replace_json(document: &Document, node: &Node, value: &Value) -> Plan {
    let text = document.text();
    let has_lines = |text: &str| text.contains(BREAKS);
    let is_spread = match node.style {
        Style::Flow if !is_empty(node) => has_lines(&text[node.span.start..node.span.end]),
        _ => has_lines(text.trim()) || text.trim() == "{}",
    };
    let new = json::write(value, &json_shape(document, node.span.start, is_spread));
    Ok(vec![Patch::replace(node.span.start, node.span.end, new.ok_or(Refusal::Unwritable)?)])
}

fn replace_inline(document: &Document, path: &KeyPath, node: &Node, value: &Value) -> Plan {
    let text = document.text();
    if has_comment(document, node) {
        return Err(Refusal::Entangled("comments inside"));
    }
    let is_flow = node.style == Style::Flow || is_in_brackets(document, path);
    let keep = quotes_of(node);
    let new = if is_flow { yaml::flow(value, keep) } else { yaml::inline(value, keep) };
    if !is_unwritten(node) {
        return Ok(vec![Patch::replace(node.span.start, node.span.end, new)]);
    }
    if node.anchor.is_some() {
        return Err(Refusal::Entangled("an anchor"));
    }
    match (lead(document, path), document.pair(path)) {
        (Ok(at), _) if is_blank(after(text, at)) => {
            Ok(vec![Patch::replace(at, line_end(text, at), format!(" {new}"))])
        }
        (Ok(at), _) => Ok(vec![Patch::insert(at, format!(" {new}"))]),
        (Err(_), Some(pair)) if is_flow => Ok(vec![Patch::insert(pair.key.span.end, format!(": {new}"))]),
        (Err(refusal), _) => Err(refusal),
    }
}

/// The quotes of a text, or those of the first text in a list or mapping.
fn quotes_of(node: &Node) -> Style {
    let mut style = Style::Plain;
    leaves(node, &mut |leaf| {
        let is_text = matches!(leaf.data, Data::Scalar(Value::Text(_)));
        if is_text {
            style = leaf.style;
        }
        is_text
    });
    style
}
