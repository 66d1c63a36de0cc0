//! Edits that are made of smaller ones, so that what stays the same keeps its comments and quotes.

use std::collections::HashSet;

use super::super::{Data, Document, Edit, Node, Pair};
use super::prove::is_same;
use crate::key::KeyPath;
use crate::value::Value;

/// Most parts that an edit is taken into: each is read again to be proven. More than that is written
/// as a whole.
const PARTS: usize = 200;

/// The smaller edits that together do the same; `None` for an edit that is made as a whole.
pub(super) fn parts(document: &Document, edit: &Edit) -> Option<Vec<Edit>> {
    let parts = match edit {
        Edit::Remove { path } => repeated(document, path)?,
        Edit::Set { path, value } => {
            let node = document.node(path).filter(|node| node.tag.is_none())?;
            match (&node.data, value) {
                (Data::Map(old), Value::Map(new)) => pairs(path, old, new)?,
                (Data::List(old), Value::List(new)) => items(path, old, new)?,
                _ => return None,
            }
        }
        _ => return None,
    };
    (parts.len() <= PARTS).then_some(parts)
}

/// A key that is written several times goes everywhere, or an earlier one would count again.
fn repeated(document: &Document, path: &KeyPath) -> Option<Vec<Edit>> {
    let key = path.name()?;
    let above = path.parent()?;
    let Data::Map(pairs) = &document.node(&above)?.data else { return None };
    let named = (0..pairs.len()).rev().filter(|index| pairs[*index].is_named(key));
    let parts: Vec<Edit> = named.map(|index| Edit::Remove { path: above.pair(index) }).collect();
    (parts.len() > 1).then_some(parts)
}

/// New keys come after the one before them, then old keys go. Only where no new key must come before
/// an old one that stays first, and where the keys that stay are in the same order.
fn pairs(path: &KeyPath, old: &[Pair], new: &[(Value, Value)]) -> Option<Vec<Edit>> {
    let old_names = names(old.iter().map(|pair| key_text(&pair.key)))?;
    let new_names = names(new.iter().map(|(key, _)| key.as_text()))?;
    let common = |from: &[&str], other: &[&str]| -> Vec<String> {
        let other: HashSet<&&str> = other.iter().collect();
        from.iter().filter(|name| other.contains(name)).map(|name| (*name).to_owned()).collect()
    };
    let kept = common(&new_names, &old_names);
    let begins_old = kept.first().is_none_or(|kept| new_names.first() == Some(&kept.as_str()));
    if old.is_empty() || !begins_old || kept != common(&old_names, &new_names) {
        return None;
    }
    let kept: HashSet<&str> = kept.iter().map(String::as_str).collect();
    let mut parts = Vec::new();
    for (index, (name, (_, value))) in new_names.iter().zip(new).enumerate() {
        let (path, value) = (path.key(*name), value.clone());
        parts.push(match kept.contains(name) {
            true => Edit::Set { path, value },
            false => Edit::Insert {
                path,
                value,
                after: new_names[..index].last().map(|name| (*name).to_owned()).into_iter().collect(),
            },
        });
    }
    let gone = old_names.iter().filter(|name| !kept.contains(**name));
    parts.extend(gone.map(|name| Edit::Remove { path: path.key(*name) }));
    Some(parts)
}

/// Equal items at both ends stay; those between are set one by one.
fn items(path: &KeyPath, old: &[Node], new: &[Value]) -> Option<Vec<Edit>> {
    if old.is_empty() {
        return None;
    }
    let equal = |(old, new): &(&Node, &Value)| is_same(&old.value(), new);
    let head = old.iter().zip(new).take_while(equal).count();
    let (old, new) = (&old[head..], &new[head..]);
    let tail = old.iter().rev().zip(new.iter().rev()).take_while(equal).count();
    let (old, new) = (old.len() - tail, &new[..new.len() - tail]);
    let set =
        (0..old.min(new.len())).map(|at| Edit::Set { path: path.item(head + at), value: new[at].clone() });
    let added = (old..new.len()).map(|at| Edit::Insert {
        path: path.item(head + at),
        value: new[at].clone(),
        after: Vec::new(),
    });
    let removed = (new.len()..old).rev().map(|at| Edit::Remove { path: path.item(head + at) });
    Some(set.chain(added).chain(removed).collect())
}

fn key_text(key: &Node) -> Option<&str> {
    match &key.data {
        Data::Scalar(value) => value.as_text(),
        _ => None,
    }
}

/// The keys, where all are texts and none is repeated or merges.
fn names<'a>(keys: impl Iterator<Item = Option<&'a str>>) -> Option<Vec<&'a str>> {
    let names: Vec<&str> = keys.collect::<Option<_>>()?;
    let distinct: HashSet<&&str> = names.iter().collect();
    (distinct.len() == names.len() && !names.contains(&"<<")).then_some(names)
}
