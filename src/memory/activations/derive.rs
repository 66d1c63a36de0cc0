//! A row for a family that nobody looked at, from the traits and tensors of its card.

use super::row::{Kernel, Layout, Norm, QkNorm, Row};
use super::rows;
use crate::model::{Mlp, ModelCard, Part, Task};

/// The row of a card, and whether its family was looked at.
pub(crate) fn row(card: &ModelCard) -> (Row, bool) {
    match rows::named(&card.family) {
        Some(row) => (*row, true),
        None => (derived(card), false),
    }
}

/// What a layer of this kind usually does.
pub(crate) fn derived(card: &ModelCard) -> Row {
    let traits = &card.traits;
    let group = card.stacks.last().and_then(|stack| stack.groups.last());
    let matrices = |part: Part| {
        let tensors = group.map(|group| &group.block.tensors[..]).unwrap_or_default();
        tensors.iter().filter(|tensor| tensor.part == part && tensor.is_matrix()).count()
    };
    let is_gated = !matches!(group.map(|group| group.shape.mlp), Some(Mlp::Dense { is_gated: false, .. }));
    let is_fused = matrices(Part::Attention) == 2;
    let has_positions = card.embeddings.tensors.len() > 1;
    let base = if traits.has_rms_norm || is_gated { Row::LLAMA } else { Row::PLAIN };
    let base = if card.task == Task::MaskedLm { Row { norm: base.norm, ..Row::BERT } } else { base };
    Row {
        norm: if traits.has_rms_norm { Norm::Rms } else { Norm::Layer },
        stream_norms: if traits.is_parallel { 1.0 } else { 2.0 },
        attention_readers: if is_fused { 1.0 } else { 3.0 },
        mlp_readers: if is_gated && matrices(Part::Mlp) != 2 { 2.0 } else { 1.0 },
        masks: 2.0,
        qk_norm: if traits.has_qk_norm { QkNorm::Weighted } else { QkNorm::None },
        layout: if is_fused && !has_positions { Layout::Fused } else { Layout::Plain },
        kernel: if traits.has_attention_cap { Kernel::EagerOnly } else { Kernel::Any },
        ..base
    }
}
