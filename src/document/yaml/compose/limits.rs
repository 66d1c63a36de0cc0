//! How much a config may hold: bounds time, memory and stack for hostile texts.

use crate::document::{Fault, FaultKind, Span};

/// Lists and mappings inside each other. PyYAML gives up near 490 (Python's recursion limit), we do so
/// earlier because a thread's stack of 2 MB must be enough without optimisation; configs need 4.
pub(in crate::document) const DEEPEST: usize = 128;

/// Values in the tree, with aliases written out.
pub(in crate::document) const MOST_VALUES: usize = 1_000_000;

/// What has been used up.
#[derive(Default)]
pub(super) struct Limits {
    values: usize,
    depth: usize,
    /// The largest depth since the innermost anchor began.
    deepest: usize,
}

/// Counters at the beginning of an anchor's value.
pub(super) struct Before {
    values: usize,
    deepest: usize,
}

impl Limits {
    /// Counts values.
    pub fn add(&mut self, values: usize, place: Span) -> Result<(), Box<Fault>> {
        self.values = self.values.saturating_add(values);
        if self.values > MOST_VALUES {
            let message = format!("more than {MOST_VALUES} values, aliases written out");
            let advice = "no configuration needs so many; check that this is the right file";
            return Err(Fault::new(FaultKind::TooLarge, place, message, advice));
        }
        Ok(())
    }

    /// Enters a list or a mapping.
    pub fn descend(&mut self, place: Span) -> Result<(), Box<Fault>> {
        self.reach(1, place)?;
        self.depth += 1;
        Ok(())
    }

    /// Leaves a list or a mapping.
    pub fn ascend(&mut self) {
        self.depth -= 1;
    }

    /// Counts `levels` below this depth.
    pub fn reach(&mut self, levels: usize, place: Span) -> Result<(), Box<Fault>> {
        self.deepest = self.deepest.max(self.depth + levels);
        if self.depth + levels > DEEPEST {
            let message = format!("more than {DEEPEST} lists and mappings inside each other");
            let advice = "no configuration needs so many; check that this is the right file";
            return Err(Fault::new(FaultKind::TooLarge, place, message, advice));
        }
        Ok(())
    }

    /// An anchor's value begins.
    pub fn begin(&mut self) -> Before {
        let before = Before { values: self.values, deepest: self.deepest };
        self.deepest = self.depth;
        before
    }

    /// An anchor's value ends: how many values it is, and how deep they are nested.
    pub fn end(&mut self, before: Before) -> (usize, usize) {
        let height = self.deepest - self.depth;
        self.deepest = self.deepest.max(before.deepest);
        (self.values - before.values, height)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_anchor_knows_how_large_and_how_deep_its_value_is() {
        let mut limits = Limits::default();
        let place = Span::default();
        limits.descend(place).expect("one level");
        let before = limits.begin();
        limits.add(3, place).expect("three values");
        limits.descend(place).expect("two levels");
        limits.descend(place).expect("three levels");
        limits.ascend();
        limits.ascend();
        assert_eq!(limits.end(before), (3, 2));
    }

    #[test]
    fn the_last_level_is_allowed_and_the_next_is_not() {
        let mut limits = Limits::default();
        for _ in 0..DEEPEST {
            limits.descend(Span::default()).expect("within the limit");
        }
        assert!(limits.descend(Span::default()).is_err());
        limits.ascend();
        assert!(limits.reach(1, Span::default()).is_ok());
        assert!(limits.reach(2, Span::default()).is_err());
    }
}
