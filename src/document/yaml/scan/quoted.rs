//! Values in single or double quotes.

use std::borrow::Cow;

use super::super::cursor::{END, is_break};
use super::super::token::Kind;
use super::Scanner;
use super::plain::fold;
use crate::document::{Fault, FaultKind, Span, Style};

/// What stands for a lone half of a surrogate pair, which Python can hold and Rust cannot.
pub(super) const LONE_SURROGATE: char = char::REPLACEMENT_CHARACTER;

impl<'t> Scanner<'t> {
    /// Text in quotes, over as many lines as it takes.
    pub(super) fn quoted(&mut self, style: Style) -> Result<(), Box<Fault>> {
        self.add_candidate()?;
        self.key_allowed = false;
        let start = self.cursor.at();
        let quote = self.cursor.peek();
        self.cursor.skip(1);
        let text = match self.quoted_at_once(quote) {
            Some(text) => Cow::Borrowed(text),
            None => Cow::Owned(self.quoted_in_pieces(quote, start)?),
        };
        self.cursor.skip(1);
        self.push(Kind::Scalar(text, style), start);
        Ok(())
    }

    /// The usual case: one line without escapes. Stops before the closing quote.
    fn quoted_at_once(&mut self, quote: char) -> Option<&'t str> {
        let double = quote == '"';
        let length = self.cursor.rest().find(|c| c == quote || (double && c == '\\') || is_break(c))?;
        let closes = self.cursor.peek_after(length) == quote
            && (double || self.cursor.peek_after(length + 1) != quote);
        closes.then(|| self.cursor.take(length))
    }

    fn quoted_in_pieces(&mut self, quote: char, start: usize) -> Result<String, Box<Fault>> {
        let double = quote == '"';
        let mut text = String::new();
        loop {
            text.push_str(self.cursor.take_while(|c| {
                !(c == quote || double && c == '\\' || matches!(c, ' ' | '\t') || is_break(c))
            }));
            match self.cursor.peek() {
                '\'' if quote == '\'' && self.cursor.peek_after(1) == '\'' => {
                    self.cursor.skip(2);
                    text.push('\'');
                }
                next if next == quote => return Ok(text),
                '\\' => self.escape(&mut text, start)?,
                _ => self.quoted_gap(&mut text, start)?,
            }
        }
    }

    /// Blanks, folded where the line ends in them.
    fn quoted_gap(&mut self, text: &mut String, start: usize) -> Result<(), Box<Fault>> {
        let blanks = self.cursor.take_while(|c| matches!(c, ' ' | '\t'));
        match self.cursor.take_break() {
            Some(first) => text.push_str(&fold(first, self.empty_lines(start)?)),
            None if self.cursor.peek() == END => {
                return Err(self.unclosed(start, "the file ends inside a quoted value"));
            }
            None => text.push_str(blanks),
        }
        Ok(())
    }

    /// The ends of empty lines, and the indentation of the line after them.
    fn empty_lines(&mut self, start: usize) -> Result<String, Box<Fault>> {
        let mut line_ends = String::new();
        loop {
            if self.cursor.is_document_marker() {
                return Err(self.unclosed(start, "the document ends inside a quoted value"));
            }
            self.cursor.take_while(|c| matches!(c, ' ' | '\t'));
            match self.cursor.take_break() {
                Some(line_end) => line_ends.push(line_end),
                None => return Ok(line_ends),
            }
        }
    }

    fn escape(&mut self, text: &mut String, start: usize) -> Result<(), Box<Fault>> {
        let backslash = self.cursor.at();
        self.cursor.skip(1);
        let letter = self.cursor.peek();
        if let Some(meaning) = escaped(letter) {
            self.cursor.skip(1);
            text.push(meaning);
        } else if let Some(digits) = hex_digits(letter) {
            self.cursor.skip(1);
            text.push(self.escaped_number(digits)?);
        } else if self.cursor.take_break().is_some() {
            text.push_str(&self.empty_lines(start)?);
        } else if letter == END {
            return Err(self.unclosed(start, "the file ends inside a quoted value"));
        } else {
            return Err(self.unknown_escape(letter, backslash));
        }
        Ok(())
    }

    fn escaped_number(&mut self, digits: usize) -> Result<char, Box<Fault>> {
        let number = self.cursor.rest().get(..digits).and_then(hexadecimal);
        let Some(number) = number else {
            let message = format!("{digits} hexadecimal digits should stand here");
            let advice = "write `\\\\` for a backslash, or use single quotes";
            return Err(Fault::new(FaultKind::Yaml, self.cursor.here(), message, advice));
        };
        if number > u32::from(char::MAX) {
            let advice = "the last one is `\\U0010FFFF`";
            return Err(Fault::new(
                FaultKind::Yaml,
                self.cursor.here(),
                "no character has this number",
                advice,
            ));
        }
        self.cursor.skip(digits);
        Ok(char::from_u32(number).unwrap_or(LONE_SURROGATE))
    }

    fn unknown_escape(&self, letter: char, backslash: usize) -> Box<Fault> {
        let here = self.cursor.here();
        let span = Span { start: backslash.min(here.start), end: here.end };
        let message = format!("`\\{letter}` means nothing in double quotes");
        Fault::new(FaultKind::Yaml, span, message, "write `\\\\` for a backslash, or use single quotes")
    }

    fn unclosed(&self, start: usize, message: &str) -> Box<Fault> {
        let quote = Span { start, end: start + 1 };
        let fault = Fault::new(FaultKind::Yaml, self.cursor.here(), message, "close the quote");
        fault.began(quote, "the quote opens here")
    }
}

/// What a backslash and this letter stand for in double quotes.
fn escaped(letter: char) -> Option<char> {
    Some(match letter {
        '0' => '\0',
        'a' => '\u{7}',
        'b' => '\u{8}',
        't' | '\t' => '\t',
        'n' => '\n',
        'v' => '\u{b}',
        'f' => '\u{c}',
        'r' => '\r',
        'e' => '\u{1b}',
        ' ' | '"' | '\\' | '/' => letter,
        'N' => '\u{85}',
        '_' => '\u{a0}',
        'L' => '\u{2028}',
        'P' => '\u{2029}',
        _ => return None,
    })
}

/// How many hexadecimal digits follow a backslash and this letter.
fn hex_digits(letter: char) -> Option<usize> {
    match letter {
        'x' => Some(2),
        'u' => Some(4),
        'U' => Some(8),
        _ => None,
    }
}

fn hexadecimal(digits: &str) -> Option<u32> {
    digits.bytes().all(|digit| digit.is_ascii_hexdigit()).then(|| u32::from_str_radix(digits, 16).ok())?
}
