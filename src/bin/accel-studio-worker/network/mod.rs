//! A transformer from its Hugging Face `config.json`: flat units, their tensors by Hugging Face's names, and the
//! forward pass stage by stage, so that an engine may gather and drop each unit's weights between stages.
//!
//! Knows tensors and configs; nothing of ranks, files or optimizers.

mod activation;
mod block;
mod error;
mod family;
mod fields;
mod initial;
mod recipe;
mod rope;
mod tables;
mod unit;

use accel_studio::model::{Block as CardBlock, ModelCard, Part, Task, Tensor as CardTensor, read_config};
use serde_json::Value;
use tch::{Kind, Reduction, Tensor};

pub use error::{NetworkError, Result};
pub use unit::{Entry, Init, Unit};

use block::{Block, dropped, norm};
use family::Family;
use fields::Fields;
use recipe::{Recipe, size};
use tables::Tables;
use unit::Weights;

/// A decoder-only transformer.
#[derive(Debug)]
pub struct Network {
    recipe: Recipe,
    units: Vec<Unit>,
    stages: Vec<Stage>,
    vocabulary: i64,
    tables: Tables,
}

/// A step of the forward pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stage {
    /// The unit whose weights it needs.
    pub unit: usize,
    /// What it does.
    pub part: StagePart,
}

/// What a stage does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StagePart {
    /// Tokens `[batch, tokens]` to `[batch, tokens, width]`.
    Embedding,
    /// The block of a number, from 0.
    Block(usize),
    /// To logits `[batch, tokens, vocabulary]`.
    Head,
}

/// What a forward pass is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Mode {
    /// Whether dropout is on, where the config asks for it.
    pub is_training: bool,
}

impl Network {
    /// Reads a `config.json`.
    ///
    /// # Errors
    /// A family that the worker does not train, a config that describes no model, or arithmetic that it cannot follow.
    pub fn read(config: &Value) -> Result<Network> {
        let kind = config.get("model_type").and_then(Value::as_str).unwrap_or_default();
        let unknown = || NetworkError::Family { found: kind.to_owned(), trained: family::names() };
        let family = family::named(kind).ok_or_else(unknown)?;
        let card = read_config(config, "config.json")?;
        if card.task != Task::CausalLm {
            let reason = "names a model with another head; the worker trains language models";
            return Err(NetworkError::field("architectures", reason));
        }
        let object = config.as_object().ok_or_else(unknown)?;
        let recipe = Recipe::read(&Fields::new(object), family, &card)?;
        let (units, stages) = units(&card, &recipe);
        Ok(Network { recipe, units, stages, vocabulary: size(card.vocabulary), tables: Tables::default() })
    }

    /// What is gathered together.
    pub fn units(&self) -> &[Unit] {
        &self.units
    }

    /// The forward pass: embedding, blocks, head.
    pub fn stages(&self) -> &[Stage] {
        &self.stages
    }

    /// Numbers of all units.
    pub fn parameters(&self) -> i64 {
        self.units.iter().map(|unit| unit.numel).sum()
    }

    /// Tokens of its vocabulary.
    pub fn vocabulary(&self) -> i64 {
        self.vocabulary
    }

    /// The longest sequence that it can take, where learned positions limit it.
    pub fn longest(&self) -> Option<i64> {
        self.recipe.positions
    }

    /// The class that transformers has for it, as `architectures` names it.
    pub fn class(&self) -> &'static str {
        self.recipe.family.class
    }

    /// A unit's weights before training: fp32, `numel` numbers, on the CPU; the same for the same seed everywhere.
    pub fn initial(&self, unit: usize, seed: u64) -> Tensor {
        initial::initial(&self.units[unit], seed)
    }

    /// One stage, with its unit's flat tensor (padding behind its numbers is ignored). The first takes tokens
    /// `[batch, tokens]` (int64), the others what the one before gave; the last gives logits.
    ///
    /// # Errors
    /// A flat tensor that is too short, a sequence longer than learned positions, what libtorch refuses.
    pub fn forward(&self, stage: usize, flat: &Tensor, input: &Tensor, mode: Mode) -> Result<Tensor> {
        let Stage { unit, part } = self.stages[stage];
        let weights = Weights::of(&self.units[unit], flat)?;
        match part {
            StagePart::Embedding => self.embedded(&weights, input, mode),
            StagePart::Block(number) => {
                Block { recipe: &self.recipe, weights, tables: &self.tables, number, mode }.forward(input)
            }
            StagePart::Head => self.logits(&weights, input),
        }
    }

    fn embedded(&self, weights: &Weights<'_>, tokens: &Tensor, mode: Mode) -> Result<Tensor> {
        let family = self.recipe.family;
        let words = weights.pair(family.tokens).0;
        let embedded = Tensor::f_embedding(words, tokens, self.recipe.padding, false, false)?;
        let Some(positions) = family.positions else { return Ok(embedded) };
        let (count, positions) = (tokens.size2()?.1, weights.pair(positions).0);
        let most = positions.size()[0];
        if count > most {
            return Err(NetworkError::TooLong { tokens: count, field: "n_positions", most });
        }
        dropped(embedded.f_add(&positions.f_narrow(0, 0, count)?)?, self.recipe.dropout[0], mode)
    }

    fn logits(&self, weights: &Weights<'_>, hidden: &Tensor) -> Result<Tensor> {
        let family = self.recipe.family;
        let normed = norm(&self.recipe, weights, family.last_norm, hidden)?;
        let head = weights.get(HEAD).unwrap_or_else(|| weights.pair(family.tokens).0);
        Ok(normed.f_linear::<&Tensor>(head, None)?)
    }

    /// Mean cross entropy in fp32 of `[batch, tokens, vocabulary]` against `[batch, tokens]`; targets of -100 do not
    /// count.
    pub fn loss(&self, logits: &Tensor, targets: &Tensor) -> Result<Tensor> {
        let flat = logits.f_to_kind(Kind::Float)?.f_view([-1, self.vocabulary])?;
        let targets = targets.f_reshape([-1])?;
        Ok(flat.f_cross_entropy_loss::<Tensor>(&targets, None, Reduction::Mean, -100, 0.0)?)
    }
}

/// The head's matrix, where it is not the embedding's.
const HEAD: &str = "lm_head.weight";

/// Units and stages of a card. The head of a tied model shares a unit with the embedding.
fn units(card: &ModelCard, recipe: &Recipe) -> (Vec<Unit>, Vec<Stage>) {
    let tensors = |block: &CardBlock| block.tensors.iter().map(|it| tensor(it, recipe)).collect::<Vec<_>>();
    let (mut first, last) = (tensors(&card.embeddings), tensors(&card.head));
    let mut units = Vec::new();
    if card.is_tied {
        first.extend(last);
        units.push(Unit::new("root".to_owned(), "", first));
    } else {
        units.push(Unit::new("embedding".to_owned(), "", first));
    }
    for stack in &card.stacks {
        let blocks = stack.groups.iter().flat_map(|group| (0..group.count).map(|_| &group.block));
        units.extend(blocks.enumerate().map(|(number, block)| {
            let name = format!("{}.{number}", stack.path);
            Unit::new(name.clone(), &format!("{name}."), tensors(block))
        }));
    }
    let blocks = units.len() - 1;
    let mut stages = vec![Stage { unit: 0, part: StagePart::Embedding }];
    stages.extend((0..blocks).map(|number| Stage { unit: number + 1, part: StagePart::Block(number) }));
    if card.is_tied {
        stages.push(Stage { unit: 0, part: StagePart::Head });
    } else {
        stages.push(Stage { unit: units.len(), part: StagePart::Head });
        units.push(Unit::new("head".to_owned(), "", tensors(&card.head)));
    }
    (units, stages)
}

/// A tensor with what transformers puts into it before training (`_init_weights`).
fn tensor(tensor: &CardTensor, recipe: &Recipe) -> (String, Vec<i64>, Init) {
    let family: &Family = recipe.family;
    let is_shrunk = family.shrunk.is_some_and(|end| tensor.name.ends_with(end));
    let shrink = if is_shrunk { (2.0 * recipe.windows.len() as f64).sqrt() } else { 1.0 };
    let is_words = tensor.name.strip_suffix(".weight") == Some(family.tokens);
    let init = match tensor.part {
        _ if tensor.name.ends_with(".bias") => Init::Zeros,
        Part::Norm => Init::Ones,
        _ => Init::Normal {
            deviation: recipe.deviation / shrink,
            zero_row: Some(recipe.padding).filter(|row| is_words && *row >= 0),
        },
    };
    (tensor.name.clone(), tensor.dims.iter().map(|dim| size(*dim)).collect(), init)
}

#[cfg(test)]
mod tests;
