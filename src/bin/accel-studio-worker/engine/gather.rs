//! Parameters made whole, and taken apart again.
//!
//! Everything is gathered through `Tensor::data()`, which has a version counter of its own: through `detach()`
//! autograd would take the gathering for a change of weights that it has saved.

use tch::{Device, Kind, Tensor};

use super::error::Result;
use super::units::Units;
use crate::comm::Work;

/// Whether a unit's leaf holds its numbers.
pub enum Presence {
    /// It is never split.
    Always,
    /// It has no memory.
    Freed,
    /// It was asked for.
    Coming(Work),
    /// It is whole.
    Here,
}

impl Units {
    /// Starts to gather a unit that will be needed soon.
    pub fn ask(&mut self, unit: usize) -> Result<()> {
        if !matches!(self.presence[unit], Presence::Freed) {
            return Ok(());
        }
        let flat = &self.flats[unit];
        flat.allocate()?;
        let part = flat.part(&self.share)?;
        self.presence[unit] = Presence::Coming(self.groups.shard.all_gather(&flat.leaf.data(), &part)?);
        Ok(())
    }

    /// A unit's leaf, whole.
    pub fn whole(&mut self, unit: usize) -> Result<Tensor> {
        self.ask(unit)?;
        self.arrive(unit)?;
        Ok(self.flats[unit].leaf.shallow_clone())
    }

    /// Frees the memory of a unit that is split.
    pub fn release(&mut self, unit: usize) -> Result<()> {
        self.arrive(unit)?;
        if matches!(self.presence[unit], Presence::Here) {
            self.flats[unit].free()?;
            self.presence[unit] = Presence::Freed;
        }
        Ok(())
    }

    fn arrive(&mut self, unit: usize) -> Result<()> {
        if matches!(self.presence[unit], Presence::Coming(_)) {
            let before = std::mem::replace(&mut self.presence[unit], Presence::Here);
            if let Presence::Coming(work) = before {
                work.wait()?;
            }
        }
        Ok(())
    }

    /// Makes the leaves follow their masters after a step. Ranks that step their own parts only tell each other,
    /// one unit on its way while the next is prepared.
    pub fn publish(&mut self) -> Result<()> {
        let tells = self.share.splits_states() && !self.share.splits_parameters();
        let mut before: Option<(Work, Tensor)> = None;
        for flat in &mut self.flats {
            flat.refresh(&self.share)?;
            if !tells {
                continue;
            }
            let part = flat.leaf.data().f_narrow(0, flat.offset, flat.length)?.copy();
            let work = self.groups.shard.all_gather(&flat.leaf.data(), &part)?;
            if let Some((work, _)) = before.replace((work, part)) {
                work.wait()?;
            }
        }
        before.map_or(Ok(()), |(work, _)| Ok(work.wait()?))
    }

    /// A unit's weights in fp32, without padding, on the CPU. Every rank of the shard group must ask for it.
    pub fn weights(&mut self, unit: usize) -> Result<Tensor> {
        let flat = &self.flats[unit];
        let whole = if self.share.splits_parameters() {
            let whole = Tensor::f_zeros([flat.padded], (Kind::Float, self.share.device))?;
            let part = flat.master.f_to_device(self.share.device)?;
            self.groups.shard.all_gather(&whole, &part)?.wait()?;
            whole
        } else {
            flat.leaf.data()
        };
        Ok(whole.f_narrow(0, 0, flat.numel)?.f_to_device(Device::Cpu)?)
    }
}
