//! A value takes the place of another where one of the two has lines of its own: a section becomes
//! a number, a number a list, a `|` text a shorter one.

use super::super::layout::{BREAKS, Layout, before, is_blank, last_break, line_end, line_start};
use super::super::yaml::write as yaml;
use super::super::{Document, Node, Style};
use super::set::lead;
use super::site::{check_tail, end_of, entries, has_comment, header_comment, is_unwritten, margin_of};
use super::{Patch, Plan, Refusal};
use crate::key::{KeyPath, Step};
use crate::value::Value;

/// The patches that put `value` in the place of `node`, which stands at `path` outside brackets.
pub(super) fn replace(document: &Document, path: &KeyPath, node: &Node, value: &Value) -> Plan {
    let text = document.text();
    if matches!(node.style, Style::Block | Style::Flow) && has_comment(document, node) {
        return Err(Refusal::Entangled("comments inside"));
    }
    let Some(last) = path.steps().last() else { return replace_root(document, node, value) };
    if node.anchor.is_some() {
        return Err(Refusal::Entangled("an anchor"));
    }
    let layout = Layout::of(document, path.parent().and_then(|above| document.node(&above)));
    let lead = lead(document, path)?;
    let outer = outer_margin(document, path)?;
    let new = match last {
        Step::Item(_) => format!(" {}", yaml::block(value, &format!("{outer}  "), &layout)),
        Step::Key(_) | Step::Pair(_) => after_colon(node, value, &outer, &layout),
    };
    let place = if is_unwritten(node) { (lead, lead) } else { (node.span.start, end_of(node, text)?) };
    if text[lead..place.0].contains(BREAKS) {
        let own = before(text, place.0);
        let fits = own.len() > outer.len() || matches!((value, last), (Value::List(_), Step::Key(_)));
        match yaml::needs_lines(value) && fits && is_blank(own) {
            true => Ok(vec![Patch::replace(place.0, place.1, yaml::block(value, own, &layout))]),
            false => below(text, lead, place, &new),
        }
    } else {
        beside(text, lead, place, &new, header_comment(node, text))
    }
}

/// The column of the key or the dash that the value follows, as spaces.
fn outer_margin(document: &Document, path: &KeyPath) -> Plan<String> {
    let text = document.text();
    let start = match (path.steps().last(), document.pair(path)) {
        (_, Some(pair)) => pair.key.span.start,
        (Some(Step::Item(index)), None) => {
            let above = path.parent().and_then(|above| document.node(&above)).ok_or(Refusal::NoSuchPlace)?;
            entries(above, text)?.get(*index).ok_or(Refusal::NoSuchPlace)?.start
        }
        _ => return Err(Refusal::NoSuchPlace),
    };
    margin_of(text, start)
}

/// A `|` or `>` text that becomes another text of several lines stays a block.
fn after_colon(node: &Node, value: &Value, margin: &str, layout: &Layout) -> String {
    if let (Style::Literal | Style::Folded, Value::Text(text)) = (node.style, value)
        && let Some(block) = yaml::literal(text, margin, layout)
    {
        return format!(" {block}");
    }
    yaml::after_colon(value, margin, layout)
}

/// The old value began on the line of its colon or dash. The first line of the new one goes there,
/// before the comment; the others follow the comment.
fn beside(text: &str, lead: usize, old: (usize, usize), new: &str, header: Option<&str>) -> Plan {
    if !is_blank(&text[lead..old.0]) {
        return Err(Refusal::Entangled("something before it on its line"));
    }
    check_tail(text, old.1)?;
    let (head, rest) = new.split_at(new.find(BREAKS).unwrap_or(new.len()));
    let comment = header.map(|comment| format!(" {comment}")).unwrap_or_default();
    Ok(vec![
        Patch::replace(lead, old.1, format!("{head}{comment}")),
        Patch::insert(line_end(text, old.1), rest),
    ])
}

/// The old value began on a later line. Its lines go; comments above them stay.
fn below(text: &str, lead: usize, old: (usize, usize), new: &str) -> Plan {
    if !is_blank(before(text, old.0)) {
        return Err(Refusal::Entangled("something before it on its line"));
    }
    if !is_blank(&text[old.1..line_end(text, old.1)]) {
        return Err(Refusal::Entangled("comments inside"));
    }
    let (head, rest) = new.split_at(new.find(BREAKS).unwrap_or(new.len()));
    let start = line_start(text, old.0);
    Ok(vec![
        Patch::insert(lead, head),
        Patch::replace(start - last_break(&text[..start]), line_end(text, old.1), rest),
    ])
}

fn replace_root(document: &Document, node: &Node, value: &Value) -> Plan {
    let layout = Layout::of(document, None);
    let end = end_of(node, document.text())?;
    Ok(vec![Patch::replace(node.span.start, end, yaml::block(value, "", &layout))])
}
