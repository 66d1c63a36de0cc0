//! GPT-J: rotary positions, no biases in attention, both parts side by side behind one norm.

use super::super::build::{Tensors, groups};
use super::super::plain;
use super::*;

pub(super) const FAMILY: Family = Family {
    types: &["gptj"],
    defaults: &[
        ("vocab_size", 50_400),
        ("n_positions", 2048),
        ("n_embd", 4096),
        ("n_layer", 28),
        ("n_head", 16),
    ],
    aliases: &[
        ("n_embd", "hidden_size"),
        ("n_layer", "num_hidden_layers"),
        ("n_head", "num_attention_heads"),
        ("n_positions", "max_position_embeddings"),
    ],
    no_split: &["GPTJBlock"],
    read,
    ..Family::BLANK
};

fn read(fields: &Fields) -> Result<ModelCard, ModelError> {
    let (hidden, heads, layers) = (fields.size("n_embd")?, fields.size("n_head")?, fields.layers("n_layer")?);
    let width = fields.size_or("n_inner", 4 * hidden)?;
    let vocabulary = fields.size("vocab_size")?;
    let shape = plain::shape(fields, (hidden, "n_head", heads), Mlp::Dense { width, is_gated: false })?;
    let block = ["q_proj", "k_proj", "v_proj", "out_proj"].iter().fold(Tensors::new(), |block, name| {
        block.linear(&format!("attn.{name}"), Part::Attention, (hidden, hidden), false)
    });
    let block = block
        .norm("ln_1", hidden, true)
        .linear("mlp.fc_in", Part::Mlp, (width, hidden), true)
        .linear("mlp.fc_out", Part::Mlp, (hidden, width), true)
        .block();
    let head = Tensors::new().norm("transformer.ln_f", hidden, true);
    Ok(ModelCard {
        vocabulary,
        hidden,
        positions: fields.positions("n_positions")?,
        embeddings: Tensors::new().embedding("transformer.wte", vocabulary, hidden).block(),
        stacks: vec![Stack {
            path: "transformer.h".to_owned(),
            groups: groups(layers, |_| (shape.clone(), block.clone())),
            wrap_class: "GPTJBlock".to_owned(),
            ..Stack::default()
        }],
        traits: Traits {
            attention_dropout: fields.chance("attn_pdrop", 0.0)?,
            hidden_dropout: fields.chance("resid_pdrop", 0.0)?,
            is_parallel: true,
            activation: fields.activation("activation_function", Activation::GeluPython),
            ..Traits::default()
        },
        ..plain::headed(fields, head, (vocabulary, hidden), true)?
    })
}
