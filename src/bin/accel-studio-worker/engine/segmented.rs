//! A pass that keeps each stage's input only, and computes the stage again in backward: activation checkpointing.
//! There is one small graph per stage, and never one of the whole network.

use tch::{Device, Tensor};

use super::error::{EngineError, Result};
use super::whole_graph::Pass;
use crate::network::Mode;
use crate::torch::TorchError;
use crate::torch::autograd::{backward, grad};
use crate::torch::numerics::{random_state, set_random_state};

const TRAINING: Mode = Mode { is_training: true };

/// A stage to come back to: what it was given, and the random numbers that its dropout drew.
struct Kept {
    input: Tensor,
    random: Tensor,
}

impl Pass<'_> {
    /// As [`Pass::train`], stage by stage.
    pub fn train_segmented(&self, tokens: &Tensor, targets: &Tensor, factor: f64) -> Result<Tensor> {
        let mut kept = self.forward_keeping(tokens)?;
        let mut loss = None;
        let mut gradient = None;
        while let Some(Kept { input, random }) = kept.pop() {
            let stage = kept.len();
            // token numbers have no gradient
            let input = input.detach().f_set_requires_grad(stage > 0)?;
            let output = self.again(stage, &input, &random)?;
            match gradient.take() {
                None => {
                    let mean = self.network.loss(&output, targets)?;
                    drop(output);
                    let done = mean.f_mul_scalar(factor)?.f_backward();
                    done.map_err(|error| self.units.cause(error.into()))?;
                    loss = Some(mean.detach());
                }
                Some(gradient) => {
                    backward(&output, &gradient).map_err(|error| self.units.cause(error.into()))?;
                }
            }
            gradient = grad(&input);
        }
        loss.ok_or_else(|| EngineError::Torch(TorchError("the network has no stages".to_owned())))
    }

    /// Forward without a graph, up to what the last stage is given: its own output would only be computed again.
    fn forward_keeping(&self, tokens: &Tensor) -> Result<Vec<Kept>> {
        let _no_grad = tch::no_grad_guard();
        let _autocast = self.autocast()?;
        let mut kept = Vec::with_capacity(self.order.stages());
        let mut input = tokens.shallow_clone();
        for stage in 0..self.order.stages() {
            let random = random_state(self.device)?;
            kept.push(Kept { input: input.shallow_clone(), random });
            if self.order.after(stage).is_none() {
                break;
            }
            let leaf = self.ready(stage, self.order.after(stage))?;
            input = self.network.forward(stage, &leaf, &input, TRAINING)?;
            let mut units = self.units.lock();
            if units.share.frees_after_forward() && self.order.may_leave(stage) {
                units.release(self.order.unit(stage))?;
            }
        }
        Ok(kept)
    }

    /// A stage's forward once more, with a graph and with the dropout of the first time.
    fn again(&self, stage: usize, input: &Tensor, random: &Tensor) -> Result<Tensor> {
        let leaf = self.ready(stage, self.order.before(stage))?;
        let _autocast = self.autocast()?;
        let _random = Rewound::to(self.device, random)?;
        Ok(self.network.forward(stage, &leaf, input, TRAINING)?)
    }
}

/// Random numbers of an earlier moment, until this is dropped.
struct Rewound {
    device: Device,
    now: Tensor,
}

impl Rewound {
    fn to(device: Device, random: &Tensor) -> Result<Rewound> {
        let now = random_state(device)?;
        set_random_state(device, random)?;
        Ok(Rewound { device, now })
    }
}

impl Drop for Rewound {
    fn drop(&mut self) {
        // the state was read from this device a moment ago, so it takes it back
        let _ = set_random_state(self.device, &self.now);
    }
}
