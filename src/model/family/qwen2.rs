//! Qwen 1.5, 2 and 2.5: Llama's tensors with a bias on queries, keys and values.

use super::super::decoder::Decoder;
use super::*;

pub(super) const FAMILY: Family = Family {
    types: &["qwen2"],
    needs: SIZES,
    defaults: &[("num_key_value_heads", 32), ("max_position_embeddings", 32_768)],
    no_split: &["Qwen2DecoderLayer"],
    read,
    ..Family::BLANK
};

fn read(fields: &Fields) -> Result<ModelCard, ModelError> {
    let windows = fields.qwen_windows()?;
    let decoder = Decoder { has_qkv_bias: true, ..Decoder::read(fields, "Qwen2DecoderLayer")? };
    Ok(decoder.card(|decoder, index| {
        let (shape, block) = decoder.dense_layer();
        (LayerShape { window: windows.of(index), ..shape }, block)
    }))
}
