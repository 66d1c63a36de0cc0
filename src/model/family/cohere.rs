//! Command R and Aya (Cohere 1 and 2): one norm in front of both parts, a large tied vocabulary.

use super::super::Block;
use super::super::decoder::Decoder;
use super::super::window::Windows;
use super::*;

pub(super) const COHERE: Family = Family {
    types: &["cohere"],
    needs: SIZES,
    defaults: &[("max_position_embeddings", 8192)],
    no_split: &["CohereDecoderLayer"],
    is_tied: true,
    read: |fields| {
        let has_qk_norm = fields.flag("use_qk_norm", false)?;
        Ok(decoder(fields, "CohereDecoderLayer")?.card(|decoder, _| layer(decoder, has_qk_norm)))
    },
    ..Family::BLANK
};

pub(super) const COHERE2: Family = Family {
    types: &["cohere2"],
    needs: SIZES,
    defaults: &[("max_position_embeddings", 8192)],
    no_split: &["Cohere2DecoderLayer"],
    is_tied: true,
    read: read_second,
    ..Family::BLANK
};

fn read_second(fields: &Fields) -> Result<ModelCard, ModelError> {
    let every = fields.size_or("sliding_window_pattern", 4)?;
    let windows = Windows::all_but_each(fields, fields.window("sliding_window", Some(4096))?, every);
    Ok(decoder(fields, "Cohere2DecoderLayer")?.card(|decoder, index| {
        let (shape, block) = layer(decoder, false);
        (LayerShape { window: windows.of(index), ..shape }, block)
    }))
}

fn decoder(fields: &Fields, wrap_class: &'static str) -> Result<Decoder, ModelError> {
    let has_bias = fields.flag("attention_bias", false)?;
    let decoder = Decoder::read(fields, wrap_class)?;
    let has_qk_norm = fields.flag("use_qk_norm", false)?;
    let traits = Traits { has_rms_norm: false, is_parallel: true, has_qk_norm, ..decoder.traits };
    let norms = &["input_layernorm"];
    Ok(Decoder { has_qkv_bias: has_bias, has_out_bias: has_bias, norms, traits, ..decoder })
}

/// Norms of queries and keys have a weight for each number of each head.
fn layer(decoder: &Decoder, has_qk_norm: bool) -> (LayerShape, Block) {
    let normed = decoder.attention().when(has_qk_norm, |tensors| {
        let weight = |heads| [heads, decoder.head_dim];
        tensors.one("self_attn.q_norm.weight", Part::Norm, &weight(decoder.heads)).one(
            "self_attn.k_norm.weight",
            Part::Norm,
            &weight(decoder.kv_heads),
        )
    });
    let block = decoder.norms(decoder.gated(normed, "mlp", decoder.width)).block();
    (decoder.shape(Mlp::Dense { width: decoder.width, is_gated: true }), block)
}
