//! DeepSeek V2 and V3 (R1 too): latent attention, first layers dense, then experts beside a shared part.

use super::super::build::Tensors;
use super::super::decoder::Decoder;
use super::super::experts::Experts;
use super::*;

const NEEDS: &[&str] = &[
    "hidden_size",
    "intermediate_size",
    "moe_intermediate_size",
    "num_hidden_layers",
    "num_attention_heads",
    "num_experts_per_tok",
    "vocab_size",
];

pub(super) const V2: Family = Family {
    types: &["deepseek_v2"],
    needs: NEEDS,
    defaults: &[
        ("max_position_embeddings", 2048),
        ("first_k_dense_replace", 0),
        ("q_lora_rank", 1536),
        ("kv_lora_rank", 512),
        ("qk_rope_head_dim", 64),
        ("qk_nope_head_dim", 128),
        ("v_head_dim", 128),
        ("n_routed_experts", 64),
        ("n_shared_experts", 2),
    ],
    aliases: &[("n_routed_experts", "num_experts")],
    no_split: &["DeepseekV2DecoderLayer"],
    read: |fields| read(fields, "DeepseekV2DecoderLayer"),
    ..Family::BLANK
};

pub(super) const V3: Family = Family {
    types: &["deepseek_v3"],
    needs: NEEDS,
    defaults: &[
        ("max_position_embeddings", 4096),
        ("first_k_dense_replace", 3),
        ("q_lora_rank", 1536),
        ("kv_lora_rank", 512),
        ("qk_rope_head_dim", 64),
        ("qk_nope_head_dim", 128),
        ("v_head_dim", 128),
        ("n_routed_experts", 256),
        ("n_shared_experts", 1),
    ],
    aliases: &[("n_routed_experts", "num_local_experts")],
    no_split: &["DeepseekV3DecoderLayer"],
    read: |fields| read(fields, "DeepseekV3DecoderLayer"),
    ..Family::BLANK
};

/// Sizes of latent attention.
#[derive(Clone, Copy)]
struct Latent {
    /// Rank of the queries; 0 where they have a matrix of full rank.
    query: u64,
    kv: u64,
    /// Rotary part of a head.
    rotary: u64,
    /// The rest of a query or key head.
    plain: u64,
    value: u64,
    has_bias: bool,
}

fn read(fields: &Fields, wrap_class: &'static str) -> Result<ModelCard, ModelError> {
    let decoder = Decoder::read(fields, wrap_class)?;
    let decoder = Decoder { has_mlp_bias: fields.flag("mlp_bias", false)?, ..decoder };
    let latent = Latent::read(fields)?;
    let width = fields.size("moe_intermediate_size")?;
    let shared = fields.count_or("n_shared_experts", fields.default("n_shared_experts").unwrap_or(0))?;
    let experts = Experts {
        shared_width: shared * width,
        ..Experts::read(fields, "n_routed_experts", "num_experts_per_tok", width)?
    };
    let dense = fields.default("first_k_dense_replace").unwrap_or(0);
    let dense = fields.count_or("first_k_dense_replace", dense)?;
    Ok(decoder.card(|decoder, index| {
        let attention = latent.tensors(decoder);
        let (shape, block) = if index < dense {
            let block = decoder.norms(decoder.gated(attention, "mlp", decoder.width)).block();
            (decoder.shape(Mlp::Dense { width: decoder.width, is_gated: true }), block)
        } else {
            experts.layer(decoder, attention, "mlp.shared_experts")
        };
        (latent.shape(shape), block)
    }))
}

impl Latent {
    fn read(fields: &Fields) -> Result<Latent, ModelError> {
        let has_plain_queries = fields.states("q_lora_rank") && fields.raw("q_lora_rank").is_none();
        Ok(Latent {
            query: if has_plain_queries { 0 } else { fields.size("q_lora_rank")? },
            kv: fields.size("kv_lora_rank")?,
            rotary: fields.size("qk_rope_head_dim")?,
            plain: fields.size("qk_nope_head_dim")?,
            value: fields.size("v_head_dim")?,
            has_bias: fields.flag("attention_bias", false)?,
        })
    }

    fn tensors(&self, decoder: &Decoder) -> Tensors {
        let (hidden, heads) = (decoder.hidden, decoder.heads);
        let queries = heads * (self.plain + self.rotary);
        let tensors = match self.query {
            0 => Tensors::new().linear("self_attn.q_proj", Part::Attention, (queries, hidden), false),
            rank => Tensors::new()
                .linear("self_attn.q_a_proj", Part::Attention, (rank, hidden), self.has_bias)
                .norm("self_attn.q_a_layernorm", rank, false)
                .linear("self_attn.q_b_proj", Part::Attention, (queries, rank), false),
        };
        let (inner, expanded) = (self.kv + self.rotary, heads * (self.plain + self.value));
        tensors
            .linear("self_attn.kv_a_proj_with_mqa", Part::Attention, (inner, hidden), self.has_bias)
            .norm("self_attn.kv_a_layernorm", self.kv, false)
            .linear("self_attn.kv_b_proj", Part::Attention, (expanded, self.kv), false)
            .linear("self_attn.o_proj", Part::Attention, (hidden, heads * self.value), self.has_bias)
    }

    fn shape(&self, shape: LayerShape) -> LayerShape {
        LayerShape {
            kv_heads: shape.heads,
            head_dim: self.plain + self.rotary,
            value_dim: self.value,
            latent: Some((self.query, self.kv, self.rotary)),
            ..shape
        }
    }
}
