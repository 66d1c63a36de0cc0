//! What one file says: values by key path as written, and by field as Accelerate understands them.
//!
//! By field means: short names count, of two spellings the later one wins, old keys count where the
//! loader converts them, and a silent file counts with the row's default. Nothing is repaired here.

mod fields;
mod shape;
mod sort;

pub use shape::{Deviation, What, as_json};
pub use sort::{Sort, sort};

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

    /// The values of a config that is not in a file.
    pub fn of(root: Value) -> Config {
        Config { root: Some(root) }
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
