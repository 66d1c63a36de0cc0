//! Qwen 3: norms on queries and keys instead of Qwen 2's biases, and a width of heads of its own.

use super::super::decoder::{Decoder, QkNorm};
use super::*;

pub(super) const FAMILY: Family = Family {
    types: &["qwen3"],
    needs: SIZES,
    defaults: &[("num_key_value_heads", 32), ("head_dim", 128), ("max_position_embeddings", 32_768)],
    no_split: &["Qwen3DecoderLayer"],
    read,
    ..Family::BLANK
};

fn read(fields: &Fields) -> Result<ModelCard, ModelError> {
    let windows = fields.qwen_windows()?;
    let has_bias = fields.flag("attention_bias", false)?;
    let decoder = Decoder {
        has_qkv_bias: has_bias,
        has_out_bias: has_bias,
        qk_norm: QkNorm::PerHead,
        ..Decoder::read(fields, "Qwen3DecoderLayer")?
    };
    Ok(decoder.card(|decoder, index| {
        let (shape, block) = decoder.dense_layer();
        (LayerShape { window: windows.of(index), ..shape }, block)
    }))
}
