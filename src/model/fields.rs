//! The fields of a `config.json`, read with care: aliases, defaults, and no number that cannot be.
//!
//! Knows what a row of a family says of its fields; knows no family.

use std::sync::LazyLock;

use serde_json::{Map, Value};

use super::family::Family;
use super::{Activation, Dtype, ModelError, Task};

/// Largest width, vocabulary or number of heads: 268 million, far beyond any model.
const MOST: u64 = 1 << 28;
/// Most layers of one stack.
const MOST_LAYERS: u64 = 10_000;

/// A config's fields, seen through the row of its family.
#[derive(Clone, Copy)]
pub(super) struct Fields<'a> {
    /// What messages call the config.
    pub name: &'a str,
    /// The row.
    pub family: &'a Family,
    /// `model_type`, one of the row's.
    pub kind: &'a str,
    object: &'a Map<String, Value>,
    /// Where the object stands in the file: `text_config`; empty for the file's own.
    below: &'a str,
}

impl<'a> Fields<'a> {
    pub(super) fn new(
        name: &'a str,
        kind: &'a str,
        family: &'a Family,
        object: &'a Map<String, Value>,
    ) -> Self {
        Fields { name, family, kind, object, below: "" }
    }

    /// The same fields, read by another row.
    pub(super) fn under(&self, family: &'a Family) -> Self {
        Fields { family, ..*self }
    }

    /// The fields of an object within, such as `text_config`, read by another row; none where it is
    /// left out.
    pub(super) fn inside(&self, key: &'a str, family: &'a Family) -> Result<Self, ModelError> {
        static NOTHING: LazyLock<Map<String, Value>> = LazyLock::new(Map::new);
        let object = match self.value(key) {
            None => &*NOTHING,
            Some(Value::Object(object)) => object,
            Some(_) => return Err(self.wrong(key, "is no object with fields")),
        };
        Ok(Fields { family, object, below: key, ..*self })
    }

    /// A field as messages name it: `text_config.hidden_size`.
    fn named(&self, key: &str) -> String {
        if self.below.is_empty() { key.to_owned() } else { format!("{}.{key}", self.below) }
    }

    /// Fields of the row without which there is no answer, all at once.
    pub(super) fn check_needs(&self) -> Result<(), ModelError> {
        let missing = self.family.needs.iter().filter(|key| self.value(key).is_none());
        let fields: Vec<String> = missing.map(|key| self.named(key)).collect();
        match fields.is_empty() {
            true => Ok(()),
            false => {
                Err(ModelError::Missing { name: self.name.to_owned(), family: self.kind.to_owned(), fields })
            }
        }
    }

    /// What stands there under its own name or an alias; `null` counts as nothing.
    fn value(&self, key: &str) -> Option<&'a Value> {
        let aliases = self.family.aliases.iter().filter(|(own, _)| *own == key).map(|(_, alias)| *alias);
        let mut stated = std::iter::once(key).chain(aliases).filter_map(|key| self.object.get(key));
        stated.find(|value| !value.is_null())
    }

    /// Whether the key is there at all, be it with `null`.
    pub(super) fn states(&self, key: &str) -> bool {
        self.object.contains_key(key)
    }

    /// Any value that is there.
    pub(super) fn raw(&self, key: &str) -> Option<&'a Value> {
        self.value(key)
    }

    /// A text.
    pub(super) fn word(&self, key: &str) -> Option<&'a str> {
        self.value(key).and_then(Value::as_str)
    }

    /// An error about a field.
    pub(super) fn wrong(&self, key: &str, reason: impl Into<String>) -> ModelError {
        let field = self.named(key);
        ModelError::Field { name: self.name.to_owned(), field, reason: reason.into() }
    }

    /// A whole number from `least` on, where one is stated.
    fn whole(&self, key: &str, least: u64, most: u64) -> Result<Option<u64>, ModelError> {
        let Some(value) = self.value(key) else { return Ok(None) };
        match value.as_u64() {
            Some(number) if number < least => {
                Err(self.wrong(key, format!("is {number}; {least} is the least")))
            }
            Some(number) if number > most => {
                Err(self.wrong(key, format!("is {number}; no model has more than {most}")))
            }
            Some(number) => Ok(Some(number)),
            None => Err(self.wrong(key, format!("is {value}; a whole number from {least} on is needed"))),
        }
    }

    /// The row's default.
    pub(super) fn default(&self, key: &str) -> Option<u64> {
        self.family.defaults.iter().find(|(own, _)| *own == key).map(|(_, number)| *number)
    }

    /// Longest sequence: stated, or the row's default.
    pub(super) fn positions(&self, key: &str) -> Result<Option<u64>, ModelError> {
        Ok(self.stated(key)?.or_else(|| self.default(key)))
    }

    fn row_default(&self, key: &str) -> Result<u64, ModelError> {
        self.default(key).ok_or_else(|| ModelError::Missing {
            name: self.name.to_owned(),
            family: self.kind.to_owned(),
            fields: vec![self.named(key)],
        })
    }

    /// A size from 1 on: stated, or the row's default.
    pub(super) fn size(&self, key: &str) -> Result<u64, ModelError> {
        self.whole(key, 1, MOST)?.map_or_else(|| self.row_default(key), Ok)
    }

    /// A number of layers.
    pub(super) fn layers(&self, key: &str) -> Result<u64, ModelError> {
        self.whole(key, 1, MOST_LAYERS)?.map_or_else(|| self.row_default(key), Ok)
    }

    /// A size from 1 on, where one is stated.
    pub(super) fn stated(&self, key: &str) -> Result<Option<u64>, ModelError> {
        self.whole(key, 1, MOST)
    }

    /// A size from 1 on, or what follows from others.
    pub(super) fn size_or(&self, key: &str, otherwise: u64) -> Result<u64, ModelError> {
        Ok(self.stated(key)?.unwrap_or(otherwise))
    }

    /// A number where it is stated and more than 0; -1 means "none" to some configs.
    pub(super) fn positive(&self, key: &str) -> Result<Option<u64>, ModelError> {
        match self.value(key).and_then(Value::as_i64) {
            Some(number) if number <= 0 => Ok(None),
            _ => self.stated(key),
        }
    }

    /// A number that may be 0.
    pub(super) fn count_or(&self, key: &str, otherwise: u64) -> Result<u64, ModelError> {
        Ok(self.whole(key, 0, MOST)?.unwrap_or(otherwise))
    }

    /// A yes or no.
    pub(super) fn flag(&self, key: &str, otherwise: bool) -> Result<bool, ModelError> {
        match self.value(key) {
            None => Ok(otherwise),
            Some(Value::Bool(flag)) => Ok(*flag),
            Some(value) => Err(self.wrong(key, format!("is {value}; true or false is needed"))),
        }
    }

    /// A chance between 0 and 1.
    pub(super) fn chance(&self, key: &str, otherwise: f64) -> Result<f64, ModelError> {
        let Some(value) = self.value(key) else { return Ok(otherwise) };
        let chance = value.as_f64().filter(|chance| (0.0..=1.0).contains(chance));
        chance.ok_or_else(|| self.wrong(key, format!("is {value}; a number between 0 and 1 is needed")))
    }

    /// Whether the head reads the token embedding.
    pub(super) fn is_tied(&self) -> Result<bool, ModelError> {
        self.flag("tie_word_embeddings", self.family.is_tied)
    }

    /// The function behind attention.
    pub(super) fn activation(&self, key: &str, otherwise: Activation) -> Activation {
        self.word(key).map_or(otherwise, Activation::named)
    }

    /// What `architectures` says the model is for; the row's task where it says nothing of it.
    pub(super) fn task(&self) -> Task {
        let classes = self.value("architectures").and_then(Value::as_array);
        let mut names = classes.into_iter().flatten().filter_map(Value::as_str);
        let tasks = [
            ("ForSequenceClassification", Task::SequenceClassification),
            ("ForCausalLM", Task::CausalLm),
            ("ForMaskedLM", Task::MaskedLm),
        ];
        let task =
            names.find_map(|name| tasks.iter().find(|(end, _)| name.ends_with(end)).map(|(_, task)| *task));
        task.unwrap_or(self.family.task)
    }

    /// Number of classes: `num_labels`, or as many as have a name, or 2 as transformers has it.
    pub(super) fn labels(&self) -> Result<u64, ModelError> {
        let named = self.value("id2label").and_then(Value::as_object).map(|names| names.len() as u64);
        Ok(self.stated("num_labels")?.or(named).unwrap_or(2))
    }

    /// Type of the stored weights.
    pub(super) fn stored(&self) -> Option<Dtype> {
        let word = self.word("dtype").or_else(|| self.word("torch_dtype"))?;
        match word.trim_start_matches("torch.") {
            "float32" => Some(Dtype::F32),
            "bfloat16" => Some(Dtype::Bf16),
            "float16" => Some(Dtype::F16),
            "float64" => Some(Dtype::F64),
            _ => None,
        }
    }

    /// Width of a head: stated, or the width over the heads, which must divide it.
    pub(super) fn head_dim(&self, key: &str, hidden: u64, heads: (&str, u64)) -> Result<u64, ModelError> {
        match self.stated(key)? {
            Some(stated) => Ok(stated),
            None if hidden.is_multiple_of(heads.1) => Ok(hidden / heads.1),
            None => {
                Err(self.wrong(heads.0, format!("is {}, which does not divide a width of {hidden}", heads.1)))
            }
        }
    }

    /// Key and value heads: stated, or `otherwise`; they must divide the query heads.
    pub(super) fn kv_heads(&self, key: &str, heads: u64, otherwise: u64) -> Result<u64, ModelError> {
        let stated = if self.states(key) { self.size_or(key, heads)? } else { otherwise };
        match heads % stated {
            0 => Ok(stated),
            _ => Err(self.wrong(key, format!("is {stated}, which does not divide the {heads} query heads"))),
        }
    }
}
