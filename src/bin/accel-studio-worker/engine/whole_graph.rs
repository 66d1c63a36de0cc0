//! One graph from tokens to loss, as PyTorch builds it; hooks bring split units back and reduce gradients while
//! backward runs.

use accel_studio::memory::Precision;
use tch::{Device, Tensor};

use super::error::Result;
use super::order::Order;
use super::share::low;
use super::units::{Shared, Units};
use crate::network::{Mode, Network};
use crate::torch::numerics::Autocast;

/// What a pass through the network needs.
pub struct Pass<'a> {
    pub network: &'a Network,
    pub order: &'a Order,
    pub units: &'a Shared,
    pub device: Device,
    pub precision: Precision,
}

impl Pass<'_> {
    /// Forward and backward. The loss is multiplied by `factor` before backward; it comes back without it.
    pub fn train(&self, tokens: &Tensor, targets: &Tensor, factor: f64) -> Result<Tensor> {
        let loss = {
            let _autocast = self.autocast()?;
            let logits = self.forward(tokens, Mode { is_training: true })?;
            self.network.loss(&logits, targets)?
        };
        let backward = loss.f_mul_scalar(factor)?.f_backward();
        backward.map_err(|error| self.units.cause(error.into()))?;
        Ok(loss.detach())
    }

    /// The mean loss, and nothing else.
    pub fn evaluate(&self, tokens: &Tensor, targets: &Tensor) -> Result<Tensor> {
        let _no_grad = tch::no_grad_guard();
        let _autocast = self.autocast()?;
        let logits = self.forward(tokens, Mode { is_training: false })?;
        Ok(self.network.loss(&logits, targets)?)
    }

    /// All stages, each unit whole while it computes, and the next on its way.
    fn forward(&self, tokens: &Tensor, mode: Mode) -> Result<Tensor> {
        let mut hidden = tokens.shallow_clone();
        for stage in 0..self.order.stages() {
            let leaf = self.ready(stage, self.order.after(stage))?;
            hidden = self.network.forward(stage, &leaf, &hidden, mode)?;
            if mode.is_training {
                self.leave(stage, &hidden)?;
            } else if self.order.is_last_use(stage) {
                self.units.lock().release(self.order.unit(stage))?;
            }
        }
        Ok(hidden)
    }

    /// A stage's leaf, whole; the unit that comes next is asked for.
    pub fn ready(&self, stage: usize, next: Option<usize>) -> Result<Tensor> {
        let mut units = self.units.lock();
        let leaf = units.whole(self.order.unit(stage))?;
        next.map_or(Ok(()), |next| units.ask(self.order.unit(next)))?;
        Ok(leaf)
    }

    /// Frees a stage's unit until backward reaches the stage, where the layout says so. Backward begins with the
    /// last stage, and a unit of several stages is whole for the step: neither is freed.
    fn leave(&self, stage: usize, output: &Tensor) -> Result<()> {
        if !self.units.lock().share.frees_after_forward() || !self.order.may_leave(stage) {
            return Ok(());
        }
        let unit = self.order.unit(stage);
        let next = self.order.before(stage).map(|stage| self.order.unit(stage));
        self.units.lock().release(unit)?;
        self.units.when_known(output, move |units: &mut Units| {
            drop(units.whole(unit)?);
            next.map_or(Ok(()), |next| units.ask(next))
        })
    }

    /// Lower precision while the guard lives, where the layout has one.
    pub fn autocast(&self) -> Result<Option<Autocast>> {
        Ok(low(self.precision).map(|kind| Autocast::begin(self.device, kind)).transpose()?)
    }
}
