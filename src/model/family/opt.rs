//! OPT: learned positions with two rows to spare, and a token embedding that may be narrower.

use super::super::build::{Tensors, groups};
use super::super::plain;
use super::*;

pub(super) const FAMILY: Family = Family {
    types: &["opt"],
    defaults: &[
        ("vocab_size", 50_272),
        ("hidden_size", 768),
        ("num_hidden_layers", 12),
        ("num_attention_heads", 12),
        ("ffn_dim", 3072),
        ("max_position_embeddings", 2048),
    ],
    no_split: &["OPTDecoderLayer"],
    is_tied: true,
    read,
    ..Family::BLANK
};

fn read(fields: &Fields) -> Result<ModelCard, ModelError> {
    let (hidden, heads) = (fields.size("hidden_size")?, fields.size("num_attention_heads")?);
    let (width, vocabulary) = (fields.size("ffn_dim")?, fields.size("vocab_size")?);
    let (layers, positions) = (fields.layers("num_hidden_layers")?, fields.size("max_position_embeddings")?);
    let tokens = fields.size_or("word_embed_proj_dim", hidden)?;
    let has_bias = fields.flag("enable_bias", true)?;
    let has_last_norm =
        fields.flag("do_layer_norm_before", true)? && !fields.flag("_remove_final_layer_norm", false)?;
    let norms = fields.flag("layer_norm_elementwise_affine", true)?;
    let mlp = Mlp::Dense { width, is_gated: false };
    let shape = plain::shape(fields, (hidden, "num_attention_heads", heads), mlp)?;
    let block = ["q_proj", "k_proj", "v_proj", "out_proj"].iter().fold(Tensors::new(), |block, name| {
        block.linear(&format!("self_attn.{name}"), Part::Attention, (hidden, hidden), has_bias)
    });
    let block = block
        .linear("fc1", Part::Mlp, (width, hidden), has_bias)
        .linear("fc2", Part::Mlp, (hidden, width), has_bias)
        .when(norms, |block| {
            block.norm("self_attn_layer_norm", hidden, true).norm("final_layer_norm", hidden, true)
        })
        .block();
    let embeddings = Tensors::new()
        .embedding("model.decoder.embed_tokens", vocabulary, tokens)
        .embedding("model.decoder.embed_positions", positions + 2, hidden)
        .when(tokens != hidden, |it| {
            it.linear("model.decoder.project_in", Part::Embedding, (hidden, tokens), false)
        });
    let head = Tensors::new()
        .when(has_last_norm && norms, |head| head.norm("model.decoder.final_layer_norm", hidden, true))
        .when(tokens != hidden, |it| {
            it.linear("model.decoder.project_out", Part::Head, (tokens, hidden), false)
        });
    Ok(ModelCard {
        vocabulary,
        hidden,
        positions: Some(positions),
        embeddings: embeddings.block(),
        stacks: vec![Stack {
            path: "model.decoder.layers".to_owned(),
            groups: groups(layers, |_| (shape.clone(), block.clone())),
            wrap_class: "OPTDecoderLayer".to_owned(),
            ..Stack::default()
        }],
        traits: Traits {
            attention_dropout: fields.chance("attention_dropout", 0.0)?,
            hidden_dropout: fields.chance("dropout", 0.1)?,
            activation: fields.activation("activation_function", Activation::Relu),
            ..Traits::default()
        },
        ..plain::headed(fields, head, (vocabulary, tokens), false)?
    })
}
