//! Values as Python treats them: what `str()` prints, what `int()` reads, what `>` accepts.
//!
//! Accelerate's launcher is Python that checks few types, so the text in a variable and the moment of
//! an error follow Python's rules. This file knows no field.

use std::fmt::Write as _;

use num_bigint::BigInt;
use num_traits::ToPrimitive;

use super::Refusal;
use crate::value::Value;

/// What `str(value)` gives, which is what most variables hold.
pub fn str(value: &Value) -> String {
    match value {
        Value::Text(text) => text.clone(),
        Value::Time(time) => time.replacen('T', " ", 1),
        other => repr(other),
    }
}

/// What `repr(value)` gives.
pub fn repr(value: &Value) -> String {
    match value {
        Value::Null => "None".to_owned(),
        Value::Bool(true) => "True".to_owned(),
        Value::Bool(false) => "False".to_owned(),
        Value::Int(number) => number.to_string(),
        Value::Float(number) => float(*number),
        Value::Text(text) => quoted(text),
        Value::Time(time) => time.clone(),
        Value::Bytes(bytes) => format!("b{}", quoted(&String::from_utf8_lossy(bytes))),
        Value::List(items) => format!("[{}]", joined(items)),
        Value::Set(items) if items.is_empty() => "set()".to_owned(),
        Value::Set(items) => format!("{{{}}}", joined(items)),
        Value::Map(pairs) => {
            let pairs: Vec<String> =
                pairs.iter().map(|(key, value)| format!("{}: {}", repr(key), repr(value))).collect();
            format!("{{{}}}", pairs.join(", "))
        }
    }
}

fn joined(items: &[Value]) -> String {
    items.iter().map(repr).collect::<Vec<_>>().join(", ")
}

/// Python prefers single quotes, and double ones where the text has only single ones.
fn quoted(text: &str) -> String {
    let quote = if text.contains('\'') && !text.contains('"') { '"' } else { '\'' };
    let mut out = String::from(quote);
    for char in text.chars() {
        match char {
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            char if char == quote => {
                out.push('\\');
                out.push(char);
            }
            char if char.is_control() => {
                let _ = write!(out, "\\x{:02x}", u32::from(char));
            }
            char => out.push(char),
        }
    }
    out.push(quote);
    out
}

/// The shortest digits that read back as the same number; an exponent below 1e-4 and from 1e16 on.
fn float(number: f64) -> String {
    if number.is_nan() {
        return "nan".to_owned();
    }
    if number.is_infinite() {
        return if number > 0.0 { "inf" } else { "-inf" }.to_owned();
    }
    let scientific = format!("{number:e}");
    let (digits, exponent) = scientific.split_once('e').expect("`{:e}` writes an exponent");
    let exponent: i32 = exponent.parse().expect("the exponent is a number");
    if number != 0.0 && !(-4..16).contains(&exponent) {
        let sign = if exponent < 0 { '-' } else { '+' };
        return format!("{digits}e{sign}{:02}", exponent.abs());
    }
    let plain = format!("{number}");
    if plain.contains('.') { plain } else { format!("{plain}.0") }
}

/// What `int(text)` reads: white space around, a sign, underscores between digits.
pub fn int(text: &str) -> Option<BigInt> {
    let text = text.trim();
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    let is_grouped = !digits.starts_with('_') && !digits.ends_with('_') && !digits.contains("__");
    let is_number = !digits.is_empty() && digits.chars().all(|char| char.is_ascii_digit() || char == '_');
    if !(is_grouped && is_number) {
        return None;
    }
    let number: BigInt = digits.replace('_', "").parse().ok()?;
    Some(if text.starts_with('-') { -number } else { number })
}

/// What `float(text)` reads.
pub fn float_of(text: &str) -> Option<f64> {
    let text = text.trim();
    let bare = text.strip_prefix(['+', '-']).unwrap_or(text).to_lowercase();
    let is_word = ["inf", "infinity", "nan"].contains(&bare.as_str());
    let is_number = bare.starts_with(|char: char| char.is_ascii_digit() || char == '.')
        && !bare.ends_with('_')
        && !bare.contains("__");
    (is_word || is_number).then(|| text.replace('_', "").parse().ok()).flatten()
}

/// The truth that Accelerate reads from a word (`str_to_bool`): yes, on, t, 1 and their kin.
pub fn truth(text: &str) -> Option<bool> {
    match text.to_lowercase().as_str() {
        "y" | "yes" | "t" | "true" | "on" | "1" => Some(true),
        "n" | "no" | "f" | "false" | "off" | "0" => Some(false),
        _ => None,
    }
}

/// A number in Python's sense: booleans count as 0 and 1.
fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Bool(flag) => Some(f64::from(u8::from(*flag))),
        other => other.as_number(),
    }
}

/// An integer in Python's sense that fits 64 bits: booleans count as 0 and 1.
pub fn integer(value: &Value) -> Option<i64> {
    match value {
        Value::Bool(flag) => Some(i64::from(*flag)),
        Value::Int(number) => number.to_i64(),
        _ => None,
    }
}

/// `value > limit`, for the argument of this name; text and nothing cannot be compared.
pub fn is_above(value: &Value, limit: i64, name: &str) -> Result<bool, Refusal> {
    match number(value) {
        #[expect(clippy::cast_precision_loss, reason = "limits are small")]
        Some(number) => Ok(number > limit as f64),
        None => Err(not_a_number(value, name)),
    }
}

/// `value // by`, for the argument of this name.
pub fn floor_divided(value: &Value, by: &Value, names: [&str; 2]) -> Result<Value, Refusal> {
    if number(by) == Some(0.0) {
        return Err(Refusal::new(
            "ZeroDivisionError",
            format!("`{}` is 0; a job needs at least 1", names[1]),
            names[1],
        ));
    }
    if let (Some(value), Some(by)) = (integer(value), integer(by)) {
        let quotient = value.checked_div_euclid(by).unwrap_or(0);
        // Python rounds down for divisors of both signs; Euclid's division rounds up below zero.
        let is_exact = value.checked_rem_euclid(by) == Some(0);
        return Ok(Value::int(if by < 0 && !is_exact { quotient - 1 } else { quotient }));
    }
    match (number(value), number(by)) {
        (Some(value), Some(by)) => Ok(Value::Float((value / by).floor())),
        (None, _) => Err(not_a_number(value, names[0])),
        (_, None) => Err(not_a_number(by, names[1])),
    }
}

fn not_a_number(value: &Value, name: &str) -> Refusal {
    Refusal::new("TypeError", format!("`{name}` must be a number, and it is {}", value.kind()), name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_of_values_is_pythons() {
        assert_eq!(str(&Value::Null), "None");
        assert_eq!(str(&Value::Bool(true)), "True");
        assert_eq!(str(&Value::Float(1.0)), "1.0");
        assert_eq!(str(&Value::Float(1e16)), "1e+16");
        assert_eq!(str(&Value::Float(1e-5)), "1e-05");
        assert_eq!(str(&Value::Float(0.0001)), "0.0001");
        assert_eq!(str(&Value::Float(123_456_789.25)), "123456789.25");
        assert_eq!(str(&Value::Time("2024-01-01".into())), "2024-01-01");
        let list = Value::List(vec!["A".into(), "it's".into(), Value::Bool(false)]);
        assert_eq!(str(&list), "['A', \"it's\", False]");
    }

    #[test]
    fn numbers_are_read_as_python_reads_them() {
        assert_eq!(int(" +1_000 "), Some(1000.into()));
        assert_eq!(int("1__0"), None);
        assert_eq!(int("4.0"), None);
        assert_eq!(int(""), None);
        assert_eq!(float_of("1e3"), Some(1000.0));
        assert_eq!(float_of("nan").map(f64::is_nan), Some(true));
        assert_eq!(float_of("one"), None);
    }

    #[test]
    fn division_rounds_down() {
        let divided = |a: i64, b: i64| floor_divided(&Value::int(a), &Value::int(b), ["a", "b"]);
        for (a, b, expected) in [(7, 2, 3), (-7, 2, -4), (7, -2, -4), (-7, -2, 3), (8, 4, 2)] {
            assert_eq!(divided(a, b).expect("numbers"), Value::int(expected), "{a} // {b}");
        }
        assert_eq!(divided(1, 0).expect_err("nothing is divided by 0").python, "ZeroDivisionError");
        let words = floor_divided(&Value::text("8"), &Value::int(2), ["a", "b"]);
        assert_eq!(words.expect_err("text is no number").python, "TypeError");
    }
}
