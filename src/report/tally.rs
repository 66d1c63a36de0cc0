//! How many of what: the last line of every report, and the ground for exit codes.

use super::Entry;
use crate::finding::{Finding, Severity};
use crate::text::{all_of, count};

/// Numbers over all files of a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Files that were checked.
    pub files: usize,
    /// Files that could not be read.
    pub unread: usize,
    /// Findings with the severity error.
    pub errors: usize,
    /// Findings with the severity warning.
    pub warnings: usize,
    /// Findings with the severity hint.
    pub hints: usize,
    /// Findings that `fix --write` repairs unasked.
    pub fixable: usize,
}

impl Tally {
    /// Counts a run.
    pub fn of(entries: &[Entry]) -> Tally {
        let mut tally = Tally::default();
        for entry in entries {
            match entry {
                Ok(checked) => {
                    tally.files += 1;
                    checked.findings.iter().for_each(|finding| tally.add(finding));
                }
                Err(_) => tally.unread += 1,
            }
        }
        tally
    }

    fn add(&mut self, finding: &Finding) {
        match finding.severity {
            Severity::Error => self.errors += 1,
            Severity::Warning => self.warnings += 1,
            Severity::Hint => self.hints += 1,
        }
        if finding.fix.as_ref().is_some_and(|fix| fix.safe) {
            self.fixable += 1;
        }
    }

    /// Findings at or above a severity.
    pub fn at_least(&self, severity: Severity) -> usize {
        match severity {
            Severity::Error => self.errors,
            Severity::Warning => self.errors + self.warnings,
            Severity::Hint => self.errors + self.warnings + self.hints,
        }
    }

    /// "2 errors and 1 warning in 3 files; 1 fixable with `accel-studio fix`".
    pub fn sentence(&self) -> String {
        let kinds = [(self.errors, "error"), (self.warnings, "warning"), (self.hints, "hint")];
        let found: Vec<String> = kinds
            .iter()
            .filter(|(number, _)| *number > 0)
            .map(|(number, noun)| count(*number, noun))
            .collect();
        let mut sentence = match (found.is_empty(), self.files) {
            (_, 0) => "nothing was checked".to_owned(),
            (true, files) => format!("{}: nothing to report", count(files, "file")),
            (false, files) => format!("{} in {}", all_of(found), count(files, "file")),
        };
        if self.unread > 0 {
            sentence += &format!("; {} could not be read", count(self.unread, "file"));
        }
        if self.fixable > 0 {
            sentence += &format!("; {} fixable with `accel-studio fix`", self.fixable);
        }
        sentence
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sentence_names_what_there_is() {
        let tally = Tally { files: 3, errors: 2, warnings: 1, fixable: 1, ..Tally::default() };
        assert_eq!(tally.sentence(), "2 errors and 1 warning in 3 files; 1 fixable with `accel-studio fix`");
        let clean = Tally { files: 1, ..Tally::default() };
        assert_eq!(clean.sentence(), "1 file: nothing to report");
        let unread = Tally { unread: 1, ..Tally::default() };
        assert_eq!(unread.sentence(), "nothing was checked; 1 file could not be read");
    }
}
