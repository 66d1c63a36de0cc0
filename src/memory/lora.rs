//! Low-rank adapters: how large they are, and what the frozen base weighs.
//!
//! Sources: PEFT 0.17 (`autocast_adapter_dtype` keeps adapters in fp32;
//! `prepare_model_for_kbit_training` makes everything else fp32), bitsandbytes' NF4 with doubly
//! quantised scales: 0.5 byte and one byte per 64 weights, whose own scales are 4 bytes per 256.

use super::mode::Formats;
use super::units::{product, round};
use super::{Lora, Quantised};
use crate::model::{self, Part, Tensor};

/// Bytes of one number of an adapter.
pub(crate) const ADAPTER: f64 = 4.0;

/// Numbers of the two matrices that adapt a tensor; 0 where it is not adapted.
pub(crate) fn adapter(lora: &Lora, tensor: &Tensor) -> f64 {
    let [rows, columns] = tensor.dims[..] else { return 0.0 };
    if !is_target(lora, tensor) {
        return 0.0;
    }
    lora.rank as f64 * (rows as f64 + columns as f64)
}

/// Whether a tensor of a layer gets an adapter.
pub(crate) fn is_target(lora: &Lora, tensor: &Tensor) -> bool {
    model::lora::is_adapted(tensor, &lora.targets)
}

/// Bytes of a frozen tensor.
pub(crate) fn frozen_bytes(lora: &Lora, tensor: &Tensor, is_layer: bool, formats: Formats) -> f64 {
    let numbers = product(&tensor.dims);
    let Some(base) = lora.base else { return round(numbers * formats.stored) };
    if is_layer && (tensor.is_matrix() || tensor.part == Part::Expert) {
        return packed(base, numbers);
    }
    round(numbers * if base.is_prepared { 4.0 } else { formats.stored })
}

fn packed(base: Quantised, numbers: f64) -> f64 {
    if base.bits == 4 {
        return round(numbers / 2.0) + round(numbers / 64.0) + round((numbers / 64.0 / 256.0 + 1.0) * 4.0);
    }
    // `LLM.int8()`: one byte per weight and one fp32 scale per row; rows are a few thousand wide.
    round(numbers) + round(numbers / 1024.0)
}
