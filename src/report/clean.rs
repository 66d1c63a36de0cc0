//! Text from a stranger's file, made harmless for a terminal.
//!
//! A config can hold escape sequences, bell characters and marks that turn the writing direction.
//! Shown as they are they could repaint the screen or lie about the file.

use std::borrow::Cow;

/// True for characters that move the cursor, ring, hide or reorder text.
fn is_harmful(letter: char) -> bool {
    letter.is_control()
        || matches!(letter, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

/// A copy of source text in which each harmful character is replaced by a stand-in of the same
/// length in bytes, so that offsets stay true. Tabs and line ends stay.
pub(super) fn source(text: &str) -> Cow<'_, str> {
    if !text.contains(is_harmful_in_source) {
        return Cow::Borrowed(text);
    }
    let mut copy = String::with_capacity(text.len());
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        let ends_line = letter == '\n' || (letter == '\r' && letters.peek() == Some(&'\n'));
        let stays = ends_line || letter == '\t' || !is_harmful(letter);
        if stays { copy.push(letter) } else { copy.push_str(stand_in(letter)) }
    }
    Cow::Owned(copy)
}

fn is_harmful_in_source(letter: char) -> bool {
    !matches!(letter, '\n' | '\t') && is_harmful(letter)
}

fn stand_in(letter: char) -> &'static str {
    match letter.len_utf8() {
        1 => "?",
        2 => "·",
        _ => "\u{fffd}",
    }
}

/// A message in which harmful characters are spelt out: `\u{1b}`.
pub(super) fn words(text: &str) -> Cow<'_, str> {
    if !text.contains(is_harmful_in_source) {
        return Cow::Borrowed(text);
    }
    let spelt = |letter: char| {
        if is_harmful_in_source(letter) { letter.escape_default().to_string() } else { letter.to_string() }
    };
    Cow::Owned(text.chars().map(spelt).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stand_ins_keep_every_offset() {
        let text = "a\u{1b}[31mb\u{85}c\u{202e}d\rx\r\n\te";
        let copy = source(text);
        assert_eq!(copy.len(), text.len());
        assert!(!copy.contains(['\u{1b}', '\u{85}', '\u{202e}']));
        assert!(copy.ends_with("d?x\r\n\te"));
    }

    #[test]
    fn plain_text_is_not_copied() {
        assert!(matches!(source("a: b\n"), Cow::Borrowed(_)));
        assert!(matches!(words("`a` is b"), Cow::Borrowed(_)));
    }

    #[test]
    fn messages_spell_out_what_they_must_not_send() {
        assert_eq!(words("key `a\u{1b}[2J`"), "key `a\\u{1b}[2J`");
    }
}
