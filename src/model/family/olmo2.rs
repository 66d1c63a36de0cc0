//! OLMo 2: norms behind attention and the part after it, and over all queries and keys at once.

use super::super::decoder::{Decoder, QkNorm};
use super::*;

pub(super) const FAMILY: Family = Family {
    types: &["olmo2"],
    needs: SIZES,
    defaults: &[("max_position_embeddings", 2048)],
    no_split: &["Olmo2DecoderLayer"],
    read,
    ..Family::BLANK
};

fn read(fields: &Fields) -> Result<ModelCard, ModelError> {
    let has_bias = fields.flag("attention_bias", false)?;
    let decoder = Decoder {
        has_qkv_bias: has_bias,
        has_out_bias: has_bias,
        qk_norm: QkNorm::PerWidth,
        norms: &["post_attention_layernorm", "post_feedforward_layernorm"],
        ..Decoder::read(fields, "Olmo2DecoderLayer")?
    };
    Ok(decoder.card(|decoder, _| decoder.dense_layer()))
}
