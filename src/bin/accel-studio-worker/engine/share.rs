//! What a layout means on this rank: what is split, which part is its own, on which device each thing lives, and in
//! which kind of number.

use accel_studio::memory::Precision;
use accel_studio::worker::{Layout, Sharded};
use tch::{Device, Kind};

/// This rank's part in a layout.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Share {
    sharded: Sharded,
    /// Its place among the ranks that share one copy.
    pub rank: i64,
    /// How many those are.
    pub ranks: i64,
    /// Where it computes and communicates.
    pub device: Device,
    /// Where its masters and moments live, and where the step is done.
    pub home: Device,
    /// What gathered parameters are made of.
    pub kind: Kind,
    /// Whether the device keeps a copy of the masters that live elsewhere.
    pub keeps_copy: bool,
}

impl Share {
    /// The part of the rank at this place of its shard group.
    pub fn new(layout: &Layout, rank: usize, ranks: usize, device: Device) -> Share {
        let number = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
        let is_split = layout.sharded >= Sharded::BetweenSteps;
        Share {
            sharded: layout.sharded,
            rank: number(rank),
            ranks: number(ranks),
            device,
            home: if layout.offloads_states || layout.offloads_parameters { Device::Cpu } else { device },
            kind: low(layout.precision).filter(|_| is_split).unwrap_or(Kind::Float),
            keeps_copy: is_split && layout.offloads_states && !layout.offloads_parameters && device.is_cuda(),
        }
    }

    /// Whether each rank steps its own part only.
    pub fn splits_states(&self) -> bool {
        self.sharded >= Sharded::States
    }

    /// Whether each rank keeps the reduction of its own part only.
    pub fn splits_gradients(&self) -> bool {
        self.sharded >= Sharded::Gradients
    }

    /// Whether each rank keeps its own part of the parameters only.
    pub fn splits_parameters(&self) -> bool {
        self.sharded >= Sharded::BetweenSteps
    }

    /// Whether parameters go after each forward and come back for backward.
    pub fn frees_after_forward(&self) -> bool {
        self.sharded >= Sharded::Everything
    }

    /// A unit's numbers with padding, so that every rank gets as many.
    pub fn padded(&self, numel: i64) -> i64 {
        if self.splits_states() { (numel + self.ranks - 1) / self.ranks * self.ranks } else { numel }
    }

    /// Where the own part of so many padded numbers starts, and how many they are.
    pub fn own(&self, padded: i64) -> (i64, i64) {
        if !self.splits_states() {
            return (0, padded);
        }
        let length = padded / self.ranks;
        (self.rank * length, length)
    }
}

/// What autocast computes in, where it is on.
pub fn low(precision: Precision) -> Option<Kind> {
    match precision {
        Precision::Bf16 => Some(Kind::BFloat16),
        Precision::Fp16 => Some(Kind::Half),
        _ => None,
    }
}
