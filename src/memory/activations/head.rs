//! What is kept in front of the layers and behind them: embedding's dropout, last norm, the head.

use super::super::mode::Mode;
use super::{Scene, norm, positions};
use crate::model::{StackRole, Task};

/// Bytes kept outside of the layers.
pub(super) fn saved(scene: &Scene<'_>) -> f64 {
    let Scene { card, work, formats, row, batch } = scene;
    let hidden = card.hidden as f64;
    let c = formats.compute;
    let last = norm::saved(row.norm, formats.residual, *formats);
    let masks = if card.traits.hidden_dropout > 0.0 { row.embedding_masks } else { 0.0 };
    let first = if row.norms_embedding { norm::saved(row.norm, formats.residual, *formats) } else { 0.0 };
    // Under a frozen base no matrix keeps its input, so only the norm's fp32 copy stays.
    let read = if work.lora.is_some() { 0.0 } else { c };
    let last = if work.lora.is_some() { 4.0 } else { last };
    let behind = match card.task {
        Task::MaskedLm => c + c + last + c,
        Task::CausalLm | Task::SeqToSeq => last + read,
        _ => last,
    };
    let stacks = card.stacks.iter().map(|stack| batch * positions(stack.role, work) as f64);
    let tokens = stacks.clone().next_back().unwrap_or_default();
    let before: f64 = stacks.rev().skip(1).sum();
    (before * (masks + first + last + c) + tokens * (masks + first + behind)) * hidden + pixels(scene)
}

/// One tensor of what the head reads.
pub(super) fn input(scene: &Scene<'_>) -> f64 {
    let Some(stack) = scene.card.stacks.last() else { return 0.0 };
    let tokens = scene.batch * positions(stack.role, scene.work) as f64;
    tokens * scene.card.hidden as f64 * scene.formats.compute
}

/// Images that the patches' matrix keeps, and autocast's copy of its answer.
fn pixels(scene: &Scene<'_>) -> f64 {
    let is_vision = |role: StackRole| matches!(role, StackRole::Vision { .. });
    let Some(stack) = scene.card.stacks.iter().find(|stack| is_vision(stack.role)) else { return 0.0 };
    let tokens = scene.batch * positions(stack.role, scene.work) as f64;
    let conv = scene.card.embeddings.tensors.iter().find(|tensor| tensor.dims.len() == 4);
    let values = conv.map_or(0.0, |tensor| tensor.dims[1..].iter().map(|dim| *dim as f64).product());
    let c = if scene.formats.mode == Mode::Full { 4.0 } else { 2.0 };
    tokens * values * c
}
