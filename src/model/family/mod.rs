//! What is known of each architecture: one row per family, one file each.
//!
//! Names and shapes are those of transformers 5.23; `tests/oracle/record_models.py` asks it for them.

mod bart;
mod bert;
mod bloom;
mod clip;
mod cohere;
mod deberta;
mod deepseek;
mod diffusion;
mod dinov2;
mod distilbert;
mod falcon;
mod gemma;
mod generic;
mod gpt2;
mod gpt_neox;
mod gpt_oss;
mod gptj;
mod granite;
mod llama;
mod llama4;
mod mistral;
mod mixtral;
mod olmo2;
mod opt;
mod phi;
mod phi3;
mod qwen2;
mod qwen3;
mod qwen_moe;
mod smollm3;
mod stablelm;
mod starcoder2;
mod t5;
mod vit;
mod whisper;
mod wrapper;

use super::fields::Fields;
use super::{Activation, LayerShape, Mlp, ModelCard, ModelError, Part, Stack, StackRole, Task, Traits};

/// What is known of a family of models.
pub(super) struct Family {
    /// Its `model_type`s; for models of diffusers their `_class_name`.
    pub types: &'static [&'static str],
    /// Fields that must be stated, because transformers' default would silently be another model.
    pub needs: &'static [&'static str],
    /// Sizes of transformers 5.23 for fields that are left out.
    pub defaults: &'static [(&'static str, u64)],
    /// Other names under which transformers accepts a field (`attribute_map`): own name, alias.
    pub aliases: &'static [(&'static str, &'static str)],
    /// `_no_split_modules` of transformers, sorted.
    pub no_split: &'static [&'static str],
    /// Whether the head reads the token embedding when the config does not say.
    pub is_tied: bool,
    /// What it is trained for when `architectures` does not say.
    pub task: Task,
    /// Fields to card.
    pub read: fn(&Fields) -> Result<ModelCard, ModelError>,
}

impl Family {
    /// The usual: a decoder whose head is its own.
    const BLANK: Family = Family {
        types: &[],
        needs: &[],
        defaults: &[],
        aliases: &[],
        no_split: &[],
        is_tied: false,
        task: Task::CausalLm,
        read: |_| Ok(ModelCard::default()),
    };
}

/// Fields that decide the size of a decoder in Llama's shape.
const SIZES: &[&str] =
    &["hidden_size", "intermediate_size", "num_hidden_layers", "num_attention_heads", "vocab_size"];

/// All families.
const ALL: &[Family] = &[
    bart::FAMILY,
    bert::BERT,
    bert::ROBERTA,
    bert::XLM_ROBERTA,
    bloom::FAMILY,
    clip::FAMILY,
    cohere::COHERE,
    cohere::COHERE2,
    deberta::FAMILY,
    deepseek::V2,
    deepseek::V3,
    diffusion::FLUX,
    diffusion::SD3,
    dinov2::FAMILY,
    distilbert::FAMILY,
    falcon::FAMILY,
    gemma::GEMMA,
    gemma::GEMMA2,
    gemma::GEMMA3,
    gpt2::FAMILY,
    gpt_neox::FAMILY,
    gpt_oss::FAMILY,
    gptj::FAMILY,
    granite::FAMILY,
    llama::FAMILY,
    llama4::FAMILY,
    mistral::FAMILY,
    mixtral::FAMILY,
    olmo2::FAMILY,
    opt::FAMILY,
    phi::FAMILY,
    phi3::FAMILY,
    qwen2::FAMILY,
    qwen3::FAMILY,
    qwen_moe::QWEN2,
    qwen_moe::QWEN3,
    smollm3::FAMILY,
    stablelm::FAMILY,
    starcoder2::FAMILY,
    t5::FAMILY,
    t5::MT5,
    vit::FAMILY,
    whisper::FAMILY,
    wrapper::GEMMA3,
    wrapper::LLAMA4,
    wrapper::QWEN2_VL,
    wrapper::QWEN2_5_VL,
];

/// The row of a `model_type`.
pub(super) fn named(kind: &str) -> Option<&'static Family> {
    ALL.iter().find(|family| family.types.contains(&kind))
}

/// What is made of a `model_type` without a row.
pub(super) fn generic(has_text_config: bool) -> &'static Family {
    if has_text_config { &generic::WRAPPER } else { &generic::DECODER }
}

/// All rows, by name.
pub(super) fn rows() -> impl Iterator<Item = &'static Family> {
    ALL.iter()
}

/// All `model_type`s, sorted.
pub(super) fn names() -> Vec<&'static str> {
    let mut names: Vec<&str> = ALL.iter().flat_map(|family| family.types.iter().copied()).collect();
    names.sort_unstable();
    names
}

/// Every class that transformers keeps whole in some family: each is a layer of one model and of no other.
pub(super) fn layer_classes() -> impl Iterator<Item = &'static str> {
    ALL.iter().flat_map(|family| family.no_split.iter().copied())
}
