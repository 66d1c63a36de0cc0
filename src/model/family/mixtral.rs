//! Mixtral: Mistral's attention, and experts behind it that transformers 5 keeps in stacked tensors.

use super::super::decoder::Decoder;
use super::super::experts::Experts;
use super::*;

pub(super) const FAMILY: Family = Family {
    types: &["mixtral"],
    needs: SIZES,
    defaults: &[
        ("num_key_value_heads", 8),
        ("max_position_embeddings", 131_072),
        ("num_local_experts", 8),
        ("num_experts_per_tok", 2),
    ],
    aliases: &[("num_local_experts", "num_experts")],
    no_split: &["MixtralDecoderLayer"],
    read,
    ..Family::BLANK
};

fn read(fields: &Fields) -> Result<ModelCard, ModelError> {
    let window = fields.window("sliding_window", None)?;
    let decoder = Decoder::read(fields, "MixtralDecoderLayer")?;
    let experts = Experts::read(fields, "num_local_experts", "num_experts_per_tok", decoder.width)?;
    Ok(decoder.card(|decoder, _| {
        let (shape, block) = experts.layer(decoder, decoder.attention(), "");
        (LayerShape { window, ..shape }, block)
    }))
}
