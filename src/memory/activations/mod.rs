//! What forward keeps for backward, layer by layer, derived from what each operation saves.

use super::mode::{Formats, Mode};
use super::{Strategy, Workload};
use crate::model::{LayerShape, Mlp, ModelCard, StackRole};

/// One kind of layer on one GPU.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Layer {
    /// How many follow each other.
    pub count: f64,
    /// Bytes of the residual stream that enters one: all that checkpointing keeps.
    pub input: f64,
    /// Bytes that one keeps without checkpointing.
    pub saved: f64,
    /// Bytes that its backward needs for a moment.
    pub transient: f64,
}

/// What forward keeps.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Kept {
    /// One entry per run of equal layers.
    pub layers: Vec<Layer>,
    /// In front of the layers and behind them.
    pub head: f64,
    /// One tensor of the head's input, in the format of the product.
    pub head_input: f64,
}

/// What the forward pass of a workload keeps.
pub(crate) fn of(card: &ModelCard, work: &Workload, strategy: &Strategy, formats: Formats) -> Kept {
    let _ = strategy;
    let batch = work.micro_batch as f64;
    let mut layers = Vec::new();
    let mut tokens = batch * work.sequence as f64;
    for stack in &card.stacks {
        tokens = batch * positions(stack.role, work) as f64;
        for group in &stack.groups {
            let saved = tokens * per_token(card, &group.shape, formats);
            let input = tokens * formats.residual * group.shape.hidden as f64;
            layers.push(Layer { count: group.count as f64, input, saved, transient: 3.0 * input });
        }
    }
    let width = card.hidden as f64;
    let head = tokens * width * if card.traits.has_rms_norm { 10.0 } else { 6.0 };
    Kept { layers, head, head_input: tokens * width * formats.compute }
}

/// Positions of one sample in a stack.
fn positions(role: StackRole, work: &Workload) -> u64 {
    match role {
        StackRole::Decoder => work.target_sequence.unwrap_or(work.sequence),
        StackRole::Encoder => work.sequence,
        StackRole::Vision { positions } | StackRole::Audio { positions } => positions,
    }
}

fn per_token(card: &ModelCard, shape: &LayerShape, formats: Formats) -> f64 {
    let (h, q) = (shape.hidden as f64, (shape.heads * shape.head_dim) as f64);
    let k = (shape.kv_heads * shape.head_dim) as f64;
    let c = formats.compute;
    let norms = match (card.traits.has_rms_norm, formats.mode) {
        (true, Mode::Full | Mode::Autocast) => 16.0,
        (true, _) => 12.0,
        (false, _) => 2.0 * formats.residual,
    };
    let copies = if formats.mode == Mode::Autocast { 5.0 } else { 2.0 };
    let mlp = match shape.mlp {
        Mlp::Dense { width, is_gated: true } => 4.0 * c * width as f64,
        Mlp::Dense { width, is_gated: false } => 2.0 * c * width as f64,
        Mlp::Experts { active, width, .. } => active as f64 * (4.0 * c * width as f64 + 4.0 * h),
    };
    (norms + copies * c) * h + 2.0 * c * (q + k) + mlp
}
