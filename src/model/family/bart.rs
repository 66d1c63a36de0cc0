//! BART: encoder and decoder with learned positions, both reading the same tokens.

use super::super::build::{Tensors, groups};
use super::*;

pub(super) const FAMILY: Family = Family {
    types: &["bart"],
    defaults: &[
        ("vocab_size", 50_265),
        ("d_model", 1024),
        ("max_position_embeddings", 1024),
        ("encoder_layers", 12),
        ("decoder_layers", 12),
        ("encoder_ffn_dim", 4096),
        ("decoder_ffn_dim", 4096),
        ("encoder_attention_heads", 16),
        ("decoder_attention_heads", 16),
    ],
    aliases: &[("d_model", "hidden_size")],
    no_split: &["BartDecoderLayer", "BartEncoderLayer"],
    is_tied: true,
    task: Task::SeqToSeq,
    read,
    ..Family::BLANK
};

fn read(fields: &Fields) -> Result<ModelCard, ModelError> {
    let (hidden, vocabulary) = (fields.size("d_model")?, fields.size("vocab_size")?);
    let positions = fields.size("max_position_embeddings")?;
    let is_tied = fields.is_tied()?;
    let shared = Tensors::new().embedding("model.shared", vocabulary, hidden);
    let embeddings = ["encoder", "decoder"].iter().fold(shared, |it, side| {
        it.embedding(&format!("model.{side}.embed_positions"), positions + 2, hidden)
            .norm(&format!("model.{side}.layernorm_embedding"), hidden, true)
            .when(!is_tied, |it| it.embedding(&format!("model.{side}.embed_tokens"), vocabulary, hidden))
    });
    let head =
        Tensors::new().when(!is_tied, |it| it.linear("lm_head", Part::Head, (vocabulary, hidden), false));
    Ok(ModelCard {
        task: Task::SeqToSeq,
        vocabulary,
        hidden,
        is_tied,
        positions: Some(positions),
        embeddings: embeddings.block(),
        stacks: vec![stack(fields, "encoder", "Bart", true)?, stack(fields, "decoder", "Bart", true)?],
        head: head.block(),
        traits: traits(fields, 0.1)?,
        ..ModelCard::default()
    })
}

/// Dropouts and activation, under the names that BART and Whisper share.
pub(super) fn traits(fields: &Fields, dropout: f64) -> Result<Traits, ModelError> {
    Ok(Traits {
        attention_dropout: fields.chance("attention_dropout", 0.0)?,
        hidden_dropout: fields.chance("dropout", dropout)?,
        activation: fields.activation("activation_function", Activation::Gelu),
        ..Traits::default()
    })
}

/// The layers of one side; Whisper's keys have no bias.
pub(super) fn stack(
    fields: &Fields,
    side: &str,
    class: &str,
    has_key_bias: bool,
) -> Result<Stack, ModelError> {
    let hidden = fields.size("d_model")?;
    let key = format!("{side}_attention_heads");
    let heads = fields.size(&key)?;
    let width = fields.size(&format!("{side}_ffn_dim"))?;
    let head_dim = fields.head_dim("head_dim", hidden, (&key, heads))?;
    let is_decoder = side == "decoder";
    let attention = |it: Tensors, name: &str| {
        let it = ["q_proj", "v_proj", "out_proj"].iter().fold(it, |it, part| {
            it.linear(&format!("{name}.{part}"), Part::Attention, (hidden, hidden), true)
        });
        it.linear(&format!("{name}.k_proj"), Part::Attention, (hidden, hidden), has_key_bias).norm(
            &format!("{name}_layer_norm"),
            hidden,
            true,
        )
    };
    let block = attention(Tensors::new(), "self_attn")
        .when(is_decoder, |it| attention(it, "encoder_attn"))
        .linear("fc1", Part::Mlp, (width, hidden), true)
        .linear("fc2", Part::Mlp, (hidden, width), true)
        .norm("final_layer_norm", hidden, true)
        .block();
    let shape = LayerShape {
        hidden,
        heads,
        kv_heads: heads,
        head_dim,
        value_dim: head_dim,
        latent: None,
        mlp: Mlp::Dense { width, is_gated: false },
        window: None,
        has_cross_attention: is_decoder,
    };
    let (role, word) =
        if is_decoder { (StackRole::Decoder, "Decoder") } else { (StackRole::Encoder, "Encoder") };
    Ok(Stack {
        role,
        path: format!("model.{side}.layers"),
        groups: groups(fields.layers(&format!("{side}_layers"))?, |_| (shape.clone(), block.clone())),
        wrap_class: format!("{class}{word}Layer"),
    })
}
