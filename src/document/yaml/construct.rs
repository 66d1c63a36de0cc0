//! A tree to the value that Python holds after loading: aliases, merge keys, repeated keys and tags
//! of collections resolved.

mod keys;

use super::scalar::{self, Form};
use crate::document::{Data, Fault, FaultKind, Node, Pair, Span, Style};
use crate::value::Value;
use keys::Unique;

/// The value of a node, or why PyYAML refuses to construct it.
pub(super) fn construct(node: &Node) -> Result<Value, Box<Fault>> {
    let tag = node.tag.as_deref().filter(|tag| *tag != "!");
    match (&node.data, tag) {
        (Data::Alias(_, target), _) => construct(target),
        (Data::Scalar(value), _) => scalar_value(node, value),
        (Data::List(items), None | Some("!!seq")) => {
            items.iter().map(construct).collect::<Result<_, _>>().map(Value::List)
        }
        (Data::List(items), Some("!!omap" | "!!pairs")) => {
            items.iter().map(lone_pair).collect::<Result<_, _>>().map(Value::List)
        }
        (Data::Map(pairs), None | Some("!!map")) => {
            let pairs = flatten(pairs)?;
            mapping(&pairs).map(Value::Map)
        }
        (Data::Map(pairs), Some("!!set")) => {
            let pairs = flatten(pairs)?;
            let members = mapping(&pairs)?;
            Ok(Value::Set(members.into_iter().map(|(member, _)| member).collect()))
        }
        (Data::Map(_) | Data::List(_), Some(tag)) => Err(wrong_tag(tag, node.span)),
    }
}

/// What a scalar is as a key or a value.
fn form(node: &Node) -> Form {
    match &node.target().data {
        Data::Scalar(Value::Text(text)) => {
            let node = node.target();
            scalar::form(text, node.style, node.tag.as_deref()).unwrap_or(Form::Text)
        }
        _ => Form::Null,
    }
}

fn scalar_value(node: &Node, value: &Value) -> Result<Value, Box<Fault>> {
    let sign = match form(node) {
        Form::Merge => "<<",
        Form::Default => "=",
        _ => return Ok(value.clone()),
    };
    let message = format!("`{sign}` alone cannot be a value in YAML 1.1");
    Err(Fault::new(FaultKind::BadScalar, node.span, message, "put it in quotes"))
}

/// An item of `!!omap` or `!!pairs`: a mapping of one pair.
fn lone_pair(item: &Node) -> Result<Value, Box<Fault>> {
    match &item.target().data {
        Data::Map(pairs) if pairs.len() == 1 => {
            Ok(Value::List(vec![construct(&pairs[0].key)?, construct(&pairs[0].value)?]))
        }
        _ => {
            let message = "each item of `!!omap` and `!!pairs` is one `key: value` pair";
            Err(Fault::new(
                FaultKind::Tag,
                item.span,
                message,
                "write one pair for each item, or remove the tag",
            ))
        }
    }
}

/// Why a list or mapping cannot have this tag.
fn wrong_tag(tag: &str, place: Span) -> Box<Fault> {
    let message = match scalar::form("", Style::Plain, Some(tag)) {
        Some(_) => format!("the tag `{tag}` is for single values, not for a list or mapping"),
        None if matches!(tag, "!!seq" | "!!map" | "!!set" | "!!omap" | "!!pairs") => {
            format!("the tag `{tag}` does not fit this value")
        }
        None => format!("the tag `{tag}` is unknown to a safe reader"),
    };
    Fault::new(FaultKind::Tag, place, message, "remove the tag")
}

/// The pairs of a mapping after merging: merged ones first, so that the mapping's own come last and count.
fn flatten(pairs: &[Pair]) -> Result<Vec<&Pair>, Box<Fault>> {
    if !pairs.iter().any(|pair| form(&pair.key) == Form::Merge) {
        return Ok(pairs.iter().collect());
    }
    let (merges, own): (Vec<&Pair>, Vec<&Pair>) =
        pairs.iter().partition(|pair| form(&pair.key) == Form::Merge);
    let mut all = Vec::new();
    for merge in merges {
        merge_into(&mut all, merge)?;
    }
    all.extend(own);
    Ok(all)
}

fn merge_into<'n>(all: &mut Vec<&'n Pair>, merge: &'n Pair) -> Result<(), Box<Fault>> {
    match &merge.value.target().data {
        Data::Map(pairs) => all.extend(flatten(pairs)?),
        Data::List(items) => {
            // Of several merged mappings the first one wins, so it comes last.
            for item in items.iter().rev() {
                let Data::Map(pairs) = &item.target().data else { return Err(not_mergeable(item, merge)) };
                all.extend(flatten(pairs)?);
            }
        }
        Data::Scalar(_) | Data::Alias(..) => return Err(not_mergeable(&merge.value, merge)),
    }
    Ok(())
}

fn not_mergeable(node: &Node, merge: &Pair) -> Box<Fault> {
    let is_written = node.span.start < node.span.end;
    let place = if is_written { node.span } else { merge.key.span };
    let advice = "write `<<: *name` with the name of an anchored mapping, or put the key in quotes";
    Fault::new(FaultKind::BadScalar, place, "only mappings can be merged with `<<`", advice)
}

/// Pairs with each key once: the place of its first, the value of its last.
fn mapping(pairs: &[&Pair]) -> Result<Vec<(Value, Value)>, Box<Fault>> {
    let mut unique = Unique::with_capacity(pairs.len());
    for pair in pairs {
        let key = key_value(&pair.key)?;
        let value = construct(&pair.value)?;
        unique.put(key, value).map_err(|()| unhashable(&pair.key))?;
    }
    Ok(unique.into_pairs())
}

/// A key's value: `=` is text here.
fn key_value(key: &Node) -> Result<Value, Box<Fault>> {
    match (form(key), &key.target().data) {
        (Form::Default, Data::Scalar(text)) => Ok(text.clone()),
        _ => construct(key),
    }
}

fn unhashable(key: &Node) -> Box<Fault> {
    let advice = "write a plain key; templates such as `{{ name }}` must be filled in first";
    Fault::new(FaultKind::UnhashableKey, key.span, "a list or mapping cannot be a key", advice)
}
