//! A place in the text that moves forward: what the scanner sees.
//!
//! Counts as PyYAML does: columns and lengths in characters, a byte order mark takes no column, and
//! U+0085, U+2028 and U+2029 end a line as `\n`, `\r\n` and a lone `\r` do. Knows no grammar.

use crate::document::Span;

/// Stands for the end of the text. No text that reaches the scanner holds this character.
pub(super) const END: char = '\0';

/// The byte order mark.
pub(super) const BYTE_ORDER_MARK: char = '\u{feff}';

/// A place the cursor has been at.
#[derive(Clone, Copy, Debug)]
pub(super) struct Mark {
    /// Bytes before it.
    pub at: usize,
    /// Characters before it.
    pub index: usize,
    /// Lines before it.
    pub line: usize,
    /// Characters before it on its line, byte order marks not counted.
    pub column: isize,
}

/// The text and how far it is read.
pub(super) struct Cursor<'t> {
    text: &'t str,
    mark: Mark,
}

/// True for a character that ends a line.
pub(super) fn is_break(c: char) -> bool {
    matches!(c, '\n' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

/// True at the end of a line or of the text.
pub(super) fn ends_line(c: char) -> bool {
    c == END || is_break(c)
}

/// True for what may follow an indicator such as `-`: a blank, or the end of the line or the text.
pub(super) fn ends_word(c: char) -> bool {
    matches!(c, ' ' | '\t') || ends_line(c)
}

impl<'t> Cursor<'t> {
    /// A cursor at the start of a text without [`END`].
    pub fn new(text: &'t str) -> Cursor<'t> {
        Cursor { text, mark: Mark { at: 0, index: 0, line: 0, column: 0 } }
    }

    /// Where the cursor is.
    pub fn mark(&self) -> Mark {
        self.mark
    }

    /// Bytes before the cursor.
    pub fn at(&self) -> usize {
        self.mark.at
    }

    /// Characters before the cursor on its line.
    pub fn column(&self) -> isize {
        self.mark.column
    }

    /// The bytes from an earlier offset up to the cursor.
    pub fn since(&self, start: usize) -> Span {
        Span { start, end: self.mark.at }
    }

    /// The next character, or [`END`].
    pub fn peek(&self) -> char {
        self.peek_after(0)
    }

    /// The character `bytes` further on. What lies between must be ASCII.
    pub fn peek_after(&self, bytes: usize) -> char {
        match self.text.as_bytes().get(self.mark.at + bytes) {
            None => END,
            Some(byte) if byte.is_ascii() => char::from(*byte),
            Some(_) => self.text[self.mark.at + bytes..].chars().next().unwrap_or(END),
        }
    }

    /// The text from the cursor on.
    pub fn rest(&self) -> &'t str {
        &self.text[self.mark.at..]
    }

    /// True when the text goes on like this.
    pub fn starts_with(&self, text: &str) -> bool {
        self.text.as_bytes()[self.mark.at..].starts_with(text.as_bytes())
    }

    /// True at `---` or `...` as a word of its own. Only meaningful at the start of a line.
    pub fn is_document_marker(&self) -> bool {
        (self.starts_with("---") || self.starts_with("...")) && ends_word(self.peek_after(3))
    }

    /// Steps over one character that does not end a line.
    pub fn step(&mut self) {
        let next = self.peek();
        if next != END {
            self.pass(next);
        }
    }

    /// Steps over `count` ASCII characters that do not end a line.
    pub fn skip(&mut self, count: usize) {
        self.mark.at += count;
        self.mark.index += count;
        self.mark.column += count as isize;
    }

    /// Steps over `bytes` of one line and gives them back.
    pub fn take(&mut self, bytes: usize) -> &'t str {
        let taken = &self.text[self.mark.at..self.mark.at + bytes];
        self.pass_all(taken);
        taken
    }

    /// Steps over characters of one line and gives them back.
    pub fn take_while(&mut self, keep: impl Fn(char) -> bool) -> &'t str {
        let rest = &self.text[self.mark.at..];
        let taken = rest.find(|c| !keep(c)).map_or(rest, |end| &rest[..end]);
        self.pass_all(taken);
        taken
    }

    /// Steps over the rest of the line and gives it back.
    pub fn take_line(&mut self) -> &'t str {
        self.take_while(|c| !is_break(c))
    }

    /// Steps over the end of a line, if the cursor is at one, and gives back what it means inside a
    /// value: `\n`, except that U+2028 and U+2029 stand for themselves.
    pub fn take_break(&mut self) -> Option<char> {
        let next = self.peek();
        let (bytes, meaning) = match next {
            '\r' if self.peek_after(1) == '\n' => (2, '\n'),
            '\r' | '\n' => (1, '\n'),
            '\u{85}' => (2, '\n'),
            '\u{2028}' | '\u{2029}' => (3, next),
            _ => return None,
        };
        self.mark.at += bytes;
        self.mark.index += 1;
        self.mark.line += 1;
        self.mark.column = 0;
        Some(meaning)
    }

    /// Steps over spaces; tabs stay.
    pub fn skip_spaces(&mut self) {
        let bytes = &self.text.as_bytes()[self.mark.at..];
        let spaces = bytes.iter().position(|byte| *byte != b' ').unwrap_or(bytes.len());
        self.skip(spaces);
    }

    /// The bytes of the line from an offset on, without blanks at its end.
    pub fn line_from(&self, start: usize) -> Span {
        let line = self.text[start..].split(is_break).next().unwrap_or_default();
        Span { start, end: start + line.trim_end().len() }
    }

    /// The text of a span.
    pub fn slice(&self, span: Span) -> &'t str {
        &self.text[span.start..span.end]
    }

    /// True when there are only spaces between an earlier offset and the cursor.
    pub fn is_blank_since(&self, start: usize) -> bool {
        self.text[start..self.mark.at].bytes().all(|byte| byte == b' ')
    }

    /// The next character's bytes; at the end of the text, those of the last character.
    pub fn here(&self) -> Span {
        self.character(self.mark.at)
    }

    /// The bytes of the character at an offset; at the end of the text, those of the last character.
    pub fn character(&self, at: usize) -> Span {
        char_at(self.text, at)
    }

    fn pass(&mut self, c: char) {
        self.mark.at += c.len_utf8();
        self.mark.index += 1;
        self.mark.column += isize::from(c != BYTE_ORDER_MARK);
    }

    fn pass_all(&mut self, taken: &str) {
        if taken.is_ascii() {
            self.skip(taken.len());
        } else {
            taken.chars().for_each(|c| self.pass(c));
        }
    }
}

/// The bytes of the character at an offset; at the end of the text, those of the last character or
/// line end.
pub(in crate::document) fn char_at(text: &str, at: usize) -> Span {
    if let Some(next) = text[at..].chars().next() {
        return Span { start: at, end: at + next.len_utf8() };
    }
    let last = if text.ends_with("\r\n") { 2 } else { text.chars().next_back().map_or(0, char::len_utf8) };
    Span { start: text.len() - last, end: text.len() }
}
