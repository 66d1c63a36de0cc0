//! Whether a group's collectives give the numbers that they must: every one, in every kind of number, at even and
//! odd sizes. The inputs are small whole numbers, so that sums are exact in all kinds.

use tch::{Device, Kind, Tensor};

use crate::comm::{Collective, CommError, Reduction};

/// Kinds that training communicates: weights, gradients, tokens.
const KINDS: [Kind; 4] = [Kind::Float, Kind::BFloat16, Kind::Half, Kind::Int64];
/// Elements: one, fewer than ranks may be, odd ones, and more than one message holds.
const SIZES: [usize; 4] = [1, 7, 1023, 65_537];

/// Why a check ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wrong {
    /// A collective gives what it must not.
    Number(String),
    /// A collective gives nothing.
    Lost(CommError),
}

type Outcome = Result<(), Wrong>;

/// How many collectives were checked, or the first that is wrong.
pub fn check(group: &dyn Collective, device: Device) -> Result<usize, Wrong> {
    let mut checked = 0;
    for kind in KINDS {
        for size in SIZES {
            let case = Case { group, device, kind, size };
            checked += case.run().map_err(|wrong| match wrong {
                Wrong::Number(words) => Wrong::Number(format!("{kind:?}, {size} elements: {words}")),
                lost @ Wrong::Lost(_) => lost,
            })?;
        }
    }
    Ok(checked)
}

struct Case<'a> {
    group: &'a dyn Collective,
    device: Device,
    kind: Kind,
    size: usize,
}

impl Case<'_> {
    /// Gives how many there were.
    fn run(&self) -> Result<usize, Wrong> {
        let reductions = [Reduction::Sum, Reduction::Min, Reduction::Max];
        for how in reductions {
            self.all_reduce(how)?;
        }
        self.reduce_scatter()?;
        self.all_gather()?;
        self.broadcast()?;
        self.group.barrier().map_err(Wrong::Lost)?;
        Ok(reductions.len() + 4)
    }

    fn all_reduce(&self, how: Reduction) -> Outcome {
        let tensor = self.given(self.size, self.group.rank());
        finish(self.group.all_reduce(&tensor, how))?;
        let expected: Vec<i64> = (0..self.size).map(|at| self.reduced(at, how)).collect();
        self.compare(&tensor, &expected, "all-reduce")
    }

    fn reduce_scatter(&self) -> Outcome {
        let (rank, size) = (self.group.rank(), self.size);
        let whole = self.given(size * self.group.size(), rank);
        let part = self.empty(size);
        finish(self.group.reduce_scatter(&part, &whole, Reduction::Sum))?;
        let own = rank * size..(rank + 1) * size;
        let expected: Vec<i64> = own.map(|at| self.reduced(at, Reduction::Sum)).collect();
        self.compare(&part, &expected, "reduce-scatter")
    }

    fn all_gather(&self) -> Outcome {
        let part = self.given(self.size, self.group.rank());
        let whole = self.empty(self.size * self.group.size());
        finish(self.group.all_gather(&whole, &part))?;
        let places = (0..self.group.size()).flat_map(|rank| (0..self.size).map(move |at| (rank, at)));
        let expected: Vec<i64> = places.map(|(rank, at)| self.value(rank, at)).collect();
        self.compare(&whole, &expected, "all-gather")
    }

    fn broadcast(&self) -> Outcome {
        let root = self.group.size() - 1;
        let tensor = self.given(self.size, self.group.rank());
        finish(self.group.broadcast(&tensor, root))?;
        let expected: Vec<i64> = (0..self.size).map(|at| self.value(root, at)).collect();
        self.compare(&tensor, &expected, "broadcast")
    }

    /// What a rank holds at a place: below 7, and less in large groups, since bf16 counts to 256.
    fn value(&self, rank: usize, at: usize) -> i64 {
        let values = (256 / self.group.size()).clamp(2, 7);
        i64::try_from((at + 3 * rank) % values).expect("it is below 7")
    }

    fn reduced(&self, at: usize, how: Reduction) -> i64 {
        let values = (0..self.group.size()).map(|rank| self.value(rank, at));
        match how {
            Reduction::Sum => values.sum(),
            Reduction::Min => values.min().unwrap_or(0),
            Reduction::Max => values.max().unwrap_or(0),
        }
    }

    fn given(&self, size: usize, rank: usize) -> Tensor {
        let values: Vec<i64> = (0..size).map(|at| self.value(rank, at)).collect();
        Tensor::from_slice(&values).to_device(self.device).to_kind(self.kind)
    }

    /// Filled with what no rank holds, so that an element left out is seen.
    fn empty(&self, size: usize) -> Tensor {
        let size = i64::try_from(size).expect("sizes are small");
        Tensor::full([size], -1, (self.kind, self.device))
    }

    fn compare(&self, tensor: &Tensor, expected: &[i64], doing: &str) -> Outcome {
        let got = Vec::<i64>::try_from(tensor.to_device(Device::Cpu).to_kind(Kind::Int64))
            .map_err(|error| Wrong::Number(error.to_string()))?;
        match got.iter().zip(expected).position(|(got, expected)| got != expected) {
            _ if got.len() != expected.len() => {
                Err(Wrong::Number(format!("{doing} gives {} elements", got.len())))
            }
            None => Ok(()),
            Some(at) => {
                let (rank, got, expected) = (self.group.rank(), got[at], expected[at]);
                let words = format!(
                    "{doing} gives rank {rank} the number {got} at place {at}, which must be {expected}"
                );
                Err(Wrong::Number(words))
            }
        }
    }
}

fn finish(work: Result<crate::comm::Work, CommError>) -> Outcome {
    work.and_then(|work| work.wait()).map_err(Wrong::Lost)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::comm::local::Local;
    use crate::comm::{Done, Work};

    #[test]
    fn one_process_alone_is_sound() {
        assert_eq!(check(&Local, Device::Cpu), Ok(7 * KINDS.len() * SIZES.len()));
    }

    /// Forgets to sum.
    struct Lazy;

    impl Collective for Lazy {
        fn rank(&self) -> usize {
            1
        }
        fn size(&self) -> usize {
            2
        }
        fn name(&self) -> &'static str {
            "lazy"
        }
        fn all_reduce(&self, _: &Tensor, _: Reduction) -> crate::comm::Result<Work> {
            Ok(Box::new(Done))
        }
        fn reduce_scatter(&self, _: &Tensor, _: &Tensor, _: Reduction) -> crate::comm::Result<Work> {
            Ok(Box::new(Done))
        }
        fn all_gather(&self, _: &Tensor, _: &Tensor) -> crate::comm::Result<Work> {
            Ok(Box::new(Done))
        }
        fn broadcast(&self, _: &Tensor, _: usize) -> crate::comm::Result<Work> {
            Ok(Box::new(Done))
        }
        fn barrier(&self) -> crate::comm::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_group_that_does_not_sum_is_caught() {
        let case = |size| Case { group: &Lazy, device: Device::Cpu, kind: Kind::Int64, size };
        // Rank 1 holds 3 at place 0, rank 0 holds 0: at place 1 they hold 4 and 1.
        let error = case(7).all_reduce(Reduction::Sum).expect_err("nothing was summed");
        let words = "all-reduce gives rank 1 the number 4 at place 1, which must be 5";
        assert_eq!(error, Wrong::Number(words.to_owned()));
        assert!(case(1).reduce_scatter().is_err() && case(7).all_gather().is_err());
    }
}
