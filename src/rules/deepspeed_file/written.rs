//! DeepSpeed's file as its rules look at it: every pair with what is known of its key.

use std::collections::HashMap;

use crate::document::{Data, Document, Node};
use crate::key::KeyPath;
use crate::schema::deepspeed::{self, Manner, Setting};
use crate::value::Value;

/// What DeepSpeed's file says.
#[derive(Default)]
pub struct DeepSpeedFile {
    /// Every pair whose section is known, from the top down.
    pub settings: Vec<Written>,
    /// Processes of the job, where the config that names the file says so.
    pub processes: Option<i64>,
    /// True when the top level is a mapping.
    pub is_there: bool,
}

/// A pair of the file.
pub struct Written {
    /// Where it stands. Repeated keys that do not count are named by their position.
    pub path: KeyPath,
    /// Its dotted key, with the proper name where it has a row.
    pub key: String,
    /// The section it stands in; empty at the top.
    pub section: String,
    /// Its name as written.
    pub name: String,
    /// What stands there.
    pub value: Value,
    /// True for the last pair of its name: the others are read and forgotten.
    pub counts: bool,
    /// What is known of it.
    pub setting: Option<&'static Setting>,
}

impl DeepSpeedFile {
    /// Looks at a document.
    pub fn read(document: &Document, processes: Option<i64>) -> DeepSpeedFile {
        let mut settings = Vec::new();
        let root = document.root();
        if let Some(root) = root {
            collect(root, &KeyPath::root(), "", &mut settings);
        }
        let is_there = root.is_some_and(|root| matches!(root.target().data, Data::Map(_)));
        DeepSpeedFile { settings, processes, is_there }
    }

    /// The pair that counts for a dotted key.
    pub fn get(&self, key: &str) -> Option<&Written> {
        self.settings.iter().rev().find(|written| written.counts && written.key == key)
    }

    /// The value that counts for a dotted key.
    pub fn value(&self, key: &str) -> Option<&Value> {
        self.get(key).map(|written| &written.value)
    }

    /// The text that counts for a dotted key.
    pub fn text(&self, key: &str) -> Option<&str> {
        self.value(key)?.as_text()
    }

    /// True for a boolean that is on, in any spelling that DeepSpeed takes.
    pub fn is_on(&self, key: &str) -> bool {
        match self.value(key) {
            Some(Value::Text(text)) => {
                ["1", "on", "t", "true", "y", "yes"].iter().any(|word| word.eq_ignore_ascii_case(text))
            }
            Some(other) => other.is_truthy(),
            None => false,
        }
    }

    /// The ZeRO stage; 2 for `auto`, which Accelerate replaces, and 0 where none is written.
    pub fn stage(&self) -> i64 {
        match self.value("zero_optimization.stage") {
            Some(Value::Text(text)) if text == "auto" => 2,
            Some(value) => value.as_number().map_or(0, |number| number as i64),
            None => 0,
        }
    }

    /// The pairs that count, with their rows.
    pub fn known(&self) -> impl Iterator<Item = (&Written, &'static Setting)> {
        self.settings.iter().filter(|written| written.counts).filter_map(|it| Some((it, it.setting?)))
    }

    /// True when a section holds a name.
    pub fn has(&self, section: &str, name: &str) -> bool {
        self.settings.iter().any(|written| written.section == section && written.name == name)
    }
}

impl Written {
    /// True for notes that people leave where JSON has no comments: `_comment`, `//`, `#`.
    pub fn is_note(&self) -> bool {
        let name = self.name.to_lowercase();
        name.starts_with(['_', '/', '#', '$']) || name.contains("comment") || name == "description"
    }
}

/// Adds the pairs of a mapping and of the sections in it.
fn collect(mapping: &Node, path: &KeyPath, section: &str, list: &mut Vec<Written>) {
    let Data::Map(pairs) = &mapping.target().data else { return };
    let names: Vec<Option<String>> =
        pairs.iter().map(|pair| pair.key.value().as_text().map(str::to_owned)).collect();
    let last: HashMap<&String, usize> =
        names.iter().enumerate().filter_map(|(index, name)| Some((name.as_ref()?, index))).collect();
    for (index, pair) in pairs.iter().enumerate() {
        let Some(name) = &names[index] else { continue };
        let counts = last.get(name) == Some(&index);
        let path = if counts { path.key(name.as_str()) } else { path.pair(index) };
        let dotted = if section.is_empty() { name.clone() } else { format!("{section}.{name}") };
        let setting = deepspeed::setting(&dotted);
        let key = setting.map_or(dotted, |setting| setting.key.to_owned());
        let is_section = deepspeed::manner(&key).is_some_and(|manner| manner != Manner::Free);
        let value = pair.value.value();
        let written = Written {
            path: path.clone(),
            key: key.clone(),
            section: section.to_owned(),
            name: name.clone(),
            value,
            counts,
            setting,
        };
        list.push(written);
        if counts && is_section {
            collect(&pair.value, &path, &key, list);
        }
    }
}
