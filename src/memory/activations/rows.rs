//! Every family whose forward pass was looked at, one row each.
//!
//! Source of all rows: the tensors that autograd kept while transformers 5.23.0 and torch 2.11.0 ran
//! two layers of each family in fp32, under autocast and in bf16, with each kind of attention.

use crate::model::Activation;

use super::row::{Kernel, Layout, Norm, QkNorm, Row, Softmax};

/// The row of a family.
pub(crate) fn named(family: &str) -> Option<&'static Row> {
    ROWS.iter().find(|row| row.families.contains(&family))
}

const ROWS: &[Row] = &[
    Row {
        families: &["llama", "mistral", "qwen2", "smollm3", "granite", "ministral", "mixtral"],
        ..Row::LLAMA
    },
    Row { families: &["qwen3", "qwen3_moe"], qk_norm: QkNorm::Weighted, ..Row::LLAMA },
    Row { families: &["qwen2_moe"], gates_shared: true, ..Row::LLAMA },
    Row {
        families: &["llama4_text", "llama4"],
        qk_norm: QkNorm::Plain,
        feeds_all_experts: true,
        ..Row::LLAMA
    },
    Row { families: &["deepseek_v2", "deepseek_v3"], routes_in_float: true, ..Row::LLAMA },
    // Attention sinks need the plain formula; the clamped gate keeps three tensors more.
    Row {
        families: &["gpt_oss"],
        norm: Norm::RmsInFloat,
        inner: 3.0,
        kernel: Kernel::EagerOnly,
        softmax: Softmax::Native,
        ..Row::LLAMA
    },
    Row { families: &["seed_oss"], masks: 2.0, ..Row::LLAMA },
    Row { families: &["arcee"], mlp_readers: 1.0, ..Row::LLAMA },
    Row {
        families: &["exaone4"],
        stream_norms: 0.0,
        branch_norms: 2.0,
        qk_norm: QkNorm::Weighted,
        ..Row::LLAMA
    },
    Row { families: &["gemma"], norm: Norm::RmsInFloat, ..Row::LLAMA },
    Row {
        families: &["gemma2"],
        norm: Norm::RmsInFloat,
        branch_norms: 2.0,
        kernel: Kernel::EagerOnly,
        ..Row::LLAMA
    },
    Row {
        families: &["gemma3_text", "gemma3"],
        norm: Norm::RmsInFloat,
        branch_norms: 2.0,
        qk_norm: QkNorm::Weighted,
        ..Row::LLAMA
    },
    Row {
        families: &["olmo2", "olmo3"],
        norm: Norm::RmsInFloat,
        stream_norms: 0.0,
        branch_norms: 2.0,
        qk_norm: QkNorm::Weighted,
        ..Row::LLAMA
    },
    Row { families: &["olmo"], norm: Norm::LayerInFloat, ..Row::LLAMA },
    Row {
        families: &["phi3"],
        attention_readers: 1.0,
        mlp_readers: 1.0,
        layout: Layout::FusedJoined,
        ..Row::LLAMA
    },
    Row { families: &["glm"], mlp_readers: 1.0, layout: Layout::Joined, ..Row::LLAMA },
    Row { families: &["glm4"], branch_norms: 2.0, mlp_readers: 1.0, layout: Layout::Joined, ..Row::LLAMA },
    Row { families: &["stablelm"], norm: Norm::Layer, layout: Layout::Joined, ..Row::LLAMA },
    Row {
        families: &["cohere", "cohere2"],
        norm: Norm::LayerInPython,
        stream_norms: 1.0,
        inputs: 1.0,
        ..Row::LLAMA
    },
    Row { families: &["starcoder2"], embedding_masks: 1.0, ..Row::PLAIN },
    Row { families: &["phi"], stream_norms: 1.0, inputs: 1.0, layout: Layout::Joined, ..Row::PLAIN },
    Row {
        families: &["gpt2"],
        attention_readers: 1.0,
        embedding_masks: 1.0,
        softmax: Softmax::Native,
        ..Row::PLAIN
    },
    Row { families: &["gpt_bigcode"], attention_readers: 1.0, embedding_masks: 1.0, ..Row::PLAIN },
    Row { families: &["opt"], ..Row::PLAIN },
    Row {
        families: &["gpt_neox"],
        stream_norms: 1.0,
        attention_readers: 1.0,
        layout: Layout::FusedJoined,
        ..Row::PLAIN
    },
    Row {
        families: &["gptj"],
        activation: Some(Activation::GeluPython),
        stream_norms: 1.0,
        inputs: 1.0,
        kernel: Kernel::EagerOnly,
        ..Row::PLAIN
    },
    Row {
        families: &["bloom"],
        // Its GELU has a backward of its own that keeps the input alone.
        activation: Some(Activation::Gelu),
        attention_readers: 1.0,
        norms_embedding: true,
        kernel: Kernel::EagerOnly,
        ..Row::PLAIN
    },
    Row { families: &["mpt"], attention_readers: 1.0, kernel: Kernel::EagerOnly, ..Row::PLAIN },
    Row {
        families: &["falcon"],
        stream_norms: 1.0,
        inputs: 1.0,
        attention_readers: 1.0,
        layout: Layout::Fused,
        kernel: Kernel::Math,
        ..Row::PLAIN
    },
    Row { families: &["bert", "roberta", "electra", "xlm-roberta", "camembert"], ..Row::BERT },
    Row { families: &["distilbert"], masks: 1.0, ..Row::BERT },
    Row { families: &["albert"], ..Row::BERT },
    Row {
        families: &["deberta-v2", "deberta"],
        kernel: Kernel::EagerOnly,
        relative: 512.0,
        scales: 2.0,
        ..Row::BERT
    },
    Row {
        families: &["modernbert"],
        attention_readers: 1.0,
        masks: 0.0,
        norms_embedding: true,
        layout: Layout::Fused,
        ..Row::PLAIN
    },
    Row { families: &["vit", "deit", "clip", "siglip"], ..Row::PLAIN },
    Row { families: &["dinov2"], scales: 4.0, softmax: Softmax::Native, ..Row::PLAIN },
    Row {
        families: &["t5", "mt5"],
        norm: Norm::RmsInFloat,
        mlp_readers: 2.0,
        masks: 2.0,
        drops_inside: true,
        embedding_masks: 2.0,
        kernel: Kernel::Biased,
        softmax: Softmax::Native,
        ..Row::LLAMA
    },
    Row {
        families: &["bart"],
        is_post_norm: true,
        softmax: Softmax::Native,
        adds_to_logits: true,
        ..Row::PLAIN
    },
    Row { families: &["mbart"], softmax: Softmax::Native, adds_to_logits: true, ..Row::PLAIN },
    // It makes queries contiguous, which the answer's layout follows.
    Row { families: &["whisper"], softmax: Softmax::Native, layout: Layout::Joined, ..Row::PLAIN },
];
