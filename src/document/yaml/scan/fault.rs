//! What to say of the most frequent mistakes: a colon missing, a colon too many, a tab.

use super::Scanner;
use super::candidate::{Candidate, LONGEST_KEY};
use crate::document::{Fault, FaultKind};

impl Scanner<'_> {
    pub(super) fn cannot_start(&self, found: char) -> Box<Fault> {
        let here = self.cursor.here();
        if found == '\t' {
            return Fault::new(
                FaultKind::Tab,
                here,
                "a tab stands where YAML allows only spaces",
                "write spaces instead; two for each level are usual",
            );
        }
        let message = match found {
            '|' | '>' => format!("a `{found}` block cannot stand inside brackets"),
            '`' => "a backtick cannot start a value".to_owned(),
            _ => format!("`{found}` cannot start a value"),
        };
        Fault::new(FaultKind::Yaml, here, message, "put the value in quotes")
    }

    /// A `:` behind something that cannot be a key.
    pub(super) fn misplaced_colon(&self) -> Box<Fault> {
        let here = self.cursor.here();
        let words = self.last_plain;
        let first_line = self.cursor.line_from(words.start);
        if !self.cursor.is_blank_since(words.end) {
            return Fault::new(
                FaultKind::Yaml,
                here,
                "`:` cannot stand here",
                "put the key or the value in quotes",
            );
        }
        if first_line.end >= words.end && words.end - words.start > LONGEST_KEY {
            let message = format!("a key can have {LONGEST_KEY} characters at most");
            return Fault::new(FaultKind::Yaml, here, message, "write a shorter key");
        }
        if first_line.end >= words.end {
            let message = "`: ` cannot stand in a value without quotes";
            return Fault::new(FaultKind::Yaml, here, message, "put the whole value in quotes");
        }
        let message = "this line goes on with the text above, so `:` cannot stand here";
        let advice = if self.cursor.slice(first_line).contains(':') {
            "write a space after the `:` in the line above"
        } else {
            "write `key: value` in the line above, or indent this line like that one"
        };
        Fault::new(FaultKind::Yaml, here, message, advice).began(first_line, "the text begins here")
    }

    pub(super) fn no_colon(&self, candidate: Candidate) -> Box<Fault> {
        let key = self.cursor.line_from(candidate.mark.at);
        let (message, advice) = if self.cursor.mark().line == candidate.mark.line {
            (format!("the key before this has no `:` within {LONGEST_KEY} characters"), "write `key: value`")
        } else {
            (
                "the key before this line has no `:`".to_owned(),
                "write `key: value`, with a space after the colon",
            )
        };
        let fault = Fault::new(FaultKind::Yaml, self.cursor.here(), message, advice);
        fault.began(key, "no `:` follows this key")
    }
}
