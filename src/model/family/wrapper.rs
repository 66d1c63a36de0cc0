//! Models of text and images: the text part under its own row, the rest as far as it is known.

use super::super::Tensor;
use super::super::build::Tensors;
use super::super::plain;
use super::*;

/// Gemma 3 from 4B on: its eyes are a SigLIP encoder, all of it is counted.
pub(super) const GEMMA3: Family = Family {
    types: &["gemma3"],
    needs: &["text_config"],
    defaults: &[("mm_tokens_per_image", 256)],
    no_split: &[
        "Gemma3DecoderLayer",
        "SiglipEncoderLayer",
        "SiglipMultiheadAttentionPoolingHead",
        "SiglipTextEmbeddings",
        "SiglipVisionEmbeddings",
    ],
    is_tied: true,
    read: read_gemma3,
    ..Family::BLANK
};

/// Others, of which only the text part is counted.
pub(super) const LLAMA4: Family = Family {
    types: &["llama4"],
    needs: &["text_config"],
    no_split: &["Llama4TextDecoderLayer", "Llama4VisionEncoderLayer"],
    read: |fields| text_alone(fields, "llama4_text", ("language_model.model", "language_model.lm_head")),
    ..Family::BLANK
};

/// Qwen 2 that sees; older configs state the text part's fields at the top.
pub(super) const QWEN2_VL: Family = Family {
    types: &["qwen2_vl"],
    no_split: &["Qwen2VLDecoderLayer", "Qwen2VLVisionBlock"],
    read: |fields| qwen(fields, "Qwen2VLDecoderLayer"),
    ..Family::BLANK
};

/// Qwen 2.5 that sees.
pub(super) const QWEN2_5_VL: Family = Family {
    types: &["qwen2_5_vl"],
    no_split: &["Qwen2_5_VLDecoderLayer", "Qwen2_5_VLVisionBlock"],
    read: |fields| qwen(fields, "Qwen2_5_VLDecoderLayer"),
    ..Family::BLANK
};

fn qwen(fields: &Fields, wrap_class: &str) -> Result<ModelCard, ModelError> {
    let mut card = text_alone(fields, "qwen2", ("model.language_model", "lm_head"))?;
    for stack in &mut card.stacks {
        stack.wrap_class = wrap_class.to_owned();
    }
    Ok(card)
}

/// The encoder of images, with the defaults of transformers' `SiglipVisionConfig`.
const SIGLIP: Family = Family {
    defaults: &[
        ("hidden_size", 768),
        ("intermediate_size", 3072),
        ("num_hidden_layers", 12),
        ("num_attention_heads", 12),
        ("num_channels", 3),
        ("image_size", 224),
        ("patch_size", 16),
    ],
    ..Family::BLANK
};

/// The text part, counted by the row of its own `model_type`, under the names that it has within.
pub(super) fn text_alone(
    fields: &Fields,
    kind: &'static str,
    (root, head): (&str, &str),
) -> Result<ModelCard, ModelError> {
    let card = text_part(fields, kind)?;
    let mut unknown = card.unknown.clone();
    if fields.raw("vision_config").is_some() {
        unknown.push("only the text part is counted; its encoder of images is not".to_owned());
    }
    if fields.raw("audio_config").is_some() {
        unknown.push("only the text part is counted; its encoder of sound is not".to_owned());
    }
    Ok(ModelCard { unknown, ..renamed(card, root, head) })
}

fn text_part(fields: &Fields, kind: &'static str) -> Result<ModelCard, ModelError> {
    let Some(inner) = fields.raw("text_config") else {
        let row = named(kind).expect("wrappers name rows that exist");
        let fields = fields.under(row);
        fields.check_needs()?;
        return (row.read)(&fields);
    };
    let kind = match inner.get("model_type").and_then(serde_json::Value::as_str).unwrap_or(kind) {
        "qwen2_vl_text" | "qwen2_5_vl_text" => "qwen2",
        "qwen3_vl_text" => "qwen3",
        "qwen3_vl_moe_text" => "qwen3_moe",
        kind => kind,
    };
    let Some(row) = named(kind) else {
        return Err(
            fields.wrong("text_config", format!("is of `model_type: {kind}`, which is not known here"))
        );
    };
    let text = fields.inside("text_config", row)?;
    text.check_needs()?;
    let card = (row.read)(&text)?;
    let is_tied = fields.flag("tie_word_embeddings", card.is_tied)?;
    Ok(tied_as(card, is_tied))
}

/// The wrapper's word on tying counts: the head's own matrix goes or comes.
fn tied_as(mut card: ModelCard, is_tied: bool) -> ModelCard {
    if card.is_tied != is_tied {
        card.head.tensors.retain(|tensor| tensor.name != "lm_head.weight");
        if !is_tied {
            card.head.tensors.push(Tensor::new(
                "lm_head.weight",
                Part::Head,
                &[card.vocabulary, card.hidden],
            ));
        }
    }
    ModelCard { is_tied, ..card }
}

/// `model.…` and `lm_head.…` under the names that they have within the whole model.
fn renamed(mut card: ModelCard, root: &str, head: &str) -> ModelCard {
    let name = |name: &str| match (name.strip_prefix("model."), name.strip_prefix("lm_head.")) {
        (Some(rest), _) => format!("{root}.{rest}"),
        (_, Some(rest)) => format!("{head}.{rest}"),
        _ => name.to_owned(),
    };
    for tensor in card.embeddings.tensors.iter_mut().chain(&mut card.head.tensors) {
        tensor.name = name(&tensor.name);
    }
    for stack in &mut card.stacks {
        stack.path = name(&stack.path);
    }
    card
}

fn read_gemma3(fields: &Fields) -> Result<ModelCard, ModelError> {
    let text = renamed(text_part(fields, "gemma3_text")?, "model.language_model", "lm_head");
    let vision = fields.inside("vision_config", &SIGLIP)?;
    let (hidden, patches) = (vision.size("hidden_size")?, plain::patches(&vision)?);
    let (patch, channels) = (vision.size("patch_size")?, vision.size("num_channels")?);
    let root = "model.vision_tower";
    let eyes = Tensors::new()
        .one(
            &format!("{root}.embeddings.patch_embedding.weight"),
            Part::Embedding,
            &[hidden, channels, patch, patch],
        )
        .one(&format!("{root}.embeddings.patch_embedding.bias"), Part::Embedding, &[hidden])
        .embedding(&format!("{root}.embeddings.position_embedding"), patches, hidden)
        .norm(&format!("{root}.post_layernorm"), hidden, true)
        .when(vision.flag("vision_use_head", true)?, |it| {
            pooled(it, &format!("{root}.head"), hidden, vision.size("intermediate_size").unwrap_or(0))
        })
        .one(
            "model.multi_modal_projector.mm_input_projection_weight",
            Part::Embedding,
            &[hidden, text.hidden],
        )
        .norm("model.multi_modal_projector.mm_soft_emb_norm", hidden, false)
        .block();
    let role = StackRole::Vision { positions: patches };
    let stack = super::clip::stack(&vision, role, &format!("{root}.encoder.layers"), "SiglipEncoderLayer")?;
    let mut card = text;
    card.embeddings.tensors.extend(eyes.tensors);
    card.stacks.insert(0, stack);
    Ok(card)
}

/// SigLIP's pooling over all patches.
fn pooled(tensors: Tensors, root: &str, hidden: u64, width: u64) -> Tensors {
    tensors
        .one(&format!("{root}.probe"), Part::Head, &[1, 1, hidden])
        .one(&format!("{root}.attention.in_proj_weight"), Part::Head, &[3 * hidden, hidden])
        .one(&format!("{root}.attention.in_proj_bias"), Part::Head, &[3 * hidden])
        .linear(&format!("{root}.attention.out_proj"), Part::Head, (hidden, hidden), true)
        .norm(&format!("{root}.layernorm"), hidden, true)
        .linear(&format!("{root}.mlp.fc1"), Part::Head, (width, hidden), true)
        .linear(&format!("{root}.mlp.fc2"), Part::Head, (hidden, width), true)
}
