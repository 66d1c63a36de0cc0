//! Values to YAML text that PyYAML and YAML 1.2 readers give back as the same values.
//!
//! Knows no document: where the text goes and how it is indented is said by the caller.

use super::quote;
use crate::document::Style;
use crate::document::layout::Layout;
use crate::value::Value;

/// True for a value that [`block`] writes on lines of its own: a list or mapping with something in it.
pub(in crate::document) fn needs_lines(value: &Value) -> bool {
    match value {
        Value::List(items) => !items.is_empty(),
        Value::Map(pairs) => !pairs.is_empty(),
        _ => false,
    }
}

/// A value by indentation. Its first line has no margin, its last no line end.
pub(in crate::document) fn block(value: &Value, margin: &str, layout: &Layout) -> String {
    let lines: Vec<String> = match value {
        Value::Map(pairs) if needs_lines(value) => {
            pairs.iter().map(|(key, value)| pair(&inline(key, Style::Plain), value, margin, layout)).collect()
        }
        Value::List(items) if needs_lines(value) => {
            items.iter().map(|value| item(value, margin, layout)).collect()
        }
        _ => return inline(value, Style::Plain),
    };
    lines.join(&format!("{}{margin}", layout.eol))
}

/// A key, already written, and its value; `margin` is what stands before the key.
pub(in crate::document) fn pair(key: &str, value: &Value, margin: &str, layout: &Layout) -> String {
    format!("{key}:{}", after_colon(value, margin, layout))
}

/// What follows the colon of a key with `margin` before it: ` 5`, or the lines of a section.
pub(in crate::document) fn after_colon(value: &Value, margin: &str, layout: &Layout) -> String {
    if !needs_lines(value) {
        return format!(" {}", inline(value, Style::Plain));
    }
    let is_shallow = matches!(value, Value::List(_)) && !layout.has_deep_dashes;
    let inner = if is_shallow { margin.to_owned() } else { format!("{margin}{}", layout.unit) };
    format!("{}{inner}{}", layout.eol, block(value, &inner, layout))
}

/// An item of a list, from its dash on; `margin` is what stands before the dash.
pub(in crate::document) fn item(value: &Value, margin: &str, layout: &Layout) -> String {
    format!("- {}", block(value, &format!("{margin}  "), layout))
}

/// A value on one line, outside brackets. Text keeps the quotes of `keep` where they are right.
pub(in crate::document) fn inline(value: &Value, keep: Style) -> String {
    match value {
        Value::Text(text) => quote::text(text, keep, false),
        _ => flow(value, keep),
    }
}

/// A value on one line, inside brackets or outside.
pub(in crate::document) fn flow(value: &Value, keep: Style) -> String {
    let nested = |value: &Value| flow(value, if keep == Style::Double { keep } else { Style::Plain });
    let listed = |items: &[Value]| items.iter().map(nested).collect::<Vec<_>>().join(", ");
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(flag) => flag.to_string(),
        Value::Int(number) => number.to_string(),
        Value::Float(number) => float(*number),
        Value::Text(text) => quote::text(text, keep, true),
        Value::Time(time) => time.clone(),
        Value::Bytes(bytes) => format!("!!binary '{}'", base64(bytes)),
        Value::List(items) => format!("[{}]", listed(items)),
        Value::Map(pairs) => {
            let pairs: Vec<String> =
                pairs.iter().map(|(key, value)| format!("{}: {}", nested(key), nested(value))).collect();
            format!("{{{}}}", pairs.join(", "))
        }
        Value::Set(items) => {
            let items: Vec<String> = items.iter().map(|item| format!("{}: null", nested(item))).collect();
            format!("!!set {{{}}}", items.join(", "))
        }
    }
}

/// Text of several lines as a `|` block under `margin`; `None` where such a block would need an
/// indentation mark or could not hold the text.
pub(in crate::document) fn literal(text: &str, margin: &str, layout: &Layout) -> Option<String> {
    let body = text.strip_suffix('\n').unwrap_or(text);
    let can_be_block = body.contains('\n')
        && !body.starts_with([' ', '\n'])
        && !body.ends_with('\n')
        && body.split('\n').all(|line| line.is_empty() || quote::is_printable(line));
    if !can_be_block {
        return None;
    }
    let chomping = if text.ends_with('\n') { "" } else { "-" };
    let lines = body.split('\n').map(|line| match line {
        "" => layout.eol.to_owned(),
        line => format!("{}{margin}{}{line}", layout.eol, layout.unit),
    });
    Some(format!("|{chomping}{}", lines.collect::<String>()))
}

/// The shortest digits that read back the same, always with a dot and a signed exponent: PyYAML
/// reads `1e5` and `1.0e5` as text.
pub(in crate::document) fn float(number: f64) -> String {
    if number.is_nan() {
        return ".nan".to_owned();
    }
    if number.is_infinite() {
        return if number.is_sign_positive() { ".inf" } else { "-.inf" }.to_owned();
    }
    let shortest = format!("{number:?}");
    let Some((mantissa, exponent)) = shortest.split_once('e') else { return shortest };
    let dot = if mantissa.contains('.') { "" } else { ".0" };
    let sign = if exponent.starts_with('-') { "" } else { "+" };
    format!("{mantissa}{dot}e{sign}{exponent}")
}

/// Standard base64 (RFC 4648 §4), as `!!binary` wants it.
fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let group = |chunk: &[u8]| -> String {
        let byte = |at: usize| u32::from(chunk.get(at).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        let digit = |at: usize| char::from(DIGITS[(bits >> (18 - 6 * at)) as usize & 63]);
        (0..4).map(|at| if at <= chunk.len() { digit(at) } else { '=' }).collect()
    };
    bytes.chunks(3).map(group).collect()
}

#[cfg(test)]
#[path = "write_tests.rs"]
mod tests;
