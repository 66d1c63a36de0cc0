//! Which unit each stage needs, and when a unit is needed for the last time.

/// The stages of a forward pass.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    units: Vec<usize>,
}

impl Order {
    /// The unit of each stage, in forward order.
    pub fn new(units: Vec<usize>) -> Order {
        Order { units }
    }

    /// How many stages there are.
    pub fn stages(&self) -> usize {
        self.units.len()
    }

    /// A stage's unit.
    pub fn unit(&self, stage: usize) -> usize {
        self.units[stage]
    }

    /// The stage that forward does next.
    pub fn after(&self, stage: usize) -> Option<usize> {
        (stage + 1 < self.stages()).then_some(stage + 1)
    }

    /// The stage that backward does next.
    pub fn before(&self, stage: usize) -> Option<usize> {
        stage.checked_sub(1)
    }

    /// Whether no later stage needs this stage's unit.
    pub fn is_last_use(&self, stage: usize) -> bool {
        !self.units[stage + 1..].contains(&self.units[stage])
    }

    /// Whether a stage's unit may go between its forward and its backward: not the last stage's, with which
    /// backward begins, nor one that several stages use.
    pub fn may_leave(&self, stage: usize) -> bool {
        stage + 1 < self.stages() && self.uses(self.units[stage]) == 1
    }

    /// How many stages use a unit.
    pub fn uses(&self, unit: usize) -> usize {
        self.units.iter().filter(|other| **other == unit).count()
    }

    /// Units in the order in which backward completes their gradients.
    pub fn backward(&self) -> Vec<usize> {
        let stages = (0..self.stages()).rev();
        stages
            .filter(|stage| !self.units[..*stage].contains(&self.units[*stage]))
            .map(|stage| self.units[stage])
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tied_root_is_used_first_and_last() {
        let order = Order::new(vec![0, 1, 2, 0]);
        assert_eq!(order.backward(), [2, 1, 0]);
        assert_eq!((order.uses(0), order.uses(1)), (2, 1));
        assert_eq!([0, 1, 2, 3].map(|stage| order.is_last_use(stage)), [false, true, true, true]);
        assert_eq!([0, 1, 2, 3].map(|stage| order.may_leave(stage)), [false, true, true, false]);
    }

    #[test]
    fn an_untied_head_completes_first() {
        let order = Order::new(vec![0, 1, 2]);
        assert_eq!(order.backward(), [2, 1, 0]);
        assert_eq!([0, 1, 2].map(|stage| order.may_leave(stage)), [true, true, false]);
        assert_eq!((order.after(2), order.before(0)), (None, None));
    }
}
