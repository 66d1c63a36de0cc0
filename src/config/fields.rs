//! Values by field: what Accelerate takes from the file for each row of the schema.

use super::Config;
use crate::key::KeyPath;
use crate::schema::{self, Field, Platform, truth_word};
use crate::value::Value;

impl Config {
    /// Where a field is set and to what: under any of its spellings, the later one where two are
    /// there, and for the torch.compile backend under its old key at the top level.
    pub fn field(&self, field: &Field) -> Option<(KeyPath, &Value)> {
        let Some(section) = field.section() else {
            return Some((KeyPath::of(field.key), self.root()?.get(field.key)?));
        };
        // accelerate 1.15.0, `process_config`: the old key replaces the whole section.
        if section == "dynamo_config"
            && let Some(old) = self.root()?.get("dynamo_backend")
        {
            return (field.name() == "dynamo_backend").then(|| (KeyPath::of("dynamo_backend"), old));
        }
        let pairs = self.root()?.get(section)?.as_map()?;
        let is_spelling = |name: &str| schema::spellings(field).any(|spelling| spelling == name);
        pairs.iter().rev().find_map(|(key, value)| {
            let name = key.as_text().filter(|name| is_spelling(name))?;
            Some((KeyPath::root().key(section).key(name), value))
        })
    }

    /// What is written for a key of the rows, in any spelling; null counts as a value.
    pub fn value(&self, key: &str) -> Option<&Value> {
        self.field(schema::field(key)?).map(|(_, value)| value)
    }

    /// What counts for a key of the rows: what is written, else the row's default. Null is silence.
    pub fn counting(&self, key: &str) -> Option<Value> {
        match self.value(key) {
            Some(value) if *value != Value::Null => Some(value.clone()),
            _ => schema::field(key)?.default.value(),
        }
    }

    /// The text that counts for a key; `None` for other types.
    pub fn text(&self, key: &str) -> Option<String> {
        self.counting(key)?.as_text().map(str::to_owned)
    }

    /// The integer that counts for a key, also from quotes, as Python's `int()` reads it.
    pub fn int(&self, key: &str) -> Option<i64> {
        let value = self.counting(key)?;
        value.as_int().or_else(|| value.as_text()?.trim().parse().ok())
    }

    /// The number that counts for a key, also from quotes.
    pub fn number(&self, key: &str) -> Option<f64> {
        let value = self.counting(key)?;
        value.as_number().or_else(|| value.as_text()?.trim().parse().ok())
    }

    /// The boolean that counts for a key, also from a quoted word that the worker reads as one.
    pub fn flag(&self, key: &str) -> Option<bool> {
        let value = self.counting(key)?;
        value.as_bool().or_else(|| truth_word(value.as_text()?))
    }

    /// The training type as a word. An unquoted `NO`, which is the boolean false, and null count as
    /// `NO`, because the launcher treats them so.
    pub fn distributed_type(&self) -> Option<&str> {
        match self.root()?.get("distributed_type")? {
            Value::Text(word) => Some(word),
            Value::Bool(false) | Value::Null => Some("NO"),
            _ => None,
        }
    }

    /// The precision as a lower-case word: an unquoted `no` counts as `no`, and the old key `fp16`
    /// where `mixed_precision` is absent.
    pub fn mixed_precision(&self) -> Option<String> {
        match self.value("mixed_precision") {
            Some(Value::Text(word)) => Some(word.to_lowercase()),
            Some(Value::Bool(false) | Value::Null) => Some("no".to_owned()),
            Some(_) => None,
            None if self.flag("fp16") == Some(true) => Some("fp16".to_owned()),
            None => Some("no".to_owned()),
        }
    }

    /// The sort of config that `compute_environment` selects.
    pub fn platform(&self) -> Platform {
        Platform::of(self.root().and_then(|root| root.get("compute_environment")))
    }

    /// True where Accelerate reads the file as a SageMaker config.
    pub fn is_sagemaker(&self) -> bool {
        self.platform() == Platform::SageMaker
    }

    /// The generation of FSDP that counts; `None` where the type is not FSDP or the number unusable.
    pub fn fsdp_version(&self) -> Option<i64> {
        (self.distributed_type() == Some("FSDP")).then(|| self.int("fsdp_config.fsdp_version")).flatten()
    }

    /// Why a field does not matter in this config; `None` where it does.
    pub fn why_inert(&self, field: &Field) -> Option<String> {
        field.why_inert(&|key| self.value(key))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(pairs: &[(&str, Value)]) -> Config {
        Config::of(Value::Map(pairs.iter().map(|(key, value)| (Value::from(*key), value.clone())).collect()))
    }

    fn section(pairs: &[(&str, i64)]) -> Value {
        Value::Map(pairs.iter().map(|(key, value)| (Value::from(*key), Value::from(*value))).collect())
    }

    #[test]
    fn of_two_spellings_the_later_one_wins() {
        let config = config(&[
            ("distributed_type", "FSDP".into()),
            ("fsdp_config", section(&[("fsdp_version", 2), ("version", 1)])),
        ]);
        let version = schema::field("fsdp_config.fsdp_version").expect("the version has a row");
        let (path, _) = config.field(version).expect("it is set");
        assert_eq!(path.to_string(), "fsdp_config.version");
        assert_eq!(config.fsdp_version(), Some(1));
    }

    #[test]
    fn a_silent_file_counts_with_defaults() {
        let config = config(&[("distributed_type", Value::Bool(false))]);
        assert_eq!(config.distributed_type(), Some("NO"));
        assert_eq!(config.int("num_machines"), Some(1));
        assert_eq!(config.int("num_processes"), None);
        assert_eq!(config.value("num_machines"), None);
    }

    #[test]
    fn the_old_precision_switch_counts_where_nothing_newer_does() {
        assert_eq!(config(&[("fp16", true.into())]).mixed_precision().as_deref(), Some("fp16"));
        let both = config(&[("fp16", true.into()), ("mixed_precision", "BF16".into())]);
        assert_eq!(both.mixed_precision().as_deref(), Some("bf16"));
    }

    #[test]
    fn a_field_says_why_it_does_not_matter() {
        let config = config(&[("distributed_type", "MULTI_GPU".into())]);
        let rank = schema::field("machine_rank").expect("the rank has a row");
        assert_eq!(
            config.why_inert(rank).as_deref(),
            Some("only matters with `num_machines` above 1; it is 1 unless set")
        );
    }
}
