//! What the part behind attention keeps per token.
//!
//! Rules: an activation keeps its input (ReLU its answer), a product both factors, a matrix its input,
//! dropout a mask of one byte. `gelu_new` is written in Python and keeps four tensors; autocast turns
//! its power and everything after it into fp32.

use super::super::mode::{Formats, Mode};
use super::row::Row;
use crate::model::{Activation, LayerShape, Mlp};

/// Bytes per token.
pub(crate) fn saved(row: &Row, shape: &LayerShape, activation: Activation, formats: Formats) -> f64 {
    match shape.mlp {
        Mlp::Dense { width, is_gated: true } => {
            let mask = if row.drops_inside { 1.0 } else { 0.0 };
            width as f64 * (gated(activation, formats) + mask)
        }
        Mlp::Dense { width, is_gated: false } => {
            width as f64 * (plain(activation, formats) + dropped(row, activation, formats))
        }
        Mlp::Experts { experts, active, width, shared_width, .. } => {
            let c = formats.compute;
            let hidden = shape.hidden as f64;
            let seen = if row.feeds_all_experts { experts } else { active } as f64;
            // Tokens sorted by expert, and what the experts answer.
            let copies = match row.feeds_all_experts && is_autocast(formats) {
                true => 6.0,
                false => 2.0 * c,
            };
            let inner = gated(activation, formats) + row.inner * c;
            let routed = seen * (inner * width as f64 + copies * hidden);
            let router = 4.0 * experts as f64 + 40.0 * active as f64;
            let router = router + if row.routes_in_float { 4.0 * hidden } else { 0.0 };
            let gate = if row.gates_shared { c * hidden } else { 0.0 };
            routed + router + gate + gated(activation, formats) * shared_width as f64
        }
    }
}

/// Bytes per value inside an activation, without its answer.
fn inside(activation: Activation, formats: Formats) -> f64 {
    let c = formats.compute;
    match activation {
        Activation::Relu => 0.0,
        Activation::Silu | Activation::Gelu | Activation::GeluTanh | Activation::Other => c,
        // Autocast takes powers in fp32.
        Activation::SquaredRelu if is_autocast(formats) => c + 4.0,
        Activation::SquaredRelu => c,
        Activation::QuickGelu => 2.0 * c,
        Activation::GeluPython if is_autocast(formats) => 14.0,
        Activation::GeluPython => 4.0 * c,
    }
}

/// Two matrices: the activation and the second matrix's input.
fn plain(activation: Activation, formats: Formats) -> f64 {
    inside(activation, formats) + formats.compute
}

/// Three matrices: the activation, both factors and the product.
fn gated(activation: Activation, formats: Formats) -> f64 {
    let answer = match activation {
        Activation::GeluPython if is_autocast(formats) => 4.0,
        _ => formats.compute,
    };
    inside(activation, formats) + answer + 2.0 * formats.compute
}

/// Dropout behind the activation: a mask, and where ReLU's answer is kept anyway a second tensor.
fn dropped(row: &Row, activation: Activation, formats: Formats) -> f64 {
    match (row.drops_inside, activation) {
        (false, _) => 0.0,
        (true, Activation::Relu) => 1.0 + formats.compute,
        (true, _) => 1.0,
    }
}

fn is_autocast(formats: Formats) -> bool {
    matches!(formats.mode, Mode::Autocast | Mode::HalfAutocast)
}
