//! Who holds what while a network trains: DDP, ZeRO and FSDP as one scale from "every rank holds everything" to
//! "every rank holds a share of everything", and forward, backward and step on each point of it.
//!
//! Knows a network's stages and flat units and groups of ranks; nothing of data, files or the run's length.

mod agree;
mod bucket;
mod error;
mod flat;
mod gather;
mod order;
mod reduce;
mod segmented;
mod share;
mod state;
mod units;
mod whole_graph;

use std::sync::Arc;

use accel_studio::memory::Precision;
use accel_studio::worker::{Layout, Optimizer};
use tch::{Device, Kind, Tensor};

use crate::comm::{Collective, Reduction, World};
use crate::network::{Network, Unit};
use crate::optimizer::AdamW;
use crate::optimizer::clip::{clip, squares};
use crate::torch::numerics::unscale;

use agree::agree;
pub use error::{EngineError, Result};
use order::Order;
use share::Share;
pub use state::{Progress, UnitState};
use units::{Shared, Units};
use whole_graph::Pass;

/// Whom a rank works with.
#[derive(Clone)]
pub struct Groups {
    /// All ranks.
    pub all: Arc<dyn Collective>,
    /// Those that hold one copy of the model between them.
    pub shard: Arc<dyn Collective>,
    /// Those that hold the same share of different copies.
    pub replica: Arc<dyn Collective>,
}

impl Groups {
    /// Those of a world.
    pub fn of(world: &World) -> Groups {
        let [all, shard, replica] = [&world.all, &world.shard, &world.replica].map(Arc::clone);
        Groups { all, shard, replica }
    }
}

/// What a step did.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stepped {
    /// The norm of the whole gradient before clipping; none where nothing is clipped.
    pub grad_norm: Option<f64>,
    /// Whether fp16 gradients overflowed, so that weights stay.
    pub was_skipped: bool,
    /// The loss scale that the step used; 1 without one.
    pub scale: f64,
}

/// A network in training on one rank.
pub struct Engine {
    network: Network,
    layout: Layout,
    groups: Groups,
    device: Device,
    order: Order,
    units: Shared,
    adam: AdamW,
    progress: Progress,
    losses: Option<Tensor>,
}

impl Engine {
    /// An engine whose weights are zeros until [`Engine::fill`]. Every rank must make it with the same layout.
    pub fn new(
        network: Network,
        layout: &Layout,
        optimizer: Optimizer,
        groups: Groups,
        device: Device,
    ) -> Result<Engine> {
        let share = Share::new(layout, groups.shard.rank(), groups.shard.size(), device);
        let order = Order::new(network.stages().iter().map(|stage| stage.unit).collect());
        let sizes: Vec<(String, i64)> =
            network.units().iter().map(|unit| (unit.name.clone(), unit.numel)).collect();
        let units = Shared::new(&sizes, &order.backward(), layout, groups.clone(), share)?;
        let adam = AdamW::new(optimizer);
        let scale = (layout.precision == Precision::Fp16).then(Default::default);
        let progress = Progress { scale, ..Progress::default() };
        Ok(Engine {
            network,
            layout: layout.clone(),
            groups,
            device,
            order,
            units,
            adam,
            progress,
            losses: None,
        })
    }

    /// The network.
    pub fn network(&self) -> &Network {
        &self.network
    }

    /// Takes weights unit by unit: fp32, `numel` numbers each. Every rank is given whole units, one at a time, and
    /// keeps its share.
    pub fn fill<E: From<EngineError>>(
        &mut self,
        mut weights: impl FnMut(usize, &Unit) -> std::result::Result<Tensor, E>,
    ) -> std::result::Result<(), E> {
        for (index, unit) in self.network.units().iter().enumerate() {
            let whole = weights(index, unit)?;
            let mut units = self.units.lock();
            let share = units.share;
            units.flats[index].fill(&whole, &share)?;
        }
        Ok(())
    }

    /// Forward and backward of one micro-batch: tokens and targets `[sequences, tokens]`. Gradients add up until
    /// [`Engine::step`]; `is_last` says that the step follows. Gives this rank's mean loss, which stays on the device.
    pub fn micro_batch(&mut self, tokens: &Tensor, targets: &Tensor, is_last: bool) -> Result<Tensor> {
        let pass = self.pass();
        let (tokens, targets) = (tokens.f_to_device(self.device)?, targets.f_to_device(self.device)?);
        let is_segmented = self.layout.has_checkpointing;
        let uses = |unit| if is_segmented { self.order.uses(unit) } else { 1 };
        self.units.lock().begin(is_last, (0..self.network.units().len()).map(uses).collect());
        let loss = if is_segmented {
            pass.train_segmented(&tokens, &targets, self.factor())?
        } else {
            pass.train(&tokens, &targets, self.factor())?
        };
        self.losses = Some(match self.losses.take() {
            Some(sum) => sum.f_add(&loss)?,
            None => loss.shallow_clone(),
        });
        Ok(loss)
    }

    /// This rank's mean loss on sequences that are not trained on. Every rank must ask for as many.
    pub fn evaluate(&self, tokens: &Tensor, targets: &Tensor) -> Result<Tensor> {
        self.pass().evaluate(&tokens.f_to_device(self.device)?, &targets.f_to_device(self.device)?)
    }

    /// Moves the weights by the gradients of the micro-batches since the last step.
    pub fn step(&mut self, rate: f64) -> Result<Stepped> {
        self.refuse_losses_that_are_no_number()?;
        let mut gradients = self.units.lock().finish()?;
        let scale = self.progress.scale.map_or(1.0, |scale| scale.factor);
        let was_skipped = self.unscale(&gradients)?;
        let mut stepped = Stepped { grad_norm: None, was_skipped, scale };
        self.progress.steps += 1;
        if was_skipped {
            return Ok(stepped);
        }
        if let Some(most) = self.layout.clipping {
            let norm = self.norm(&gradients)?;
            clip(&mut gradients, norm, most)?;
            stepped.grad_norm = Some(norm);
        }
        let mut units = self.units.lock();
        self.adam.step(&masters(&units), &gradients, rate)?;
        drop(gradients);
        units.publish()?;
        self.progress.moved += 1;
        Ok(stepped)
    }

    /// A unit's weights: fp32, `numel` numbers, on the CPU. Every rank must ask for it.
    pub fn whole(&self, unit: usize) -> Result<Tensor> {
        self.units.lock().weights(unit)
    }

    fn pass(&self) -> Pass<'_> {
        let (network, order, units) = (&self.network, &self.order, &self.units);
        Pass { network, order, units, device: self.device, precision: self.layout.precision }
    }

    /// What a micro-batch's loss is multiplied by, so that sums over micro-batches and ranks are means.
    fn factor(&self) -> f64 {
        let scale = self.progress.scale.map_or(1.0, |scale| scale.factor);
        scale / (f64::from(self.layout.accumulation.max(1)) * self.groups.all.size() as f64)
    }

    /// Without a loss scale nothing mends a loss that is no number: every rank hears of it before weights move.
    fn refuse_losses_that_are_no_number(&mut self) -> Result<()> {
        let Some(losses) = self.losses.take().filter(|_| self.progress.scale.is_none()) else {
            return Ok(());
        };
        let all = &self.groups.all;
        let own = if losses.f_double_value(&[])?.is_finite() { 0.0 } else { all.rank() as f64 + 1.0 };
        let worst = agree(&**all, self.device, own, Reduction::Max)?;
        if worst > 0.0 {
            return Err(EngineError::NotFinite { step: self.progress.steps + 1, rank: worst as usize - 1 });
        }
        Ok(())
    }

    /// Takes the loss scale out of the gradients and moves it; whether one of them overflowed on any rank.
    fn unscale(&mut self, gradients: &[Tensor]) -> Result<bool> {
        let Some(scale) = &mut self.progress.scale else { return Ok(false) };
        let place = (Kind::Float, gradients.first().map_or(self.device, Tensor::device));
        let found = Tensor::f_zeros([1], place)?;
        unscale(gradients, &found, &Tensor::f_full([1], 1.0 / scale.factor, place)?)?;
        let found = agree(&*self.groups.all, self.device, found.f_double_value(&[0])?, Reduction::Max)?;
        scale.update(found > 0.0);
        Ok(found > 0.0)
    }

    /// The norm of the whole gradient, of which this rank may hold a share.
    fn norm(&self, gradients: &[Tensor]) -> Result<f64> {
        let own = squares(gradients)?;
        let is_split = self.units.lock().share.splits_states();
        let whole =
            if is_split { agree(&*self.groups.shard, self.device, own, Reduction::Sum)? } else { own };
        Ok(whole.sqrt())
    }
}

fn masters(units: &Units) -> Vec<Tensor> {
    units.flats.iter().map(|flat| flat.master.shallow_clone()).collect()
}

#[cfg(test)]
mod tests;
