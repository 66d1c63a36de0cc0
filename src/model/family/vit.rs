//! ViT: patches of an image, one class.

use super::super::build::{Tensors, groups};
use super::super::plain;
use super::*;

pub(super) const FAMILY: Family = Family {
    types: &["vit"],
    defaults: &[
        ("hidden_size", 768),
        ("num_hidden_layers", 12),
        ("num_attention_heads", 12),
        ("intermediate_size", 3072),
        ("image_size", 224),
        ("patch_size", 16),
        ("num_channels", 3),
    ],
    no_split: &["ViTEmbeddings", "ViTLayer"],
    task: Task::ImageClassification,
    read,
    ..Family::BLANK
};

fn read(fields: &Fields) -> Result<ModelCard, ModelError> {
    let (hidden, heads) = (fields.size("hidden_size")?, fields.size("num_attention_heads")?);
    let (width, layers) = (fields.size("intermediate_size")?, fields.layers("num_hidden_layers")?);
    let (patch, channels, labels) =
        (fields.size("patch_size")?, fields.size("num_channels")?, fields.labels()?);
    let positions = plain::patches(fields)? + 1;
    let has_bias = fields.flag("qkv_bias", true)?;
    let mlp = Mlp::Dense { width, is_gated: false };
    let shape = plain::shape(fields, (hidden, "num_attention_heads", heads), mlp)?;
    let block = ["q_proj", "k_proj", "v_proj"].iter().fold(Tensors::new(), |block, name| {
        block.linear(&format!("attention.{name}"), Part::Attention, (hidden, hidden), has_bias)
    });
    let block = block
        .linear("attention.o_proj", Part::Attention, (hidden, hidden), true)
        .norm("layernorm_before", hidden, true)
        .norm("layernorm_after", hidden, true)
        .linear("mlp.fc1", Part::Mlp, (width, hidden), true)
        .linear("mlp.fc2", Part::Mlp, (hidden, width), true)
        .block();
    let embeddings = plain::patched("vit.embeddings", (hidden, channels, patch), positions);
    let head = Tensors::new().norm("vit.layernorm", hidden, true);
    Ok(ModelCard {
        task: Task::ImageClassification,
        hidden,
        embeddings: embeddings.block(),
        stacks: vec![Stack {
            role: StackRole::Vision { positions },
            path: "vit.layers".to_owned(),
            groups: groups(layers, |_| (shape.clone(), block.clone())),
            wrap_class: "ViTLayer".to_owned(),
        }],
        head: head.linear("classifier", Part::Head, (labels, hidden), true).block(),
        traits: Traits {
            attention_dropout: fields.chance("attention_probs_dropout_prob", 0.0)?,
            hidden_dropout: fields.chance("hidden_dropout_prob", 0.0)?,
            activation: fields.activation("hidden_act", Activation::Gelu),
            ..Traits::default()
        },
        ..ModelCard::default()
    })
}
