//! Text to words: where blocks begin and end, and which words are keys.
//!
//! A key on one line is only known to be one when its `:` comes. So every word that could be such a
//! key is remembered as a candidate, and words wait in the queue until the candidate is decided.
//! Knows nothing of trees.

mod block;
mod candidate;
mod directive;
mod fault;
mod plain;
mod property;
mod quoted;

use std::collections::VecDeque;

use super::cursor::{BYTE_ORDER_MARK, Cursor, END, ends_word};
use super::token::{Kind, Token};
use crate::document::{Fault, FaultKind, Span, Style};
use candidate::Candidate;

/// Hands out the words of a text, one by one, reading no further than it must.
pub(super) struct Scanner<'t> {
    cursor: Cursor<'t>,
    queue: VecDeque<Token<'t>>,
    /// How many words have left the queue.
    taken: usize,
    current: Option<Token<'t>>,
    ended: bool,
    /// How many brackets and braces are open.
    flow: usize,
    /// The column of the innermost block, -1 outside all blocks.
    indent: isize,
    outer_indents: Vec<isize>,
    key_allowed: bool,
    /// The last text without quotes.
    last_plain: Span,
    /// The candidate of each bracket level, outermost first.
    candidates: Vec<Option<Candidate>>,
}

impl<'t> Scanner<'t> {
    /// A scanner at the start of a text without control characters.
    pub fn new(text: &'t str) -> Scanner<'t> {
        let mut cursor = Cursor::new(text);
        if cursor.peek() == BYTE_ORDER_MARK {
            cursor.step();
        }
        Scanner {
            cursor,
            queue: VecDeque::new(),
            taken: 0,
            current: None,
            ended: false,
            flow: 0,
            indent: -1,
            outer_indents: Vec::new(),
            key_allowed: true,
            last_plain: Span::default(),
            candidates: vec![None],
        }
    }

    /// The next word, which stays.
    pub fn peek(&mut self) -> Result<&Token<'t>, Box<Fault>> {
        if self.current.is_none() {
            self.current = Some(self.pull()?);
        }
        Ok(self.current.as_ref().expect("a word was just put there"))
    }

    /// The next word.
    pub fn next(&mut self) -> Result<Token<'t>, Box<Fault>> {
        match self.current.take() {
            Some(token) => Ok(token),
            None => self.pull(),
        }
    }

    fn pull(&mut self) -> Result<Token<'t>, Box<Fault>> {
        while self.needs_more()? {
            self.fetch()?;
        }
        let token = self.queue.pop_front();
        self.taken += usize::from(token.is_some());
        Ok(token.unwrap_or(Token { kind: Kind::End, span: self.cursor.here() }))
    }

    /// True while the first word of the queue may still turn out to be a key.
    fn needs_more(&mut self) -> Result<bool, Box<Fault>> {
        if self.ended || self.queue.is_empty() {
            return Ok(!self.ended);
        }
        self.drop_stale_candidates()?;
        Ok(self.candidates.iter().flatten().any(|candidate| candidate.number == self.taken))
    }

    fn fetch(&mut self) -> Result<(), Box<Fault>> {
        self.skip_to_word();
        self.drop_stale_candidates()?;
        self.close_blocks(self.cursor.column());
        let next = self.cursor.peek();
        let blank_follows = ends_word(self.cursor.peek_after(next.len_utf8()));
        let at_line_start = self.cursor.column() == 0;
        match next {
            END => self.end(),
            '%' if at_line_start => self.directive(),
            '-' | '.' if at_line_start && self.cursor.is_document_marker() => self.document_marker(),
            '[' => self.open(Kind::FlowListStart),
            '{' => self.open(Kind::FlowMapStart),
            ']' => self.close(Kind::FlowListEnd),
            '}' => self.close(Kind::FlowMapEnd),
            ',' => self.flow_entry(),
            '-' if blank_follows => self.block_entry(),
            '?' if self.flow > 0 || blank_follows => self.explicit_key(),
            ':' if self.flow > 0 || blank_follows => self.value(),
            '*' | '&' => self.name(),
            '!' => self.tag(),
            '|' if self.flow == 0 => self.block_scalar(Style::Literal),
            '>' if self.flow == 0 => self.block_scalar(Style::Folded),
            '\'' => self.quoted(Style::Single),
            '"' => self.quoted(Style::Double),
            '-' => self.plain(),
            '?' | ':' if !blank_follows => self.plain(),
            ' ' | '\t' | '?' | ':' | '#' | '|' | '>' | '%' | '@' | '`' => Err(self.cannot_start(next)),
            _ => self.plain(),
        }
    }

    /// Steps over spaces, comments and line ends. Tabs are words that cannot be.
    fn skip_to_word(&mut self) {
        loop {
            self.cursor.skip_spaces();
            if self.cursor.peek() == '#' {
                self.cursor.take_line();
            }
            if self.cursor.take_break().is_none() {
                return;
            }
            self.key_allowed |= self.flow == 0;
        }
    }

    fn push(&mut self, kind: Kind<'t>, start: usize) {
        let span = self.cursor.since(start);
        self.queue.push_back(Token { kind, span });
    }

    /// Steps over an ASCII indicator and queues it.
    fn push_indicator(&mut self, kind: Kind<'t>, length: usize) {
        let start = self.cursor.at();
        self.cursor.skip(length);
        self.push(kind, start);
    }

    fn end(&mut self) -> Result<(), Box<Fault>> {
        self.leave_all_blocks()?;
        self.candidates.clear();
        self.candidates.push(None);
        self.queue.push_back(Token { kind: Kind::End, span: self.cursor.here() });
        self.ended = true;
        Ok(())
    }

    fn document_marker(&mut self) -> Result<(), Box<Fault>> {
        self.leave_all_blocks()?;
        let kind = if self.cursor.peek() == '-' { Kind::DocumentStart } else { Kind::DocumentEnd };
        self.push_indicator(kind, 3);
        Ok(())
    }

    fn leave_all_blocks(&mut self) -> Result<(), Box<Fault>> {
        self.close_blocks(-1);
        self.drop_candidate()?;
        self.key_allowed = false;
        Ok(())
    }

    fn open(&mut self, kind: Kind<'t>) -> Result<(), Box<Fault>> {
        self.add_candidate()?;
        self.flow += 1;
        self.candidates.push(None);
        self.key_allowed = true;
        self.push_indicator(kind, 1);
        Ok(())
    }

    fn close(&mut self, kind: Kind<'t>) -> Result<(), Box<Fault>> {
        self.drop_candidate()?;
        if self.flow > 0 {
            self.flow -= 1;
            self.candidates.pop();
        }
        self.key_allowed = false;
        self.push_indicator(kind, 1);
        Ok(())
    }

    fn flow_entry(&mut self) -> Result<(), Box<Fault>> {
        self.key_allowed = true;
        self.drop_candidate()?;
        self.push_indicator(Kind::FlowEntry, 1);
        Ok(())
    }

    fn block_entry(&mut self) -> Result<(), Box<Fault>> {
        if self.flow == 0 {
            self.demand_start_of_block("a list item cannot start here", "give the list lines of its own")?;
            self.open_block(self.cursor.column(), Kind::BlockListStart, None);
        }
        self.key_allowed = true;
        self.drop_candidate()?;
        self.push_indicator(Kind::BlockEntry, 1);
        Ok(())
    }

    fn explicit_key(&mut self) -> Result<(), Box<Fault>> {
        if self.flow == 0 {
            self.demand_start_of_block("a `?` key cannot start here", "give it a line of its own")?;
            self.open_block(self.cursor.column(), Kind::BlockMapStart, None);
        }
        self.key_allowed = self.flow == 0;
        self.drop_candidate()?;
        self.push_indicator(Kind::Key, 1);
        Ok(())
    }

    fn value(&mut self) -> Result<(), Box<Fault>> {
        match self.candidates[self.flow].take() {
            Some(candidate) => self.settle(candidate),
            None => self.value_without_key()?,
        }
        self.push_indicator(Kind::Value, 1);
        Ok(())
    }

    /// The candidate's `:` has come: puts the words that make it a key before it.
    fn settle(&mut self, candidate: Candidate) {
        let place = candidate.number - self.taken;
        let start = candidate.mark.at;
        self.queue.insert(place, Token { kind: Kind::Key, span: self.cursor.character(start) });
        if self.flow == 0 {
            self.open_block(candidate.mark.column, Kind::BlockMapStart, Some((place, start)));
        }
        self.key_allowed = false;
    }

    fn value_without_key(&mut self) -> Result<(), Box<Fault>> {
        if self.flow == 0 {
            if !self.key_allowed {
                return Err(self.misplaced_colon());
            }
            self.open_block(self.cursor.column(), Kind::BlockMapStart, None);
        }
        self.key_allowed = self.flow == 0;
        self.drop_candidate()
    }

    fn demand_start_of_block(&self, message: &str, advice: &str) -> Result<(), Box<Fault>> {
        if self.key_allowed {
            return Ok(());
        }
        Err(Fault::new(FaultKind::Yaml, self.cursor.here(), message, advice))
    }

    /// Opens a block if this column is further in than the innermost one. Its word goes to the given
    /// place of the queue, else to the end.
    fn open_block(&mut self, column: isize, kind: Kind<'t>, place: Option<(usize, usize)>) {
        if self.indent >= column {
            return;
        }
        self.outer_indents.push(self.indent);
        self.indent = column;
        let (place, start) = place.unwrap_or((self.queue.len(), self.cursor.at()));
        self.queue.insert(place, Token { kind, span: self.cursor.character(start) });
    }

    /// Closes the blocks that are indented further than `column`. Inside brackets indentation says nothing.
    fn close_blocks(&mut self, column: isize) {
        while self.flow == 0 && self.indent > column {
            self.indent = self.outer_indents.pop().unwrap_or(-1);
            self.queue.push_back(Token { kind: Kind::BlockEnd, span: self.cursor.here() });
        }
    }
}
