//! The shape of a config: unknown keys, missing keys, values that do not fit.
//!
//! The schema that editors get, compiled in, says where a config deviates; the field's row says how.
//! What JSON cannot tell apart (dates, 2 and 2.0, the words of other releases) the rows judge alone.
//! Rules turn deviations into findings; this room gives no advice.

use std::collections::HashSet;

use jsonschema::error::ValidationErrorKind;
use jsonschema::paths::{Location, LocationSegment};
use serde_json::{Map, Number, Value as Json};

use super::Config;
use crate::key::KeyPath;
use crate::schema::{self, Field, Mismatch, Platform, Reach, Release};
use crate::value::Value;

/// The committed schema, applied as generated code.
#[jsonschema::validator(path = "schema/accelerate-config.schema.json", methods = { validate = false })]
struct Schema;

/// A place where a config is not of the shape that Accelerate reads.
#[derive(Clone, Debug, PartialEq)]
pub struct Deviation {
    /// The key; for a missing key the mapping that lacks it.
    pub path: KeyPath,
    /// What is wrong with it.
    pub what: What,
}

/// How a config deviates.
#[derive(Clone, Debug, PartialEq)]
pub enum What {
    /// The whole file is no mapping; holds what it is.
    NotAMapping(&'static str),
    /// No key of this name exists there, in this sort of config.
    UnknownKey,
    /// This key must be there.
    MissingKey(String),
    /// The value does not fit the key.
    Misfit(Mismatch),
}

impl Config {
    /// True when Accelerate's latest release takes the config and does what it says, as far as the
    /// schema can tell.
    pub fn is_well_shaped(&self) -> bool {
        self.root().and_then(as_json).is_some_and(|json| Schema::is_valid(&json))
    }

    /// Where the config is not of the shape that a release reads, in no particular order, each place
    /// once. Keys that are not text are left out: they are no keys to Accelerate.
    pub fn deviations(&self, release: Release) -> Vec<Deviation> {
        let Some(root) = self.root() else { return Vec::new() };
        let Some(pairs) = root.as_map() else {
            return vec![Deviation { path: KeyPath::root(), what: What::NotAMapping(root.kind()) }];
        };
        let mut found: Vec<Deviation> = Vec::new();
        let mut misfits: HashSet<KeyPath> = HashSet::new();
        let mut add = |deviation: Deviation| {
            let is_missing = matches!(deviation.what, What::MissingKey(_));
            if is_missing || misfits.insert(deviation.path.clone()) {
                found.push(deviation);
            }
        };
        let json = as_json(root).expect("a mapping is a JSON object");
        for error in Schema::iter_errors(&json) {
            self.explain(error.kind(), error.instance_path(), release).into_iter().for_each(&mut add);
        }
        self.misfits(pairs, release).into_iter().for_each(&mut add);
        found.retain(|deviation| self.holds_in(deviation, release));
        found
    }

    /// What one error of the schema means here.
    fn explain(&self, kind: &ValidationErrorKind, at: &Location, release: Release) -> Vec<Deviation> {
        let path = key_path(at);
        match kind {
            ValidationErrorKind::AdditionalProperties { unexpected } => {
                let unknown = |name: &String| Deviation { path: path.key(name), what: What::UnknownKey };
                unexpected.iter().map(unknown).collect()
            }
            ValidationErrorKind::Required { property } => {
                let name = property.as_str().unwrap_or_default().to_owned();
                vec![Deviation { path, what: What::MissingKey(name) }]
            }
            _ => self.misfit(&path, release).into_iter().collect(),
        }
    }

    /// Why a release does not take the value at a path, or the key, in the words of its row.
    fn misfit(&self, path: &KeyPath, release: Release) -> Option<Deviation> {
        let field = schema::find(path)?;
        let value = self.at(path)?;
        let what = if field.exists_in(release) || field.reach == Reach::Dead {
            What::Misfit(field.accepts(value, release).err()?)
        } else {
            What::UnknownKey
        };
        Some(Deviation { path: path.clone(), what })
    }

    /// The values that do not fit their rows, at the top and in sections.
    fn misfits(&self, pairs: &[(Value, Value)], release: Release) -> Vec<Deviation> {
        let nested = |(section, value): &(Value, Value)| -> Vec<KeyPath> {
            let Some(section) = section.as_text() else { return Vec::new() };
            let names = value.as_map().unwrap_or_default().iter().filter_map(|(name, _)| name.as_text());
            names.map(|name| KeyPath::root().key(section).key(name)).collect()
        };
        let top = pairs.iter().filter_map(|(key, _)| Some(KeyPath::root().key(key.as_text()?)));
        let paths = top.chain(pairs.iter().flat_map(nested));
        paths.filter_map(|path| self.misfit(&path, release)).collect()
    }

    /// The schema knows the latest release; keys that this release knows are not unknown to it, and
    /// a required key whose value JSON cannot hold is not missing.
    fn holds_in(&self, deviation: &Deviation, release: Release) -> bool {
        let knows = |field: &Field| field.exists_in(release) && field.platform.meets(self.meant_platform());
        match &deviation.what {
            What::UnknownKey => !schema::find(&deviation.path).is_some_and(knows),
            What::MissingKey(name) => self.at(&deviation.path.key(name)).is_none(),
            What::NotAMapping(_) | What::Misfit(_) => true,
        }
    }

    /// The sort of config that the person meant: what selects SageMaker by mistake is read as local,
    /// as the schema does.
    fn meant_platform(&self) -> Platform {
        match self.get("compute_environment").and_then(Value::as_text) {
            Some("AMAZON_SAGEMAKER") => Platform::SageMaker,
            _ => Platform::Local,
        }
    }
}

/// The key that a JSON location lies at or below: no key of a config is deeper than a section's.
fn key_path(location: &Location) -> KeyPath {
    let names = location.segments().take(2).map_while(|segment| match segment {
        LocationSegment::Property(name) => Some(name.into_owned()),
        LocationSegment::Index(_) => None,
    });
    names.fold(KeyPath::root(), |path, name| path.key(name))
}

/// A value as JSON. Places that JSON cannot hold are left out: dates, bytes, sets, NaN, infinity and
/// keys that are not text.
pub fn as_json(value: &Value) -> Option<Json> {
    match value {
        Value::Null => Some(Json::Null),
        Value::Bool(flag) => Some(Json::Bool(*flag)),
        Value::Int(_) => match value.as_int() {
            Some(number) => Some(number.into()),
            None => value.as_number().and_then(Number::from_f64).map(Json::Number),
        },
        Value::Float(number) => Number::from_f64(*number).map(Json::Number),
        Value::Text(text) => Some(Json::String(text.clone())),
        Value::List(items) => Some(items.iter().filter_map(as_json).collect()),
        Value::Map(pairs) => Some(Json::Object(pairs.iter().filter_map(as_member).collect::<Map<_, _>>())),
        Value::Time(_) | Value::Bytes(_) | Value::Set(_) => None,
    }
}

fn as_member((key, value): &(Value, Value)) -> Option<(String, Json)> {
    Some((key.as_text()?.to_owned(), as_json(value)?))
}

#[cfg(test)]
mod tests;
