//! Whole and decimal numbers of YAML 1.1: octal with a leading zero, base 60 with colons.

use num_bigint::BigInt;
use num_traits::ToPrimitive;

use super::Form;

/// Python refuses longer decimal integers (`sys.get_int_max_str_digits`, since 3.11).
const MOST_DIGITS: usize = 4300;

/// More parts than this in `1:2:3` are refused, so that reading stays linear; PyYAML takes any number.
const MOST_PARTS: usize = 1000;

/// The type of text that fits a number.
pub(super) fn form(text: &str) -> Option<Form> {
    if is_float(text) {
        Some(Form::Float)
    } else if is_integer(text) {
        Some(Form::Int)
    } else {
        None
    }
}

fn unsigned(text: &str) -> &str {
    text.strip_prefix(['-', '+']).unwrap_or(text)
}

/// A decimal point, and a sign in the exponent: `1.0e-5` but not `1e-5` and not `1.0e5`.
fn is_float(text: &str) -> bool {
    let body = unsigned(text);
    if let Some(fraction) = body.strip_prefix('.') {
        let is_named = matches!(fraction, "inf" | "Inf" | "INF");
        let is_plain = body.len() == text.len();
        return is_named || is_plain && (matches!(fraction, "nan" | "NaN" | "NAN") || is_fraction(fraction));
    }
    let Some((whole, fraction)) = body.split_once('.') else { return false };
    match whole.split_once(':') {
        Some((hours, rest)) => {
            starts_with_digit(hours) && is_digits(hours) && is_base_60(rest) && is_digits(fraction)
        }
        None => starts_with_digit(whole) && is_digits(whole) && is_digits(mantissa(fraction)),
    }
}

/// What follows a leading point: a digit, more digits, perhaps an exponent.
fn is_fraction(fraction: &str) -> bool {
    starts_with_digit(fraction) && is_digits(mantissa(fraction))
}

/// The digits before a well-formed exponent; everything, where there is none.
fn mantissa(fraction: &str) -> &str {
    let Some((digits, exponent)) = fraction.split_once(['e', 'E']) else { return fraction };
    let Some(power) = exponent.strip_prefix(['-', '+']) else { return fraction };
    let is_number = !power.is_empty() && power.bytes().all(|byte| byte.is_ascii_digit());
    if is_number { digits } else { fraction }
}

fn is_integer(text: &str) -> bool {
    let body = unsigned(text);
    if let Some(bits) = body.strip_prefix("0b") {
        return !bits.is_empty() && bits.bytes().all(|byte| matches!(byte, b'0' | b'1' | b'_'));
    }
    if let Some(hex) = body.strip_prefix("0x") {
        return !hex.is_empty() && hex.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'_');
    }
    if let Some(octal) = body.strip_prefix('0') {
        return octal.bytes().all(|byte| matches!(byte, b'0'..=b'7' | b'_'));
    }
    let (first, rest) = body.split_once(':').map_or((body, None), |(first, rest)| (first, Some(rest)));
    starts_with_digit(first) && is_digits(first) && rest.is_none_or(is_base_60)
}

fn starts_with_digit(text: &str) -> bool {
    text.bytes().next().is_some_and(|byte| byte.is_ascii_digit())
}

fn is_digits(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'_')
}

/// `0` to `59`, with colons between.
fn is_base_60(text: &str) -> bool {
    text.split(':').all(|part| match part.as_bytes() {
        [ones] => ones.is_ascii_digit(),
        [tens, ones] => matches!(tens, b'0'..=b'5') && ones.is_ascii_digit(),
        _ => false,
    })
}

/// The integer that Python makes of this text; `None` where it raises.
pub(super) fn integer(text: &str) -> Option<BigInt> {
    let text = text.replace('_', "");
    let body = unsigned(&text);
    let number = if let Some(bits) = body.strip_prefix("0b") {
        python_int(bits, 2)?
    } else if let Some(hex) = body.strip_prefix("0x") {
        python_int(hex, 16)?
    } else if body == "0" {
        BigInt::ZERO
    } else if body.starts_with('0') {
        python_int(body, 8)?
    } else if body.contains(':') {
        base_60(body)?
    } else {
        python_int(body, 10)?
    };
    Some(if text.starts_with('-') { -number } else { number })
}

fn base_60(text: &str) -> Option<BigInt> {
    if text.split(':').count() > MOST_PARTS {
        return None;
    }
    text.split(':').try_fold(BigInt::ZERO, |sum, part| Some(sum * 60 + python_int(part, 10)?))
}

/// What Python's `int(text, radix)` gives: blanks around it, a sign and the radix's prefix are fine.
fn python_int(text: &str, radix: u32) -> Option<BigInt> {
    let text = text.trim();
    let body = unsigned(text);
    let prefix = match radix {
        2 => ["0b", "0B"],
        8 => ["0o", "0O"],
        16 => ["0x", "0X"],
        _ => ["+", "+"],
    };
    let digits = prefix.iter().find_map(|prefix| body.strip_prefix(prefix)).unwrap_or(body);
    let is_sound = !digits.is_empty() && digits.chars().all(|digit| digit.is_digit(radix));
    if !is_sound || radix == 10 && digits.len() > MOST_DIGITS {
        return None;
    }
    let number = match digits.len() {
        ..=15 => BigInt::from(u64::from_str_radix(digits, radix).ok()?),
        _ => BigInt::parse_bytes(digits.as_bytes(), radix)?,
    };
    Some(if text.starts_with('-') { -number } else { number })
}

/// The float that Python makes of this text; `None` where it raises.
pub(super) fn float(text: &str) -> Option<f64> {
    let text = text.replace('_', "").to_lowercase();
    let body = unsigned(&text);
    let number = match body {
        ".inf" => f64::INFINITY,
        ".nan" => f64::NAN,
        _ if body.contains(':') => float_base_60(body)?,
        _ => python_float(body)?,
    };
    Some(if text.starts_with('-') { -number } else { number })
}

/// Python multiplies each part by an exact power of 60 and adds from the right.
fn float_base_60(text: &str) -> Option<f64> {
    let mut power = BigInt::from(1);
    let mut sum = 0.0;
    for part in text.rsplit(':') {
        let factor = power.to_f64().filter(|factor| factor.is_finite())?;
        sum += python_float(part)? * factor;
        power *= 60;
    }
    Some(sum)
}

fn python_float(text: &str) -> Option<f64> {
    text.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_float_needs_a_point_and_a_signed_exponent() {
        for text in ["1.0", "1.", ".5", "1_0.5", "1.0e+5", "5.e-3", "-1.5", "190:20:30.15", "-.inf", ".NaN"] {
            assert_eq!(form(text), Some(Form::Float), "{text}");
        }
        for text in ["1e5", "1e-5", "1.0e5", "-.5", "+.5", "._5", ".", "-.nan", ".iNF", "1.0.0", "1.0e+"] {
            assert_ne!(form(text), Some(Form::Float), "{text}");
        }
    }

    #[test]
    fn whole_numbers_come_in_four_bases_and_in_sixties() {
        let cases =
            [("010", 8), ("0x1F", 31), ("-0b11", -3), ("1_000", 1000), ("1:30", 90), ("-1:0:0", -3600)];
        for (text, number) in cases {
            assert_eq!((form(text), integer(text)), (Some(Form::Int), Some(number.into())), "{text}");
        }
        for text in ["08", "0o17", "0X1F", "1:60", "01:30", "1,000", "_1", "", "-"] {
            assert_eq!(form(text), None, "{text}");
        }
    }

    #[test]
    fn numbers_that_python_refuses_are_none() {
        assert_eq!((form("0b_"), integer("0b_")), (Some(Form::Int), None));
        assert!(integer(&"9".repeat(MOST_DIGITS)).is_some());
        assert!(integer(&"9".repeat(MOST_DIGITS + 1)).is_none());
        assert!(integer(&format!("0x{}", "f".repeat(MOST_DIGITS + 1))).is_some());
    }

    #[test]
    fn base_60_floats_add_from_the_right() {
        assert_eq!(float("190:20:30.15"), Some(685_230.15));
        assert_eq!(float("-1:30.5"), Some(-90.5));
    }
}
