//! What the backward pass of one layer needs beyond what forward kept: gradients on their way, less
//! what has been let go by then.
//!
//! Each instant below was found and checked with real backward passes (torch 2.11, transformers 5.23)
//! of three layers with one huge width at a time: within 2 % of that width's bytes.

use super::super::mode::Mode;
use super::attention::{self, Runs, Widths};
use super::{Scene, mlp, norm};
use crate::model::{Activation, LayerShape, Mlp};

/// Bytes per token at the worst instant of a layer's backward, on top of what the layer kept.
pub(super) fn backward(scene: &Scene<'_>, shape: &LayerShape, runs: Runs, positions: f64) -> f64 {
    let stream = scene.formats.residual * shape.hidden as f64;
    stream + behind(scene, shape).max(within(scene, shape, runs, positions) - let_go(scene, shape))
}

/// Bytes per token at the worst instant of a layer's forward where nothing is kept.
pub(super) fn forward(scene: &Scene<'_>, shape: &LayerShape, runs: Runs, positions: f64) -> f64 {
    let c = scene.formats.compute;
    let mlp = 3.0 * c * width(shape);
    let scores = match runs {
        // Scores, masked scores, their softmax and its cast.
        Runs::Eager | Runs::Math => {
            let cast = if c < 4.0 { c } else { 0.0 };
            (4.0 + 2.0 * c + cast) * shape.heads as f64 * positions
        }
        _ => 0.0,
    };
    2.0 * scene.formats.residual * shape.hidden as f64 + mlp.max(scores)
}

/// Inner width of the part behind attention that one token passes.
fn width(shape: &LayerShape) -> f64 {
    match shape.mlp {
        Mlp::Dense { width, .. } => width as f64,
        Mlp::Experts { active, width, shared_width, .. } => {
            (active as f64 * width as f64).max(shared_width as f64)
        }
    }
}

/// In the part behind attention, which backward meets first.
fn behind(scene: &Scene<'_>, shape: &LayerShape) -> f64 {
    let formats = scene.formats;
    let c = formats.compute;
    let hidden = shape.hidden as f64;
    let activation = scene.activation();
    let is_python = activation == Activation::GeluPython;
    let per_value = match shape.mlp {
        // `gelu_new` under autocast: its power and products are fp32.
        Mlp::Dense { is_gated: false, .. } if is_python => match formats.mode {
            Mode::Autocast | Mode::HalfAutocast => 10.0,
            Mode::Full | Mode::Half => 2.0 * c,
        },
        Mlp::Dense { is_gated: false, .. } if activation == Activation::QuickGelu => 3.0 * c,
        // The gradient of the second matrix's input, while that input still waits.
        Mlp::Dense { is_gated: false, .. } => c,
        // Gradients of the product and of both factors, the product itself being gone.
        _ => 2.0 * c,
    };
    let cast = match shape.mlp {
        Mlp::Dense { is_gated: false, .. } if formats.residual > c => c * hidden,
        Mlp::Experts { active, .. } => 2.0 * c * active as f64 * hidden,
        Mlp::Dense { .. } => 0.0,
    };
    per_value * width(shape) + cast
}

/// In attention: gradients of queries, keys, values and answer, or of the scores.
fn within(scene: &Scene<'_>, shape: &LayerShape, runs: Runs, positions: f64) -> f64 {
    let c = scene.formats.compute;
    let Widths { queries, keys, values, answer, heads } = Widths::of(shape);
    match runs {
        Runs::Eager | Runs::Math => {
            let per_score = attention::scores_backward(&scene.row, &scene.card.traits, scene.formats, runs);
            per_score * heads * positions
        }
        // Flash sums the gradient of the queries in fp32, and those of shared keys for each head.
        Runs::Flash => {
            let spread = if keys < queries { 2.0 * c * queries } else { 0.0 };
            c * (queries + keys + values + answer) + 4.0 * queries + spread
        }
        Runs::Efficient | Runs::Masked | Runs::Biased => c * 2.0 * (queries + answer),
    }
}

/// What the part behind attention kept: gone when backward reaches attention.
fn let_go(scene: &Scene<'_>, shape: &LayerShape) -> f64 {
    let Scene { row, formats, .. } = scene;
    let half = row.stream_norms / 2.0 * norm::saved(row.norm, formats.residual, *formats)
        + norm::inputs(row.norm, row.inputs / 2.0, row.mlp_readers, *formats);
    half * shape.hidden as f64 + mlp::saved(row, shape, scene.activation(), *formats)
}
