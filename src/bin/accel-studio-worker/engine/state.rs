//! What a checkpoint holds of an engine: this rank's part of every unit, and how far it has come.

use serde::{Deserialize, Serialize};
use tch::{Device, Tensor};

use super::error::{EngineError, Result};
use super::{Engine, masters};
use crate::optimizer::scale::LossScale;

/// One unit's part on this rank, on the CPU. All tensors are fp32 and of one length.
#[derive(Debug)]
pub struct UnitState {
    /// As the network calls it.
    pub name: String,
    /// Numbers of the whole unit's weights.
    pub numel: i64,
    /// With padding: a multiple of the ranks that share it.
    pub padded: i64,
    /// Where this part starts.
    pub rank_offset: i64,
    /// Masters.
    pub parameters: Tensor,
    /// First moments.
    pub first: Tensor,
    /// Second moments.
    pub second: Tensor,
}

/// How far a run has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Progress {
    /// Optimizer steps, skipped ones included.
    pub steps: u64,
    /// Steps that moved weights.
    pub moved: u64,
    /// fp16's loss scale.
    pub scale: Option<LossScale>,
}

impl Engine {
    /// How far it has come.
    pub fn progress(&self) -> Progress {
        self.progress
    }

    /// This rank's parts. On a CPU they are the engine's own memory: save them before the next step.
    pub fn shards(&mut self) -> Result<Vec<UnitState>> {
        let units = self.units.lock();
        self.adam.begin(&masters(&units))?;
        let cpu = |tensor: &Tensor| tensor.f_to_device(Device::Cpu);
        let moments = self.adam.first.iter().zip(&self.adam.second);
        let states = units.flats.iter().zip(moments).map(|(flat, (first, second))| {
            Ok(UnitState {
                name: flat.name.clone(),
                numel: flat.numel,
                padded: flat.padded,
                rank_offset: flat.offset,
                parameters: cpu(&flat.master)?,
                first: cpu(first)?,
                second: cpu(second)?,
            })
        });
        states.collect()
    }

    /// Takes parts of the same places, and goes on from there. All ranks must do so together.
    pub fn restore(&mut self, progress: Progress, states: &[UnitState]) -> Result<()> {
        let _no_grad = tch::no_grad_guard();
        let mut units = self.units.lock();
        let (found, expected) = (states.len(), units.flats.len());
        if found != expected {
            return Err(EngineError::Units { found, expected });
        }
        self.adam.begin(&masters(&units))?;
        let share = units.share;
        let moments = self.adam.first.iter_mut().zip(&mut self.adam.second);
        for ((flat, (first, second)), state) in units.flats.iter_mut().zip(moments).zip(states) {
            take(&flat.name, "weights", &mut flat.master, &state.parameters)?;
            take(&flat.name, "first moments", first, &state.first)?;
            take(&flat.name, "second moments", second, &state.second)?;
            flat.refresh(&share)?;
        }
        units.publish()?;
        self.adam.resume(progress.moved)?;
        self.progress =
            Progress { scale: self.progress.scale.and(progress.scale.or(self.progress.scale)), ..progress };
        Ok(())
    }
}

fn take(unit: &str, what: &'static str, target: &mut Tensor, source: &Tensor) -> Result<()> {
    if target.size() != source.size() {
        let (unit, found, expected) = (unit.to_owned(), source.numel(), i64::try_from(target.numel()));
        return Err(EngineError::Size { unit, what, found, expected: expected.unwrap_or(i64::MAX) });
    }
    target.f_copy_(source)?;
    Ok(())
}
