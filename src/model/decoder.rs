//! The decoder in Llama's shape, of which most language models are a variation: separate queries,
//! keys and values, a gated part behind attention, norms without bias in front of both.

use super::build::{Tensors, groups};
use super::fields::Fields;
use super::{
    Activation, Block, LayerShape, Mlp, ModelCard, ModelError, Part, Stack, StackRole, Task, Traits,
};

/// Norms of queries and keys.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum QkNorm {
    /// None.
    #[default]
    None,
    /// One weight per number of a head (Qwen 3, Gemma 3).
    PerHead,
    /// One weight per number of all heads (OLMo 2).
    PerWidth,
    /// Normed without weights (Llama 4).
    Bare,
}

/// Sizes and variations of one decoder.
#[derive(Clone, Debug)]
pub(super) struct Decoder {
    pub hidden: u64,
    pub layers: u64,
    pub heads: u64,
    pub kv_heads: u64,
    pub head_dim: u64,
    pub width: u64,
    pub vocabulary: u64,
    pub is_tied: bool,
    pub positions: Option<u64>,
    pub has_qkv_bias: bool,
    pub has_out_bias: bool,
    pub has_mlp_bias: bool,
    pub qk_norm: QkNorm,
    /// Norms of a layer by name.
    pub norms: &'static [&'static str],
    pub wrap_class: &'static str,
    pub traits: Traits,
    pub task: Task,
    pub labels: u64,
}

/// The two norms of Llama.
pub(super) const TWO_NORMS: &[&str] = &["input_layernorm", "post_attention_layernorm"];

impl Decoder {
    /// The fields that all of them share, under their usual names.
    pub(super) fn read(fields: &Fields, wrap_class: &'static str) -> Result<Decoder, ModelError> {
        Decoder::read_with(fields, wrap_class, fields.size("intermediate_size")?)
    }

    /// The same, with the inner width of the part behind attention known.
    pub(super) fn read_with(
        fields: &Fields,
        wrap_class: &'static str,
        width: u64,
    ) -> Result<Decoder, ModelError> {
        let (hidden, heads) = (fields.size("hidden_size")?, fields.size("num_attention_heads")?);
        let default_kv = fields.default("num_key_value_heads").unwrap_or(heads);
        let default_dim = fields.default("head_dim").filter(|_| !fields.states("head_dim"));
        let head_dim = match default_dim {
            Some(dim) => dim,
            None => fields.head_dim("head_dim", hidden, ("num_attention_heads", heads))?,
        };
        Ok(Decoder {
            hidden,
            layers: fields.layers("num_hidden_layers")?,
            heads,
            kv_heads: fields.kv_heads("num_key_value_heads", heads, default_kv)?,
            head_dim,
            width,
            vocabulary: fields.size("vocab_size")?,
            is_tied: fields.is_tied()?,
            positions: fields.positions("max_position_embeddings")?,
            has_qkv_bias: false,
            has_out_bias: false,
            has_mlp_bias: false,
            qk_norm: QkNorm::None,
            norms: TWO_NORMS,
            wrap_class,
            traits: Traits {
                has_rms_norm: true,
                attention_dropout: fields.chance("attention_dropout", 0.0)?,
                activation: fields.activation("hidden_act", Activation::Silu),
                ..Traits::default()
            },
            task: fields.task(),
            labels: fields.labels()?,
        })
    }

    /// Queries, keys, values and output.
    pub(super) fn attention(&self) -> Tensors {
        let (queries, keys) = (self.heads * self.head_dim, self.kv_heads * self.head_dim);
        let normed = match self.qk_norm {
            QkNorm::None | QkNorm::Bare => None,
            QkNorm::PerHead => Some((self.head_dim, self.head_dim)),
            QkNorm::PerWidth => Some((queries, keys)),
        };
        let tensors = Tensors::new()
            .linear("self_attn.q_proj", Part::Attention, (queries, self.hidden), self.has_qkv_bias)
            .linear("self_attn.k_proj", Part::Attention, (keys, self.hidden), self.has_qkv_bias)
            .linear("self_attn.v_proj", Part::Attention, (keys, self.hidden), self.has_qkv_bias)
            .linear("self_attn.o_proj", Part::Attention, (self.hidden, queries), self.has_out_bias);
        match normed {
            None => tensors,
            Some((query, key)) => {
                tensors.norm("self_attn.q_norm", query, false).norm("self_attn.k_norm", key, false)
            }
        }
    }

    /// Gate, up and down of a width.
    pub(super) fn gated(&self, tensors: Tensors, name: &str, width: u64) -> Tensors {
        tensors
            .linear(&format!("{name}.gate_proj"), Part::Mlp, (width, self.hidden), self.has_mlp_bias)
            .linear(&format!("{name}.up_proj"), Part::Mlp, (width, self.hidden), self.has_mlp_bias)
            .linear(&format!("{name}.down_proj"), Part::Mlp, (self.hidden, width), self.has_mlp_bias)
    }

    /// The norms around attention and the part behind it.
    pub(super) fn norms(&self, tensors: Tensors) -> Tensors {
        self.norms.iter().fold(tensors, |tensors, name| tensors.norm(name, self.hidden, false))
    }

    /// A layer with a gated part behind attention.
    pub(super) fn dense_layer(&self) -> (LayerShape, Block) {
        let block = self.norms(self.gated(self.attention(), "mlp", self.width)).block();
        (self.shape(Mlp::Dense { width: self.width, is_gated: true }), block)
    }

    /// A layer with two matrices behind attention.
    pub(super) fn plain_layer(&self) -> (LayerShape, Block) {
        let tensors = self
            .attention()
            .linear("mlp.up_proj", Part::Mlp, (self.width, self.hidden), self.has_mlp_bias)
            .linear("mlp.down_proj", Part::Mlp, (self.hidden, self.width), self.has_mlp_bias);
        (self.shape(Mlp::Dense { width: self.width, is_gated: false }), self.norms(tensors).block())
    }

    /// A layer's shape.
    pub(super) fn shape(&self, mlp: Mlp) -> LayerShape {
        LayerShape {
            hidden: self.hidden,
            heads: self.heads,
            kv_heads: self.kv_heads,
            head_dim: self.head_dim,
            value_dim: self.head_dim,
            latent: None,
            mlp,
            window: None,
            has_cross_attention: false,
        }
    }

    /// The card, given each layer.
    pub(super) fn card(self, layer: impl Fn(&Decoder, u64) -> (LayerShape, Block)) -> ModelCard {
        let groups = groups(self.layers, |index| layer(&self, index));
        let head = Tensors::new().norm("model.norm", self.hidden, false);
        let head = match self.task {
            Task::SequenceClassification => {
                head.linear("score", Part::Head, (self.labels, self.hidden), false)
            }
            _ => head.when(!self.is_tied, |head| {
                head.linear("lm_head", Part::Head, (self.vocabulary, self.hidden), false)
            }),
        };
        ModelCard {
            task: self.task,
            vocabulary: self.vocabulary,
            hidden: self.hidden,
            is_tied: self.is_tied && self.task == Task::CausalLm,
            positions: self.positions,
            embeddings: Tensors::new().embedding("model.embed_tokens", self.vocabulary, self.hidden).block(),
            stacks: vec![Stack {
                role: StackRole::Decoder,
                path: "model.layers".to_owned(),
                groups,
                wrap_class: self.wrap_class.to_owned(),
            }],
            head: head.block(),
            traits: Traits { has_qk_norm: self.qk_norm != QkNorm::None, ..self.traits },
            ..ModelCard::default()
        }
    }
}
