//! The answer: bytes by category at the worst instant of a step, and how sure we are.

use std::collections::BTreeMap;

/// What a byte is held for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Category {
    /// Parameters, masters and low-precision copies.
    Weights,
    /// Gradients.
    Gradients,
    /// Optimizer states.
    Optimizer,
    /// Kept from forward for backward.
    Activations,
    /// Logits, their softmax and gradients.
    Logits,
    /// Short-lived: inside a layer, inside the optimizer's step.
    Temporary,
    /// Buckets, gathered and prefetched units.
    Communication,
    /// CUDA context, libraries, fragmentation: not allocated by PyTorch.
    Overhead,
}

impl Category {
    /// All, in the order of display.
    pub const ALL: [Category; 8] = [
        Category::Weights,
        Category::Gradients,
        Category::Optimizer,
        Category::Activations,
        Category::Logits,
        Category::Temporary,
        Category::Communication,
        Category::Overhead,
    ];
}

impl Category {
    /// The word of tables and of machine-readable reports: `weights`.
    pub fn word(self) -> &'static str {
        match self {
            Category::Weights => "weights",
            Category::Gradients => "gradients",
            Category::Optimizer => "optimizer",
            Category::Activations => "activations",
            Category::Logits => "logits",
            Category::Temporary => "temporary",
            Category::Communication => "communication",
            Category::Overhead => "overhead",
        }
    }
}

/// Bytes by category.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Breakdown {
    bytes: [u64; Category::ALL.len()],
}

/// An instant of a step that may be its worst.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Phase {
    /// The last layer in forward: all layers are kept, the head has not begun.
    LastLayerForward,
    /// The end of forward: all is kept, the loss is computed.
    ForwardEnd,
    /// The loss's backward.
    BackwardStart,
    /// The head's backward.
    HeadBackward,
    /// The first layer (from the back) in backward.
    FirstLayerBackward,
    /// The last layer (from the back) in backward.
    LastLayerBackward,
    /// The embedding's backward.
    EmbeddingBackward,
    /// The optimizer's step.
    OptimizerStep,
}

impl Phase {
    /// When it is, after "worst".
    pub fn says(self) -> &'static str {
        match self {
            Phase::LastLayerForward => "in the last layer of forward",
            Phase::ForwardEnd => "at the end of forward",
            Phase::BackwardStart => "in the loss's backward",
            Phase::HeadBackward => "in the head's backward",
            Phase::FirstLayerBackward => "at the begin of backward",
            Phase::LastLayerBackward => "at the end of backward",
            Phase::EmbeddingBackward => "in the embedding's backward",
            Phase::OptimizerStep => "in the optimizer's step",
        }
    }
}

/// What is held at an instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    /// When.
    pub phase: Phase,
    /// What.
    pub held: Breakdown,
}

/// Bytes on one machine outside of GPUs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Host {
    /// The most that all local processes hold in RAM, by what for.
    pub parts: BTreeMap<&'static str, u64>,
    /// On the disks of NVMe offload.
    pub nvme: u64,
}

/// How far the truth may be from the estimate, as factors of `allocated`.
#[derive(Clone, Debug, PartialEq)]
pub struct Band {
    /// The truth is hardly below this × the estimate.
    pub low: f64,
    /// The truth is hardly above this × the estimate.
    pub high: f64,
    /// Why it is as wide as it is, one sentence each.
    pub why: Vec<String>,
}

/// Peak memory of one training step.
#[derive(Clone, Debug, PartialEq)]
pub struct Estimate {
    /// All instants that were weighed, in order.
    pub moments: Vec<Moment>,
    /// CUDA context and fragmentation on top of the peak, bytes.
    pub overhead: u64,
    /// RAM and disks of one machine.
    pub host: Host,
    /// How sure this is.
    pub band: Band,
}

/// Why there is no estimate.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MemoryError {
    /// A number that cannot be.
    #[error("{what} is {value}, but must be {must}")]
    Absurd {
        /// Which number.
        what: &'static str,
        /// What it is.
        value: u64,
        /// What it must be.
        must: &'static str,
    },
    /// The sum does not fit into 64 bits.
    #[error("the sizes are absurd: their product exceeds what can be counted")]
    Overflow,
    /// A way of working that has no formula yet.
    #[error("{what}")]
    NotCovered {
        /// Which, and what to do.
        what: String,
    },
    /// The parts do not divide.
    #[error("{what}")]
    Uneven {
        /// Which number does not divide which, and what to do.
        what: String,
    },
}

impl Breakdown {
    /// Bytes of a category.
    pub fn of(&self, category: Category) -> u64 {
        self.bytes[category as usize]
    }

    /// The same with more of a category.
    #[must_use]
    pub fn with(mut self, category: Category, bytes: u64) -> Breakdown {
        let slot = &mut self.bytes[category as usize];
        *slot = slot.saturating_add(bytes);
        self
    }

    /// The same with all that another holds.
    #[must_use]
    pub fn plus(mut self, other: Breakdown) -> Breakdown {
        for (slot, bytes) in self.bytes.iter_mut().zip(other.bytes) {
            *slot = slot.saturating_add(bytes);
        }
        self
    }

    /// All bytes.
    pub fn total(&self) -> u64 {
        self.bytes.iter().fold(0, |sum: u64, bytes| sum.saturating_add(*bytes))
    }
}

impl Estimate {
    /// The worst instant; the earliest of equals.
    pub fn peak(&self) -> Option<&Moment> {
        self.moments.iter().rev().max_by_key(|moment| moment.held.total())
    }

    /// Bytes that PyTorch holds at the worst instant.
    pub fn allocated(&self) -> u64 {
        self.peak().map_or(0, |moment| moment.held.total())
    }

    /// Bytes that the GPU must have.
    pub fn needed(&self) -> u64 {
        self.allocated().saturating_add(self.overhead)
    }
}

impl Host {
    /// Bytes of RAM.
    pub fn ram(&self) -> u64 {
        self.parts.values().fold(0, |sum: u64, bytes| sum.saturating_add(*bytes))
    }
}
