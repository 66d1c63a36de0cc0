//! What a layer keeps when its own matrices are frozen and adapters learn beside them.
//!
//! Rules: a frozen matrix needs no input; a norm with frozen weights keeps only what its input's
//! gradient needs. Each adapter keeps its own copy of the input (PEFT casts it to the adapter's fp32,
//! autocast to 16 bits) and the narrow tensor between its two matrices.

use super::super::mode::{Formats, Mode};
use super::super::{Lora, lora};
use super::attention::{self, Runs, Widths};
use super::row::Norm;
use super::{Scene, norm};
use crate::model::{Activation, Block, LayerShape, Mlp, Part, Tensor};

/// Bytes per token of a layer with adapters.
pub(super) fn per_token(
    scene: &Scene<'_>,
    lora: &Lora,
    (shape, block): (&LayerShape, &Block),
    runs: Runs,
    positions: f64,
) -> f64 {
    let Scene { card, formats, row, .. } = scene;
    let norms = (row.stream_norms + row.branch_norms)
        * match row.norm {
            Norm::Layer => norm::saved(row.norm, formats.residual, *formats),
            Norm::LayerInPython => 8.0,
            Norm::LayerInFloat | Norm::Rms | Norm::RmsInFloat => 4.0,
        };
    let widths = Widths::of(shape);
    let masks = if card.traits.hidden_dropout > 0.0 { row.masks } else { 0.0 };
    (norms + masks) * shape.hidden as f64
        + attention::qk_norms(row, widths, *formats, true)
        + attention::saved(row, (shape, widths), runs, &card.traits, *formats, (positions, scene.sharing()))
        - unread(runs, widths, *formats)
        + between(scene, lora, shape)
        + adapters(scene, lora, block, shape.hidden)
        + 8.0
}

/// The activation's input and both factors of a product.
fn between(scene: &Scene<'_>, lora: &Lora, shape: &LayerShape) -> f64 {
    // bitsandbytes answers in its input's format, which a prepared base makes fp32.
    let is_wide = lora.base.is_some_and(|base| base.is_prepared);
    let c = if is_wide { 4.0 } else { scene.formats.compute };
    let python = if scene.activation() == Activation::GeluPython { 3.0 * c } else { 0.0 };
    match shape.mlp {
        Mlp::Dense { width, is_gated: true } => (3.0 * c + python) * width as f64,
        Mlp::Dense { width, is_gated: false } => (c + python) * width as f64,
        Mlp::Experts { active, width, shared_width, .. } => {
            3.0 * c * (active as f64 * width as f64 + shared_width as f64)
        }
    }
}

/// Attention's answer, which only the frozen matrix behind it would read; flash attention keeps it itself.
fn unread(runs: Runs, widths: Widths, formats: Formats) -> f64 {
    match runs {
        Runs::Eager | Runs::Math => formats.compute * widths.answer,
        _ => 0.0,
    }
}

/// Inputs and narrow tensors of the adapters. In fp32 nothing is cast, so adapters of one tensor share it.
fn adapters(scene: &Scene<'_>, lora: &Lora, block: &Block, hidden: u64) -> f64 {
    let each = match scene.formats.mode {
        Mode::Autocast | Mode::HalfAutocast => 2.0,
        Mode::Full | Mode::Half => 4.0,
    };
    let mut bytes = 0.0;
    let mut read: Vec<Part> = Vec::new();
    for tensor in block.tensors.iter().filter(|tensor| lora::is_target(lora, tensor)) {
        let is_shared = scene.formats.mode == Mode::Full && !is_last(block, tensor);
        let columns =
            if is_shared && read.contains(&tensor.part) { 0.0 } else { width(block, tensor, hidden) };
        if is_shared {
            read.push(tensor.part);
        }
        bytes += each * (columns + lora.rank as f64);
    }
    bytes
}

/// Width of a matrix's input; GPT-2's `Conv1D` lists its dimensions the other way round.
fn width(block: &Block, tensor: &Tensor, hidden: u64) -> f64 {
    let [rows, columns] = tensor.dims[..] else { return 0.0 };
    let input = match is_last(block, tensor) {
        true if tensor.part == Part::Mlp => rows.max(columns),
        true => columns,
        false if rows == hidden => rows,
        false => columns,
    };
    input as f64
}

/// Whether a matrix is the last of its part, which reads what the others made.
fn is_last(block: &Block, tensor: &Tensor) -> bool {
    let same = |other: &&Tensor| other.part == tensor.part && other.is_matrix();
    block.tensors.iter().rfind(same).is_some_and(|last| last.name == tensor.name)
}
