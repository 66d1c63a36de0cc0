//! How a text is quoted in YAML, so that it comes back as the same text whoever reads it.
//!
//! Plain only where it is safe syntax and both PyYAML (YAML 1.1) and the core schema of YAML 1.2
//! read it as text; else in single quotes; in double quotes where a character must be escaped.

use std::fmt::Write;

use super::scalar;
use crate::document::Style;

/// Characters that cannot begin a plain text, whatever follows.
const INDICATORS: [char; 19] =
    ['-', '?', ':', ',', '[', ']', '{', '}', '#', '&', '*', '!', '|', '>', '\'', '"', '%', '@', '`'];

/// A text as it must be written. `keep` is how the text before it was quoted; `is_flow` says
/// whether it stands inside brackets or braces.
pub(super) fn text(text: &str, keep: Style, is_flow: bool) -> String {
    match keep {
        Style::Double => double(text),
        Style::Single if is_printable(text) => single(text),
        _ if is_plain(text, is_flow) => text.to_owned(),
        _ if is_printable(text) => single(text),
        _ => double(text),
    }
}

/// True when every character may stand in a text of one line unescaped: what PyYAML's reader lets
/// through, less line breaks, tabs and the byte order mark.
pub(super) fn is_printable(text: &str) -> bool {
    text.chars().all(|each| {
        matches!(each, ' '..='~' | '\u{a0}'..='\u{2027}' | '\u{202a}'..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..)
            && each != '\u{feff}'
    })
}

fn is_plain(text: &str, is_flow: bool) -> bool {
    is_printable(text) && is_plain_syntax(text, is_flow) && reads_as_text(text)
}

fn is_plain_syntax(text: &str, is_flow: bool) -> bool {
    let begins_well = !text.starts_with(INDICATORS) || begins_like_a_flag(text);
    begins_well
        && !text.is_empty()
        && text.trim_matches(' ') == text
        && !text.ends_with(':')
        && !text.contains(": ")
        && !text.contains(" #")
        && !["---", "..."].iter().any(|marker| text.starts_with(marker))
        && !(is_flow && text.contains([',', '[', ']', '{', '}', '?', ':']))
}

/// `-x` and `--name` are plain text: a dash is an indicator only before a space.
fn begins_like_a_flag(text: &str) -> bool {
    text.trim_start_matches('-').starts_with(|first: char| first.is_ascii_alphabetic())
        && text.starts_with('-')
}

fn reads_as_text(text: &str) -> bool {
    // YAML 1.1 itself, unlike PyYAML, makes booleans of these four.
    let is_letter = matches!(text, "y" | "Y" | "n" | "N");
    !is_letter && !is_core_scalar(text) && scalar::form(text, Style::Plain, None) == Some(scalar::Form::Text)
}

/// True for what the core schema of YAML 1.2 reads as something else than text, and for the few
/// words more (`inf`, `nan`) that other number readers take.
fn is_core_scalar(text: &str) -> bool {
    let is_word = matches!(text, "~" | "null" | "Null" | "NULL")
        || matches!(text, "true" | "True" | "TRUE" | "false" | "False" | "FALSE");
    let is_radix = ["0o", "0x", "0b"].iter().any(|prefix| text.starts_with(prefix));
    let dotted = text.trim_start_matches(['-', '+']).to_ascii_lowercase();
    is_word || is_radix || text.parse::<f64>().is_ok() || matches!(&*dotted, ".inf" | ".nan")
}

fn single(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

fn double(text: &str) -> String {
    let mut quoted = String::from("\"");
    for each in text.chars() {
        match each {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            _ if is_printable(each.encode_utf8(&mut [0; 4])) => quoted.push(each),
            _ => escape(&mut quoted, u32::from(each)),
        }
    }
    quoted + "\""
}

fn escape(quoted: &mut String, code: u32) {
    let escaped = match code {
        0..=0xff => write!(quoted, "\\x{code:02x}"),
        0x100..=0xffff => write!(quoted, "\\u{code:04x}"),
        _ => write!(quoted, "\\U{code:08x}"),
    };
    escaped.expect("a String takes everything");
}
