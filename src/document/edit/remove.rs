//! A key or an item goes, with its line and the comment on that line. Comments on lines of their own
//! stay; a section that loses its last key becomes `{}`.

use super::super::layout::{BREAKS, after, before, is_blank, last_break, line_end, line_start, next_line};
use super::super::{Data, Document, Node, Style};
use super::insert::has_own_line;
use super::set::lead;
use super::site::{
    Entry, block_text_before, check_tail, comma, entries, has_mark, is_tail, margin_of, would_take_in,
};
use super::{Patch, Plan, Refusal};
use crate::key::{KeyPath, Step};

/// The patches that remove the entry at `path`.
pub(super) fn remove(document: &Document, path: &KeyPath) -> Plan {
    let above = path.parent().ok_or(Refusal::NoSuchPlace)?;
    let node = document.node(&above).ok_or(Refusal::NoSuchPlace)?;
    let index = index_of(node, path).ok_or(Refusal::NoSuchPlace)?;
    let text = document.text();
    if node.style == Style::Flow && is_marked(node, index) {
        return Err(Refusal::Entangled("a tag or an anchor"));
    }
    let entries = entries(node, text)?;
    let entry = *entries.get(index).ok_or(Refusal::NoSuchPlace)?;
    match (node.style, entries.len()) {
        (Style::Flow, 1) => Ok(only_in_brackets(text, node, entry)),
        (Style::Flow, _) => Ok(in_brackets(document, node, &entries, index)),
        (_, 1) => only_on_line(document, &above, node, entry),
        _ => on_line(document, entry, entries.get(index + 1).filter(|_| index == 0)),
    }
}

fn index_of(node: &Node, path: &KeyPath) -> Option<usize> {
    match (&node.data, path.steps().last()?) {
        (Data::Map(pairs), Step::Key(key)) => pairs.iter().rposition(|pair| pair.is_named(key)),
        (Data::Map(_), Step::Pair(index)) | (Data::List(_), Step::Item(index)) => Some(*index),
        _ => None,
    }
}

/// True for an entry in brackets that begins with a tag or an anchor, which its bytes leave out.
fn is_marked(node: &Node, index: usize) -> bool {
    let first = match &node.data {
        Data::Map(pairs) => pairs.get(index).map(|pair| &pair.key),
        Data::List(items) => items.get(index),
        Data::Scalar(_) | Data::Alias(..) => None,
    };
    first.is_some_and(|first| first.tag.is_some() || first.anchor.is_some())
}

/// `next` is the entry after the first one.
fn on_line(document: &Document, entry: Entry, next: Option<&Entry>) -> Plan {
    let text = document.text();
    check_tail(text, entry.end)?;
    if is_blank(before(text, entry.start)) {
        let follows = next_line(text, line_end(text, entry.end));
        let above = block_text_before(document, line_start(text, entry.start));
        if above.is_some_and(|block| would_take_in(block, text, follows)) {
            return Err(Refusal::Entangled("a text above it that would take in the next line"));
        }
        return Ok(vec![whole_lines(document, entry)]);
    }
    // The first key beside the dash of a list: the next one takes its place.
    margin_of(text, entry.start)?;
    let next = next.ok_or(Refusal::Entangled("something before it on its line"))?;
    let line = line_end(text, entry.end);
    if is_blank(text[line..next.start].trim_matches(BREAKS)) {
        return Ok(vec![Patch::delete(entry.start, next.start)]);
    }
    let dash = text[..entry.start].trim_end_matches(' ').len();
    Ok(vec![Patch::delete(dash, line)])
}

/// The lines of an entry with one line break: the one after it, or the one before it at the end of a
/// text without a last one.
fn whole_lines(document: &Document, entry: Entry) -> Patch {
    let text = document.text();
    let start = line_start(text, entry.start);
    let end = line_end(text, entry.end);
    if end < text.len() {
        return Patch::delete(start, next_line(text, end));
    }
    let above = &text[..start];
    if block_text_before(document, above.trim_end().len()).is_some_and(|block| !has_mark(block, text, '-')) {
        return Patch::delete(start, end);
    }
    Patch::delete(start - last_break(above), end)
}

fn only_on_line(document: &Document, above: &KeyPath, node: &Node, entry: Entry) -> Plan {
    if node.tag.is_some() || node.anchor.is_some() {
        return Err(Refusal::Entangled("a tag or an anchor"));
    }
    let text = document.text();
    check_tail(text, entry.end)?;
    let empty = if matches!(node.data, Data::Map(_)) { "{}" } else { "[]" };
    let in_place = vec![Patch::replace(entry.start, line_end(text, entry.end), empty)];
    if above.is_root() {
        return Ok(in_place);
    }
    let lead = lead(document, above)?;
    if !text[lead..entry.start].contains(BREAKS) {
        return Ok(in_place);
    }
    if !is_blank(before(text, entry.start)) {
        return Err(Refusal::Entangled("something before it on its line"));
    }
    Ok(vec![Patch::insert(lead, format!(" {empty}")), whole_lines(document, entry)])
}

fn only_in_brackets(text: &str, node: &Node, entry: Entry) -> Vec<Patch> {
    let inside = node.span.start + 1..node.span.end - 1;
    let around = [&text[inside.start..entry.start], &text[entry.end..inside.end]];
    match around.iter().any(|text| text.contains('#')) {
        true => vec![Patch::delete(entry.start, comma(text, entry.end).map_or(entry.end, |at| at + 1))],
        false => vec![Patch::delete(inside.start, inside.end)],
    }
}

fn in_brackets(document: &Document, node: &Node, entries: &[Entry], index: usize) -> Vec<Patch> {
    let text = document.text();
    let entry = entries[index];
    let own_comma = comma(text, entry.end);
    let end = own_comma.map_or(entry.end, |at| at + 1);
    let is_last = index + 1 == entries.len();
    let comma_before = (is_last && own_comma.is_none() && index > 0)
        .then(|| comma(text, entries[index - 1].end))
        .flatten()
        .map(|at| Patch::delete(at, at + 1));
    if has_own_line(text, node, entry) && is_tail(after(text, end)) {
        let lines = whole_lines(document, Entry { start: entry.start, end });
        return comma_before.into_iter().chain([lines]).collect();
    }
    if !is_last {
        let next = entries[index + 1].start;
        let has_break = text[end..next].contains(BREAKS);
        return vec![Patch::delete(entry.start, if has_break { end } else { next })];
    }
    let previous = entries[index - 1].end;
    match text[previous..entry.start].contains('#') {
        true => comma_before.into_iter().chain([Patch::delete(entry.start, end)]).collect(),
        false => vec![Patch::delete(previous, entry.end)],
    }
}
