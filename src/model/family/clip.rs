//! CLIP: an encoder of texts beside an encoder of images, and the SigLIP encoder of Gemma 3.

use super::super::build::{Tensors, groups};
use super::super::plain;
use super::*;

pub(super) const FAMILY: Family = Family {
    types: &["clip"],
    defaults: &[("projection_dim", 512)],
    no_split: &["CLIPEncoderLayer", "CLIPTextEmbeddings", "CLIPVisionEmbeddings"],
    task: Task::Contrastive,
    read,
    ..Family::BLANK
};

const TEXT: Family = Family {
    defaults: &[
        ("vocab_size", 49_408),
        ("hidden_size", 512),
        ("intermediate_size", 2048),
        ("num_hidden_layers", 12),
        ("num_attention_heads", 8),
        ("max_position_embeddings", 77),
    ],
    ..Family::BLANK
};

const VISION: Family = Family {
    defaults: &[
        ("hidden_size", 768),
        ("intermediate_size", 3072),
        ("num_hidden_layers", 12),
        ("num_attention_heads", 12),
        ("num_channels", 3),
        ("image_size", 224),
        ("patch_size", 32),
    ],
    ..Family::BLANK
};

fn read(fields: &Fields) -> Result<ModelCard, ModelError> {
    let (text, vision) = (fields.inside("text_config", &TEXT)?, fields.inside("vision_config", &VISION)?);
    let (hidden, seen) = (text.size("hidden_size")?, vision.size("hidden_size")?);
    let (vocabulary, positions) = (text.size("vocab_size")?, text.size("max_position_embeddings")?);
    let (patch, channels) = (vision.size("patch_size")?, vision.size("num_channels")?);
    let (shared, patches) = (fields.size("projection_dim")?, plain::patches(&vision)? + 1);
    let embeddings = Tensors::new()
        .embedding("text_model.embeddings.token_embedding", vocabulary, hidden)
        .embedding("text_model.embeddings.position_embedding", positions, hidden)
        .one("vision_model.embeddings.class_embedding", Part::Embedding, &[seen])
        .one(
            "vision_model.embeddings.patch_embedding.weight",
            Part::Embedding,
            &[seen, channels, patch, patch],
        )
        .embedding("vision_model.embeddings.position_embedding", patches, seen)
        .norm("vision_model.pre_layrnorm", seen, true);
    let head = Tensors::new()
        .norm("text_model.final_layer_norm", hidden, true)
        .norm("vision_model.post_layernorm", seen, true)
        .linear("visual_projection", Part::Head, (shared, seen), false)
        .linear("text_projection", Part::Head, (shared, hidden), false)
        .one("logit_scale", Part::Head, &[]);
    let roles = (StackRole::Encoder, StackRole::Vision { positions: patches });
    Ok(ModelCard {
        task: Task::Contrastive,
        vocabulary,
        hidden,
        positions: Some(positions),
        embeddings: embeddings.block(),
        stacks: vec![
            stack(&text, roles.0, "text_model.encoder.layers", "CLIPEncoderLayer")?,
            stack(&vision, roles.1, "vision_model.encoder.layers", "CLIPEncoderLayer")?,
        ],
        head: head.block(),
        traits: Traits {
            attention_dropout: vision.chance("attention_dropout", 0.0)?,
            activation: text.activation("hidden_act", Activation::QuickGelu),
            ..Traits::default()
        },
        ..ModelCard::default()
    })
}

/// The layers of one side, the same for texts and images.
pub(super) fn stack(fields: &Fields, role: StackRole, path: &str, class: &str) -> Result<Stack, ModelError> {
    let (hidden, heads) = (fields.size("hidden_size")?, fields.size("num_attention_heads")?);
    let (width, layers) = (fields.size("intermediate_size")?, fields.layers("num_hidden_layers")?);
    let mlp = Mlp::Dense { width, is_gated: false };
    let shape = plain::shape(fields, (hidden, "num_attention_heads", heads), mlp)?;
    let block = ["q_proj", "k_proj", "v_proj", "out_proj"].iter().fold(Tensors::new(), |it, name| {
        it.linear(&format!("self_attn.{name}"), Part::Attention, (hidden, hidden), true)
    });
    let block = block
        .norm("layer_norm1", hidden, true)
        .linear("mlp.fc1", Part::Mlp, (width, hidden), true)
        .linear("mlp.fc2", Part::Mlp, (hidden, width), true)
        .norm("layer_norm2", hidden, true)
        .block();
    Ok(Stack {
        role,
        path: path.to_owned(),
        groups: groups(layers, |_| (shape.clone(), block.clone())),
        wrap_class: class.to_owned(),
    })
}
