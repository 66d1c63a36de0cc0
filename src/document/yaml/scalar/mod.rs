//! What text means: YAML 1.1's types, as PyYAML's SafeLoader gives them.
//!
//! Text without quotes has the type of the first form it fits: a boolean, a decimal number, an
//! integer, null, a date. A tag names the type whatever the form. Knows no places.

mod binary;
mod number;
mod time;

use std::borrow::Cow;

use crate::document::{Fault, FaultKind, Span, Style};
use crate::value::Value;

/// Why a text cannot be what its form or its tag says.
pub(super) struct Refusal {
    pub kind: FaultKind,
    message: String,
    advice: &'static str,
}

impl Refusal {
    /// The fault, once the place is known.
    pub fn at(self, span: Span) -> Box<Fault> {
        Fault::new(self.kind, span, self.message, self.advice)
    }
}

/// The types of values without parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    Null,
    Bool,
    Int,
    Float,
    Time,
    Binary,
    Text,
    /// `<<`: as a key it merges, elsewhere it is refused.
    Merge,
    /// `=`: as a key it is text, elsewhere it is refused.
    Default,
}

/// The value of a scalar: its text unquoted, how it is written, and its tag in short form.
pub(super) fn read(text: Cow<'_, str>, style: Style, tag: Option<&str>) -> Result<Value, Refusal> {
    let form = form(&text, style, tag).ok_or_else(|| unfit(tag.unwrap_or_default()))?;
    match form {
        Form::Text | Form::Merge | Form::Default => Ok(Value::Text(text.into_owned())),
        Form::Null => Ok(Value::Null),
        Form::Bool => {
            truth(&text.to_ascii_lowercase()).map(Value::Bool).ok_or_else(|| refuse(&text, "a boolean"))
        }
        Form::Int => number::integer(&text).map(Value::Int).ok_or_else(|| refuse(&text, "a whole number")),
        Form::Float => {
            number::float(&text).map(Value::Float).ok_or_else(|| refuse(&text, "a decimal number"))
        }
        Form::Time => time::iso(&text).map(Value::Time).ok_or_else(|| refuse(&text, "a date")),
        Form::Binary => binary::decode(&text).map(Value::Bytes).ok_or_else(|| refuse(&text, "base64 data")),
    }
}

/// The type of a scalar; `None` when its tag is not one for scalars.
pub(super) fn form(text: &str, style: Style, tag: Option<&str>) -> Option<Form> {
    Some(match tag {
        None if style != Style::Plain => Form::Text,
        None | Some("!") => form_of_plain(text),
        Some("!!str") => Form::Text,
        Some("!!null") => Form::Null,
        Some("!!bool") => Form::Bool,
        Some("!!int") => Form::Int,
        Some("!!float") => Form::Float,
        Some("!!timestamp") => Form::Time,
        Some("!!binary") => Form::Binary,
        Some("!!merge") => Form::Merge,
        Some("!!value") => Form::Default,
        Some(_) => return None,
    })
}

/// The type that text has without quotes and tags.
fn form_of_plain(text: &str) -> Form {
    // Python's `$` also matches before a line end at the very end.
    let Some(first) = text.bytes().next() else { return Form::Null };
    let text = text.strip_suffix('\n').unwrap_or(text);
    match first {
        b'<' if text == "<<" => Form::Merge,
        b'=' if text == "=" => Form::Default,
        b'~' if text == "~" => Form::Null,
        b'n' | b'N' if matches!(text, "null" | "Null" | "NULL") => Form::Null,
        b'0'..=b'9' | b'-' | b'+' | b'.' => number::form(text).unwrap_or_else(|| time_or_text(text)),
        _ if is_cased_like_a_boolean(text) && truth(&text.to_ascii_lowercase()).is_some() => Form::Bool,
        _ => Form::Text,
    }
}

fn time_or_text(text: &str) -> Form {
    if time::is_time(text) { Form::Time } else { Form::Text }
}

/// `no`, `No` and `NO`, but not `nO`. Nothing is longer than `false`.
fn is_cased_like_a_boolean(text: &str) -> bool {
    let rest = text.get(1..).unwrap_or_default();
    let is_lower = rest.bytes().all(|byte| byte.is_ascii_lowercase());
    let is_upper = text.bytes().all(|byte| byte.is_ascii_uppercase());
    (2..=5).contains(&text.len()) && (is_lower || is_upper)
}

fn truth(lower: &str) -> Option<bool> {
    match lower {
        "yes" | "true" | "on" => Some(true),
        "no" | "false" | "off" => Some(false),
        _ => None,
    }
}

fn refuse(text: &str, what: &str) -> Refusal {
    let shown: String = text.chars().take(40).collect();
    let message = format!("`{shown}` is written like {what} but is none");
    Refusal { kind: FaultKind::BadScalar, message, advice: "put it in quotes if it is meant as text" }
}

fn unfit(tag: &str) -> Refusal {
    let message = match tag {
        "!!map" | "!!set" | "!!seq" | "!!omap" | "!!pairs" => {
            format!("the tag `{tag}` is for lists and mappings, not for a single value")
        }
        _ => format!("the tag `{tag}` is unknown to a safe reader"),
    };
    Refusal { kind: FaultKind::Tag, message, advice: "remove the tag" }
}
