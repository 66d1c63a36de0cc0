//! DINOv2: ViT with a scale behind each half of a layer, and a gated part in its largest size.

use super::super::build::{Tensors, groups};
use super::super::plain;
use super::*;

pub(super) const FAMILY: Family = Family {
    types: &["dinov2"],
    defaults: &[
        ("hidden_size", 768),
        ("num_hidden_layers", 12),
        ("num_attention_heads", 12),
        ("mlp_ratio", 4),
        ("image_size", 224),
        ("patch_size", 14),
        ("num_channels", 3),
    ],
    no_split: &["Dinov2Embeddings", "Dinov2Layer"],
    task: Task::ImageClassification,
    read,
    ..Family::BLANK
};

fn read(fields: &Fields) -> Result<ModelCard, ModelError> {
    let (hidden, heads) = (fields.size("hidden_size")?, fields.size("num_attention_heads")?);
    let (layers, ratio) = (fields.layers("num_hidden_layers")?, fields.size("mlp_ratio")?);
    let (patch, channels, labels) =
        (fields.size("patch_size")?, fields.size("num_channels")?, fields.labels()?);
    let is_gated = fields.flag("use_swiglu_ffn", false)?;
    let inner = hidden.saturating_mul(ratio);
    // Two thirds of the width, rounded up to eights: Dinov2SwiGLUFFN of transformers.
    let width = if is_gated { (inner.saturating_mul(2) / 3).saturating_add(7) / 8 * 8 } else { inner };
    let positions = plain::patches(fields)? + 1;
    let has_bias = fields.flag("qkv_bias", true)?;
    let mlp = Mlp::Dense { width, is_gated };
    let shape = plain::shape(fields, (hidden, "num_attention_heads", heads), mlp)?;
    let block = ["q_proj", "k_proj", "v_proj"].iter().fold(Tensors::new(), |it, name| {
        it.linear(&format!("attention.{name}"), Part::Attention, (hidden, hidden), has_bias)
    });
    let inner: &[&str] = if is_gated { &["gate_proj", "up_proj"] } else { &["fc1"] };
    let block = inner
        .iter()
        .fold(block, |it, name| it.linear(&format!("mlp.{name}"), Part::Mlp, (width, hidden), true));
    let block = block
        .linear("attention.o_proj", Part::Attention, (hidden, hidden), true)
        .linear(if is_gated { "mlp.down_proj" } else { "mlp.fc2" }, Part::Mlp, (hidden, width), true)
        .norm("norm1", hidden, true)
        .norm("norm2", hidden, true)
        .one("layer_scale1.lambda1", Part::Norm, &[hidden])
        .one("layer_scale2.lambda1", Part::Norm, &[hidden])
        .block();
    let embeddings = plain::patched("dinov2.embeddings", (hidden, channels, patch), positions)
        .when(fields.flag("use_mask_token", true)?, |it| {
            it.one("dinov2.embeddings.mask_token", Part::Embedding, &[1, hidden])
        });
    let head = Tensors::new().norm("dinov2.layernorm", hidden, true);
    Ok(ModelCard {
        task: Task::ImageClassification,
        hidden,
        embeddings: embeddings.block(),
        stacks: vec![Stack {
            role: StackRole::Vision { positions },
            path: "dinov2.encoder.layer".to_owned(),
            groups: groups(layers, |_| (shape.clone(), block.clone())),
            wrap_class: "Dinov2Layer".to_owned(),
        }],
        head: head.linear("classifier", Part::Head, (labels, 2 * hidden), true).block(),
        traits: Traits {
            attention_dropout: fields.chance("attention_probs_dropout_prob", 0.0)?,
            hidden_dropout: fields.chance("hidden_dropout_prob", 0.0)?,
            activation: fields.activation("hidden_act", Activation::Gelu),
            ..Traits::default()
        },
        ..ModelCard::default()
    })
}
