//! What one file says: values by key path, nothing guessed, nothing filled in.

use crate::document::Document;
use crate::key::{KeyPath, Step};
use crate::value::Value;

/// The values of one config file.
#[derive(Clone, Debug, Default)]
pub struct Config {
    root: Option<Value>,
}

impl Config {
    /// Reads the values of a document.
    pub fn read(document: &Document) -> Config {
        Config { root: document.root().map(|root| root.value()) }
    }

    /// The whole file; `None` where there is no tree.
    pub fn root(&self) -> Option<&Value> {
        self.root.as_ref()
    }

    /// The value at a path, spelt exactly so; null counts as a value.
    pub fn at(&self, path: &KeyPath) -> Option<&Value> {
        path.steps().iter().try_fold(self.root.as_ref()?, |value, step| match step {
            Step::Key(key) => value.get(key),
            Step::Item(index) => value.as_list()?.get(*index),
            Step::Pair(_) => None,
        })
    }

    /// The value at a dotted path, spelt exactly so.
    pub fn get(&self, dotted: &str) -> Option<&Value> {
        self.at(&KeyPath::of(dotted))
    }
}
