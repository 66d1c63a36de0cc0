//! Values to JSON text that Python's json gives back as the same values.
//!
//! Knows no document: shape and margin are said by the caller.

use crate::document::yaml::write::float;
use crate::value::Value;

/// How lists and mappings are spread.
#[derive(Clone, Debug)]
pub(in crate::document) enum Shape {
    /// On one line; with a space after commas and colons, or without.
    Line {
        /// True for `{"a": 1, "b": 2}`, false for `{"a":1,"b":2}`.
        is_spaced: bool,
    },
    /// Each key on a line of its own, as `json.dumps(indent=…)` does; lists that hold no mapping
    /// stay on one line.
    Lines {
        /// What stands before the line of the opening brace.
        margin: String,
        /// One level of indentation.
        unit: String,
        /// The end of a line.
        eol: &'static str,
    },
}

impl Shape {
    /// The shape of what stands inside a brace of this shape.
    pub(in crate::document) fn inner(&self) -> Shape {
        match self {
            Shape::Lines { margin, unit, eol } => {
                Shape::Lines { margin: format!("{margin}{unit}"), unit: unit.clone(), eol }
            }
            Shape::Line { .. } => self.clone(),
        }
    }

    /// Entries between their brackets.
    pub(in crate::document) fn spread(&self, open: char, entries: &[String], close: char) -> String {
        match self {
            _ if entries.is_empty() => format!("{open}{close}"),
            Shape::Line { is_spaced } => {
                format!("{open}{}{close}", entries.join(if *is_spaced { ", " } else { "," }))
            }
            Shape::Lines { margin, unit, eol } => {
                let between = format!(",{eol}{margin}{unit}");
                format!("{open}{eol}{margin}{unit}{}{eol}{margin}{close}", entries.join(&between))
            }
        }
    }
}

/// A value as JSON; `None` for what JSON cannot hold: dates, bytes, sets and keys that are not text.
pub(in crate::document) fn write(value: &Value, shape: &Shape) -> Option<String> {
    match value {
        Value::Null => Some("null".to_owned()),
        Value::Bool(flag) => Some(flag.to_string()),
        Value::Int(number) => Some(number.to_string()),
        Value::Float(number) => Some(number_text(*number)),
        Value::Text(text) => Some(quoted(text)),
        Value::Time(_) | Value::Bytes(_) | Value::Set(_) => None,
        Value::List(items) => list(items, shape),
        Value::Map(pairs) => {
            let inner = shape.inner();
            let pairs: Option<Vec<String>> =
                pairs.iter().map(|(key, value)| pair(key.as_text()?, value, &inner)).collect();
            Some(shape.spread('{', &pairs?, '}'))
        }
    }
}

/// A key and its value.
pub(in crate::document) fn pair(key: &str, value: &Value, shape: &Shape) -> Option<String> {
    let colon = if matches!(shape, Shape::Line { is_spaced: false }) { ":" } else { ": " };
    Some(format!("{}{colon}{}", quoted(key), write(value, shape)?))
}

/// A text in JSON's quotes.
pub(in crate::document) fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

fn list(items: &[Value], shape: &Shape) -> Option<String> {
    let has_mapping = items.iter().any(|item| matches!(item, Value::Map(pairs) if !pairs.is_empty()));
    let spaced = Shape::Line { is_spaced: true };
    let shape = match shape {
        Shape::Lines { .. } if !has_mapping => &spaced,
        _ => shape,
    };
    let inner = shape.inner();
    let items: Option<Vec<String>> = items.iter().map(|item| write(item, &inner)).collect();
    Some(shape.spread('[', &items?, ']'))
}

/// Python's json reads and writes these three words.
fn number_text(number: f64) -> String {
    match number {
        _ if number.is_nan() => "NaN".to_owned(),
        f64::INFINITY => "Infinity".to_owned(),
        f64::NEG_INFINITY => "-Infinity".to_owned(),
        _ => float(number),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Value {
        let pairs = [("a", Value::int(1)), ("b", Value::List(vec![Value::Float(0.9), Value::Float(1e-8)]))];
        Value::Map(vec![(
            Value::text("optimizer \"x\""),
            Value::Map(pairs.map(|(key, value)| (Value::text(key), value)).to_vec()),
        )])
    }

    #[test]
    fn a_value_is_written_in_the_shape_around_it() {
        let line = write(&sample(), &Shape::Line { is_spaced: true });
        assert_eq!(line.as_deref(), Some(r#"{"optimizer \"x\"": {"a": 1, "b": [0.9, 1.0e-8]}}"#));
        let tight = write(&sample(), &Shape::Line { is_spaced: false });
        assert_eq!(tight.as_deref(), Some(r#"{"optimizer \"x\"":{"a":1,"b":[0.9,1.0e-8]}}"#));
        let lines = Shape::Lines { margin: String::new(), unit: "\t".into(), eol: "\r\n" };
        let expected =
            "{\r\n\t\"optimizer \\\"x\\\"\": {\r\n\t\t\"a\": 1,\r\n\t\t\"b\": [0.9, 1.0e-8]\r\n\t}\r\n}";
        assert_eq!(write(&sample(), &lines).as_deref(), Some(expected));
    }

    #[test]
    fn what_json_cannot_hold_is_refused() {
        let date = Value::List(vec![Value::Time("2024-01-01".into())]);
        assert_eq!(write(&date, &Shape::Line { is_spaced: true }), None);
        let key = Value::Map(vec![(Value::int(1), Value::Null)]);
        assert_eq!(write(&key, &Shape::Line { is_spaced: true }), None);
    }

    #[test]
    fn numbers_that_are_none_are_written_as_python_reads_them() {
        let odd = Value::List([f64::NAN, f64::INFINITY, f64::NEG_INFINITY].map(Value::Float).to_vec());
        assert_eq!(
            write(&odd, &Shape::Line { is_spaced: true }).as_deref(),
            Some("[NaN, Infinity, -Infinity]")
        );
    }
}
