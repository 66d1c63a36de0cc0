//! DistilBERT: BERT without token types, under names of its own.

use super::super::build::{Tensors, groups};
use super::super::plain;
use super::*;

pub(super) const FAMILY: Family = Family {
    types: &["distilbert"],
    defaults: &[
        ("vocab_size", 30_522),
        ("max_position_embeddings", 512),
        ("n_layers", 6),
        ("n_heads", 12),
        ("dim", 768),
        ("hidden_dim", 3072),
    ],
    aliases: &[("dim", "hidden_size"), ("n_heads", "num_attention_heads"), ("n_layers", "num_hidden_layers")],
    is_tied: true,
    task: Task::MaskedLm,
    read,
    ..Family::BLANK
};

fn read(fields: &Fields) -> Result<ModelCard, ModelError> {
    let (hidden, heads, layers) = (fields.size("dim")?, fields.size("n_heads")?, fields.layers("n_layers")?);
    let (width, vocabulary) = (fields.size("hidden_dim")?, fields.size("vocab_size")?);
    let positions = fields.size("max_position_embeddings")?;
    let shape = plain::shape(fields, (hidden, "n_heads", heads), Mlp::Dense { width, is_gated: false })?;
    let block = ["q_lin", "k_lin", "v_lin", "out_lin"].iter().fold(Tensors::new(), |block, name| {
        block.linear(&format!("attention.{name}"), Part::Attention, (hidden, hidden), true)
    });
    let block = block
        .norm("sa_layer_norm", hidden, true)
        .linear("ffn.lin1", Part::Mlp, (width, hidden), true)
        .linear("ffn.lin2", Part::Mlp, (hidden, width), true)
        .norm("output_layer_norm", hidden, true)
        .block();
    let embeddings = Tensors::new()
        .embedding("distilbert.embeddings.word_embeddings", vocabulary, hidden)
        .embedding("distilbert.embeddings.position_embeddings", positions, hidden)
        .norm("distilbert.embeddings.LayerNorm", hidden, true);
    let (task, labels) = (fields.task(), fields.labels()?);
    let is_tied = fields.is_tied()? && task == Task::MaskedLm;
    let head = match task {
        Task::SequenceClassification => Tensors::new()
            .linear("pre_classifier", Part::Head, (hidden, hidden), true)
            .linear("classifier", Part::Head, (labels, hidden), true),
        _ => Tensors::new()
            .linear("vocab_transform", Part::Head, (hidden, hidden), true)
            .norm("vocab_layer_norm", hidden, true)
            .one("vocab_projector.bias", Part::Head, &[vocabulary])
            .when(!is_tied, |head| head.one("vocab_projector.weight", Part::Head, &[vocabulary, hidden])),
    };
    Ok(ModelCard {
        task,
        vocabulary,
        hidden,
        is_tied,
        positions: Some(positions),
        embeddings: embeddings.block(),
        stacks: vec![Stack {
            role: StackRole::Encoder,
            path: "distilbert.transformer.layer".to_owned(),
            groups: groups(layers, |_| (shape.clone(), block.clone())),
            wrap_class: "TransformerBlock".to_owned(),
        }],
        head: head.block(),
        traits: Traits {
            attention_dropout: fields.chance("attention_dropout", 0.1)?,
            hidden_dropout: fields.chance("dropout", 0.1)?,
            activation: fields.activation("activation", Activation::Gelu),
            ..Traits::default()
        },
        ..ModelCard::default()
    })
}
