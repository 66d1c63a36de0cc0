//! DeBERTa V2 and V3: distances between tokens as an embedding of their own, no positions in front.

use super::super::build::{Tensors, groups};
use super::super::plain;
use super::*;

pub(super) const FAMILY: Family = Family {
    types: &["deberta-v2"],
    defaults: &[
        ("vocab_size", 128_100),
        ("hidden_size", 1536),
        ("num_hidden_layers", 24),
        ("num_attention_heads", 24),
        ("intermediate_size", 6144),
        ("max_position_embeddings", 512),
    ],
    is_tied: true,
    task: Task::MaskedLm,
    read,
    ..Family::BLANK
};

fn read(fields: &Fields) -> Result<ModelCard, ModelError> {
    let (hidden, heads) = (fields.size("hidden_size")?, fields.size("num_attention_heads")?);
    let (width, vocabulary) = (fields.size("intermediate_size")?, fields.size("vocab_size")?);
    let (layers, positions) = (fields.layers("num_hidden_layers")?, fields.size("max_position_embeddings")?);
    let mlp = Mlp::Dense { width, is_gated: false };
    let shape = plain::shape(fields, (hidden, "num_attention_heads", heads), mlp)?;
    let own = own_distances(fields)?;
    let block =
        ["query_proj", "key_proj", "value_proj"].iter().chain(own).fold(Tensors::new(), |it, name| {
            it.linear(&format!("attention.self.{name}"), Part::Attention, (hidden, hidden), true)
        });
    let block = block
        .linear("attention.output.dense", Part::Attention, (hidden, hidden), true)
        .norm("attention.output.LayerNorm", hidden, true)
        .linear("intermediate.dense", Part::Mlp, (width, hidden), true)
        .linear("output.dense", Part::Mlp, (hidden, width), true)
        .norm("output.LayerNorm", hidden, true)
        .block();
    let (task, tokens) = (fields.task(), fields.size_or("embedding_size", hidden)?);
    let is_tied = fields.is_tied()? && task == Task::MaskedLm;
    Ok(ModelCard {
        task,
        vocabulary,
        hidden,
        is_tied,
        positions: Some(positions),
        embeddings: embeddings(fields, (vocabulary, positions), (tokens, hidden))?.block(),
        stacks: vec![Stack {
            role: StackRole::Encoder,
            path: "deberta.encoder.layer".to_owned(),
            groups: groups(layers, |_| (shape.clone(), block.clone())),
            wrap_class: "DebertaV2Layer".to_owned(),
        }],
        head: head(fields, task, is_tied, (vocabulary, tokens, hidden))?.block(),
        traits: Traits {
            attention_dropout: fields.chance("attention_probs_dropout_prob", 0.1)?,
            hidden_dropout: fields.chance("hidden_dropout_prob", 0.1)?,
            activation: fields.activation("hidden_act", Activation::Gelu),
            ..Traits::default()
        },
        ..ModelCard::default()
    })
}

/// Matrices for distances of their own; the third version reads queries' and keys' again.
fn own_distances(fields: &Fields) -> Result<&'static [&'static str], ModelError> {
    if !fields.flag("relative_attention", false)? || fields.flag("share_att_key", false)? {
        return Ok(&[]);
    }
    let kinds = fields.raw("pos_att_type").map(ToString::to_string).unwrap_or_default();
    Ok(match (kinds.contains("c2p"), kinds.contains("p2c")) {
        (true, true) => &["pos_key_proj", "pos_query_proj"],
        (true, false) => &["pos_key_proj"],
        (false, true) => &["pos_query_proj"],
        (false, false) => &[],
    })
}

fn embeddings(
    fields: &Fields,
    (vocabulary, positions): (u64, u64),
    (tokens, hidden): (u64, u64),
) -> Result<Tensors, ModelError> {
    let types = fields.count_or("type_vocab_size", 0)?;
    let kernel = fields.count_or("conv_kernel_size", 0)?;
    let is_relative = fields.flag("relative_attention", false)?;
    let has_norm = fields.word("norm_rel_ebd").is_some_and(|word| word.contains("layer_norm"));
    let span = match fields.positive("position_buckets")? {
        Some(buckets) => buckets,
        None => fields.positive("max_relative_positions")?.unwrap_or(positions),
    };
    let root = "deberta.embeddings";
    let tensors = Tensors::new()
        .embedding(&format!("{root}.word_embeddings"), vocabulary, tokens)
        .when(fields.flag("position_biased_input", true)?, |it| {
            it.embedding(&format!("{root}.position_embeddings"), positions, tokens)
        })
        .when(types > 0, |it| it.embedding(&format!("{root}.token_type_embeddings"), types, tokens))
        .when(tokens != hidden, |it| {
            it.linear(&format!("{root}.embed_proj"), Part::Embedding, (hidden, tokens), false)
        })
        .norm(&format!("{root}.LayerNorm"), hidden, true)
        .when(is_relative, |it| it.embedding("deberta.encoder.rel_embeddings", 2 * span, hidden))
        .when(is_relative && has_norm, |it| it.norm("deberta.encoder.LayerNorm", hidden, true));
    Ok(tensors.when(kernel > 0, |it| {
        it.one("deberta.encoder.conv.conv.weight", Part::Embedding, &[hidden, hidden, kernel])
            .one("deberta.encoder.conv.conv.bias", Part::Embedding, &[hidden])
            .norm("deberta.encoder.conv.LayerNorm", hidden, true)
    }))
}

fn head(
    fields: &Fields,
    task: Task,
    is_tied: bool,
    (vocabulary, tokens, hidden): (u64, u64, u64),
) -> Result<Tensors, ModelError> {
    if task == Task::SequenceClassification {
        return Ok(Tensors::new().linear("pooler.dense", Part::Head, (hidden, hidden), true).linear(
            "classifier",
            Part::Head,
            (fields.labels()?, hidden),
            true,
        ));
    }
    if fields.flag("legacy", true)? {
        return Ok(Tensors::new()
            .one("cls.predictions.bias", Part::Head, &[vocabulary])
            .linear("cls.predictions.transform.dense", Part::Head, (tokens, hidden), true)
            .norm("cls.predictions.transform.LayerNorm", tokens, true)
            .when(!is_tied, |it| {
                it.linear("cls.predictions.decoder", Part::Head, (vocabulary, tokens), true)
            }));
    }
    Ok(Tensors::new()
        .one("lm_predictions.lm_head.bias", Part::Head, &[vocabulary])
        .linear("lm_predictions.lm_head.dense", Part::Head, (hidden, hidden), true)
        .norm("lm_predictions.lm_head.LayerNorm", hidden, true))
}
