//! GPT-2: learned positions, one matrix for queries, keys and values, stored as `[in, out]`.

use super::super::build::{Tensors, groups};
use super::super::plain;
use super::*;

pub(super) const FAMILY: Family = Family {
    types: &["gpt2"],
    defaults: &[
        ("vocab_size", 50_257),
        ("n_positions", 1024),
        ("n_embd", 768),
        ("n_layer", 12),
        ("n_head", 12),
    ],
    aliases: &[
        ("n_embd", "hidden_size"),
        ("n_layer", "num_hidden_layers"),
        ("n_head", "num_attention_heads"),
        ("n_positions", "max_position_embeddings"),
    ],
    no_split: &["GPT2Block"],
    is_tied: true,
    read,
    ..Family::BLANK
};

fn read(fields: &Fields) -> Result<ModelCard, ModelError> {
    let (hidden, heads, layers) = (fields.size("n_embd")?, fields.size("n_head")?, fields.layers("n_layer")?);
    let width = fields.size_or("n_inner", 4 * hidden)?;
    let (vocabulary, positions) = (fields.size("vocab_size")?, fields.size("n_positions")?);
    let shape = plain::shape(fields, (hidden, "n_head", heads), Mlp::Dense { width, is_gated: false })?;
    let matrix = |tensors: Tensors, name: &str, part, from: u64, to: u64| {
        tensors.one(&format!("{name}.weight"), part, &[from, to]).one(&format!("{name}.bias"), part, &[to])
    };
    let block = Tensors::new().norm("ln_1", hidden, true);
    let block = matrix(block, "attn.c_attn", Part::Attention, hidden, 3 * hidden);
    let block = matrix(block, "attn.c_proj", Part::Attention, hidden, hidden).norm("ln_2", hidden, true);
    let block = matrix(block, "mlp.c_fc", Part::Mlp, hidden, width);
    let block = matrix(block, "mlp.c_proj", Part::Mlp, width, hidden).block();
    let embeddings = Tensors::new().embedding("transformer.wte", vocabulary, hidden);
    let head = Tensors::new().norm("transformer.ln_f", hidden, true);
    Ok(ModelCard {
        vocabulary,
        hidden,
        positions: Some(positions),
        embeddings: embeddings.embedding("transformer.wpe", positions, hidden).block(),
        stacks: vec![Stack {
            path: "transformer.h".to_owned(),
            groups: groups(layers, |_| (shape.clone(), block.clone())),
            wrap_class: "GPT2Block".to_owned(),
            ..Stack::default()
        }],
        traits: Traits {
            attention_dropout: fields.chance("attn_pdrop", 0.1)?,
            hidden_dropout: fields.chance("resid_pdrop", 0.1)?,
            activation: fields.activation("activation_function", Activation::GeluPython),
            ..Traits::default()
        },
        ..plain::headed(fields, head, (vocabulary, hidden), false)?
    })
}
