//! When a field matters: conditions as data, so that every room can also say why not.
//!
//! A condition looks at values through a lookup that is handed in; a key that the lookup does not
//! know counts with its default.

use std::fmt;

use super::kind::{Kind, Text};
use super::query::field;
use crate::value::Value;

/// When a field matters: data, so that every room can also say why not.
#[derive(Debug)]
pub enum When {
    /// Always.
    Always,
    /// A field equals a word, boolean or number as written here.
    Is(&'static str, Is),
    /// A text field is one of these words.
    In(&'static str, &'static [&'static str]),
    /// An integer field is above this.
    Above(&'static str, i64),
    /// A field is set at all; a path to none is not.
    Set(&'static str),
    /// All of these.
    All(&'static [When]),
    /// Any of these.
    Any(&'static [When]),
    /// Not this.
    Not(&'static When),
}

/// A constant that a field is compared with.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Is {
    /// Text, compared without regard to case.
    Text(&'static str),
    /// A boolean.
    Bool(bool),
    /// An integer.
    Int(i64),
}

/// Finds the value that a config gives to a key of the rows; `None` where it is silent.
pub type Lookup<'a, 'v> = &'a dyn Fn(&str) -> Option<&'v Value>;

impl When {
    /// True when the condition is met.
    pub fn holds(&self, lookup: Lookup) -> bool {
        match self {
            When::Always => true,
            When::Is(key, is) => counting(key, lookup).is_some_and(|value| is.meets(&value)),
            When::In(key, words) => counting(key, lookup)
                .is_some_and(|value| words.iter().any(|word| Is::Text(word).meets(&value))),
            When::Above(key, limit) => {
                counting(key, lookup).and_then(|value| number(&value)).is_some_and(|value| value > *limit)
            }
            When::Set(key) => written(key, lookup).is_some_and(|value| !is_none(key, value)),
            When::All(parts) => parts.iter().all(|part| part.holds(lookup)),
            When::Any(parts) => parts.iter().any(|part| part.holds(lookup)),
            When::Not(part) => !part.holds(lookup),
        }
    }

    /// Every key that the condition looks at, in order.
    pub fn keys(&self) -> Vec<&'static str> {
        match self {
            When::Always => Vec::new(),
            When::Is(key, _) | When::In(key, _) | When::Above(key, _) | When::Set(key) => vec![key],
            When::All(parts) | When::Any(parts) => parts.iter().flat_map(When::keys).collect(),
            When::Not(part) => part.keys(),
        }
    }
}

impl Is {
    /// True for a value that Accelerate takes for this one: words in any case, the boolean that an
    /// unquoted `NO` has become, and a number that is quoted.
    pub fn meets(self, value: &Value) -> bool {
        match (self, value) {
            (Is::Text(word), Value::Text(text)) => word.eq_ignore_ascii_case(text),
            (Is::Text(word), Value::Bool(false)) => word.eq_ignore_ascii_case("no"),
            (Is::Bool(wanted), Value::Bool(flag)) => wanted == *flag,
            (Is::Bool(wanted), Value::Text(text)) => truth_word(text) == Some(wanted),
            (Is::Int(wanted), value) => number(value) == Some(wanted),
            _ => false,
        }
    }
}

impl fmt::Display for Is {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            // PyYAML would read these words as booleans.
            Is::Text(word) if truth_word(word).is_some() => write!(out, "'{word}'"),
            Is::Text(word) => out.write_str(word),
            Is::Bool(flag) => write!(out, "{flag}"),
            Is::Int(number) => write!(out, "{number}"),
        }
    }
}

/// The truth that Accelerate's worker reads from a word (`str_to_bool`, 1.15.0).
pub fn truth_word(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "y" | "yes" | "t" | "true" | "on" | "1" => Some(true),
        "n" | "no" | "f" | "false" | "off" | "0" => Some(false),
        _ => None,
    }
}

fn number(value: &Value) -> Option<i64> {
    value.as_int().or_else(|| value.as_text()?.trim().parse().ok())
}

/// True for the word none where a path belongs: `accelerate config` writes it for "no file".
fn is_none(key: &str, value: &Value) -> bool {
    let is_path = field(key).is_some_and(|field| matches!(field.kind, Kind::Text(Text::Path)));
    is_path && value.as_text() == Some("none")
}

/// What the config says of a key; null counts as silence.
pub(super) fn written<'v>(key: &str, lookup: Lookup<'_, 'v>) -> Option<&'v Value> {
    lookup(key).filter(|value| **value != Value::Null)
}

/// What counts for a key: what is written, else the default.
pub(super) fn counting(key: &str, lookup: Lookup) -> Option<Value> {
    written(key, lookup).cloned().or_else(|| field(key)?.default.value())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unquoted_no_still_means_no() {
        assert!(Is::Text("NO").meets(&Value::Bool(false)));
        assert!(!Is::Text("NO").meets(&Value::Bool(true)));
        assert_eq!(Is::Text("NO").to_string(), "'NO'");
    }

    #[test]
    fn the_word_none_is_no_file() {
        const FILE: &str = "deepspeed_config.deepspeed_config_file";
        let is_set = |word: &str| {
            let value = Value::from(word);
            When::Set(FILE).holds(&|key| (key == FILE).then_some(&value))
        };
        assert!(is_set("zero.json") && !is_set("none"));
    }
}
