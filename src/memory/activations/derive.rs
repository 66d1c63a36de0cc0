//! A row for a family that nobody looked at, from the traits and tensors of its card.

use super::row::{Kernel, Layout, Norm, QkNorm, Row};
use super::rows;
use crate::model::{Block, Mlp, ModelCard, Part, Task, Tensor};

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
    let norms = group.map_or(2.0, |group| norms(&group.block, group.shape.hidden));
    let cross = if group.is_some_and(|group| group.shape.has_cross_attention) { 1.0 } else { 0.0 };
    let is_gated = !matches!(group.map(|group| group.shape.mlp), Some(Mlp::Dense { is_gated: false, .. }));
    let is_fused = matrices(Part::Attention) == 2;
    let has_positions = card.embeddings.tensors.len() > 1;
    let base = if traits.has_rms_norm || is_gated { Row::LLAMA } else { Row::PLAIN };
    let base = if card.task == Task::MaskedLm { Row { norm: base.norm, ..Row::BERT } } else { base };
    Row {
        norm: if traits.has_rms_norm { Norm::Rms } else { Norm::Layer },
        // One in front of each part; those beyond stand behind a part (Gemma 2, GLM-4).
        stream_norms: if traits.is_parallel { 1.0 } else { 2.0 },
        branch_norms: (norms - 2.0 - cross).max(0.0),
        inputs: if norms == 1.0 { 1.0 } else { 2.0 },
        attention_readers: if is_fused { 1.0 } else { 3.0 },
        mlp_readers: if is_gated && matrices(Part::Mlp) != 2 { 2.0 } else { 1.0 },
        masks: 2.0,
        qk_norm: if traits.has_qk_norm { QkNorm::Weighted } else { QkNorm::None },
        layout: if is_fused && !has_positions { Layout::Fused } else { Layout::Plain },
        kernel: if traits.has_attention_cap { Kernel::EagerOnly } else { Kernel::Any },
        ..base
    }
}

/// Norms of a layer that are as wide as the residual stream.
fn norms(block: &Block, hidden: u64) -> f64 {
    let is_norm = |tensor: &&Tensor| {
        let is_of_queries = tensor.name.contains("q_norm") || tensor.name.contains("k_norm");
        tensor.part == Part::Norm
            && tensor.dims == [hidden]
            && !tensor.name.ends_with("bias")
            && !is_of_queries
    };
    block.tensors.iter().filter(is_norm).count() as f64
}

#[cfg(test)]
mod tests {
    use super::super::super::peak::tests::tinyllama;
    use super::*;

    #[test]
    fn an_unknown_family_in_llamas_shape_gets_llamas_row() {
        let derived = derived(&tinyllama());
        let known = rows::named("llama").expect("it was looked at");
        assert_eq!(Row { families: &[], masks: 0.0, ..derived }, Row { families: &[], ..*known });
    }

    #[test]
    fn norms_behind_the_parts_are_counted() {
        let mut card = tinyllama();
        let block = &mut card.stacks[0].groups[0].block;
        block.tensors.push(Tensor::new("post_feedforward_layernorm.weight", Part::Norm, &[2048]));
        block.tensors.push(Tensor::new("self_attn.q_norm.weight", Part::Norm, &[2048]));
        assert_eq!(derived(&card).branch_norms, 1.0);
    }
}
