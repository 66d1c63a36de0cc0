//! How weights move: AdamW over a rank's shards, the loss scale of fp16, clipping by the global norm, and the
//! learning rate's schedule.
//!
//! Knows lists of tensors and groups of ranks; nothing of units, models or strategies.

pub mod clip;
pub mod scale;
pub mod schedule;

use accel_studio::worker::Optimizer;
use tch::{Kind, Tensor};

use crate::torch::error::Result;
use crate::torch::numerics::{self, Lists};

/// AdamW's moments over a list of shards, where the shards are. They come with the first step, as in PyTorch.
#[derive(Debug)]
pub struct AdamW {
    numbers: Optimizer,
    /// First moments, fp32, one for each shard and of its size.
    pub first: Vec<Tensor>,
    /// Second moments.
    pub second: Vec<Tensor>,
    counters: Vec<Tensor>,
}

impl AdamW {
    /// No moments yet.
    pub fn new(numbers: Optimizer) -> AdamW {
        AdamW { numbers, first: Vec::new(), second: Vec::new(), counters: Vec::new() }
    }

    /// Moments of zeros for these shards, unless there are some.
    pub fn begin(&mut self, shards: &[Tensor]) -> Result<()> {
        if self.counters.len() == shards.len() {
            return Ok(());
        }
        let zeros = || shards.iter().map(|shard| Ok(shard.f_zeros_like()?)).collect::<Result<Vec<_>>>();
        let counter = |shard: &Tensor| Ok(Tensor::f_zeros([1], (Kind::Float, shard.device()))?);
        (self.first, self.second) = (zeros()?, zeros()?);
        self.counters = shards.iter().map(counter).collect::<Result<Vec<_>>>()?;
        Ok(())
    }

    /// Moves the shards against their gradients, at a learning rate.
    pub fn step(&mut self, shards: &[Tensor], gradients: &[Tensor], rate: f64) -> Result<()> {
        self.begin(shards)?;
        let Optimizer { beta1, beta2, epsilon, decay, .. } = self.numbers;
        let lists = Lists {
            parameters: shards,
            gradients,
            first: &self.first,
            second: &self.second,
            steps: &self.counters,
        };
        numerics::fused_adamw(lists, numerics::AdamW { rate, beta1, beta2, decay, epsilon })
    }

    /// Says how many steps the moments have seen, after a resume.
    pub fn resume(&mut self, steps: u64) -> Result<()> {
        for counter in &mut self.counters {
            let _ = counter.f_fill_(i64::try_from(steps).unwrap_or(i64::MAX))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NUMBERS: Optimizer = Optimizer { rate: 0.1, beta1: 0.9, beta2: 0.99, epsilon: 1e-8, decay: 0.1 };

    fn shards(values: &[f32]) -> Vec<Tensor> {
        vec![Tensor::from_slice(values)]
    }

    fn value(shards: &[Tensor]) -> f64 {
        shards[0].double_value(&[0])
    }

    /// Loshchilov and Hutter, "Decoupled weight decay regularization", algorithm 2.
    #[test]
    fn two_steps_follow_the_formula() {
        let weights = shards(&[2.0]);
        let mut adam = AdamW::new(NUMBERS);
        let (mut by_hand, mut first, mut second) = (2.0f64, 0.0f64, 0.0f64);
        for (step, gradient) in [(1, 0.5f64), (2, -0.25)] {
            adam.step(&weights, &shards(&[gradient as f32]), 0.1).expect("lists of one");
            by_hand *= 1.0 - 0.1 * 0.1;
            first = 0.9 * first + 0.1 * gradient;
            second = 0.99 * second + 0.01 * gradient * gradient;
            let (fair, spread) = (first / (1.0 - 0.9f64.powi(step)), second / (1.0 - 0.99f64.powi(step)));
            by_hand -= 0.1 * fair / (spread.sqrt() + 1e-8);
        }
        assert!((value(&weights) - by_hand).abs() < 1e-6, "{} {by_hand}", value(&weights));
    }

    /// The bias correction depends on the number of steps: without it the first step after a resume is too long.
    #[test]
    fn a_resumed_optimizer_goes_on_as_if_nothing_had_been() {
        let (through, resumed) = (shards(&[1.0]), shards(&[1.0]));
        let mut adam = AdamW::new(NUMBERS);
        adam.step(&through, &shards(&[0.3]), 0.1).expect("lists of one");
        let mut again = AdamW::new(NUMBERS);
        again.begin(&resumed).expect("floats");
        for (target, source) in
            [(&resumed, &through), (&again.first, &adam.first), (&again.second, &adam.second)]
        {
            target[0].data().copy_(&source[0]);
        }
        again.resume(1).expect("a counter");
        for (adam, weights) in [(&mut adam, &through), (&mut again, &resumed)] {
            adam.step(weights, &shards(&[-0.7]), 0.1).expect("lists of one");
        }
        assert_eq!(value(&through), value(&resumed));
    }
}
