//! What a `config.json` says of the arithmetic, beyond the names and shapes of the library's card.

use accel_studio::model::{LayerShape, ModelCard};

use super::activation::{self, Activation};
use super::error::Result;
use super::family::Family;
use super::fields::Fields;
use super::rope::Rope;

/// How one network computes.
#[derive(Debug)]
pub(super) struct Recipe {
    pub family: &'static Family,
    pub heads: i64,
    pub kv_heads: i64,
    pub head_dim: i64,
    /// Added under the root of every norm.
    pub epsilon: f64,
    pub activation: Activation,
    /// Behind the embedding, in attention, before each sum.
    pub dropout: [f64; 3],
    /// Per block: tokens that a query sees, itself included; none for all before it.
    pub windows: Vec<Option<i64>>,
    /// Per block: the factor on products of queries and keys; none for the root of a head's width.
    pub scales: Vec<Option<f64>>,
    pub rope: Option<Rope>,
    /// Learned positions.
    pub positions: Option<i64>,
    /// The row of the embedding that stays zero; -1 for none.
    pub padding: i64,
    /// Standard deviation of matrices before training.
    pub deviation: f64,
}

impl Recipe {
    pub(super) fn read(fields: &Fields, family: &'static Family, card: &ModelCard) -> Result<Recipe> {
        refuse(fields)?;
        let layers = layers(card);
        let first = layers.first().ok_or_else(|| fields.wrong("num_hidden_layers", "is 0"))?;
        let (heads, kv_heads, head_dim) = (size(first.heads), size(first.kv_heads), size(first.head_dim));
        let (epsilon, activation) = (family.epsilon, family.activation);
        let positions = card.positions.map(size);
        let rope = match family.positions {
            Some(_) => None,
            None => Some(Rope::read(fields, head_dim, positions.unwrap_or(2048) as f64)?),
        };
        let mut dropout = [0.0; 3];
        for (chance, key) in dropout.iter_mut().zip(family.dropout.0) {
            *chance = key.map_or(Ok(0.0), |key| fields.chance(key, family.dropout.1))?;
        }
        let deviation = fields.number("initializer_range")?.filter(|it| *it > 0.0).unwrap_or(0.02);
        Ok(Recipe {
            family,
            heads,
            kv_heads,
            head_dim,
            epsilon: fields.positive(epsilon.0, epsilon.1)?,
            activation: activation::named(activation.0, fields.word(activation.0).unwrap_or(activation.1))?,
            dropout,
            windows: layers.iter().map(|layer| layer.window.map(size)).collect(),
            scales: (1..=layers.len()).map(|number| scale(fields, family, head_dim, number)).collect(),
            rope,
            positions: positions.filter(|_| family.positions.is_some()),
            padding: padding(fields, family, size(card.vocabulary))?,
            deviation,
        })
    }
}

/// What changes the arithmetic in ways that the worker does not follow.
fn refuse(fields: &Fields) -> Result<()> {
    if fields.has("quantization_config") {
        return Err(
            fields.wrong("quantization_config", "is set; the worker trains weights in full precision only")
        );
    }
    if fields.flag("add_cross_attention", false) {
        return Err(
            fields.wrong("add_cross_attention", "is true; the worker trains decoders that stand alone")
        );
    }
    Ok(())
}

/// The shape of every layer, in order.
fn layers(card: &ModelCard) -> Vec<&LayerShape> {
    let groups = card.stacks.iter().flat_map(|stack| &stack.groups);
    groups.flat_map(|group| (0..group.count).map(|_| &group.shape)).collect()
}

fn scale(fields: &Fields, family: &Family, head_dim: i64, number: usize) -> Option<f64> {
    let [by_width, by_number] = family.scaling?;
    let width = if fields.flag(by_width, true) { (head_dim as f64).sqrt() } else { 1.0 };
    let number = if fields.flag(by_number, false) { number as f64 } else { 1.0 };
    Some(1.0 / (width * number))
}

/// `pad_token_id` as `nn.Embedding` takes it: negative numbers count from the end.
fn padding(fields: &Fields, family: &Family, vocabulary: i64) -> Result<i64> {
    let Some(stated) = fields.whole("pad_token_id")?.filter(|_| family.has_padding_row) else {
        return Ok(-1);
    };
    let row = if stated < 0 { vocabulary.saturating_add(stated) } else { stated };
    if (0..vocabulary).contains(&row) {
        return Ok(row);
    }
    Err(fields.wrong("pad_token_id", format!("is {stated}, but the vocabulary has {vocabulary} tokens")))
}

/// The card's sizes are at most 2 to the power of 50.
pub(super) fn size(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
