//! Anchors, aliases and tags.

use std::borrow::Cow;

use super::super::cursor::{ends_line, ends_word};
use super::super::token::Kind;
use super::Scanner;
use crate::document::{Fault, FaultKind};

impl<'t> Scanner<'t> {
    /// `&name` or `*name`.
    pub(super) fn name(&mut self) -> Result<(), Box<Fault>> {
        self.add_candidate()?;
        self.key_allowed = false;
        let start = self.cursor.at();
        let indicator = self.cursor.peek();
        self.cursor.skip(1);
        let name = self.cursor.take_while(is_name);
        let next = self.cursor.peek();
        if name.is_empty() || !(ends_word(next) || "?:,]}%@`".contains(next)) {
            let message = format!("the name after `{indicator}` can only be letters, digits, `-` and `_`");
            let advice = format!("put a value that starts with `{indicator}` in quotes");
            return Err(Fault::new(FaultKind::Anchor, self.cursor.here(), message, advice));
        }
        self.push(if indicator == '*' { Kind::Alias(name) } else { Kind::Anchor(name) }, start);
        Ok(())
    }

    /// `!`, `!suffix`, `!!suffix`, `!handle!suffix` or `!<suffix>`.
    pub(super) fn tag(&mut self) -> Result<(), Box<Fault>> {
        self.add_candidate()?;
        self.key_allowed = false;
        let start = self.cursor.at();
        let after = self.cursor.peek_after(1);
        let kind = if after == '<' {
            self.verbatim_tag()?
        } else if ends_word(after) {
            self.cursor.skip(1);
            Kind::Tag(None, Cow::Borrowed("!"))
        } else {
            let handle = self.tag_handle()?;
            Kind::Tag(Some(handle), self.tag_text()?)
        };
        let next = self.cursor.peek();
        if next != ' ' && !ends_line(next) {
            return Err(self.bad_tag("a space must follow a tag"));
        }
        self.push(kind, start);
        Ok(())
    }

    fn verbatim_tag(&mut self) -> Result<Kind<'t>, Box<Fault>> {
        self.cursor.skip(2);
        let text = self.tag_text()?;
        if self.cursor.peek() != '>' {
            return Err(self.bad_tag("`>` must close a tag that starts with `!<`"));
        }
        self.cursor.skip(1);
        Ok(Kind::Tag(None, text))
    }

    /// `!`, or `!name!` when a second `!` comes before the next blank.
    fn tag_handle(&mut self) -> Result<&'t str, Box<Fault>> {
        let word = self.cursor.rest().split(|c| c == ' ' || ends_line(c)).next().unwrap_or_default();
        if !word[1..].contains('!') {
            return Ok(self.cursor.take(1));
        }
        self.named_handle()
    }

    /// `!name!`; also `!` before a space.
    pub(super) fn named_handle(&mut self) -> Result<&'t str, Box<Fault>> {
        let rest = self.cursor.rest();
        if !rest.starts_with('!') {
            return Err(self.bad_tag("a tag handle starts with `!`"));
        }
        if rest[1..].starts_with(' ') {
            return Ok(self.cursor.take(1));
        }
        let name = rest[1..].find(|c| !is_name(c)).unwrap_or(rest.len() - 1);
        if !rest[1 + name..].starts_with('!') {
            self.cursor.skip(1 + name);
            return Err(self.bad_tag("a tag handle is `!`, `!!` or `!name!`"));
        }
        Ok(self.cursor.take(name + 2))
    }

    /// The characters of a tag, with `%` escapes read.
    pub(super) fn tag_text(&mut self) -> Result<Cow<'t, str>, Box<Fault>> {
        let first = self.cursor.take_while(is_tag_character);
        let mut text = Cow::Borrowed(first);
        while self.cursor.peek() == '%' {
            let bytes = self.escaped_bytes()?;
            let Ok(piece) = String::from_utf8(bytes) else {
                return Err(self.bad_tag("the `%` escapes of this tag are not UTF-8"));
            };
            text.to_mut().push_str(&piece);
            text.to_mut().push_str(self.cursor.take_while(is_tag_character));
        }
        if text.is_empty() {
            return Err(self.bad_tag("a tag is missing after `!`"));
        }
        Ok(text)
    }

    /// One or more `%XX`.
    fn escaped_bytes(&mut self) -> Result<Vec<u8>, Box<Fault>> {
        let mut bytes = Vec::new();
        while self.cursor.peek() == '%' {
            self.cursor.skip(1);
            let digits = self.cursor.rest().get(..2).filter(|two| two.bytes().all(|b| b.is_ascii_hexdigit()));
            let byte = digits.and_then(|two| u8::from_str_radix(two, 16).ok());
            let Some(byte) = byte else {
                return Err(self.bad_tag("`%` in a tag needs two hexadecimal digits"));
            };
            bytes.push(byte);
            self.cursor.skip(2);
        }
        Ok(bytes)
    }

    fn bad_tag(&self, message: &str) -> Box<Fault> {
        let advice = "remove the tag, or put a value that starts with `!` in quotes";
        Fault::new(FaultKind::Yaml, self.cursor.here(), message, advice)
    }
}

/// What names of anchors, tag handles and directives are made of.
pub(super) fn is_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '-' | '_')
}

fn is_tag_character(c: char) -> bool {
    c.is_ascii_alphanumeric() || "-;/?:@&=+$,_.!~*'()[]".contains(c)
}
