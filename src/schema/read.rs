//! Text that a person typed ⇄ value, by kind: for forms, the wizard and `--set`.

use num_bigint::BigInt;

use super::kind::{Kind, Text};
use super::when::truth_word;
use crate::value::Value;

impl Kind {
    /// Reads what a person typed. Nothing typed is null: the key is not set. Fails with what to
    /// type instead, as a sentence part: "type true or false".
    pub fn read(self, typed: &str) -> Result<Value, String> {
        let typed = typed.trim();
        if typed.is_empty() {
            return Ok(Value::Null);
        }
        self.read_some(typed).ok_or_else(|| match self {
            Kind::Section | Kind::Anything => "edit this mapping in the text of the file".to_owned(),
            kind => format!("type {}", kind.expected()),
        })
    }

    fn read_some(self, typed: &str) -> Option<Value> {
        match self {
            Kind::Choice(choices) => choices
                .iter()
                .find(|choice| choice.word.eq_ignore_ascii_case(typed))
                .map(|choice| Value::text(choice.word)),
            Kind::Number(choices) => {
                let number: i64 = typed.parse().ok()?;
                choices.iter().any(|choice| choice.number == number).then(|| Value::int(number))
            }
            Kind::Bool => truth_word(typed).map(Value::Bool),
            Kind::Int { min, max } => read_int(typed)
                .filter(|number| *number >= min.into() && max.is_none_or(|max| *number <= max.into()))
                .map(Value::Int),
            Kind::Float { min, words } => read_float(typed, min, words),
            Kind::Text(Text::DeviceIds | Text::ClassNames) => Some(Value::Text(without_spaces(typed))),
            Kind::Text(_) => Some(Value::text(typed)),
            Kind::Texts => Some(Value::List(items(typed).map(Value::text).collect())),
            Kind::Bools(count) => read_bools(typed, count),
            Kind::Section | Kind::Anything => None,
        }
    }

    /// Shows a value as a person would type it; [`Kind::read`] reads it back where it fits.
    pub fn show(self, value: &Value) -> String {
        match value {
            Value::Null => String::new(),
            Value::Bool(flag) => flag.to_string(),
            Value::Int(number) => number.to_string(),
            Value::Float(number) => number.to_string(),
            Value::Text(text) | Value::Time(text) => text.clone(),
            Value::List(items) | Value::Set(items) => {
                let shown: Vec<_> = items.iter().map(|item| self.show(item)).collect();
                shown.join(", ")
            }
            Value::Map(pairs) => crate::text::count(pairs.len(), "key"),
            Value::Bytes(bytes) => crate::text::count(bytes.len(), "byte"),
        }
    }
}

/// Reads an integer as people write it: `8`, `100_000_000`, `100,000,000`, `1e8`.
fn read_int(typed: &str) -> Option<BigInt> {
    let digits: String = typed.chars().filter(|char| !matches!(char, '_' | ',' | ' ')).collect();
    if let Ok(number) = digits.parse() {
        return Some(number);
    }
    let (mantissa, exponent) = digits.split_once(['e', 'E'])?;
    let exponent: u32 = exponent.trim_start_matches('+').parse().ok().filter(|exponent| *exponent <= 18)?;
    Some(mantissa.parse::<BigInt>().ok()? * BigInt::from(10).pow(exponent))
}

fn read_float(typed: &str, min: f64, words: &[&str]) -> Option<Value> {
    if let Some(word) = words.iter().find(|word| word.eq_ignore_ascii_case(typed)) {
        return Some(Value::text(*word));
    }
    let number: f64 = typed.parse().ok().filter(|number: &f64| number.is_finite() && *number >= min)?;
    Some(Value::Float(number))
}

fn read_bools(typed: &str, count: usize) -> Option<Value> {
    let flags: Option<Vec<_>> = items(typed.trim_matches(['[', ']', '(', ')']))
        .map(|item| truth_word(item).map(Value::Bool))
        .collect();
    flags.filter(|flags| flags.len() == count).map(Value::List)
}

/// The parts between commas or line ends, without the empty ones.
fn items(typed: &str) -> impl Iterator<Item = &str> {
    typed.split([',', '\n']).map(str::trim).filter(|item| !item.is_empty())
}

/// Spaces around commas would become part of a name, so they are not kept.
fn without_spaces(typed: &str) -> String {
    items(typed).collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::{Choice, field};

    #[test]
    fn numbers_are_read_as_people_write_them() {
        let int = Kind::Int { min: 0, max: None };
        assert_eq!(int.read(" 8 "), Ok(Value::int(8)));
        assert_eq!(int.read("1e8"), Ok(Value::int(100_000_000)));
        assert_eq!(int.read("100_000_000"), Ok(Value::int(100_000_000)));
        assert_eq!(int.read("-1"), Err("type an integer of at least 0".to_owned()));
        assert_eq!(int.read(""), Ok(Value::Null));
        assert!(int.read("1e999999999").is_err());
    }

    #[test]
    fn words_are_read_in_any_case_and_written_properly() {
        const WORDS: &[Choice] = &[Choice::new("bf16", "")];
        assert_eq!(Kind::Choice(WORDS).read("BF16"), Ok(Value::text("bf16")));
        assert!(Kind::Choice(WORDS).read("fp32").is_err());
        assert_eq!(Kind::Bool.read("Yes"), Ok(Value::Bool(true)));
    }

    #[test]
    fn spaces_do_not_get_into_names() {
        let ids = field("gpu_ids").expect("gpu_ids has a row");
        assert_eq!(ids.kind.read("0, 1,2"), Ok(Value::text("0,1,2")));
        assert_eq!(
            Kind::Bools(3).read("true, no, false").map(|value| Kind::Bools(3).show(&value)),
            Ok("true, false, false".into())
        );
    }
}
