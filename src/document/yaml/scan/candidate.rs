//! Words that are keys if a `:` follows.

use super::Scanner;
use crate::document::Fault;
use crate::document::yaml::cursor::Mark;

/// A key without `?` must have its `:` within so many characters (YAML 1.1, and PyYAML).
pub(super) const LONGEST_KEY: usize = 1024;

/// A word that is a key if a `:` follows on its line.
#[derive(Clone, Copy)]
pub(super) struct Candidate {
    /// Its number among all words.
    pub number: usize,
    /// True at the indentation of the block it stands in: then it can be nothing but a key.
    pub required: bool,
    pub mark: Mark,
}

impl Scanner<'_> {
    /// The word that comes next may be a key.
    pub(super) fn add_candidate(&mut self) -> Result<(), Box<Fault>> {
        if !self.key_allowed {
            return Ok(());
        }
        self.drop_candidate()?;
        let mark = self.cursor.mark();
        let required = self.flow == 0 && self.indent == mark.column;
        let number = self.taken + self.queue.len();
        self.candidates[self.flow] = Some(Candidate { number, required, mark });
        Ok(())
    }

    /// The innermost candidate is no key after all.
    pub(super) fn drop_candidate(&mut self) -> Result<(), Box<Fault>> {
        match self.candidates[self.flow].take() {
            Some(candidate) if candidate.required => Err(self.no_colon(candidate)),
            _ => Ok(()),
        }
    }

    /// Candidates whose line has ended, or that are too long, are no keys.
    pub(super) fn drop_stale_candidates(&mut self) -> Result<(), Box<Fault>> {
        let now = self.cursor.mark();
        for level in 0..self.candidates.len() {
            let Some(candidate) = self.candidates[level] else { continue };
            if candidate.mark.line == now.line && now.index - candidate.mark.index <= LONGEST_KEY {
                continue;
            }
            if candidate.required {
                return Err(self.no_colon(candidate));
            }
            self.candidates[level] = None;
        }
        Ok(())
    }
}
