//! A name for each finding that stays when lines move, so that others can tell new ones from old.
//!
//! It hangs on the rule, the file and the key; on the message only where no key can be named.

use std::collections::HashMap;
use std::hash::Hasher as _;

use fnv::FnvHasher;

use super::address;
use crate::finding::Finding;

/// The fingerprints given so far in one run.
#[derive(Debug, Default)]
pub(super) struct Fingerprints {
    given: HashMap<u64, u64>,
}

impl Fingerprints {
    /// The fingerprint of a finding: 16 hexadecimal digits. Equals get different ones, by their order.
    pub(super) fn of(&mut self, file: &str, finding: &Finding) -> String {
        let key = finding.place.path().map(ToString::to_string).filter(|key| !key.is_empty());
        // What lies in another file is told at the one key that names it.
        let there = finding.elsewhere.first().map(|there| format!("{:?}", there.place.path()));
        let own = key.as_deref().unwrap_or(&finding.message);
        let file = address::path(file);
        self.number(&[&[finding.rule, &file, own][..], there.as_deref().as_slice()].concat())
    }

    /// The fingerprint of a file that could not be read.
    pub(super) fn of_unread(&mut self, file: &str) -> String {
        self.number(&["unread", &address::path(file)])
    }

    fn number(&mut self, parts: &[&str]) -> String {
        let first = hash(parts, 0);
        let seen = self.given.entry(first).or_default();
        *seen += 1;
        format!("{:016x}", hash(parts, *seen))
    }
}

fn hash(parts: &[&str], nth: u64) -> u64 {
    let mut hasher = FnvHasher::default();
    for part in parts {
        hasher.write(part.as_bytes());
        // Ends the part: no UTF-8 text has this byte.
        hasher.write(&[0xff]);
    }
    hasher.write(&nth.to_le_bytes());
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_findings_are_told_apart_and_others_are_not_disturbed() {
        let mut prints = Fingerprints::default();
        let [one, two, other] = [&["a", "b"], &["a", "b"], &["ab", ""]].map(|parts| prints.number(parts));
        assert!(one != two && one != other && two != other);
        assert_eq!(Fingerprints::default().number(&["ab", ""]), other);
    }

    #[test]
    fn fingerprints_are_the_same_in_every_build() {
        assert_eq!(Fingerprints::default().number(&["a"]), "e174ea0c7999c468");
    }
}
