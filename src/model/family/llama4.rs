//! Llama 4's text part: experts in every or every second layer, stored the other way round.

use serde_json::Value;

use super::super::build::Tensors;
use super::super::decoder::{Decoder, QkNorm};
use super::super::experts::Experts;
use super::super::window::Windows;
use super::*;

pub(super) const FAMILY: Family = Family {
    types: &["llama4_text"],
    needs: SIZES,
    defaults: &[
        ("num_key_value_heads", 8),
        ("head_dim", 128),
        ("max_position_embeddings", 131_072),
        ("intermediate_size_mlp", 16_384),
        ("num_local_experts", 16),
        ("num_experts_per_tok", 1),
    ],
    aliases: &[("num_local_experts", "num_experts")],
    no_split: &["Llama4TextDecoderLayer"],
    read,
    ..Family::BLANK
};

fn read(fields: &Fields) -> Result<ModelCard, ModelError> {
    let has_bias = fields.flag("attention_bias", false)?;
    let has_qk_norm = fields.flag("use_qk_norm", true)?;
    let dense = fields.size("intermediate_size_mlp")?;
    let windows = Windows::all_but_each(fields, fields.window("attention_chunk_size", Some(8192))?, 4);
    let decoder = Decoder {
        has_qkv_bias: has_bias,
        has_out_bias: has_bias,
        qk_norm: if has_qk_norm { QkNorm::Bare } else { QkNorm::None },
        ..Decoder::read(fields, "Llama4TextDecoderLayer")?
    };
    let experts = Experts {
        shared_width: decoder.width,
        ..Experts::read(fields, "num_local_experts", "num_experts_per_tok", decoder.width)?
    };
    let step = fields.size_or("interleave_moe_layer_step", 1)?;
    let listed = fields.raw("moe_layers").and_then(Value::as_array);
    let listed: Option<Vec<u64>> = listed.map(|list| list.iter().filter_map(Value::as_u64).collect());
    let has_experts = |index: u64| match &listed {
        Some(list) => list.contains(&index),
        None => (index + 1).is_multiple_of(step),
    };
    Ok(decoder.card(|decoder, index| {
        let (tensors, mlp) = if has_experts(index) {
            (with_experts(decoder, &experts), experts.mlp())
        } else {
            let tensors = decoder.gated(decoder.attention(), "feed_forward", dense);
            (tensors, Mlp::Dense { width: dense, is_gated: true })
        };
        let shape = LayerShape { window: windows.of(index), ..decoder.shape(mlp) };
        (shape, decoder.norms(tensors).block())
    }))
}

/// Experts as `[experts, in, out]`, which is the other way round than elsewhere.
fn with_experts(decoder: &Decoder, experts: &Experts) -> Tensors {
    let (hidden, count, width) = (decoder.hidden, experts.experts, experts.width);
    let tensors = decoder
        .attention()
        .one("feed_forward.experts.gate_up_proj", Part::Expert, &[count, hidden, 2 * width])
        .one("feed_forward.experts.down_proj", Part::Expert, &[count, width, hidden])
        .one("feed_forward.router.weight", Part::Router, &[count, hidden]);
    decoder.gated(tensors, "feed_forward.shared_expert", experts.shared_width)
}
