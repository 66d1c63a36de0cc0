//! Every place that a file writes, found once: a config may hold any number of keys, and each is
//! looked up several times.

use std::collections::HashMap;

use crate::config::Config;
use crate::document::{Data, Document, Node, Pair, Span};
use crate::key::{KeyPath, Step};
use crate::schema;
use crate::value::Value;

/// The places of a file and what is said there.
pub(super) struct Written<'a> {
    text: &'a str,
    /// In the order of the file: the top level and the known sections.
    pub places: Vec<Place<'a>>,
    index: HashMap<KeyPath, usize>,
    /// What counts at a path: also what a merge key brings in, which is written elsewhere.
    values: HashMap<KeyPath, &'a Value>,
}

/// A key that is written, with its value.
pub(super) struct Place<'a> {
    pub path: KeyPath,
    /// Its line, from 1.
    pub line: usize,
    node: &'a Node,
}

impl<'a> Written<'a> {
    /// Looks through a document; `lines` are the bytes of its lines.
    pub fn of(document: &'a Document, config: &'a Config, lines: &[Span]) -> Written<'a> {
        let mut written = Written {
            text: document.text(),
            places: Vec::new(),
            index: HashMap::new(),
            values: HashMap::new(),
        };
        if let Some(root) = document.root() {
            written.walk(root, &KeyPath::root(), lines);
        }
        if let Some(root) = config.root() {
            written.walk_values(root, &KeyPath::root());
        }
        written
    }

    fn walk(&mut self, node: &'a Node, above: &KeyPath, lines: &[Span]) {
        let Data::Map(pairs) = &node.target().data else { return };
        let last: HashMap<&str, usize> =
            pairs.iter().enumerate().filter_map(|(index, pair)| Some((name(pair)?, index))).collect();
        for (index, pair) in pairs.iter().enumerate() {
            let counts = name(pair).filter(|name| last.get(name) == Some(&index));
            let path = above.then(counts.map_or(Step::Pair(index), |name| Step::Key(name.to_owned())));
            let line = super::line_of(lines, pair.key.span.start) + 1;
            let is_section = above.is_root() && is_section(&path);
            self.index.insert(path.clone(), self.places.len());
            self.places.push(Place { path: path.clone(), line, node: &pair.value });
            if is_section {
                self.walk(&pair.value, &path, lines);
            }
        }
    }

    fn walk_values(&mut self, map: &'a Value, above: &KeyPath) {
        for (key, value) in map.as_map().unwrap_or_default() {
            let Some(name) = key.as_text() else { continue };
            let path = above.key(name);
            if above.is_root() && is_section(&path) {
                self.walk_values(value, &path);
            }
            self.values.insert(path, value);
        }
    }

    /// The line of a place, from 1.
    pub fn line(&self, path: &KeyPath) -> Option<usize> {
        self.index.get(path).map(|index| self.places[*index].line)
    }

    /// What counts at a place.
    pub fn value(&self, path: &KeyPath) -> Option<Value> {
        let written = || self.index.get(path).map(|index| self.places[*index].node.value());
        self.values.get(path).map(|value| (*value).clone()).or_else(written)
    }

    /// What the file gives to a field, under whichever spelling.
    pub fn value_of(&self, key: &str) -> Option<&'a Value> {
        self.values.get(&self.path(key)).copied()
    }

    /// How the value of a place is written, if it is one word or text.
    pub fn raw(&self, path: &KeyPath) -> Option<String> {
        let node = self.places[*self.index.get(path)?].node;
        let span = matches!(node.data, Data::Scalar(_)).then_some(node.span)?;
        self.text.get(span.start..span.end).map(str::to_owned)
    }

    /// Where a field stands: under the spelling that the file uses, else under its proper one.
    pub fn path(&self, key: &str) -> KeyPath {
        let proper = KeyPath::of(key);
        if self.index.contains_key(&proper) {
            return proper;
        }
        let spelt = schema::field(key).into_iter().flat_map(schema::spellings);
        let above = proper.parent().unwrap_or_default();
        spelt.map(|name| above.key(name)).find(|path| self.index.contains_key(path)).unwrap_or(proper)
    }
}

fn name(pair: &Pair) -> Option<&str> {
    match &pair.key.target().data {
        Data::Scalar(Value::Text(name)) => Some(name),
        _ => None,
    }
}

fn is_section(path: &KeyPath) -> bool {
    schema::find(path).is_some_and(|field| field.kind.is_section())
}
