//! Granite 3: Llama's tensors; its multipliers add none.

use super::super::decoder::Decoder;
use super::*;

pub(super) const FAMILY: Family = Family {
    types: &["granite"],
    needs: SIZES,
    defaults: &[("max_position_embeddings", 2048)],
    no_split: &["GraniteDecoderLayer"],
    read,
    ..Family::BLANK
};

fn read(fields: &Fields) -> Result<ModelCard, ModelError> {
    let has_bias = fields.flag("attention_bias", false)?;
    let decoder = Decoder {
        has_qkv_bias: has_bias,
        has_out_bias: has_bias,
        has_mlp_bias: fields.flag("mlp_bias", false)?,
        ..Decoder::read(fields, "GraniteDecoderLayer")?
    };
    Ok(decoder.card(|decoder, _| decoder.dense_layer()))
}
