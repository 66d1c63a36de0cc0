//! Weights of a model in one file, in several with an index, or in a folder with either; checked before anything is
//! computed, read unit by unit.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use tch::{Device, Kind, Tensor};

use super::error::{Result, WeightsError};
use super::file::{File, Stored, is_trainable, refused};
use crate::network::{Entry, Network, Unit};

/// The names that transformers gives to the weights of a folder.
const INDEX: &str = "model.safetensors.index.json";
const WHOLE: &str = "model.safetensors";
/// Prefixes that transformers leaves out where a model was saved without its head.
const TRUNKS: [&str; 2] = ["model.", "transformer."];
/// Ends of names that are no parameters: masks and frequencies that older versions saved.
const NO_PARAMETERS: [&str; 3] = [".attn.bias", ".attn.masked_bias", ".rotary_emb.inv_freq"];
/// Names that one message lists.
const LISTED: usize = 3;

/// Weights that are there to be read.
#[derive(Debug)]
pub struct Reader {
    path: PathBuf,
    files: Vec<File>,
    /// Which file holds a tensor.
    places: BTreeMap<String, usize>,
}

impl Reader {
    /// Opens a `.safetensors` file, an index, or a folder with either.
    ///
    /// # Errors
    /// A file that is missing, cut off or none of these, by its path.
    pub fn open(path: &Path) -> Result<Reader> {
        let paths = if path.is_dir() { within(path)? } else { listed(path)? };
        let files = paths.iter().map(|path| File::open(path)).collect::<Result<Vec<_>>>()?;
        let mut places = BTreeMap::new();
        for (number, file) in files.iter().enumerate() {
            places.extend(file.names().map(|name| (name, number)));
        }
        Ok(Reader { path: path.to_owned(), files, places })
    }

    /// Whether these are the weights of a network: every tensor there, of its shape, and none that it does not have.
    ///
    /// # Errors
    /// What does not fit, by the tensors' names.
    pub fn check(&self, network: &Network) -> Result<()> {
        let entries: Vec<&Entry> = network.units().iter().flat_map(|unit| &unit.entries).collect();
        let missing = entries.iter().filter(|entry| self.find(&entry.name).is_none());
        let missing: Vec<&str> = missing.map(|entry| entry.name.as_str()).collect();
        if !missing.is_empty() {
            return Err(self.missing(&missing, entries.len()));
        }
        entries.iter().try_for_each(|entry| self.check_entry(entry))?;
        let used: BTreeSet<&str> =
            entries.iter().filter_map(|entry| self.find(&entry.name)).map(|it| it.0).collect();
        let is_tied = !entries.iter().any(|entry| entry.name == HEAD);
        let spare = |name: &&String| {
            let is_known =
                NO_PARAMETERS.iter().any(|end| name.ends_with(end)) || is_tied && name.as_str() == HEAD;
            !used.contains(name.as_str()) && !is_known
        };
        let unexpected: Vec<&str> = self.places.keys().filter(spare).map(String::as_str).collect();
        if unexpected.is_empty() { Ok(()) } else { Err(self.unexpected(&unexpected)) }
    }

    /// A unit's flat tensor: fp32, on the CPU, without padding.
    ///
    /// # Errors
    /// As [`Reader::check`], for this unit.
    pub fn unit(&self, unit: &Unit) -> Result<Tensor> {
        let flat = Tensor::f_empty([unit.numel], (Kind::Float, Device::Cpu))
            .map_err(WeightsError::at(&self.path))?;
        for entry in &unit.entries {
            self.check_entry(entry)?;
            let (name, file) = self.found(entry)?;
            let numbers = file.numbers(name)?;
            let place = flat.f_narrow(0, entry.offset, entry.numel());
            let copied = place.and_then(|mut place| place.f_copy_(&numbers));
            copied.map_err(WeightsError::at(file.path()))?;
        }
        Ok(flat)
    }

    /// Where a tensor lies, under its own name or without the trunk's prefix.
    fn find(&self, name: &str) -> Option<(&str, &File)> {
        let short = TRUNKS.iter().find_map(|trunk| name.strip_prefix(trunk));
        let names = [Some(name), short].into_iter().flatten();
        let (name, number) = names.filter_map(|name| self.places.get_key_value(name)).next()?;
        Some((name.as_str(), self.files.get(*number)?))
    }

    fn found(&self, entry: &Entry) -> Result<(&str, &File)> {
        self.find(&entry.name).ok_or_else(|| self.missing(&[&entry.name], 1))
    }

    fn check_entry(&self, entry: &Entry) -> Result<()> {
        let (name, file) = self.found(entry)?;
        let Some(stored) = file.stored(name) else { return Err(self.missing(&[name], 1)) };
        if stored.shape != entry.shape {
            return Err(WeightsError::new(file.path(), mismatch(name, entry, &stored)));
        }
        match is_trainable(stored.dtype) {
            true => Ok(()),
            false => Err(WeightsError::new(file.path(), refused(name, stored.dtype))),
        }
    }

    fn missing(&self, names: &[&str], all: usize) -> WeightsError {
        let hint = match names {
            [HEAD] => "; if the head reads the embedding, set `tie_word_embeddings: true` in the config",
            _ if names.len() == all && all > 1 => "; these are the weights of another model",
            _ => "; a part of the weights is missing, or the config belongs to another model",
        };
        let reason = format!("has no {}{hint}", several(names));
        WeightsError::new(&self.path, reason)
    }

    fn unexpected(&self, names: &[&str]) -> WeightsError {
        let reason = format!(
            "holds {}, for which the config has no place; compare its `num_hidden_layers` and biases with the model's \
             own config.json",
            several(names)
        );
        WeightsError::new(&self.path, reason)
    }
}

/// The head's matrix, where it is not the embedding's.
const HEAD: &str = "lm_head.weight";

/// `` `a`, `b` and 4 more tensors ``.
fn several(names: &[&str]) -> String {
    let quoted = names.iter().take(LISTED).map(|name| format!("`{name}`"));
    match names.len().saturating_sub(LISTED) {
        0 => accel_studio::text::all_of(quoted),
        1 => accel_studio::text::all_of(quoted.chain(["1 more tensor".to_owned()])),
        more => accel_studio::text::all_of(quoted.chain([format!("{more} more tensors")])),
    }
}

fn mismatch(name: &str, entry: &Entry, stored: &Stored) -> String {
    let (shape, wanted) = (&stored.shape, &entry.shape);
    let is_vocabulary = name.ends_with("embed_tokens.weight") || name.ends_with("wte.weight") || name == HEAD;
    if is_vocabulary && shape.len() == 2 && shape[1] == wanted[1] {
        return format!(
            "`{name}` has rows for {} tokens, but the config's `vocab_size` is {}; set it to {} and take the tokenizer \
             that belongs to these weights",
            shape[0], wanted[0], shape[0]
        );
    }
    format!(
        "`{name}` has the shape {shape:?}, but the config makes it {wanted:?}; take the config.json of these weights"
    )
}

/// The weights of a folder.
fn within(folder: &Path) -> Result<Vec<PathBuf>> {
    let (index, whole) = (folder.join(INDEX), folder.join(WHOLE));
    if index.exists() {
        return listed(&index);
    }
    if whole.exists() {
        return Ok(vec![whole]);
    }
    let has_old = folder.join("pytorch_model.bin").exists();
    let hint =
        if has_old { "; convert its pytorch_model.bin with transformers' `save_pretrained`" } else { "" };
    Err(WeightsError::new(folder, format!("holds neither {WHOLE} nor {INDEX}{hint}")))
}

/// A file, or those that an index names.
fn listed(path: &Path) -> Result<Vec<PathBuf>> {
    if !path.exists() {
        return Err(WeightsError::new(
            path,
            "does not exist; name a .safetensors file, its index or their folder",
        ));
    }
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    if !name.ends_with(".json") {
        return Ok(vec![path.to_owned()]);
    }
    let text = fs::read_to_string(path).map_err(WeightsError::at(path))?;
    let index: Value = serde_json::from_str(&text)
        .map_err(|error| WeightsError::new(path, format!("is no JSON ({error}); fetch it again")))?;
    let map = index.get("weight_map").and_then(Value::as_object);
    let map =
        map.ok_or_else(|| WeightsError::new(path, "has no `weight_map`, which says where each tensor lies"))?;
    let plain = |file: &Value| file.as_str().filter(|file| !file.contains(['/', '\\'])).map(str::to_owned);
    let files: Option<BTreeSet<String>> = map.values().map(plain).collect();
    let outside = "`weight_map` names something else than files beside it";
    let files = files.ok_or_else(|| WeightsError::new(path, outside))?;
    let paths: Vec<PathBuf> = files.iter().map(|file| path.with_file_name(file)).collect();
    match paths.iter().find(|path| !path.exists()) {
        Some(absent) => Err(WeightsError::new(absent, format!("is missing, but {name} names it; fetch it"))),
        None => Ok(paths),
    }
}
