//! Phi 1, 1.5 and 2: biases everywhere, attention and the part behind it side by side.

use super::super::build::{Tensors, groups};
use super::super::plain;
use super::*;

pub(super) const FAMILY: Family = Family {
    types: &["phi"],
    needs: &["hidden_size", "intermediate_size", "num_hidden_layers", "num_attention_heads"],
    defaults: &[("vocab_size", 51_200), ("max_position_embeddings", 2048)],
    no_split: &["PhiDecoderLayer"],
    read,
    ..Family::BLANK
};

fn read(fields: &Fields) -> Result<ModelCard, ModelError> {
    let (hidden, heads) = (fields.size("hidden_size")?, fields.size("num_attention_heads")?);
    let (width, vocabulary) = (fields.size("intermediate_size")?, fields.size("vocab_size")?);
    let layers = fields.layers("num_hidden_layers")?;
    let kv_heads = fields.kv_heads("num_key_value_heads", heads, heads)?;
    let has_qk_norm = fields.flag("qk_layernorm", false)?;
    let mlp = Mlp::Dense { width, is_gated: false };
    let shape = plain::shape(fields, (hidden, "num_attention_heads", heads), mlp)?;
    let shape = LayerShape { kv_heads, ..shape };
    let (queries, keys) = (heads * shape.head_dim, kv_heads * shape.head_dim);
    let block = Tensors::new()
        .linear("self_attn.q_proj", Part::Attention, (queries, hidden), true)
        .linear("self_attn.k_proj", Part::Attention, (keys, hidden), true)
        .linear("self_attn.v_proj", Part::Attention, (keys, hidden), true)
        .linear("self_attn.dense", Part::Attention, (hidden, queries), true)
        .when(has_qk_norm, |block| {
            let block = block.norm("self_attn.q_layernorm", hidden / heads, true);
            block.norm("self_attn.k_layernorm", hidden / heads, true)
        })
        .linear("mlp.fc1", Part::Mlp, (width, hidden), true)
        .linear("mlp.fc2", Part::Mlp, (hidden, width), true)
        .norm("input_layernorm", hidden, true)
        .block();
    let head = Tensors::new().norm("model.final_layernorm", hidden, true);
    Ok(ModelCard {
        vocabulary,
        hidden,
        positions: fields.positions("max_position_embeddings")?,
        embeddings: Tensors::new().embedding("model.embed_tokens", vocabulary, hidden).block(),
        stacks: vec![Stack {
            path: "model.layers".to_owned(),
            groups: groups(layers, |_| (shape.clone(), block.clone())),
            wrap_class: "PhiDecoderLayer".to_owned(),
            ..Stack::default()
        }],
        traits: Traits {
            attention_dropout: fields.chance("attention_dropout", 0.0)?,
            hidden_dropout: fields.chance("resid_pdrop", 0.0)?,
            has_qk_norm,
            is_parallel: true,
            activation: fields.activation("hidden_act", Activation::GeluPython),
            ..Traits::default()
        },
        ..plain::headed(fields, head, (vocabulary, hidden), true)?
    })
}
