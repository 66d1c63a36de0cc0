//! Gemma 1 to 3: heads with a width of their own, a large tied vocabulary, caps and windows.

use super::super::decoder::{Decoder, QkNorm};
use super::super::window::Windows;
use super::*;

const LAYER_SIZES: &[&str] = &["hidden_size", "intermediate_size", "num_hidden_layers"];
const FOUR_NORMS: &[&str] = &[
    "input_layernorm",
    "post_attention_layernorm",
    "pre_feedforward_layernorm",
    "post_feedforward_layernorm",
];

pub(super) const GEMMA: Family = Family {
    types: &["gemma"],
    needs: LAYER_SIZES,
    defaults: &[
        ("vocab_size", 256_000),
        ("num_attention_heads", 16),
        ("num_key_value_heads", 16),
        ("head_dim", 256),
        ("max_position_embeddings", 8192),
    ],
    no_split: &["GemmaDecoderLayer"],
    is_tied: true,
    read: |fields| {
        let decoder = read(fields, "GemmaDecoderLayer")?;
        Ok(decoder.card(|decoder, _| decoder.dense_layer()))
    },
    ..Family::BLANK
};

pub(super) const GEMMA2: Family = Family {
    types: &["gemma2"],
    needs: LAYER_SIZES,
    defaults: &[
        ("vocab_size", 256_000),
        ("num_attention_heads", 8),
        ("num_key_value_heads", 4),
        ("head_dim", 256),
        ("max_position_embeddings", 8192),
    ],
    no_split: &["Gemma2DecoderLayer"],
    is_tied: true,
    read: read_gemma2,
    ..Family::BLANK
};

pub(super) const GEMMA3: Family = Family {
    types: &["gemma3_text"],
    needs: LAYER_SIZES,
    defaults: &[
        ("vocab_size", 262_208),
        ("num_attention_heads", 8),
        ("num_key_value_heads", 4),
        ("head_dim", 256),
        ("max_position_embeddings", 131_072),
    ],
    no_split: &["Gemma3DecoderLayer"],
    is_tied: true,
    read: read_gemma3,
    ..Family::BLANK
};

/// Whether a cap applies: stated, switched off by `null`, or the family's default.
fn has_cap(fields: &Fields, key: &str, otherwise: bool) -> bool {
    if fields.states(key) { fields.raw(key).is_some() } else { otherwise }
}

fn read(fields: &Fields, wrap_class: &'static str) -> Result<Decoder, ModelError> {
    let has_bias = fields.flag("attention_bias", false)?;
    let decoder = Decoder::read(fields, wrap_class)?;
    // `hidden_act: gelu` of the first release is read as the tanh form by transformers.
    let activation = match fields.activation("hidden_activation", Activation::GeluTanh) {
        Activation::Gelu => Activation::GeluTanh,
        other => other,
    };
    let traits = Traits { activation, ..decoder.traits };
    Ok(Decoder { has_qkv_bias: has_bias, has_out_bias: has_bias, traits, ..decoder })
}

fn read_gemma2(fields: &Fields) -> Result<ModelCard, ModelError> {
    let windows = Windows::all_but_each(fields, fields.window("sliding_window", Some(4096))?, 2);
    let decoder = Decoder { norms: FOUR_NORMS, ..read(fields, "Gemma2DecoderLayer")? };
    let traits = Traits {
        has_logit_cap: has_cap(fields, "final_logit_softcapping", true),
        has_attention_cap: has_cap(fields, "attn_logit_softcapping", true),
        ..decoder.traits
    };
    Ok(Decoder { traits, ..decoder }.card(|decoder, index| {
        let (shape, block) = decoder.dense_layer();
        (LayerShape { window: windows.of(index), ..shape }, block)
    }))
}

fn read_gemma3(fields: &Fields) -> Result<ModelCard, ModelError> {
    let every = fields.size_or("sliding_window_pattern", 6)?;
    let windows = Windows::all_but_each(fields, fields.window("sliding_window", Some(4096))?, every);
    let decoder =
        Decoder { norms: FOUR_NORMS, qk_norm: QkNorm::PerHead, ..read(fields, "Gemma3DecoderLayer")? };
    let traits = Traits {
        has_logit_cap: has_cap(fields, "final_logit_softcapping", false),
        has_attention_cap: has_cap(fields, "attn_logit_softcapping", false),
        ..decoder.traits
    };
    Ok(Decoder { traits, ..decoder }.card(|decoder, index| {
        let (shape, block) = decoder.dense_layer();
        (LayerShape { window: windows.of(index), ..shape }, block)
    }))
}
