//! Flat units: the tensors that are gathered, computed and reduced together, one after the other in one vector.
//!
//! Knows names, shapes and offsets; nothing of what is computed with them.

use tch::Tensor;

use super::error::{NetworkError, Result};

/// What a tensor holds before training.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Init {
    /// Normal deviates around 0.
    Normal {
        /// Their standard deviation.
        deviation: f64,
        /// A row of zeros: the padding token of an embedding.
        zero_row: Option<i64>,
    },
    /// A norm's weight.
    Ones,
    /// A bias.
    Zeros,
}

/// One tensor of a unit.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// Its name in Hugging Face's files: `model.layers.0.self_attn.q_proj.weight`.
    pub name: String,
    /// Its shape.
    pub shape: Vec<i64>,
    /// Where it starts in the unit's flat tensor, in elements.
    pub offset: i64,
    /// What it holds before training.
    pub init: Init,
}

impl Entry {
    /// How many numbers it holds.
    pub fn numel(&self) -> i64 {
        self.shape.iter().product()
    }
}

/// Tensors that are gathered together: one block's, or those around the blocks.
#[derive(Clone, Debug, PartialEq)]
pub struct Unit {
    /// `embedding`, `model.layers.3`, `head`; `root` where the head reads the embedding.
    pub name: String,
    /// Its tensors in order.
    pub entries: Vec<Entry>,
    /// Numbers of all of them, without padding.
    pub numel: i64,
    /// What its tensors' names begin with, to be left out by those who ask for them.
    prefix: usize,
}

impl Unit {
    /// A unit of tensors by local name, shape and first content.
    pub(super) fn new(name: String, prefix: &str, tensors: Vec<(String, Vec<i64>, Init)>) -> Unit {
        let mut numel = 0;
        let entries = tensors.into_iter().map(|(local, shape, init)| {
            let entry = Entry { name: format!("{prefix}{local}"), shape, offset: numel, init };
            numel += entry.numel();
            entry
        });
        let entries = entries.collect();
        Unit { name, entries, numel, prefix: prefix.len() }
    }
}

/// A unit's tensors as views of its flat tensor.
pub(super) struct Weights<'a> {
    unit: &'a Unit,
    views: Vec<Tensor>,
}

impl<'a> Weights<'a> {
    /// The views. One split serves them all, since its backward writes the flat gradient once; a `narrow` each
    /// would write zeros for the whole unit as often as it has tensors.
    pub(super) fn of(unit: &'a Unit, flat: &Tensor) -> Result<Weights<'a>> {
        let given = flat.size1().unwrap_or(0);
        let padding = given - unit.numel;
        if padding < 0 {
            return Err(NetworkError::Flat { unit: unit.name.clone(), needed: unit.numel, given });
        }
        let mut sizes: Vec<i64> = unit.entries.iter().map(Entry::numel).collect();
        if padding > 0 {
            sizes.push(padding);
        }
        let parts = match sizes.len() {
            1 => vec![flat.shallow_clone()],
            _ => flat.f_split_with_sizes(&sizes, 0)?,
        };
        let views = unit.entries.iter().zip(parts).map(|(entry, part)| part.f_view(entry.shape.as_slice()));
        Ok(Weights { unit, views: views.collect::<std::result::Result<_, _>>()? })
    }

    /// The tensor of a name within the unit, where it has one.
    pub(super) fn get(&self, name: &str) -> Option<&Tensor> {
        let at =
            self.unit.entries.iter().position(|entry| entry.name.get(self.unit.prefix..) == Some(name))?;
        self.views.get(at)
    }

    /// A linear layer's or norm's `name.weight` and perhaps `name.bias`.
    pub(super) fn pair(&self, name: &str) -> (&Tensor, Option<&Tensor>) {
        let weight = self.get(&format!("{name}.weight"));
        let weight = weight.expect("the card of the family lists every weight that its row names");
        (weight, self.get(&format!("{name}.bias")))
    }
}
