//! BLOOM: positions as a slope on attention, a norm behind the token embedding.

use super::super::build::{Tensors, groups};
use super::super::plain;
use super::*;

pub(super) const FAMILY: Family = Family {
    types: &["bloom"],
    needs: &["hidden_size", "n_layer", "n_head"],
    defaults: &[("vocab_size", 250_880)],
    aliases: &[
        ("hidden_size", "n_embed"),
        ("n_layer", "num_hidden_layers"),
        ("n_head", "num_attention_heads"),
    ],
    no_split: &["BloomBlock"],
    is_tied: true,
    read,
    ..Family::BLANK
};

fn read(fields: &Fields) -> Result<ModelCard, ModelError> {
    let (hidden, heads) = (fields.size("hidden_size")?, fields.size("n_head")?);
    let (layers, vocabulary) = (fields.layers("n_layer")?, fields.size("vocab_size")?);
    let width = 4 * hidden;
    let shape = plain::shape(fields, (hidden, "n_head", heads), Mlp::Dense { width, is_gated: false })?;
    let block = Tensors::new()
        .norm("input_layernorm", hidden, true)
        .linear("self_attention.query_key_value", Part::Attention, (3 * hidden, hidden), true)
        .linear("self_attention.dense", Part::Attention, (hidden, hidden), true)
        .norm("post_attention_layernorm", hidden, true)
        .linear("mlp.dense_h_to_4h", Part::Mlp, (width, hidden), true)
        .linear("mlp.dense_4h_to_h", Part::Mlp, (hidden, width), true)
        .block();
    let embeddings = Tensors::new().embedding("transformer.word_embeddings", vocabulary, hidden).norm(
        "transformer.word_embeddings_layernorm",
        hidden,
        true,
    );
    let head = Tensors::new().norm("transformer.ln_f", hidden, true);
    Ok(ModelCard {
        vocabulary,
        hidden,
        positions: fields.stated("seq_length")?,
        embeddings: embeddings.block(),
        stacks: vec![Stack {
            path: "transformer.h".to_owned(),
            groups: groups(layers, |_| (shape.clone(), block.clone())),
            wrap_class: "BloomBlock".to_owned(),
            ..Stack::default()
        }],
        traits: Traits {
            attention_dropout: fields.chance("attention_dropout", 0.0)?,
            hidden_dropout: fields.chance("hidden_dropout", 0.0)?,
            activation: Activation::GeluPython,
            ..Traits::default()
        },
        ..plain::headed(fields, head, (vocabulary, hidden), false)?
    })
}
