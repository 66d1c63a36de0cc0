//! StarCoder 2: grouped heads, two matrices behind attention, biases and norms with a mean.

use super::super::build::{Tensors, groups};
use super::super::plain;
use super::*;

pub(super) const FAMILY: Family = Family {
    types: &["starcoder2"],
    needs: &["hidden_size", "intermediate_size", "num_hidden_layers", "num_attention_heads"],
    defaults: &[("vocab_size", 49_152), ("num_key_value_heads", 2), ("max_position_embeddings", 4096)],
    no_split: &["Starcoder2DecoderLayer"],
    is_tied: true,
    read,
    ..Family::BLANK
};

fn read(fields: &Fields) -> Result<ModelCard, ModelError> {
    let (hidden, heads) = (fields.size("hidden_size")?, fields.size("num_attention_heads")?);
    let (width, vocabulary) = (fields.size("intermediate_size")?, fields.size("vocab_size")?);
    let layers = fields.layers("num_hidden_layers")?;
    let kv_heads = fields.kv_heads("num_key_value_heads", heads, 2)?;
    let has_bias = fields.flag("use_bias", true)?;
    let mlp = Mlp::Dense { width, is_gated: false };
    let shape = plain::shape(fields, (hidden, "num_attention_heads", heads), mlp)?;
    let shape = LayerShape { kv_heads, window: fields.window("sliding_window", None)?, ..shape };
    let (queries, keys) = (heads * shape.head_dim, kv_heads * shape.head_dim);
    let block = Tensors::new()
        .linear("self_attn.q_proj", Part::Attention, (queries, hidden), has_bias)
        .linear("self_attn.k_proj", Part::Attention, (keys, hidden), has_bias)
        .linear("self_attn.v_proj", Part::Attention, (keys, hidden), has_bias)
        .linear("self_attn.o_proj", Part::Attention, (hidden, queries), has_bias)
        .linear("mlp.c_fc", Part::Mlp, (width, hidden), has_bias)
        .linear("mlp.c_proj", Part::Mlp, (hidden, width), has_bias)
        .norm("input_layernorm", hidden, true)
        .norm("post_attention_layernorm", hidden, true)
        .block();
    let head = Tensors::new().norm("model.norm", hidden, true);
    Ok(ModelCard {
        vocabulary,
        hidden,
        positions: fields.positions("max_position_embeddings")?,
        embeddings: Tensors::new().embedding("model.embed_tokens", vocabulary, hidden).block(),
        stacks: vec![Stack {
            path: "model.layers".to_owned(),
            groups: groups(layers, |_| (shape.clone(), block.clone())),
            wrap_class: "Starcoder2DecoderLayer".to_owned(),
            ..Stack::default()
        }],
        traits: Traits {
            attention_dropout: fields.chance("attention_dropout", 0.0)?,
            hidden_dropout: fields.chance("residual_dropout", 0.0)?,
            activation: fields.activation("hidden_act", Activation::GeluTanh),
            ..Traits::default()
        },
        ..plain::headed(fields, head, (vocabulary, hidden), false)?
    })
}
