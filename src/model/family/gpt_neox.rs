//! GPT-NeoX and Pythia: rotary positions, attention and the part behind it side by side.

use super::super::build::{Tensors, groups};
use super::super::plain;
use super::*;

pub(super) const FAMILY: Family = Family {
    types: &["gpt_neox"],
    needs: SIZES,
    defaults: &[("max_position_embeddings", 2048)],
    no_split: &["GPTNeoXLayer"],
    read,
    ..Family::BLANK
};

fn read(fields: &Fields) -> Result<ModelCard, ModelError> {
    let (hidden, heads) = (fields.size("hidden_size")?, fields.size("num_attention_heads")?);
    let (width, vocabulary) = (fields.size("intermediate_size")?, fields.size("vocab_size")?);
    let layers = fields.layers("num_hidden_layers")?;
    let has_bias = fields.flag("attention_bias", true)?;
    let mlp = Mlp::Dense { width, is_gated: false };
    let shape = plain::shape(fields, (hidden, "num_attention_heads", heads), mlp)?;
    let block = Tensors::new()
        .norm("input_layernorm", hidden, true)
        .norm("post_attention_layernorm", hidden, true)
        .linear("attention.query_key_value", Part::Attention, (3 * hidden, hidden), has_bias)
        .linear("attention.dense", Part::Attention, (hidden, hidden), has_bias)
        .linear("mlp.dense_h_to_4h", Part::Mlp, (width, hidden), true)
        .linear("mlp.dense_4h_to_h", Part::Mlp, (hidden, width), true)
        .block();
    let head = Tensors::new().norm("gpt_neox.final_layer_norm", hidden, true);
    Ok(ModelCard {
        vocabulary,
        hidden,
        positions: fields.positions("max_position_embeddings")?,
        embeddings: Tensors::new().embedding("gpt_neox.embed_in", vocabulary, hidden).block(),
        stacks: vec![Stack {
            path: "gpt_neox.layers".to_owned(),
            groups: groups(layers, |_| (shape.clone(), block.clone())),
            wrap_class: "GPTNeoXLayer".to_owned(),
            ..Stack::default()
        }],
        traits: Traits {
            attention_dropout: fields.chance("attention_dropout", 0.0)?,
            hidden_dropout: fields.chance("hidden_dropout", 0.0)?,
            is_parallel: fields.flag("use_parallel_residual", true)?,
            activation: fields.activation("hidden_act", Activation::Gelu),
            ..Traits::default()
        },
        ..plain::headed(fields, head, (vocabulary, hidden), false)?
    })
}
