//! Phi 3, 3.5 and 4: Llama's layer with queries, keys and values in one matrix, gate and up in another.

use super::super::build::Tensors;
use super::super::decoder::Decoder;
use super::*;

pub(super) const FAMILY: Family = Family {
    types: &["phi3"],
    needs: SIZES,
    defaults: &[("max_position_embeddings", 4096)],
    no_split: &["Phi3DecoderLayer"],
    read,
    ..Family::BLANK
};

fn read(fields: &Fields) -> Result<ModelCard, ModelError> {
    let window = fields.window("sliding_window", None)?;
    let decoder = Decoder::read(fields, "Phi3DecoderLayer")?;
    let traits = Traits { hidden_dropout: fields.chance("resid_pdrop", 0.0)?, ..decoder.traits };
    Ok(Decoder { traits, ..decoder }.card(|decoder, _| {
        let Decoder { hidden, heads, kv_heads, head_dim, width, .. } = *decoder;
        let (queries, all) = (heads * head_dim, (heads + 2 * kv_heads) * head_dim);
        let tensors = Tensors::new()
            .linear("self_attn.o_proj", Part::Attention, (hidden, queries), false)
            .linear("self_attn.qkv_proj", Part::Attention, (all, hidden), false)
            .linear("mlp.gate_up_proj", Part::Mlp, (2 * width, hidden), false)
            .linear("mlp.down_proj", Part::Mlp, (hidden, width), false);
        let shape = decoder.shape(Mlp::Dense { width, is_gated: true });
        (LayerShape { window, ..shape }, decoder.norms(tensors).block())
    }))
}
