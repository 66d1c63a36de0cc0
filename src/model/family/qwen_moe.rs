//! Qwen 1.5, 2 and 3 with experts: some layers may stay dense.

use serde_json::Value;

use super::super::decoder::{Decoder, QkNorm};
use super::super::experts::Experts;
use super::*;

pub(super) const QWEN2: Family = Family {
    types: &["qwen2_moe"],
    needs: SIZES,
    defaults: &[
        ("num_key_value_heads", 16),
        ("max_position_embeddings", 32_768),
        ("num_experts", 60),
        ("num_experts_per_tok", 4),
        ("moe_intermediate_size", 1408),
        ("shared_expert_intermediate_size", 5632),
    ],
    no_split: &["Qwen2MoeDecoderLayer"],
    read: read_qwen2,
    ..Family::BLANK
};

pub(super) const QWEN3: Family = Family {
    types: &["qwen3_moe"],
    needs: SIZES,
    defaults: &[
        ("num_key_value_heads", 4),
        ("max_position_embeddings", 32_768),
        ("num_experts", 128),
        ("num_experts_per_tok", 8),
        ("moe_intermediate_size", 768),
    ],
    aliases: &[("num_experts", "num_local_experts")],
    no_split: &["Qwen3MoeDecoderLayer"],
    read: read_qwen3,
    ..Family::BLANK
};

fn read_qwen2(fields: &Fields) -> Result<ModelCard, ModelError> {
    let windows = fields.qwen_windows()?;
    let has_qkv_bias = fields.flag("qkv_bias", true)?;
    let decoder = Decoder { has_qkv_bias, ..Decoder::read(fields, "Qwen2MoeDecoderLayer")? };
    let experts = Experts {
        shared_width: fields.size("shared_expert_intermediate_size")?,
        ..Experts::read(fields, "num_experts", "num_experts_per_tok", fields.size("moe_intermediate_size")?)?
    };
    let sparse = Sparse::read(fields)?;
    Ok(decoder.card(|decoder, index| {
        let (shape, block) = if sparse.has_experts(index) {
            let gate =
                decoder.attention().one("mlp.shared_expert_gate.weight", Part::Mlp, &[1, decoder.hidden]);
            experts.layer(decoder, gate, "mlp.shared_expert")
        } else {
            decoder.dense_layer()
        };
        (LayerShape { window: windows.of(index), ..shape }, block)
    }))
}

fn read_qwen3(fields: &Fields) -> Result<ModelCard, ModelError> {
    let window = if fields.flag("use_sliding_window", false)? {
        fields.window("sliding_window", Some(4096))?
    } else {
        None
    };
    let has_bias = fields.flag("attention_bias", false)?;
    let decoder = Decoder {
        has_qkv_bias: has_bias,
        has_out_bias: has_bias,
        qk_norm: QkNorm::PerHead,
        ..Decoder::read(fields, "Qwen3MoeDecoderLayer")?
    };
    let width = fields.size("moe_intermediate_size")?;
    let experts = Experts::read(fields, "num_experts", "num_experts_per_tok", width)?;
    let sparse = Sparse::read(fields)?;
    Ok(decoder.card(|decoder, index| {
        let (shape, block) = if sparse.has_experts(index) {
            experts.layer(decoder, decoder.attention(), "")
        } else {
            decoder.dense_layer()
        };
        (LayerShape { window, ..shape }, block)
    }))
}

/// Which layers have experts.
struct Sparse {
    step: u64,
    dense: Vec<u64>,
}

impl Sparse {
    fn read(fields: &Fields) -> Result<Sparse, ModelError> {
        let list = fields.raw("mlp_only_layers").and_then(Value::as_array);
        let dense = list.into_iter().flatten().filter_map(Value::as_u64).collect();
        Ok(Sparse { step: fields.size_or("decoder_sparse_step", 1)?, dense })
    }

    fn has_experts(&self, index: u64) -> bool {
        (index + 1).is_multiple_of(self.step) && !self.dense.contains(&index)
    }
}
