//! The proof of an edit: the text after it is read again and must say what was said before, changed
//! exactly as asked. Knows nothing of how patches are made.
//!
//! Two comparisons. The trees, as written: order, repeated keys, tags, anchors and aliases. And the
//! values, as Python holds them: an alias or a merge key may carry an edit further than its path.

use super::super::{Data, Document, Edit, Node};
use crate::key::{KeyPath, Step};
use crate::value::Value;

/// What an edit does at its path.
#[derive(Clone, Copy)]
enum Change<'a> {
    Set(&'a Value),
    Insert(&'a Value, &'a [String]),
    Remove,
    Rename(&'a str),
}

/// What the tree should be after an edit.
enum Expected<'a> {
    /// As it was.
    Kept(&'a Node),
    /// Something that says this.
    New(Value),
    /// The mapping with other pairs.
    Map(&'a Node, Vec<(Expected<'a>, Expected<'a>)>),
    /// The list with other items.
    List(&'a Node, Vec<Expected<'a>>),
}

/// True when `after` is `before` changed exactly by the edit.
pub(super) fn holds(before: &Document, edit: &Edit, after: &Document) -> bool {
    let (path, change) = match edit {
        Edit::Replace { .. } => return true,
        Edit::Set { path, value } => (path, Change::Set(value)),
        Edit::Insert { path, value, after } => (path, Change::Insert(value, after)),
        Edit::Remove { path } => (path, Change::Remove),
        Edit::Rename { path, to } => (path, Change::Rename(to)),
    };
    if after.fault().is_some() {
        return false;
    }
    // A pair that is addressed by its number may be one that does not count.
    let is_numbered = path.steps().iter().any(|step| matches!(step, Step::Pair(_)));
    let same_tree = match (expected(before.root(), path.steps(), change), after.root()) {
        (Some(expected), Some(root)) => matches(&expected, root),
        _ => false,
    };
    same_tree && (is_numbered || says(before, path, change, after))
}

/// Equality of values: order counts, and a number that is none equals itself.
pub(super) fn is_same(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Float(one), Value::Float(other)) => {
            one.to_bits() == other.to_bits() || (one.is_nan() && other.is_nan())
        }
        (Value::List(one), Value::List(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| is_same(one, other))
        }
        (Value::Map(one), Value::Map(other)) => {
            one.len() == other.len()
                && one
                    .iter()
                    .zip(other)
                    .all(|(one, other)| is_same(&one.0, &other.0) && is_same(&one.1, &other.1))
        }
        _ => one == other,
    }
}

/// The index that a new pair gets which follows the first of `names` that is in a mapping.
pub(super) fn position_after(node: &Node, names: &[String]) -> Option<usize> {
    let Data::Map(pairs) = &node.data else { return None };
    names.iter().find_map(|name| Some(pairs.iter().rposition(|pair| pair.is_named(name))? + 1))
}

/// A value in the sections that lead to it; `None` where a step cannot begin a new section.
pub(super) fn wrapped(value: &Value, steps: &[Step]) -> Option<Value> {
    steps.iter().rev().try_fold(value.clone(), |inner, step| match step {
        Step::Key(key) => Some(Value::Map(vec![(Value::text(key.as_str()), inner)])),
        Step::Item(0) => Some(Value::List(vec![inner])),
        Step::Item(_) | Step::Pair(_) => None,
    })
}

fn expected<'a>(node: Option<&'a Node>, steps: &[Step], change: Change) -> Option<Expected<'a>> {
    let Some((step, rest)) = steps.split_first() else {
        return match change {
            Change::Set(value) => Some(Expected::New(value.clone())),
            _ => None,
        };
    };
    match node.map(|node| (node, &node.data)) {
        None | Some((_, Data::Scalar(Value::Null))) => added(steps, change).map(Expected::New),
        Some((node, Data::Map(_))) => expected_map(node, step, rest, change),
        Some((node, Data::List(items))) => expected_list(node, items, step, rest, change),
        Some((_, Data::Scalar(_) | Data::Alias(..))) => None,
    }
}

/// What a change adds, in the sections that lead to it.
fn added(steps: &[Step], change: Change) -> Option<Value> {
    match change {
        Change::Set(value) | Change::Insert(value, _) => wrapped(value, steps),
        Change::Remove | Change::Rename(_) => None,
    }
}

fn expected_map<'a>(node: &'a Node, step: &Step, rest: &[Step], change: Change) -> Option<Expected<'a>> {
    let Data::Map(pairs) = &node.data else { return None };
    let index = match step {
        Step::Key(key) => pairs.iter().rposition(|pair| pair.is_named(key)),
        Step::Pair(index) => Some(*index).filter(|index| *index < pairs.len()),
        Step::Item(_) => None,
    };
    let mut new: Vec<_> =
        pairs.iter().map(|pair| (Expected::Kept(&pair.key), Expected::Kept(&pair.value))).collect();
    match (index, rest.is_empty(), change, step) {
        (Some(_), true, Change::Remove, Step::Key(key)) => {
            let mut named = pairs.iter().map(|pair| pair.is_named(key));
            new.retain(|_| !named.next().unwrap_or(false));
        }
        (Some(index), true, Change::Remove, _) => drop(new.remove(index)),
        (Some(index), true, Change::Rename(to), _) => new[index].0 = Expected::New(Value::text(to)),
        (Some(_), true, Change::Insert(..), _) => return None,
        (Some(index), ..) => new[index].1 = expected(Some(&pairs[index].value), rest, change)?,
        (None, _, _, Step::Key(key)) => {
            let names = match change {
                Change::Insert(_, names) if rest.is_empty() => names,
                _ => &[],
            };
            let at = position_after(node, names).unwrap_or(pairs.len());
            let value = Expected::New(added(rest, change)?);
            new.insert(at, (Expected::New(Value::text(key.as_str())), value));
        }
        _ => return None,
    }
    Some(Expected::Map(node, new))
}

fn expected_list<'a>(
    node: &'a Node,
    items: &'a [Node],
    step: &Step,
    rest: &[Step],
    change: Change,
) -> Option<Expected<'a>> {
    let Step::Item(index) = *step else { return None };
    let mut new: Vec<_> = items.iter().map(Expected::Kept).collect();
    match (items.get(index), rest.is_empty(), change) {
        (Some(_), true, Change::Remove) => drop(new.remove(index)),
        (Some(_), true, Change::Insert(value, _)) => new.insert(index, Expected::New(value.clone())),
        (Some(item), ..) => new[index] = expected(Some(item), rest, change)?,
        (None, ..) if index == items.len() => new.push(Expected::New(added(rest, change)?)),
        (None, ..) => return None,
    }
    Some(Expected::List(node, new))
}

fn matches(expected: &Expected, node: &Node) -> bool {
    match (expected, &node.data) {
        (Expected::New(_), Data::Alias(..)) => false,
        (Expected::New(value), _) => is_same(value, &node.value()),
        (Expected::Kept(old), _) => is_alike(old, node),
        (Expected::Map(old, pairs), Data::Map(now)) => {
            has_marks_of(old, node)
                && pairs.len() == now.len()
                && pairs
                    .iter()
                    .zip(now)
                    .all(|((key, value), now)| matches(key, &now.key) && matches(value, &now.value))
        }
        (Expected::List(old, items), Data::List(now)) => {
            has_marks_of(old, node)
                && items.len() == now.len()
                && items.iter().zip(now).all(|(item, now)| matches(item, now))
        }
        _ => false,
    }
}

/// True when two nodes say the same in the same words, apart from layout and quotes.
fn is_alike(one: &Node, other: &Node) -> bool {
    has_marks_of(one, other)
        && match (&one.data, &other.data) {
            (Data::Scalar(one), Data::Scalar(other)) => is_same(one, other),
            (Data::Alias(one, _), Data::Alias(other, _)) => one == other,
            (Data::List(one), Data::List(other)) => {
                one.len() == other.len() && one.iter().zip(other).all(|(one, other)| is_alike(one, other))
            }
            (Data::Map(one), Data::Map(other)) => {
                one.len() == other.len()
                    && one.iter().zip(other).all(|(one, other)| {
                        is_alike(&one.key, &other.key) && is_alike(&one.value, &other.value)
                    })
            }
            _ => false,
        }
}

fn has_marks_of(one: &Node, other: &Node) -> bool {
    one.tag == other.tag && one.anchor == other.anchor
}

/// True when the values differ exactly by the change. Order is the tree's business: merge keys move
/// their pairs to the front.
fn says(before: &Document, path: &KeyPath, change: Change, after: &Document) -> bool {
    let value = if before.root().is_some() { before.value() } else { Value::Null };
    changed(value, path.steps(), change).is_some_and(|value| is_same_in_any_order(&value, &after.value()))
}

fn changed(mut value: Value, steps: &[Step], change: Change) -> Option<Value> {
    let Some((step, rest)) = steps.split_first() else {
        return match change {
            Change::Set(value) => Some(value.clone()),
            _ => None,
        };
    };
    match (&mut value, step) {
        (Value::Null, _) => return added(steps, change),
        (Value::Map(pairs), Step::Key(key)) => change_pair(pairs, key, rest, change)?,
        (Value::List(items), Step::Item(index)) => change_item(items, *index, rest, change)?,
        _ => return None,
    }
    Some(value)
}

fn change_pair(pairs: &mut Vec<(Value, Value)>, key: &str, rest: &[Step], change: Change) -> Option<()> {
    let index = pairs.iter().position(|(name, _)| name.as_text() == Some(key));
    match (index, rest.is_empty(), change) {
        (Some(index), true, Change::Remove) => drop(pairs.remove(index)),
        (Some(index), true, Change::Rename(to)) => pairs[index].0 = Value::text(to),
        (Some(index), true, Change::Insert(value, _)) => pairs[index].1 = value.clone(),
        (Some(index), ..) => {
            let value = std::mem::replace(&mut pairs[index].1, Value::Null);
            pairs[index].1 = changed(value, rest, change)?;
        }
        (None, ..) => pairs.push((Value::text(key), added(rest, change)?)),
    }
    Some(())
}

fn change_item(items: &mut Vec<Value>, index: usize, rest: &[Step], change: Change) -> Option<()> {
    match (index < items.len(), rest.is_empty(), change) {
        (true, true, Change::Remove) => drop(items.remove(index)),
        (true, true, Change::Insert(value, _)) => items.insert(index, value.clone()),
        (true, ..) => {
            let value = std::mem::replace(&mut items[index], Value::Null);
            items[index] = changed(value, rest, change)?;
        }
        (false, ..) if index == items.len() => items.push(added(rest, change)?),
        (false, ..) => return None,
    }
    Some(())
}

fn is_same_in_any_order(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Map(one), Value::Map(other)) => one.len() == other.len() && has_pairs(other, one),
        (Value::List(one), Value::List(other)) => {
            one.len() == other.len()
                && one.iter().zip(other).all(|(one, other)| is_same_in_any_order(one, other))
        }
        _ => is_same(one, other),
    }
}

/// True when all `wanted` pairs are among `pairs`. Looks first behind the last one found, because
/// most are in order.
fn has_pairs(pairs: &[(Value, Value)], wanted: &[(Value, Value)]) -> bool {
    let mut next = 0;
    wanted.iter().all(|(key, value)| {
        let is_it = |pair: &&(Value, Value)| is_same(&pair.0, key);
        let here = pairs.get(next).filter(is_it).map(|_| next);
        let found = here.or_else(|| pairs.iter().position(|pair| is_it(&pair)));
        next = found.map_or(next, |at| at + 1);
        found.is_some_and(|at| is_same_in_any_order(value, &pairs[at].1))
    })
}
