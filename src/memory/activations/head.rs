//! What is kept in front of the layers and behind them: embedding's dropout, last norm, the head.

use super::super::units::product;
use super::{Scene, norm, positions};
use crate::model::{Stack, StackRole, Task};

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
    (before * (masks + first + last + formats.residual) + tokens * (masks + first + behind)) * hidden
        + senses(scene)
}

/// One tensor of what the head reads.
pub(super) fn input(scene: &Scene<'_>) -> f64 {
    let Some(stack) = scene.card.stacks.last() else { return 0.0 };
    let tokens = scene.batch * positions(stack.role, scene.work) as f64;
    tokens * scene.card.hidden as f64 * scene.formats.compute
}

/// What is kept of images and sounds on their way to the layers.
fn senses(scene: &Scene<'_>) -> f64 {
    let c = scene.formats.compute;
    let hidden = scene.card.hidden as f64;
    let of = |stack: &Stack| match stack.role {
        // The patches' matrix keeps its input.
        StackRole::Vision { .. } => values(scene, stack) * c,
        // Whisper's two convolutions: the first at twice the positions, with its GELU before and after,
        // the GELU of the second, and the sound itself.
        StackRole::Audio { positions } => {
            scene.batch * positions as f64 * hidden * 5.0 * c + values(scene, stack) * c
        }
        StackRole::Decoder | StackRole::Encoder => 0.0,
    };
    scene.card.stacks.iter().map(of).sum()
}

/// Bytes of the images or sounds of a batch, which the script holds all the time. Images are fp32,
/// sounds come in the weights' format; tokens are too few to count.
pub(super) fn batch(scene: &Scene<'_>) -> f64 {
    let of = |stack: &Stack| match stack.role {
        StackRole::Vision { .. } => 4.0,
        StackRole::Audio { .. } => scene.formats.stored,
        StackRole::Decoder | StackRole::Encoder => 0.0,
    };
    scene.card.stacks.iter().map(|stack| of(stack) * values(scene, stack)).sum()
}

/// Numbers of the images or sounds of a batch, from the shape of the first convolution.
fn values(scene: &Scene<'_>, stack: &Stack) -> f64 {
    let convolution = |dims: usize| {
        let mut tensors = scene.card.embeddings.tensors.iter();
        tensors.find(|tensor| tensor.dims.len() == dims).map(|tensor| &tensor.dims[1..])
    };
    let each = match stack.role {
        StackRole::Vision { positions } => convolution(4).map(|dims| (positions, dims)),
        StackRole::Audio { positions } => {
            convolution(3).map(|dims| (positions.saturating_mul(2), &dims[..1]))
        }
        StackRole::Decoder | StackRole::Encoder => None,
    };
    each.map_or(0.0, |(positions, dims)| scene.batch * positions as f64 * product(dims))
}
