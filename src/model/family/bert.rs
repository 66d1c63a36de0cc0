//! BERT, RoBERTa and XLM-RoBERTa: the same layers behind different names of embeddings and heads.

use super::super::build::{Tensors, groups};
use super::super::plain;
use super::*;

pub(super) const BERT: Family = Family {
    types: &["bert"],
    defaults: &[
        ("vocab_size", 30_522),
        ("hidden_size", 768),
        ("num_hidden_layers", 12),
        ("num_attention_heads", 12),
        ("intermediate_size", 3072),
        ("max_position_embeddings", 512),
        ("type_vocab_size", 2),
    ],
    no_split: &["BertEmbeddings", "BertLayer"],
    is_tied: true,
    task: Task::MaskedLm,
    read: read_bert,
    ..Family::BLANK
};

pub(super) const ROBERTA: Family = Family {
    types: &["roberta"],
    defaults: &[
        ("vocab_size", 50_265),
        ("hidden_size", 768),
        ("num_hidden_layers", 12),
        ("num_attention_heads", 12),
        ("intermediate_size", 3072),
        ("max_position_embeddings", 512),
        ("type_vocab_size", 2),
    ],
    no_split: &["RobertaEmbeddings", "RobertaLayer"],
    is_tied: true,
    task: Task::MaskedLm,
    read: |fields| read_roberta(fields, "RobertaLayer"),
    ..Family::BLANK
};

pub(super) const XLM_ROBERTA: Family = Family {
    types: &["xlm-roberta"],
    defaults: BERT.defaults,
    no_split: &["XLMRobertaEmbeddings", "XLMRobertaLayer"],
    read: |fields| read_roberta(fields, "XLMRobertaLayer"),
    ..ROBERTA
};

fn read_bert(fields: &Fields) -> Result<ModelCard, ModelError> {
    let card = encoder(fields, "bert", "BertLayer")?;
    let (hidden, labels) = (card.hidden, fields.labels()?);
    let head = Tensors::new();
    let head = match card.task {
        Task::SequenceClassification => head
            .linear("bert.pooler.dense", Part::Head, (hidden, hidden), true)
            .linear("classifier", Part::Head, (labels, hidden), true),
        _ => head
            .one("cls.predictions.bias", Part::Head, &[card.vocabulary])
            .linear("cls.predictions.transform.dense", Part::Head, (hidden, hidden), true)
            .norm("cls.predictions.transform.LayerNorm", hidden, true)
            .when(!card.is_tied, |head| {
                head.linear("cls.predictions.decoder", Part::Head, (card.vocabulary, hidden), true)
            }),
    };
    Ok(ModelCard { head: head.block(), ..card })
}

fn read_roberta(fields: &Fields, wrap_class: &str) -> Result<ModelCard, ModelError> {
    let card = encoder(fields, "roberta", wrap_class)?;
    let (hidden, labels) = (card.hidden, fields.labels()?);
    let head = Tensors::new();
    let head = match card.task {
        Task::SequenceClassification => head
            .linear("classifier.dense", Part::Head, (hidden, hidden), true)
            .linear("classifier.out_proj", Part::Head, (labels, hidden), true),
        _ => head
            .one("lm_head.bias", Part::Head, &[card.vocabulary])
            .linear("lm_head.dense", Part::Head, (hidden, hidden), true)
            .norm("lm_head.layer_norm", hidden, true)
            .when(!card.is_tied, |head| {
                head.linear("lm_head.decoder", Part::Head, (card.vocabulary, hidden), true)
            }),
    };
    Ok(ModelCard { head: head.block(), ..card })
}

/// Everything in front of the head.
fn encoder(fields: &Fields, root: &str, wrap_class: &str) -> Result<ModelCard, ModelError> {
    let (hidden, heads) = (fields.size("hidden_size")?, fields.size("num_attention_heads")?);
    let (width, vocabulary) = (fields.size("intermediate_size")?, fields.size("vocab_size")?);
    let (layers, positions) = (fields.layers("num_hidden_layers")?, fields.size("max_position_embeddings")?);
    let mlp = Mlp::Dense { width, is_gated: false };
    let shape = plain::shape(fields, (hidden, "num_attention_heads", heads), mlp)?;
    let block = ["self.query", "self.key", "self.value", "output.dense"].iter();
    let block = block.fold(Tensors::new(), |block, name| {
        block.linear(&format!("attention.{name}"), Part::Attention, (hidden, hidden), true)
    });
    let block = block
        .norm("attention.output.LayerNorm", hidden, true)
        .linear("intermediate.dense", Part::Mlp, (width, hidden), true)
        .linear("output.dense", Part::Mlp, (hidden, width), true)
        .norm("output.LayerNorm", hidden, true)
        .block();
    let embeddings = Tensors::new()
        .embedding(&format!("{root}.embeddings.word_embeddings"), vocabulary, hidden)
        .embedding(&format!("{root}.embeddings.position_embeddings"), positions, hidden)
        .embedding(
            &format!("{root}.embeddings.token_type_embeddings"),
            fields.size("type_vocab_size")?,
            hidden,
        )
        .norm(&format!("{root}.embeddings.LayerNorm"), hidden, true);
    let task = fields.task();
    Ok(ModelCard {
        task,
        vocabulary,
        hidden,
        is_tied: fields.is_tied()? && task == Task::MaskedLm,
        positions: Some(positions),
        embeddings: embeddings.block(),
        stacks: vec![Stack {
            role: StackRole::Encoder,
            path: format!("{root}.encoder.layer"),
            groups: groups(layers, |_| (shape.clone(), block.clone())),
            wrap_class: wrap_class.to_owned(),
        }],
        traits: Traits {
            attention_dropout: fields.chance("attention_probs_dropout_prob", 0.1)?,
            hidden_dropout: fields.chance("hidden_dropout_prob", 0.1)?,
            activation: fields.activation("hidden_act", Activation::Gelu),
            ..Traits::default()
        },
        ..ModelCard::default()
    })
}
