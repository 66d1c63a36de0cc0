//! gpt-oss: experts with biases, a learned sink per head, every second layer with a short window.

use super::super::decoder::Decoder;
use super::super::experts::Experts;
use super::super::window::Windows;
use super::*;

pub(super) const FAMILY: Family = Family {
    types: &["gpt_oss"],
    needs: SIZES,
    defaults: &[
        ("num_key_value_heads", 8),
        ("head_dim", 64),
        ("max_position_embeddings", 131_072),
        ("num_local_experts", 128),
        ("num_experts_per_tok", 4),
    ],
    aliases: &[("num_local_experts", "num_experts")],
    no_split: &["GptOssDecoderLayer"],
    read,
    ..Family::BLANK
};

fn read(fields: &Fields) -> Result<ModelCard, ModelError> {
    let has_bias = fields.flag("attention_bias", true)?;
    let windows = Windows::all_but_each(fields, fields.window("sliding_window", Some(128))?, 2);
    let decoder = Decoder {
        has_qkv_bias: has_bias,
        has_out_bias: has_bias,
        ..Decoder::read(fields, "GptOssDecoderLayer")?
    };
    let experts = Experts::read(fields, "num_local_experts", "num_experts_per_tok", decoder.width)?;
    Ok(decoder.card(|decoder, index| {
        let (hidden, count, width) = (decoder.hidden, experts.experts, experts.width);
        let tensors = decoder
            .attention()
            .one("self_attn.sinks", Part::Attention, &[decoder.heads])
            .linear("mlp.router", Part::Router, (count, hidden), true)
            .one("mlp.experts.gate_up_proj", Part::Expert, &[count, hidden, 2 * width])
            .one("mlp.experts.gate_up_proj_bias", Part::Expert, &[count, 2 * width])
            .one("mlp.experts.down_proj", Part::Expert, &[count, width, hidden])
            .one("mlp.experts.down_proj_bias", Part::Expert, &[count, hidden]);
        let shape = LayerShape { window: windows.of(index), ..decoder.shape(experts.mlp()) };
        (shape, decoder.norms(tensors).block())
    }))
}
