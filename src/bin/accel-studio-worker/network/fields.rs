//! Fields of a `config.json` that say how to compute, as transformers 5.23 reads them. Sizes and names of tensors
//! are the library's (`accel_studio::model`); this room knows no family.

use serde_json::{Map, Value};

use super::error::{NetworkError, Result};

/// An object of a config.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fields<'a> {
    object: &'a Map<String, Value>,
    /// What stands in front of a field's name in messages: `rope_parameters.`.
    within: &'a str,
}

impl<'a> Fields<'a> {
    /// The file's own fields.
    pub(super) fn new(object: &'a Map<String, Value>) -> Fields<'a> {
        Fields { object, within: "" }
    }

    /// The fields of an object within; `None` where it is left out, `null` or empty.
    pub(super) fn inside(&self, key: &str, within: &'a str) -> Result<Option<Fields<'a>>> {
        match self.value(key) {
            None => Ok(None),
            Some(Value::Object(object)) if object.is_empty() => Ok(None),
            Some(Value::Object(object)) => Ok(Some(Fields { object, within })),
            Some(_) => Err(self.wrong(key, "is no object with fields")),
        }
    }

    /// What stands there; `null` counts as nothing.
    fn value(&self, key: &str) -> Option<&'a Value> {
        self.object.get(key).filter(|value| !value.is_null())
    }

    /// Whether anything stands there.
    pub(super) fn has(&self, key: &str) -> bool {
        self.value(key).is_some()
    }

    /// A text.
    pub(super) fn word(&self, key: &str) -> Option<&'a str> {
        self.value(key).and_then(Value::as_str)
    }

    /// A yes or no.
    pub(super) fn flag(&self, key: &str, otherwise: bool) -> bool {
        self.value(key).and_then(Value::as_bool).unwrap_or(otherwise)
    }

    /// A number, where one is stated.
    pub(super) fn number(&self, key: &str) -> Result<Option<f64>> {
        let Some(value) = self.value(key) else { return Ok(None) };
        let number = value.as_f64().filter(|number| number.is_finite());
        number.map(Some).ok_or_else(|| self.wrong(key, format!("is {value}; a number is needed")))
    }

    /// A number above 0, or what holds where none is stated.
    pub(super) fn positive(&self, key: &str, otherwise: f64) -> Result<f64> {
        match self.number(key)?.unwrap_or(otherwise) {
            number if number > 0.0 => Ok(number),
            number => Err(self.wrong(key, format!("is {number}; a number above 0 is needed"))),
        }
    }

    /// A number above 0 that must be stated.
    pub(super) fn needed(&self, key: &str) -> Result<f64> {
        if self.has(key) {
            return self.positive(key, 0.0);
        }
        Err(self.wrong(key, "is missing; the scaling of positions that is asked for needs it"))
    }

    /// A chance from 0 to below 1.
    pub(super) fn chance(&self, key: &str, otherwise: f64) -> Result<f64> {
        let chance = self.number(key)?.unwrap_or(otherwise);
        let is_chance = (0.0..1.0).contains(&chance);
        let reason = || format!("is {chance}; a chance from 0 to below 1 is needed");
        if is_chance { Ok(chance) } else { Err(self.wrong(key, reason())) }
    }

    /// A whole number, where one is stated.
    pub(super) fn whole(&self, key: &str) -> Result<Option<i64>> {
        let Some(value) = self.value(key) else { return Ok(None) };
        let number = value.as_i64();
        number.map(Some).ok_or_else(|| self.wrong(key, format!("is {value}; a whole number is needed")))
    }

    /// An error about a field.
    pub(super) fn wrong(&self, key: &str, reason: impl Into<String>) -> NetworkError {
        NetworkError::field(format!("{}{key}", self.within), reason)
    }
}
