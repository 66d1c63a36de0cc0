//! Changes as edits of a config's text.

use super::Change;
use crate::config::Config;
use crate::document::{Document, Edit};
use crate::key::KeyPath;
use crate::schema;
use crate::value::Value;

/// The edits of a document that make the changes of its keys; those of the workload are the script's. A
/// section that is new comes whole, a key under a short name keeps it.
pub fn edits(document: &Document, changes: &[Change]) -> Vec<Edit> {
    let config = Config::read(document);
    let mut edits = Vec::new();
    let mut sections: Vec<(&str, Vec<(Value, Value)>)> = Vec::new();
    for (key, value) in last_of_each(changes) {
        let field = schema::field(key).expect("levers name keys of the rows");
        let section = field.section().filter(|section| !is_map(document, section));
        match (config.field(field), section) {
            (Some((path, now)), None) if *now != *value => {
                edits.push(Edit::Set { path, value: value.clone() });
            }
            (Some(_), None) => {}
            (None, None) => {
                let path = KeyPath::of(key);
                let after = after(document, field, &path);
                edits.push(Edit::Insert { path, value: value.clone(), after });
            }
            (_, Some(section)) => {
                let pair = (Value::text(field.name()), value.clone());
                match sections.iter_mut().find(|(name, _)| *name == section) {
                    Some((_, pairs)) => pairs.push(pair),
                    None => sections.push((section, vec![pair])),
                }
            }
        }
    }
    edits.extend(sections.into_iter().map(|(name, pairs)| new_section(document, name, pairs)));
    edits
}

/// Later changes of a key replace earlier ones.
fn last_of_each(changes: &[Change]) -> Vec<(&'static str, &Value)> {
    let mut last: Vec<(&'static str, &Value)> = Vec::new();
    for change in changes {
        let Change::Config { key, value } = change else { continue };
        match last.iter_mut().find(|(known, _)| known == key) {
            Some(slot) => slot.1 = value,
            None => last.push((key, value)),
        }
    }
    last
}

fn is_map(document: &Document, section: &str) -> bool {
    document.node(&KeyPath::of(section)).is_some_and(|node| node.value().as_map().is_some())
}

fn new_section(document: &Document, name: &str, pairs: Vec<(Value, Value)>) -> Edit {
    let (path, value) = (KeyPath::of(name), Value::Map(pairs));
    if document.node(&path).is_some() {
        return Edit::Set { path, value };
    }
    let field = schema::field(name).expect("a section has a row");
    let after = after(document, field, &path);
    Edit::Insert { path, value, after }
}

/// The keys that a new one follows.
fn after(document: &Document, field: &schema::Field, path: &KeyPath) -> Vec<String> {
    let beside = path.parent().and_then(|above| document.node(&above)).map(|node| node.value());
    let pairs = beside.as_ref().and_then(Value::as_map).unwrap_or_default();
    let present: Vec<&str> = pairs.iter().filter_map(|(key, _)| key.as_text()).collect();
    schema::after(field, &present)
}
