//! Mistral: Llama's tensors, with a window over attention in the first release.

use super::super::decoder::Decoder;
use super::*;

pub(super) const FAMILY: Family = Family {
    types: &["mistral"],
    needs: SIZES,
    defaults: &[("num_key_value_heads", 8), ("max_position_embeddings", 131_072)],
    no_split: &["MistralDecoderLayer"],
    read,
    ..Family::BLANK
};

fn read(fields: &Fields) -> Result<ModelCard, ModelError> {
    let window = fields.window("sliding_window", Some(4096))?;
    let decoder = Decoder::read(fields, "MistralDecoderLayer")?;
    Ok(decoder.card(|decoder, _| {
        let (shape, block) = decoder.dense_layer();
        (LayerShape { window, ..shape }, block)
    }))
}
