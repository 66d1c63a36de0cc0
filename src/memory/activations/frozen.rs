//! What a layer keeps when its own matrices are frozen and adapters learn beside them.
//!
//! Rules: a frozen matrix needs no input; a norm with frozen weights keeps only what its input's
//! gradient needs. Each adapter keeps its own copy of the input (PEFT casts it to the adapter's fp32,
//! autocast to 16 bits) and the narrow tensor between its two matrices.

use super::super::mode::Mode;
use super::super::{Lora, lora};
use super::attention::{self, Runs, Widths};
use super::row::Norm;
use super::{Scene, norm};
use crate::model::{Activation, Block, LayerShape, Mlp};

/// Bytes per token of a layer with adapters.
pub(super) fn per_token(
    scene: &Scene<'_>,
    lora: &Lora,
    (shape, block): (&LayerShape, &Block),
    runs: Runs,
    positions: f64,
) -> f64 {
    let Scene { card, formats, row, batch, .. } = scene;
    let norms = (row.stream_norms + row.branch_norms)
        * match row.norm {
            Norm::Layer => norm::saved(row.norm, formats.residual, *formats),
            Norm::LayerInPython => 8.0,
            Norm::LayerInFloat | Norm::Rms | Norm::RmsInFloat => 4.0,
        };
    let widths = Widths::of(shape);
    norms * shape.hidden as f64
        + attention::qk_norms(row, widths, *formats, true)
        + attention::saved(row, (shape, widths), runs, &card.traits, *formats, (positions, *batch))
        + between(scene, lora, shape)
        + adapters(scene, lora, block)
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

/// Inputs and narrow tensors of the adapters.
fn adapters(scene: &Scene<'_>, lora: &Lora, block: &Block) -> f64 {
    let each = match scene.formats.mode {
        Mode::Autocast | Mode::HalfAutocast => 2.0,
        Mode::Full | Mode::Half => 4.0,
    };
    let targets = block.tensors.iter().filter(|tensor| lora::is_target(lora, tensor));
    targets.map(|tensor| each * (tensor.dims[1] as f64 + lora.rank as f64)).sum()
}
