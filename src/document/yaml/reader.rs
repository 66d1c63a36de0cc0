//! Which characters a YAML file may hold: PyYAML refuses the others before it reads a word.

use crate::document::{Fault, FaultKind, Span};

/// The first character that PyYAML's reader refuses.
pub(super) fn check(text: &str) -> Result<(), Box<Fault>> {
    let Some(at) = first_refused(text) else { return Ok(()) };
    let found = text[at..].chars().next().unwrap_or_default();
    let message = format!("the character U+{:04X} is not allowed anywhere in YAML", u32::from(found));
    let advice = if found == '\0' {
        "check that this is a text file"
    } else {
        "remove it; it is invisible in most editors"
    };
    let span = Span { start: at, end: at + found.len_utf8() };
    Err(Fault::new(FaultKind::ControlCharacter, span, message, advice))
}

fn first_refused(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let suspects = bytes.iter().enumerate().filter(|(_, byte)| is_suspect(**byte));
    suspects.map(|(at, _)| at).find(|at| {
        let next = text.get(*at..).and_then(|rest| rest.chars().next());
        next.is_some_and(is_refused)
    })
}

/// True for bytes that can begin a refused character: ASCII controls, C1 controls and U+FFFE.
fn is_suspect(byte: u8) -> bool {
    matches!(byte, 0..=0x1f | 0x7f | 0xc2 | 0xef)
}

fn is_refused(c: char) -> bool {
    match c {
        '\t' | '\n' | '\r' | '\u{85}' => false,
        '\0'..='\u{1f}' | '\u{7f}'..='\u{9f}' | '\u{fffe}' | '\u{ffff}' => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_are_refused_and_line_ends_are_not() {
        for text in ["\0", "é\u{7}", "\u{7f}", "\u{80}", "a\u{9f}", "\u{fffe}", "\u{ffff}"] {
            assert!(check(text).is_err(), "{text:?}");
        }
        for text in ["", "\t\r\n", "\u{85}", "\u{a0}é\u{ff}", "\u{feff}a\u{2028}", "ﬀ\u{fffd}", "😀\u{1fffe}"]
        {
            assert!(check(text).is_ok(), "{text:?}");
        }
    }
}
