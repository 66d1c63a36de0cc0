//! StableLM 2 and Zephyr: Llama's matrices with norms that have a mean and a bias.

use super::super::build::{Tensors, groups};
use super::super::decoder::Decoder;
use super::super::plain;
use super::*;

pub(super) const FAMILY: Family = Family {
    types: &["stablelm"],
    needs: SIZES,
    defaults: &[("num_key_value_heads", 32), ("max_position_embeddings", 4096)],
    no_split: &["StableLmDecoderLayer"],
    read,
    ..Family::BLANK
};

fn read(fields: &Fields) -> Result<ModelCard, ModelError> {
    let is_parallel = fields.flag("use_parallel_residual", false)?;
    let has_qk_norm = fields.flag("qk_layernorm", false)?;
    let has_qkv_bias = fields.flag("use_qkv_bias", false)?;
    let decoder = Decoder { has_qkv_bias, ..Decoder::read(fields, "StableLmDecoderLayer")? };
    let Decoder { hidden, heads, kv_heads, head_dim, width, vocabulary, layers, .. } = decoder;
    let block = decoder.gated(decoder.attention(), "mlp", width).norm("input_layernorm", hidden, true);
    let block = block.when(!is_parallel, |block| block.norm("post_attention_layernorm", hidden, true));
    // Each head has a norm of its own.
    let normed = [("q_layernorm", heads), ("k_layernorm", kv_heads)];
    let names = normed.iter().flat_map(|(name, heads)| (0..*heads).map(move |head| (*name, head)));
    let block = names.filter(|_| has_qk_norm).fold(block, |block, (name, head)| {
        block.norm(&format!("self_attn.{name}.norms.{head}"), head_dim, false)
    });
    let (shape, block) = (decoder.shape(Mlp::Dense { width, is_gated: true }), block.block());
    let head = Tensors::new().norm("model.norm", hidden, true);
    Ok(ModelCard {
        vocabulary,
        hidden,
        positions: decoder.positions,
        embeddings: Tensors::new().embedding("model.embed_tokens", vocabulary, hidden).block(),
        stacks: vec![Stack {
            path: "model.layers".to_owned(),
            groups: groups(layers, |_| (shape.clone(), block.clone())),
            wrap_class: decoder.wrap_class.to_owned(),
            ..Stack::default()
        }],
        traits: Traits {
            has_rms_norm: false,
            hidden_dropout: fields.chance("hidden_dropout", 0.0)?,
            has_qk_norm,
            is_parallel,
            ..decoder.traits
        },
        ..plain::headed(fields, head, (vocabulary, hidden), false)?
    })
}
