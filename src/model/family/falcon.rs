//! Falcon: one matrix for queries, keys and values, with one key head (7B) or few (40B, 180B).

use super::super::build::{Tensors, groups};
use super::super::plain;
use super::*;

pub(super) const FAMILY: Family = Family {
    types: &["falcon"],
    needs: &["hidden_size", "num_hidden_layers", "num_attention_heads"],
    defaults: &[("vocab_size", 65_024), ("max_position_embeddings", 2048)],
    aliases: &[("hidden_size", "n_embed")],
    no_split: &["FalconDecoderLayer"],
    is_tied: true,
    read,
    ..Family::BLANK
};

fn read(fields: &Fields) -> Result<ModelCard, ModelError> {
    let (hidden, heads) = (fields.size("hidden_size")?, fields.size("num_attention_heads")?);
    let (layers, vocabulary) = (fields.layers("num_hidden_layers")?, fields.size("vocab_size")?);
    let width = fields.size_or("ffn_hidden_size", 4 * hidden)?;
    let has_bias = fields.flag("bias", false)?;
    let is_parallel = fields.flag("parallel_attn", true)?;
    let is_new = fields.flag("new_decoder_architecture", false)?;
    let has_one_key = !is_new && fields.flag("multi_query", true)?;
    let kv_heads = if has_one_key { 1 } else { fields.kv_heads("num_kv_heads", heads, heads)? };
    let mlp = Mlp::Dense { width, is_gated: false };
    let shape = plain::shape(fields, (hidden, "num_attention_heads", heads), mlp)?;
    let shape = LayerShape { kv_heads, ..shape };
    let all = (heads + 2 * if is_new || has_one_key { kv_heads } else { heads }) * shape.head_dim;
    let has_two_norms = fields.count_or("num_ln_in_parallel_attn", if is_new { 2 } else { 1 })? == 2;
    let norms: &[&str] = match (is_parallel, has_two_norms) {
        (false, _) => &["input_layernorm", "post_attention_layernorm"],
        (true, true) => &["ln_attn", "ln_mlp"],
        (true, false) => &["input_layernorm"],
    };
    let block = Tensors::new()
        .linear("self_attention.query_key_value", Part::Attention, (all, hidden), has_bias)
        .linear("self_attention.dense", Part::Attention, (hidden, hidden), has_bias)
        .linear("mlp.dense_h_to_4h", Part::Mlp, (width, hidden), has_bias)
        .linear("mlp.dense_4h_to_h", Part::Mlp, (hidden, width), has_bias);
    let block = norms.iter().fold(block, |block, name| block.norm(name, hidden, true)).block();
    let head = Tensors::new().norm("transformer.ln_f", hidden, true);
    Ok(ModelCard {
        vocabulary,
        hidden,
        positions: fields.positions("max_position_embeddings")?,
        embeddings: Tensors::new().embedding("transformer.word_embeddings", vocabulary, hidden).block(),
        stacks: vec![Stack {
            path: "transformer.h".to_owned(),
            groups: groups(layers, |_| (shape.clone(), block.clone())),
            wrap_class: "FalconDecoderLayer".to_owned(),
            ..Stack::default()
        }],
        traits: Traits {
            attention_dropout: fields.chance("attention_dropout", 0.0)?,
            hidden_dropout: fields.chance("hidden_dropout", 0.0)?,
            is_parallel,
            activation: fields.activation("activation", Activation::Gelu),
            ..Traits::default()
        },
        ..plain::headed(fields, head, (vocabulary, hidden), false)?
    })
}
