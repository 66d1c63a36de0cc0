//! What every block of a forward pass needs again, made once per length of sequence and device: turns and masks.

use std::sync::{Mutex, PoisonError};

use tch::{Device, Kind, Tensor};

use super::error::Result;
use super::rope::{Rope, Turns};

/// The last turns and the last mask.
#[derive(Debug, Default)]
pub(super) struct Tables {
    turns: Mutex<Option<Turns>>,
    mask: Mutex<Option<Mask>>,
}

/// Which keys a query sees through a window.
#[derive(Debug)]
struct Mask {
    window: i64,
    sees: Tensor,
}

impl Tables {
    /// Cosines and sines for a sequence.
    pub(super) fn turns(&self, rope: &Rope, tokens: i64, device: Device) -> Result<Turns> {
        let mut kept = self.turns.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(turns) = kept.as_ref().filter(|turns| turns.serve(tokens, device)) {
            return Ok(turns.share());
        }
        let turns = rope.turns(tokens, device)?;
        Ok(kept.insert(turns).share())
    }

    /// The mask of a window that is shorter than the sequence: a query sees itself and the `window - 1` before it.
    pub(super) fn mask(&self, window: i64, tokens: i64, device: Device) -> Result<Tensor> {
        let mut kept = self.mask.lock().unwrap_or_else(PoisonError::into_inner);
        let serves = |mask: &&Mask| {
            mask.window == window && mask.sees.size()[0] == tokens && mask.sees.device() == device
        };
        if let Some(mask) = kept.as_ref().filter(serves) {
            return Ok(mask.sees.shallow_clone());
        }
        let all = Tensor::f_ones([tokens, tokens], (Kind::Bool, device))?;
        let sees = all.f_tril(0)?.f_triu(1 - window)?;
        Ok(kept.insert(Mask { window, sees }).sees.shallow_clone())
    }
}
