//! T5, T5 1.1, Flan-T5 and mT5: an encoder and a decoder that share the tokens.

use super::super::build::{Tensors, groups};
use super::*;

pub(super) const FAMILY: Family = Family {
    types: &["t5"],
    defaults: &[
        ("vocab_size", 32_128),
        ("d_model", 512),
        ("d_kv", 64),
        ("d_ff", 2048),
        ("num_layers", 6),
        ("num_heads", 8),
        ("relative_attention_num_buckets", 32),
    ],
    aliases: &[
        ("d_model", "hidden_size"),
        ("num_heads", "num_attention_heads"),
        ("num_layers", "num_hidden_layers"),
        ("d_kv", "head_dim"),
    ],
    no_split: &["T5Block"],
    is_tied: true,
    task: Task::SeqToSeq,
    read: |fields| read(fields, "relu", "T5Block"),
    ..Family::BLANK
};

/// Sizes that both stacks share.
struct Sizes {
    hidden: u64,
    heads: u64,
    head_dim: u64,
    width: u64,
    buckets: u64,
    is_gated: bool,
    wrap_class: &'static str,
}

pub(super) const MT5: Family = Family {
    types: &["mt5"],
    defaults: &[
        ("vocab_size", 250_112),
        ("d_model", 512),
        ("d_kv", 64),
        ("d_ff", 1024),
        ("num_layers", 8),
        ("num_heads", 6),
        ("relative_attention_num_buckets", 32),
    ],
    no_split: &["MT5Block"],
    read: |fields| read(fields, "gated-gelu", "MT5Block"),
    ..FAMILY
};

fn read(fields: &Fields, feed: &str, wrap_class: &'static str) -> Result<ModelCard, ModelError> {
    let feed = fields.word("feed_forward_proj").unwrap_or(feed);
    let sizes = Sizes {
        hidden: fields.size("d_model")?,
        heads: fields.size("num_heads")?,
        head_dim: fields.size("d_kv")?,
        width: fields.size("d_ff")?,
        buckets: fields.size("relative_attention_num_buckets")?,
        is_gated: feed.starts_with("gated-"),
        wrap_class,
    };
    let (vocabulary, layers) = (fields.size("vocab_size")?, fields.layers("num_layers")?);
    let decoder_layers =
        if fields.states("num_decoder_layers") { fields.stated("num_decoder_layers")? } else { None };
    let decoder_layers = match decoder_layers {
        Some(_) => fields.layers("num_decoder_layers")?,
        None => layers,
    };
    let head = Tensors::new().norm("encoder.final_layer_norm", sizes.hidden, false).norm(
        "decoder.final_layer_norm",
        sizes.hidden,
        false,
    );
    let activation = match feed.trim_start_matches("gated-") {
        "gelu" if sizes.is_gated => Activation::GeluPython,
        word => Activation::named(word),
    };
    Ok(ModelCard {
        task: Task::SeqToSeq,
        vocabulary,
        hidden: sizes.hidden,
        is_tied: true,
        unknown: untied(fields)?,
        embeddings: Tensors::new().embedding("shared", vocabulary, sizes.hidden).block(),
        stacks: vec![
            sizes.stack(StackRole::Encoder, layers),
            sizes.stack(StackRole::Decoder, decoder_layers),
        ],
        head: head.block(),
        traits: Traits {
            has_rms_norm: true,
            attention_dropout: fields.chance("dropout_rate", 0.1)?,
            hidden_dropout: fields.chance("dropout_rate", 0.1)?,
            activation,
            ..Traits::default()
        },
        ..ModelCard::default()
    })
}

/// Configs of T5 1.1, Flan-T5 and mT5 say that the head is not tied; transformers 5 ties it all the
/// same, unless the weights that it loads hold a head of their own, as these releases do.
fn untied(fields: &Fields) -> Result<Vec<String>, ModelError> {
    let note = "the head is counted as tied, as transformers 5 builds it; weights that hold a head of \
                their own add one more matrix of the vocabulary";
    Ok(if fields.is_tied()? { Vec::new() } else { vec![note.to_owned()] })
}

impl Sizes {
    fn stack(&self, role: StackRole, layers: u64) -> Stack {
        let is_decoder = role == StackRole::Decoder;
        Stack {
            role,
            path: if is_decoder { "decoder.block" } else { "encoder.block" }.to_owned(),
            groups: groups(layers, |index| (self.shape(is_decoder), self.layer(index, is_decoder).block())),
            wrap_class: self.wrap_class.to_owned(),
        }
    }

    fn shape(&self, is_decoder: bool) -> LayerShape {
        LayerShape {
            hidden: self.hidden,
            heads: self.heads,
            kv_heads: self.heads,
            head_dim: self.head_dim,
            value_dim: self.head_dim,
            latent: None,
            mlp: Mlp::Dense { width: self.width, is_gated: self.is_gated },
            window: None,
            has_cross_attention: is_decoder,
        }
    }

    /// Only the first layer holds the distances, which all others read.
    fn layer(&self, index: u64, is_decoder: bool) -> Tensors {
        let last = if is_decoder { 2 } else { 1 };
        let tensors = self.attention(Tensors::new(), "layer.0.SelfAttention").when(index == 0, |it| {
            let name = "layer.0.SelfAttention.relative_attention_bias.weight";
            it.one(name, Part::Attention, &[self.buckets, self.heads])
        });
        let tensors = tensors
            .norm("layer.0.layer_norm", self.hidden, false)
            .when(is_decoder, |it| {
                self.attention(it, "layer.1.EncDecAttention").norm("layer.1.layer_norm", self.hidden, false)
            })
            .norm(&format!("layer.{last}.layer_norm"), self.hidden, false);
        let inner: &[&str] = if self.is_gated { &["wi_0", "wi_1"] } else { &["wi"] };
        let feed = format!("layer.{last}.DenseReluDense");
        let tensors = inner.iter().fold(tensors, |tensors, name| {
            tensors.linear(&format!("{feed}.{name}"), Part::Mlp, (self.width, self.hidden), false)
        });
        tensors.linear(&format!("{feed}.wo"), Part::Mlp, (self.hidden, self.width), false)
    }

    fn attention(&self, tensors: Tensors, name: &str) -> Tensors {
        let inner = self.heads * self.head_dim;
        let tensors = ["q", "k", "v"].iter().fold(tensors, |tensors, letter| {
            tensors.linear(&format!("{name}.{letter}"), Part::Attention, (inner, self.hidden), false)
        });
        tensors.linear(&format!("{name}.o"), Part::Attention, (self.hidden, inner), false)
    }
}
