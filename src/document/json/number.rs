//! Numbers of JSON, and Python's `-Infinity`.

use num_bigint::BigInt;

use super::super::{Fault, FaultKind, Node, Span};
use super::Reader;
use crate::value::Value;

/// Python refuses longer integers (`sys.get_int_max_str_digits`, since 3.11).
const MOST_DIGITS: usize = 4300;

impl Reader<'_> {
    pub(super) fn number(&mut self) -> Result<Node, Box<Fault>> {
        let start = self.at;
        let rest = &self.text[start..];
        if rest.starts_with("-Infinity") {
            self.at += "-Infinity".len();
            return Ok(self.scalar(start, Value::Float(f64::NEG_INFINITY)));
        }
        let Some((length, is_float)) = extent(rest) else {
            return Err(self.expected("a value", "write digits after the `-`"));
        };
        let written = &rest[..length];
        self.at += length;
        let value = if is_float { written.parse().ok().map(Value::Float) } else { integer(written) };
        match value {
            Some(value) => Ok(self.scalar(start, value)),
            None => {
                let message = format!("Python refuses whole numbers of more than {MOST_DIGITS} digits");
                let span = Span { start, end: self.at };
                Err(Fault::new(FaultKind::BadScalar, span, message, "write a shorter number"))
            }
        }
    }
}

/// The length of the number at the start of a text, and whether it is a float.
fn extent(text: &str) -> Option<(usize, bool)> {
    let digits =
        |from: usize| text.as_bytes()[from..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    let sign = usize::from(text.starts_with('-'));
    let whole = if text[sign..].starts_with('0') { 1 } else { digits(sign) };
    if whole == 0 {
        return None;
    }
    let mut end = sign + whole;
    let mut is_float = false;
    if text[end..].starts_with('.') && digits(end + 1) > 0 {
        end += 1 + digits(end + 1);
        is_float = true;
    }
    if text[end..].starts_with(['e', 'E']) {
        let power = end + 1 + usize::from(text[end + 1..].starts_with(['-', '+']));
        if digits(power) > 0 {
            end = power + digits(power);
            is_float = true;
        }
    }
    Some((end, is_float))
}

fn integer(written: &str) -> Option<Value> {
    let is_readable = written.trim_start_matches('-').len() <= MOST_DIGITS;
    is_readable.then(|| written.parse::<BigInt>().ok().map(Value::Int))?
}
