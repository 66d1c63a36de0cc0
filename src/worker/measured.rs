//! What the worker is asked to measure, and what it answers: the memory and speed of a few real steps.

use serde::{Deserialize, Serialize};

use super::Run;

/// A few steps of a run on random tokens: nothing is read but the model, and nothing is written.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Ask {
    /// What is measured; its data, steps and checkpoints do not count.
    pub run: Run,
    /// Steps that are timed, after one that is not.
    pub steps: u32,
    /// Blocks of the models that are run instead of the planned one, two different numbers; none to run the planned
    /// one itself.
    pub depths: Vec<u32>,
    /// What one device can do in the run's precision, in FLOP/s, where it is known.
    pub device_flops: Option<f64>,
}

/// What came out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Measured {
    /// `cpu`, `cuda:0`: the device of rank 0.
    pub device: String,
    /// How bytes were counted.
    pub counted: Counted,
    /// Ranks that took part.
    pub ranks: u32,
    /// The models that were run, one for each depth.
    pub runs: Vec<Depth>,
    /// The planned model: as it was run, or continued in a straight line from two depths.
    pub planned: Depth,
    /// Whether `planned` is such a line.
    pub is_extrapolated: bool,
    /// Share, 0 to 1, of what the devices can do that the model's own arithmetic took, where that is known.
    pub mfu: Option<f64>,
}

/// How bytes were counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Counted {
    /// By the allocator of the GPU: what tensors hold.
    Allocated,
    /// By the system: what of the process lies in RAM.
    Resident,
}

/// A model of some depth, at work.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Depth {
    /// Blocks between embedding and head.
    pub blocks: u32,
    /// Parameters of the whole model.
    pub parameters: u64,
    /// Memory of the rank that held most.
    pub memory: Held,
    /// Seconds of an optimizer step: the median of those that were timed.
    pub step_seconds: f64,
    /// Tokens of all ranks per second.
    pub tokens_per_second: f64,
}

/// Bytes of one rank, each the difference between two moments.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Held {
    /// Before there was a model.
    pub base: u64,
    /// The model came.
    pub weights: u64,
    /// Kept between backward and step.
    pub gradients: u64,
    /// The first step's states, which stay.
    pub optimizer: u64,
    /// What forward and backward needed at most beyond what is above: activations, logits, gathered units.
    pub working: u64,
    /// The most that was held at once, base included.
    pub peak: u64,
}

impl Held {
    /// Names and bytes, in the order of display; the peak is no part of the sum.
    pub fn parts(&self) -> [(&'static str, u64); 5] {
        [
            ("base", self.base),
            ("weights", self.weights),
            ("gradients", self.gradients),
            ("optimizer", self.optimizer),
            ("working", self.working),
        ]
    }
}

impl Depth {
    /// What a model of `blocks` blocks and `parameters` parameters would show if everything grew as between two
    /// measured depths. None where both have as many blocks.
    pub fn continued(small: &Depth, large: &Depth, blocks: u32, parameters: u64) -> Option<Depth> {
        if small.blocks == large.blocks {
            return None;
        }
        let along = (f64::from(blocks) - f64::from(small.blocks))
            / (f64::from(large.blocks) - f64::from(small.blocks));
        let line = |from: f64, to: f64| (from + (to - from) * along).max(0.0);
        let bytes = |part: fn(&Held) -> u64| {
            let bytes = line(part(&small.memory) as f64, part(&large.memory) as f64);
            // a sum of bytes is far below the 2⁵³ that a double holds exactly
            bytes.round() as u64
        };
        let step_seconds = line(small.step_seconds, large.step_seconds);
        let tokens = large.tokens_per_second * large.step_seconds;
        Some(Depth {
            blocks,
            parameters,
            memory: Held {
                base: bytes(|held| held.base),
                weights: bytes(|held| held.weights),
                gradients: bytes(|held| held.gradients),
                optimizer: bytes(|held| held.optimizer),
                working: bytes(|held| held.working),
                peak: bytes(|held| held.peak),
            },
            step_seconds,
            tokens_per_second: if step_seconds > 0.0 { tokens / step_seconds } else { 0.0 },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn depth(blocks: u32, peak: u64, step_seconds: f64) -> Depth {
        let memory = Held { base: 100, peak, ..Held::default() };
        Depth { blocks, parameters: 10, memory, step_seconds, tokens_per_second: 60.0 / step_seconds }
    }

    #[test]
    fn a_line_through_two_depths_is_continued() {
        let far = Depth::continued(&depth(2, 300, 1.0), &depth(4, 500, 1.5), 10, 77).expect("two depths");
        assert_eq!((far.blocks, far.parameters, far.memory.base, far.memory.peak), (10, 77, 100, 1_100));
        assert!((far.step_seconds - 3.0).abs() < 1e-9 && (far.tokens_per_second - 20.0).abs() < 1e-9);
    }

    #[test]
    fn one_depth_makes_no_line_and_nothing_falls_below_zero() {
        let one = depth(2, 300, 1.0);
        assert_eq!(Depth::continued(&one, &one, 9, 0), None);
        let down = Depth::continued(&depth(2, 300, 1.0), &depth(4, 100, 0.5), 9, 0).expect("two depths");
        assert_eq!((down.memory.peak, down.step_seconds, down.tokens_per_second), (0, 0.0, 0.0));
    }
}
