//! A tree to the value that Python holds after loading: aliases, merge keys, repeated keys and tags
//! of collections resolved.

mod keys;

use std::borrow::Cow;

use super::scalar::{self, Form};
use crate::document::{Data, Fault, FaultKind, Node, Pair, Style};
use crate::value::Value;
use keys::Unique;

/// A scalar that some collection with a scalar's tag stands for: `!!int {=: 5}`.
const DEFAULT_KEY: Form = Form::Default;

/// The value of a node, or why PyYAML refuses to construct it.
pub(super) fn construct(node: &Node) -> Result<Value, Fault> {
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
        (Data::Map(pairs), Some(tag)) => tagged_default(node, pairs, tag),
        (Data::List(_), Some(tag)) => Err(wrong_tag(node, tag)),
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

fn scalar_value(node: &Node, value: &Value) -> Result<Value, Fault> {
    let sign = match form(node) {
        Form::Merge => "<<",
        Form::Default => "=",
        _ => return Ok(value.clone()),
    };
    let message = format!("`{sign}` alone is not a value in YAML 1.1; put it in quotes");
    Err(Fault::new(FaultKind::BadScalar, message, node.span))
}

/// An item of `!!omap` or `!!pairs`: a mapping of one pair.
fn lone_pair(item: &Node) -> Result<Value, Fault> {
    let Data::Map(pairs) = &item.target().data else {
        return Err(Fault::new(FaultKind::Tag, "each item here must be one `key: value` pair", item.span));
    };
    let [pair] = pairs.as_slice() else {
        return Err(Fault::new(
            FaultKind::Tag,
            "each item here must be exactly one `key: value` pair",
            item.span,
        ));
    };
    Ok(Value::List(vec![construct(&pair.key)?, construct(&pair.value)?]))
}

/// A mapping with a scalar's tag stands for the scalar under its `=` key.
fn tagged_default(node: &Node, pairs: &[Pair], tag: &str) -> Result<Value, Fault> {
    let default = pairs.iter().find(|pair| form(&pair.key) == DEFAULT_KEY).map(|pair| pair.value.target());
    let Some(Node { data: Data::Scalar(value), span, .. }) = default else {
        return Err(wrong_tag(node, tag));
    };
    let text = match value {
        Value::Text(text) => Cow::Borrowed(text.as_str()),
        _ => return Err(wrong_tag(node, tag)),
    };
    if scalar::form(&text, Style::Plain, Some(tag)).is_none() {
        return Err(wrong_tag(node, tag));
    }
    scalar::read(text, Style::Plain, Some(tag)).map_err(|(kind, message)| Fault::new(kind, message, *span))
}

fn wrong_tag(node: &Node, tag: &str) -> Fault {
    let message = match scalar::form("", Style::Plain, Some(tag)) {
        Some(_) => format!("the tag `{tag}` is for single values, not for a list or mapping; remove it"),
        None if matches!(tag, "!!seq" | "!!map" | "!!set" | "!!omap" | "!!pairs") => {
            format!("the tag `{tag}` does not fit this value; remove it")
        }
        None => format!("the tag `{tag}` is unknown to a safe reader; remove it"),
    };
    Fault::new(FaultKind::Tag, message, node.span)
}

/// The pairs of a mapping after merging: merged ones first, so that the mapping's own come last and count.
fn flatten(pairs: &[Pair]) -> Result<Vec<&Pair>, Fault> {
    if !pairs.iter().any(|pair| form(&pair.key) == Form::Merge) {
        return Ok(pairs.iter().collect());
    }
    let (merges, own): (Vec<&Pair>, Vec<&Pair>) =
        pairs.iter().partition(|pair| form(&pair.key) == Form::Merge);
    let mut all = Vec::new();
    for merge in merges {
        merge_into(&mut all, &merge.value)?;
    }
    all.extend(own);
    Ok(all)
}

fn merge_into<'n>(all: &mut Vec<&'n Pair>, node: &'n Node) -> Result<(), Fault> {
    match &node.target().data {
        Data::Map(pairs) => all.extend(flatten(pairs)?),
        Data::List(items) => {
            // Of several merged mappings the first one wins, so it comes last.
            for item in items.iter().rev() {
                let Data::Map(pairs) = &item.target().data else { return Err(not_mergeable(item)) };
                all.extend(flatten(pairs)?);
            }
        }
        _ => return Err(not_mergeable(node)),
    }
    Ok(())
}

fn not_mergeable(node: &Node) -> Fault {
    let message =
        "`<<` merges mappings; write `<<: *name` with the name of an anchored mapping, or quote the key";
    Fault::new(FaultKind::BadScalar, message, node.span)
}

/// Pairs with each key once: the place of its first, the value of its last.
fn mapping(pairs: &[&Pair]) -> Result<Vec<(Value, Value)>, Fault> {
    let mut unique = Unique::with_capacity(pairs.len());
    for pair in pairs {
        let key = key_value(&pair.key)?;
        let value = construct(&pair.value)?;
        unique.put(key, value).map_err(|()| unhashable(&pair.key))?;
    }
    Ok(unique.into_pairs())
}

/// A key's value: `=` is text here.
fn key_value(key: &Node) -> Result<Value, Fault> {
    match form(key) {
        Form::Default => Ok(Value::text("=")),
        _ => construct(key),
    }
}

fn unhashable(key: &Node) -> Fault {
    let message = "a list or mapping cannot be a key; write the key as text, in quotes if need be";
    Fault::new(FaultKind::UnhashableKey, message, key.span)
}
