//! One entry for everybody who names a model: a preset, a path, or an address on the hub. Knows no
//! file itself; the doors beside it do.

use std::collections::BTreeMap;
use std::path::Path;

use crate::presets::{self, ModelPreset};

use serde_json::Value as Json;

use super::config::parse;
use super::{ModelCard, ModelError, hf_config, read_text};

/// Finds a model by what a person wrote: the name of a preset (`llama-3.1-8b`), a config.json or the
/// folder around it, a .safetensors file or its index, or `org/name` in the local hub cache.
///
/// `env` are the environment variables that say where the cache lies.
///
/// # Errors
/// What is wrong with the file; for a model of the hub that is not in the cache, how to get it.
pub fn find(words: &str, env: &BTreeMap<String, String>) -> Result<ModelCard, ModelError> {
    let words = words.trim();
    if let Some(preset) = presets::model(words) {
        return read_preset(preset);
    }
    let path = hf_config::at_home(words, env);
    if path.exists() && !words.is_empty() {
        return hf_config::read_path(&path);
    }
    if is_path(words) {
        return Err(ModelError::Unreadable { path, reason: "there is no such file or folder".to_owned() });
    }
    if !is_hub_id(words) {
        return Err(no_name(words));
    }
    let absent = |cache| ModelError::Absent { id: words.to_owned(), cache, preset: same_model(words) };
    match hf_config::cached(words, env) {
        Ok(Some(card)) => Ok(card),
        Ok(None) if words.contains('/') => Err(absent(hf_config::cache(env))),
        Ok(None) => Err(no_name(words)),
        Err(error) => Err(error),
    }
}

/// The whole `config.json` of a model that [`find`] finds.
///
/// # Errors
/// Those of [`find`]; weights without a `config.json` beside them.
pub fn config(words: &str, env: &BTreeMap<String, String>) -> Result<Json, ModelError> {
    let words = words.trim();
    let path = hf_config::at_home(words, env);
    let text = match presets::model(words) {
        Some(preset) => preset.text.to_owned(),
        None if path.exists() => hf_config::text_at(&path)?,
        None => match hf_config::cached_text(words, env) {
            Some(text) => text?,
            None => return Err(find(words, env).err().unwrap_or_else(|| no_name(words))),
        },
    };
    parse(&text, words)
}

/// The card of a preset; its hub id is its name only where it has one.
fn read_preset(preset: &ModelPreset) -> Result<ModelCard, ModelError> {
    read_text(preset.text, preset.name)
}

fn same_model(id: &str) -> Option<String> {
    presets::model_on_hub(id).map(|preset| preset.name.to_owned())
}

/// Whether a person plainly meant a path.
fn is_path(words: &str) -> bool {
    let has_ending = [".json", ".safetensors"].iter().any(|ending| words.ends_with(ending));
    has_ending || words.starts_with(['.', '/', '~', '\\']) || Path::new(words).is_absolute()
}

/// `name` or `org/name`, perhaps with `@revision`, in the letters that the hub allows.
fn is_hub_id(words: &str) -> bool {
    let is_word = |word: &str| {
        !word.is_empty()
            && !word.starts_with(['.', '-'])
            && word.chars().all(|char| char.is_ascii_alphanumeric() || "._-@".contains(char))
    };
    words.split('/').count() <= 2 && words.split('/').all(is_word)
}

fn no_name(words: &str) -> ModelError {
    let names = presets::MODELS.iter().map(|preset| preset.name);
    let near = match crate::text::nearest(words, names) {
        Some(name) => format!("perhaps `{name}`"),
        None => "such as `llama-3.1-8b`, `qwen2.5-7b` or `bert-base-uncased`".to_owned(),
    };
    ModelError::NoName { name: words.to_owned(), near }
}

#[cfg(test)]
#[path = "find_tests.rs"]
mod tests;
