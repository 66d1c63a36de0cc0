//! Values without quotes.

use std::borrow::Cow;

use super::super::cursor::ends_word;
use super::super::token::Kind;
use super::Scanner;
use crate::document::{Fault, Style};

impl<'t> Scanner<'t> {
    /// Text without quotes: to `: `, ` #`, a bracket inside brackets, or a line that is indented less.
    pub(super) fn plain(&mut self) -> Result<(), Box<Fault>> {
        self.add_candidate()?;
        self.key_allowed = false;
        let start = self.cursor.at();
        let mut text = Cow::Borrowed("");
        let mut gap = Cow::Borrowed("");
        let mut end = start;
        while self.cursor.peek() != '#' {
            let word = self.plain_word();
            if word.is_empty() {
                break;
            }
            self.key_allowed = false;
            push(&mut text, &gap, word);
            end = self.cursor.at();
            gap = self.plain_gap();
            if gap.is_empty() || (self.flow == 0 && self.cursor.column() <= self.indent) {
                break;
            }
        }
        self.push(Kind::Scalar(text, Style::Plain), start);
        if let Some(token) = self.queue.back_mut() {
            token.span.end = end;
            self.last_plain = token.span;
        }
        Ok(())
    }

    /// Characters up to a blank or to what ends plain text.
    fn plain_word(&mut self) -> &'t str {
        let inside = self.flow > 0;
        let mut length = 0;
        loop {
            let next = self.cursor.peek_after(length);
            let ends = match next {
                ':' => {
                    let after = self.cursor.peek_after(length + 1);
                    ends_word(after) || (inside && matches!(after, ',' | '[' | ']' | '{' | '}'))
                }
                ',' | '?' | '[' | ']' | '{' | '}' => inside,
                _ => ends_word(next),
            };
            if ends {
                return self.cursor.take(length);
            }
            length += next.len_utf8();
        }
    }

    /// What lies between two words of one value, folded. Empty where the value must end.
    fn plain_gap(&mut self) -> Cow<'t, str> {
        let spaces = self.cursor.take_while(|c| c == ' ');
        let Some(first) = self.cursor.take_break() else { return Cow::Borrowed(spaces) };
        self.key_allowed = true;
        let mut more = String::new();
        loop {
            if self.cursor.column() == 0 && self.cursor.is_document_marker() {
                return Cow::Borrowed("");
            }
            self.cursor.skip_spaces();
            match self.cursor.take_break() {
                Some(line_end) => more.push(line_end),
                None => return Cow::Owned(fold(first, more)),
            }
        }
    }
}

/// Lines of one value are joined by a space; each empty line between them is a line end.
pub(super) fn fold(first: char, mut more: String) -> String {
    if first != '\n' {
        more.insert(0, first);
    } else if more.is_empty() {
        more.push(' ');
    }
    more
}

/// Appends to text that is borrowed for as long as it is one piece.
fn push<'t>(text: &mut Cow<'t, str>, gap: &str, word: &'t str) {
    if text.is_empty() {
        *text = Cow::Borrowed(word);
        return;
    }
    let text = text.to_mut();
    text.push_str(gap);
    text.push_str(word);
}
