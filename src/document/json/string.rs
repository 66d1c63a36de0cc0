//! Text of JSON: double quotes and escapes.

use super::super::{Fault, Span};
use super::Reader;

/// What stands for a lone half of a surrogate pair, which Python can hold and Rust cannot.
const LONE_SURROGATE: char = char::REPLACEMENT_CHARACTER;

impl Reader<'_> {
    pub(super) fn string(&mut self) -> Result<String, Box<Fault>> {
        let open = self.at;
        self.at += 1;
        let mut text = String::new();
        loop {
            let rest = &self.text[self.at..];
            let length = rest.find(|c| matches!(c, '"' | '\\' | '\0'..='\u{1f}')).unwrap_or(rest.len());
            text.push_str(&rest[..length]);
            self.at += length;
            match self.peek() {
                Some(b'"') => break,
                Some(b'\\') => text.push(self.escape()?),
                Some(b'\n' | b'\r') => return Err(self.unclosed(open, "the line ends inside quotes")),
                None => return Err(self.unclosed(open, "the file ends inside quotes")),
                Some(_) => {
                    let advice = "write it as an escape such as `\\t` or `\\u0007`";
                    return Err(self.fault(self.at, "a control character stands inside quotes", advice));
                }
            }
        }
        self.at += 1;
        Ok(text)
    }

    fn unclosed(&self, open: usize, message: &str) -> Box<Fault> {
        let fault = self.fault(self.at, message, "close the quote; a line end in text is written `\\n`");
        fault.began(Span { start: open, end: open + 1 }, "the quote opens here")
    }

    fn escape(&mut self) -> Result<char, Box<Fault>> {
        let backslash = self.at;
        let meaning = match self.text.as_bytes().get(backslash + 1) {
            Some(letter @ (b'"' | b'\\' | b'/')) => char::from(*letter),
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => return self.escaped_character(),
            _ => {
                let advice = "write `\\\\` for a backslash";
                return Err(self.fault(backslash, "this backslash means nothing in JSON", advice));
            }
        };
        self.at += 2;
        Ok(meaning)
    }

    /// `\uXXXX`, or two of them that make one character.
    fn escaped_character(&mut self) -> Result<char, Box<Fault>> {
        let first = self.four_digits()?;
        let is_high = (0xd800..0xdc00).contains(&first);
        if !is_high || !self.text[self.at..].starts_with("\\u") {
            return Ok(char::from_u32(first).unwrap_or(LONE_SURROGATE));
        }
        let between = self.at;
        let second = self.four_digits()?;
        if (0xdc00..0xe000).contains(&second) {
            let number = 0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00);
            return Ok(char::from_u32(number).unwrap_or(LONE_SURROGATE));
        }
        self.at = between;
        Ok(LONE_SURROGATE)
    }

    /// The number in `\uXXXX`.
    fn four_digits(&mut self) -> Result<u32, Box<Fault>> {
        let digits = self.text.get(self.at + 2..self.at + 6);
        let digits = digits.filter(|four| four.bytes().all(|byte| byte.is_ascii_hexdigit()));
        match digits.and_then(|four| u32::from_str_radix(four, 16).ok()) {
            Some(number) => {
                self.at += 6;
                Ok(number)
            }
            None => {
                let advice = "write `\\\\` for a backslash";
                Err(self.fault(self.at, "`\\u` needs four hexadecimal digits", advice))
            }
        }
    }
}
