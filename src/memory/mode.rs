//! In which formats a step computes and stores: it decides the size of everything else.
//!
//! Sources: `torch.autocast` casts the inputs of matrix products; Accelerate 1.15 uses it on one GPU,
//! under DDP and FSDP1, while FSDP2 and DeepSpeed cast the weights instead. Knows no model.

use super::{Precision, Sharding, Strategy, Workload};
use crate::model::Dtype;

/// How a forward pass mixes formats.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Mode {
    /// Everything in fp32.
    Full,
    /// fp32 weights, 16-bit matrix products: Accelerate's mixed precision on an fp32 model.
    Autocast,
    /// Everything in 16 bits.
    Half,
    /// 16-bit weights under autocast: norms answer in fp32.
    HalfAutocast,
}

/// Bytes of one number, by what it is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Formats {
    /// How formats are mixed.
    pub mode: Mode,
    /// Of a value inside a layer.
    pub compute: f64,
    /// Of a weight that a GPU keeps between steps, its gradient and each optimizer state.
    pub weight: f64,
    /// Of a weight as the script loads it; frozen weights keep this.
    pub stored: f64,
    /// Of a weight as a layer uses it, gathered and cast.
    pub used: f64,
    /// Of a value of the residual stream.
    pub residual: f64,
}

impl Formats {
    /// The formats of a workload under a strategy.
    pub fn of(work: &Workload, strategy: &Strategy) -> Formats {
        let mixed = strategy.precision != Precision::No;
        let is_wide = matches!(work.weights, Dtype::F32 | Dtype::F64);
        let casts_weights =
            matches!(&strategy.sharding, Sharding::Zero(_)) || is_fsdp(strategy, 2) || is_fsdp(strategy, 1);
        let mode = match (is_wide, mixed) {
            (true, false) => Mode::Full,
            (false, false) => Mode::Half,
            (_, true) if matches!(&strategy.sharding, Sharding::Zero(_)) || is_fsdp(strategy, 2) => {
                Mode::Half
            }
            (_, true) if is_fsdp(strategy, 1) => Mode::HalfAutocast,
            (true, true) => Mode::Autocast,
            (false, true) => Mode::HalfAutocast,
        };
        let stored = (work.weights.bits() as f64 / 8.0).max(2.0);
        // Accelerate 1.15 casts trainable parameters to fp32 before FSDP or ZeRO shards them.
        let weight = if mixed && casts_weights { stored.max(4.0) } else { stored };
        let compute = if mode == Mode::Full { stored } else { 2.0 };
        let used = if mixed && casts_weights { 2.0 } else { stored };
        // `prepare_model_for_kbit_training` makes embeddings and norms fp32, and the stream with them.
        let base = work.lora.as_ref().and_then(|lora| lora.base);
        let residual = match mode {
            _ if base.is_some_and(|base| base.is_prepared) => 4.0,
            Mode::Full | Mode::Autocast => 4.0,
            Mode::Half | Mode::HalfAutocast => 2.0,
        };
        Formats { mode, compute, weight, stored, used, residual }
    }
}

fn is_fsdp(strategy: &Strategy, version: u64) -> bool {
    matches!(&strategy.sharding, Sharding::Fsdp(fsdp) if fsdp.version == version)
}
