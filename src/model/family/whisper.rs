//! Whisper: an encoder of sound behind two convolutions, a decoder of text.

use super::super::build::Tensors;
use super::bart::{stack, traits};
use super::*;

pub(super) const FAMILY: Family = Family {
    types: &["whisper"],
    defaults: &[
        ("vocab_size", 51_865),
        ("num_mel_bins", 80),
        ("d_model", 384),
        ("encoder_layers", 4),
        ("decoder_layers", 4),
        ("encoder_ffn_dim", 1536),
        ("decoder_ffn_dim", 1536),
        ("encoder_attention_heads", 6),
        ("decoder_attention_heads", 6),
        ("max_source_positions", 1500),
        ("max_target_positions", 448),
    ],
    aliases: &[("d_model", "hidden_size")],
    no_split: &["WhisperDecoderLayer", "WhisperEncoderLayer"],
    is_tied: true,
    task: Task::SeqToSeq,
    read,
    ..Family::BLANK
};

/// Width of both convolutions over time.
const KERNEL: u64 = 3;

fn read(fields: &Fields) -> Result<ModelCard, ModelError> {
    let (hidden, vocabulary, bins) =
        (fields.size("d_model")?, fields.size("vocab_size")?, fields.size("num_mel_bins")?);
    let (frames, positions) = (fields.size("max_source_positions")?, fields.size("max_target_positions")?);
    let is_tied = fields.is_tied()?;
    let embeddings = Tensors::new()
        .one("model.encoder.conv1.weight", Part::Embedding, &[hidden, bins, KERNEL])
        .one("model.encoder.conv1.bias", Part::Embedding, &[hidden])
        .one("model.encoder.conv2.weight", Part::Embedding, &[hidden, hidden, KERNEL])
        .one("model.encoder.conv2.bias", Part::Embedding, &[hidden])
        .embedding("model.encoder.embed_positions", frames, hidden)
        .embedding("model.decoder.embed_tokens", vocabulary, hidden)
        .embedding("model.decoder.embed_positions", positions, hidden);
    let head = Tensors::new()
        .norm("model.encoder.layer_norm", hidden, true)
        .norm("model.decoder.layer_norm", hidden, true)
        .when(!is_tied, |it| it.linear("proj_out", Part::Head, (vocabulary, hidden), false));
    let encoder = stack(fields, "encoder", "Whisper", false)?;
    let encoder = Stack { role: StackRole::Audio { positions: frames }, ..encoder };
    Ok(ModelCard {
        task: Task::SeqToSeq,
        vocabulary,
        hidden,
        is_tied,
        positions: Some(positions),
        embeddings: embeddings.block(),
        stacks: vec![encoder, stack(fields, "decoder", "Whisper", false)?],
        head: head.block(),
        traits: traits(fields, 0.0)?,
        ..ModelCard::default()
    })
}
