//! When a field matters: conditions as data, so that every room can also say why not.
//!
//! A condition looks at values through a lookup that is handed in; a key that the lookup does not
//! know counts with its default.

use std::fmt;

use super::query::field;
use crate::text::{all_of, any_of};
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
    /// A field is set at all.
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
            When::Set(key) => written(key, lookup).is_some(),
            When::All(parts) => parts.iter().all(|part| part.holds(lookup)),
            When::Any(parts) => parts.iter().any(|part| part.holds(lookup)),
            When::Not(part) => !part.holds(lookup),
        }
    }

    /// Why the condition is not met: "only matters with `distributed_type: FSDP`; yours is
    /// MULTI_GPU". `None` where it is.
    pub fn why_not(&self, lookup: Lookup) -> Option<String> {
        if self.holds(lookup) {
            return None;
        }
        if let When::All(parts) = self {
            return parts.iter().find_map(|part| part.why_not(lookup));
        }
        let reason = format!("only matters {}", self.phrase());
        Some(match self.key() {
            Some(key) => format!("{reason}; {}", yours(key, lookup)),
            None => reason,
        })
    }

    /// The condition as words that follow "matters": "with `distributed_type: FSDP`". Empty for
    /// [`When::Always`].
    pub fn phrase(&self) -> String {
        match self {
            When::Always => String::new(),
            When::Is(key, is) => format!("with `{key}: {is}`"),
            When::In(key, words) => format!("with `{key}` {}", any_of(*words)),
            When::Above(key, limit) => format!("with `{key}` above {limit}"),
            When::Set(key) => format!("with `{key}` set"),
            When::All(parts) => {
                let phrases: Vec<_> =
                    parts.iter().filter(|part| !part.goes_without_saying()).map(When::phrase).collect();
                let is_nested = parts.iter().any(|part| matches!(part, When::Any(_)));
                if is_nested { phrases.join(", and ") } else { all_of(phrases) }
            }
            When::Any(parts) => any_of(parts.iter().map(When::phrase)),
            When::Not(part) => part.phrase_of_opposite(),
        }
    }

    /// True for the sort of config that nearly everybody has: said only where it is missing.
    fn goes_without_saying(&self) -> bool {
        matches!(self, When::Is("compute_environment", Is::Text("LOCAL_MACHINE")))
    }

    fn phrase_of_opposite(&self) -> String {
        match self {
            When::Is(key, is) => format!("with `{key}` other than {is}"),
            When::In(key, words) => format!("with `{key}` other than {}", any_of(*words)),
            When::Above(key, limit) => format!("with `{key}` at most {limit}"),
            When::Not(part) => part.phrase(),
            other => other.phrase().replacen("with", "without", 1).replace(" set", ""),
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

    /// The one key that the condition looks at.
    fn key(&self) -> Option<&'static str> {
        match self.keys().as_slice() {
            [key] => Some(key),
            _ => None,
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

/// What the config says of a key; null counts as silence.
fn written<'v>(key: &str, lookup: Lookup<'_, 'v>) -> Option<&'v Value> {
    lookup(key).filter(|value| **value != Value::Null)
}

/// What counts for a key: what is written, else the default.
fn counting(key: &str, lookup: Lookup) -> Option<Value> {
    written(key, lookup).cloned().or_else(|| field(key)?.default.value())
}

fn yours(key: &str, lookup: Lookup) -> String {
    let shown = |value: &Value| match value {
        Value::Text(text) => text.clone(),
        Value::Bool(flag) => flag.to_string(),
        Value::Int(number) => number.to_string(),
        other => other.kind().to_owned(),
    };
    match (written(key, lookup), counting(key, lookup)) {
        (Some(value), _) => format!("yours is {}", shown(value)),
        (None, Some(default)) => format!("it is {} unless set", shown(&default)),
        (None, None) => "it is not set".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FSDP2: When = When::All(&[
        When::Is("distributed_type", Is::Text("FSDP")),
        When::Is("fsdp_config.fsdp_version", Is::Int(2)),
    ]);

    fn says(pairs: &[(&str, Value)], when: &When) -> Option<String> {
        when.why_not(&|key| pairs.iter().find(|(name, _)| *name == key).map(|(_, value)| value))
    }

    #[test]
    fn a_reason_names_what_is_wanted_and_what_is_there() {
        let multi = [("distributed_type", Value::from("MULTI_GPU"))];
        assert_eq!(
            says(&multi, &FSDP2).as_deref(),
            Some("only matters with `distributed_type: FSDP`; yours is MULTI_GPU")
        );
        let fsdp = [("distributed_type", Value::from("FSDP"))];
        assert_eq!(
            says(&fsdp, &FSDP2).as_deref(),
            Some("only matters with `fsdp_config.fsdp_version: 2`; it is 1 unless set")
        );
    }

    #[test]
    fn a_condition_that_holds_has_nothing_to_say() {
        let fsdp2 =
            [("distributed_type", Value::from("FSDP")), ("fsdp_config.fsdp_version", Value::from("2"))];
        assert_eq!(says(&fsdp2, &FSDP2), None);
        assert_eq!(says(&[], &When::Always), None);
    }

    #[test]
    fn an_unquoted_no_still_means_no() {
        assert!(Is::Text("NO").meets(&Value::Bool(false)));
        assert!(!Is::Text("NO").meets(&Value::Bool(true)));
        assert_eq!(Is::Text("NO").to_string(), "'NO'");
    }

    #[test]
    fn opposites_read_as_sentences() {
        const NOT_NO: When = When::Not(&When::Is("distributed_type", Is::Text("NO")));
        assert_eq!(NOT_NO.phrase(), "with `distributed_type` other than 'NO'");
        const NO_FILE: When = When::Not(&When::Set("deepspeed_config.deepspeed_config_file"));
        assert_eq!(NO_FILE.phrase(), "without `deepspeed_config.deepspeed_config_file`");
    }
}
