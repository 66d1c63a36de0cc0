//! `|` and `>` blocks.

use std::borrow::Cow;

use super::super::cursor::{END, ends_line, is_break};
use super::super::token::Kind;
use super::Scanner;
use crate::document::{Fault, FaultKind, Style};

/// What happens to the line ends at the end of a block.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Chomp {
    /// `-`: none stays.
    Strip,
    /// One stays.
    Clip,
    /// `+`: all stay.
    Keep,
}

/// What stands after the `|` or `>`.
struct Header {
    chomp: Chomp,
    /// The indentation against the block around it, where it is written.
    indentation: Option<isize>,
}

impl<'t> Scanner<'t> {
    /// A block of lines. Its span ends with its last line that is not empty, line end excluded.
    pub(super) fn block_scalar(&mut self, style: Style) -> Result<(), Box<Fault>> {
        self.key_allowed = true;
        self.drop_candidate()?;
        let start = self.cursor.at();
        self.cursor.skip(1);
        let header = self.block_header()?;
        let mut end = self.cursor.at();
        self.finish_header_line()?;
        let text = self.block_lines(style, &header, &mut end);
        self.push(Kind::Scalar(Cow::Owned(text), style), start);
        if let Some(token) = self.queue.back_mut() {
            token.span.end = end;
        }
        Ok(())
    }

    /// `+`, `-` and a digit, in either order, each at most once.
    fn block_header(&mut self) -> Result<Header, Box<Fault>> {
        let mut chomp = self.block_chomp();
        let indentation = self.block_indentation()?;
        if chomp.is_none() && indentation.is_some() {
            chomp = self.block_chomp();
        }
        let next = self.cursor.peek();
        if next != ' ' && !ends_line(next) {
            return Err(Fault::new(
                FaultKind::Yaml,
                self.cursor.here(),
                "text cannot start on the line of `|` or `>`",
                "start it on the next line, or put the value in quotes",
            ));
        }
        Ok(Header { chomp: chomp.unwrap_or(Chomp::Clip), indentation })
    }

    fn block_chomp(&mut self) -> Option<Chomp> {
        let chomp = match self.cursor.peek() {
            '+' => Chomp::Keep,
            '-' => Chomp::Strip,
            _ => return None,
        };
        self.cursor.skip(1);
        Some(chomp)
    }

    fn block_indentation(&mut self) -> Result<Option<isize>, Box<Fault>> {
        let Some(digit) = self.cursor.peek().to_digit(10) else { return Ok(None) };
        if digit == 0 {
            let message = "the indentation of a block cannot be 0";
            return Err(Fault::new(
                FaultKind::Yaml,
                self.cursor.here(),
                message,
                "write a digit from 1 to 9, or none",
            ));
        }
        self.cursor.skip(1);
        Ok(Some(digit as isize))
    }

    /// Spaces and a comment up to the end of the line; anything else is refused.
    pub(super) fn finish_header_line(&mut self) -> Result<(), Box<Fault>> {
        self.cursor.skip_spaces();
        if self.cursor.peek() == '#' {
            self.cursor.take_line();
        }
        if !ends_line(self.cursor.peek()) {
            let message = "only a comment can stand here";
            return Err(Fault::new(
                FaultKind::Yaml,
                self.cursor.here(),
                message,
                "put the text on the next line",
            ));
        }
        self.cursor.take_break();
        Ok(())
    }

    fn block_lines(&mut self, style: Style, header: &Header, end: &mut usize) -> String {
        let least = (self.indent + 1).max(1);
        let mut empty_lines = String::new();
        let indent = match header.indentation {
            Some(more) => least + more - 1,
            None => self.deepest_empty_line(&mut empty_lines).max(least),
        };
        self.skip_empty_lines(indent, &mut empty_lines);
        let mut text = String::new();
        let mut line_end = None;
        while self.cursor.column() == indent && self.cursor.peek() != END {
            let indented_more = matches!(self.cursor.peek(), ' ' | '\t');
            self.join_line(&mut text, line_end, &empty_lines, style == Style::Folded && !indented_more);
            text.push_str(self.cursor.take_while(|c| !is_break(c)));
            *end = self.cursor.at();
            line_end = Some((self.cursor.take_break(), indented_more));
            empty_lines.clear();
            self.skip_empty_lines(indent, &mut empty_lines);
        }
        if header.chomp != Chomp::Strip {
            text.extend(line_end.and_then(|(line_end, _)| line_end));
        }
        if header.chomp == Chomp::Keep {
            text.push_str(&empty_lines);
        }
        text
    }

    /// Appends what joins a line to the one before it: `foldable` says that this line may be joined by a space.
    fn join_line(
        &self,
        text: &mut String,
        before: Option<(Option<char>, bool)>,
        empty_lines: &str,
        foldable: bool,
    ) {
        match before {
            Some((Some('\n'), false)) if foldable && empty_lines.is_empty() => text.push(' '),
            Some((Some('\n'), false)) if foldable => {}
            Some((line_end, _)) => text.extend(line_end),
            None => {}
        }
        text.push_str(empty_lines);
    }

    /// Steps over empty lines and gives back the largest indentation seen, that of the first line
    /// with text included.
    fn deepest_empty_line(&mut self, line_ends: &mut String) -> isize {
        let mut deepest = 0;
        loop {
            self.cursor.skip_spaces();
            deepest = deepest.max(self.cursor.column());
            match self.cursor.take_break() {
                Some(line_end) => line_ends.push(line_end),
                None => return deepest,
            }
        }
    }

    /// Steps over empty lines, and over up to `indent` columns of the line after them.
    fn skip_empty_lines(&mut self, indent: isize, line_ends: &mut String) {
        loop {
            while self.cursor.column() < indent && self.cursor.peek() == ' ' {
                self.cursor.skip(1);
            }
            match self.cursor.take_break() {
                Some(line_end) => line_ends.push(line_end),
                None => return,
            }
        }
    }
}
