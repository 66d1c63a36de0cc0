//! Places that are not edited: what is written once but read at several places, and values whose
//! written form does not say alone what they are.

use std::collections::HashSet;

use super::super::{Data, Document, Edit, Node};
use super::{Plan, Refusal};
use crate::key::KeyPath;

/// Refuses an edit that would reach further than its path says.
pub(super) fn check(document: &Document, edit: &Edit) -> Plan<()> {
    let (path, takes_value) = match edit {
        Edit::Set { path, .. } | Edit::Remove { path } => (path, true),
        Edit::Insert { path, .. } | Edit::Rename { path, .. } => (path, false),
        Edit::Replace { .. } => return Ok(()),
    };
    let Some(root) = document.root() else { return Ok(()) };
    let mut aliases = HashSet::new();
    alias_names(root, &mut aliases);
    let way = way(root, path);
    let passed = if way.len() > path.steps().len() { &way[..way.len() - 1] } else { &way[..] };
    if passed.iter().any(|node| matches!(node.data, Data::Alias(..))) {
        return Err(Refusal::Entangled("an alias on the way to it"));
    }
    if aliases.is_empty() {
        return Ok(());
    }
    let is_shared = |node: &Node| node.anchor.as_ref().is_some_and(|name| aliases.contains(name.as_str()));
    let below = way.last().filter(|_| takes_value).is_some_and(|node| any(node, &is_shared));
    if below || passed.iter().any(|node| is_shared(node)) {
        return Err(Refusal::Entangled("an anchor that is used elsewhere"));
    }
    Ok(())
}

/// True when a merge key stands beside the place: it brings back what is removed or renamed.
pub(super) fn is_beside_merge(document: &Document, path: &KeyPath) -> bool {
    let above = path.parent().and_then(|above| document.node(&above));
    above.is_some_and(
        |node| matches!(&node.data, Data::Map(pairs) if pairs.iter().any(|pair| pair.is_named("<<"))),
    )
}

/// The nodes from the root to the place, as far as they are written. An alias ends the way.
fn way<'a>(root: &'a Node, path: &KeyPath) -> Vec<&'a Node> {
    let mut way = vec![root];
    let mut node = root;
    for step in path.steps() {
        if matches!(node.data, Data::Alias(..)) {
            break;
        }
        let Some(child) = node.child(step) else { break };
        way.push(child);
        node = child;
    }
    way
}

fn alias_names<'a>(node: &'a Node, names: &mut HashSet<&'a str>) {
    match &node.data {
        Data::Map(pairs) => pairs.iter().for_each(|pair| {
            alias_names(&pair.key, names);
            alias_names(&pair.value, names);
        }),
        Data::List(items) => items.iter().for_each(|item| alias_names(item, names)),
        Data::Alias(name, _) => {
            names.insert(name);
        }
        Data::Scalar(_) => {}
    }
}

fn any(node: &Node, test: &impl Fn(&Node) -> bool) -> bool {
    test(node)
        || match &node.data {
            Data::Map(pairs) => pairs.iter().any(|pair| any(&pair.key, test) || any(&pair.value, test)),
            Data::List(items) => items.iter().any(|item| any(item, test)),
            Data::Scalar(_) | Data::Alias(..) => false,
        }
}
