//! All flat units of a rank, whole or not, and the reduction of their gradients. Shared with the hooks of backward.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use accel_studio::worker::Layout;
use tch::Tensor;

use super::Groups;
use super::error::{EngineError, Result};
use super::flat::Flat;
use super::gather::Presence;
use super::reduce::Reduction;
use super::share::Share;
use crate::torch::autograd::{on_accumulated, on_gradient};

/// The units of one rank.
pub struct Units {
    /// In the network's order.
    pub flats: Vec<Flat>,
    /// What of it is this rank's.
    pub share: Share,
    /// Whom it shares with.
    pub groups: Groups,
    pub(super) presence: Vec<Presence>,
    pub(super) reduction: Reduction,
    /// What went wrong within a hook, which autograd passes on as text only.
    pub(super) failure: Option<EngineError>,
}

/// Units that hooks reach too.
#[derive(Clone)]
pub struct Shared(Arc<Mutex<Units>>);

impl Shared {
    /// Units of zeros by name and number of weights, with hooks that reduce their gradients. `order` is the one in
    /// which backward completes them.
    pub fn new(
        units: &[(String, i64)],
        order: &[usize],
        layout: &Layout,
        groups: Groups,
        share: Share,
    ) -> Result<Shared> {
        let flats: Vec<Flat> =
            units.iter().map(|(name, numel)| Flat::new(name, *numel, &share)).collect::<Result<_>>()?;
        let start = || if share.splits_parameters() { Presence::Freed } else { Presence::Always };
        let presence = flats.iter().map(|_| start()).collect();
        let reduction = Reduction::new(&flats, order, layout);
        let units = Units { flats, share, groups, presence, reduction, failure: None };
        let shared = Shared(Arc::new(Mutex::new(units)));
        shared.hook()?;
        Ok(shared)
    }

    /// The units. A hook that panicked has ended the backward pass already.
    pub fn lock(&self) -> MutexGuard<'_, Units> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Calls `then` when a tensor's gradient is known, before it is used.
    pub fn when_known(
        &self,
        tensor: &Tensor,
        then: impl Fn(&mut Units) -> Result<()> + Send + 'static,
    ) -> Result<()> {
        let units = Arc::downgrade(&self.0);
        Ok(on_gradient(tensor, move |_| within(&units, &then))?)
    }

    /// What a backward pass that ended with an error died of.
    pub fn cause(&self, error: EngineError) -> EngineError {
        self.lock().failure.take().unwrap_or(error)
    }

    fn hook(&self) -> Result<()> {
        for (unit, flat) in self.lock().flats.iter().enumerate() {
            let units = Arc::downgrade(&self.0);
            on_accumulated(&flat.leaf, move |_| {
                within(&units, &|units: &mut Units| units.accumulated(unit))
            })?;
        }
        Ok(())
    }
}

/// Does something to the units from within a hook; leaves kept by the graph do not keep the units alive.
fn within(
    units: &Weak<Mutex<Units>>,
    then: &dyn Fn(&mut Units) -> Result<()>,
) -> std::result::Result<(), String> {
    let Some(units) = units.upgrade() else { return Ok(()) };
    let mut units = units.lock().unwrap_or_else(PoisonError::into_inner);
    then(&mut units).map_err(|error| {
        let text = error.to_string();
        units.failure = Some(error);
        text
    })
}
