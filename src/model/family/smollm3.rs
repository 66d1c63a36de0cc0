//! SmolLM 3: Llama's tensors; every fourth layer goes without rotary positions.

use super::super::decoder::Decoder;
use super::*;

pub(super) const FAMILY: Family = Family {
    types: &["smollm3"],
    needs: SIZES,
    defaults: &[("num_key_value_heads", 4), ("max_position_embeddings", 32_768)],
    no_split: &["SmolLM3DecoderLayer"],
    is_tied: true,
    read,
    ..Family::BLANK
};

fn read(fields: &Fields) -> Result<ModelCard, ModelError> {
    let has_bias = fields.flag("attention_bias", false)?;
    let decoder = Decoder {
        has_qkv_bias: has_bias,
        has_out_bias: has_bias,
        has_mlp_bias: fields.flag("mlp_bias", false)?,
        ..Decoder::read(fields, "SmolLM3DecoderLayer")?
    };
    Ok(decoder.card(|decoder, _| decoder.dense_layer()))
}
