//! The answers up to now, and the tidy config that they make.

use std::collections::HashMap;

use super::Step;
use super::propose;
use crate::document::{Document, Edit, Format};
use crate::key::KeyPath;
use crate::schema::{self, Field, Group};
use crate::value::Value;

/// Answers by key. One that was taken back is remembered, to be proposed when it is asked for again.
#[derive(Clone, Debug, Default)]
pub struct Draft {
    values: HashMap<&'static str, Value>,
    state: HashMap<&'static str, State>,
    opened: Vec<Group>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Said beforehand: not to be asked for.
    Given,
    /// Asked and answered.
    Answered,
    /// Answered once, to be asked again.
    TakenBack,
}

impl Draft {
    /// An answer that was given beforehand.
    pub fn give(&mut self, field: &'static Field, value: Value) {
        self.values.insert(field.key, value);
        self.state.insert(field.key, State::Given);
    }

    /// An answer.
    pub fn answer(&mut self, field: &'static Field, value: Value) {
        self.values.insert(field.key, value);
        self.state.insert(field.key, State::Answered);
    }

    /// The pages whose less common fields are wanted.
    pub fn open(&mut self, groups: Vec<Group>) {
        self.opened = groups;
    }

    /// Forgets that a step was answered.
    pub fn take_back(&mut self, step: Step) {
        match step {
            Step::Field(key) => {
                self.state.insert(key, State::TakenBack);
            }
            Step::More => self.opened.clear(),
        }
    }

    /// The value that counts for a key now; null and unanswered are both nothing.
    pub fn get(&self, key: &str) -> Option<&Value> {
        let counts = matches!(self.state.get(key), Some(State::Given | State::Answered));
        self.values.get(key).filter(|value| counts && **value != Value::Null)
    }

    /// What was said last, even if it was taken back.
    pub fn remembered(&self, key: &str) -> Option<&Value> {
        self.values.get(key)
    }

    /// True for an answer that was given beforehand.
    pub fn is_given(&self, key: &str) -> bool {
        self.state.get(key) == Some(&State::Given)
    }

    /// True when the less common fields of a page are wanted.
    pub fn is_opened(&self, group: Group) -> bool {
        self.opened.contains(&group)
    }

    /// The config: what was given or still matters, in the order of the rows, sections last.
    pub fn document(&self, matters: &dyn Fn(&Field) -> bool) -> Document {
        let is_written = |field: &&Field| {
            let is_wanted = self.is_given(field.key) || (matters(field) && !self.is_plain_default(field));
            self.get(field.key).is_some() && is_wanted
        };
        let mut rows: Vec<&Field> = schema::fields().filter(is_written).collect();
        rows.sort_by_key(|field| field.section().is_some());
        let mut edits: Vec<Edit> = rows
            .iter()
            .filter_map(|field| Some((field.key, self.get(field.key)?.clone())))
            .map(|(key, value)| Edit::Set { path: KeyPath::of(key), value })
            .collect();
        edits.extend(propose::settled(&|key| self.get(key)));
        Document::parse("", Format::Yaml)
            .apply(&edits)
            .expect("an empty document takes any key of the rows once")
            .document
    }

    /// True for an answer that only repeats what counts anyway, and that nobody misses: the number
    /// of processes or the precision are written even then.
    fn is_plain_default(&self, field: &Field) -> bool {
        let is_switch = matches!(field.kind, schema::Kind::Bool | schema::Kind::Text(_));
        let is_default = self.get(field.key) == field.default.value().as_ref();
        is_default && (is_switch || !propose::is_common(field, &|key| self.get(key)))
    }
}
