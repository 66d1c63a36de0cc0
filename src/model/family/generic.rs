//! Architectures without a row: the usual decoder, by the usual names of fields.

use super::super::decoder::Decoder;
use super::super::experts::Experts;
use super::*;

/// A decoder in Llama's shape, under any of the names that configs use.
pub(super) const DECODER: Family = Family {
    needs: &["hidden_size", "num_hidden_layers", "num_attention_heads", "vocab_size"],
    aliases: &[
        ("hidden_size", "n_embd"),
        ("hidden_size", "d_model"),
        ("hidden_size", "dim"),
        ("num_hidden_layers", "n_layer"),
        ("num_hidden_layers", "n_layers"),
        ("num_hidden_layers", "num_layers"),
        ("num_attention_heads", "n_head"),
        ("num_attention_heads", "n_heads"),
        ("num_attention_heads", "num_heads"),
        ("num_key_value_heads", "num_kv_heads"),
        ("num_key_value_heads", "multi_query_group_num"),
        ("intermediate_size", "ffn_dim"),
        ("intermediate_size", "n_inner"),
        ("intermediate_size", "d_ff"),
        ("intermediate_size", "ffn_hidden_size"),
        ("max_position_embeddings", "n_positions"),
        ("max_position_embeddings", "max_seq_len"),
        ("num_experts", "num_local_experts"),
        ("num_experts", "n_routed_experts"),
        ("num_experts_per_tok", "moe_topk"),
    ],
    read,
    ..Family::BLANK
};

/// A model of text and images whose text part is known.
pub(super) const WRAPPER: Family = Family {
    read: |fields| super::wrapper::text_alone(fields, "llama", ("model.language_model", "lm_head")),
    ..Family::BLANK
};

fn read(fields: &Fields) -> Result<ModelCard, ModelError> {
    let hidden = fields.size("hidden_size")?;
    let width = fields.size_or("intermediate_size", 4 * hidden)?;
    let has_rms_norm = fields.raw("rms_norm_eps").is_some();
    let decoder = Decoder::read_with(fields, "", width)?;
    let decoder = Decoder { traits: Traits { has_rms_norm, ..decoder.traits }, ..decoder };
    let decoder = Decoder { has_qkv_bias: fields.flag("attention_bias", false)?, ..decoder };
    let experts = match fields.stated("num_experts")? {
        Some(count) if count > 1 => {
            let active = fields.stated("num_experts_per_tok")?.unwrap_or(2).min(count);
            let width = fields.size_or("moe_intermediate_size", width)?;
            Some(Experts { experts: count, active, width, shared_width: 0 })
        }
        _ => None,
    };
    let card = decoder.card(|decoder, _| match &experts {
        Some(experts) => experts.layer(decoder, decoder.attention(), ""),
        None if has_rms_norm => decoder.dense_layer(),
        None => decoder.plain_layer(),
    });
    let kind =
        if fields.kind.is_empty() { "this architecture".to_owned() } else { format!("`{}`", fields.kind) };
    let note = format!(
        "{kind} has no row of its own: it is counted as a usual decoder, which may be a few percent off; its \
         .safetensors weights would give the exact count, and the class of a layer is not known"
    );
    Ok(ModelCard { unknown: vec![note], ..card })
}
