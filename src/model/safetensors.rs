//! The door to weights: the header of a .safetensors file, or of all files that an index names.
//! Numbers themselves are never read.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::weights::{self, Stored};
use super::{ModelCard, ModelError};

/// Largest header that the format allows (safetensors, `MAX_HEADER_SIZE`).
const MOST_HEADER: u64 = 100_000_000;
/// Weights as transformers and diffusers name them, those in several files first.
const NAMES: [&str; 4] = [
    "model.safetensors.index.json",
    "model.safetensors",
    "diffusion_pytorch_model.safetensors.index.json",
    "diffusion_pytorch_model.safetensors",
];

/// Whether a file is weights or their index, by its name.
pub(super) fn is_weights(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    name.ends_with(".safetensors") || name.ends_with(".safetensors.index.json")
}

/// The weights of a folder.
pub(super) fn within(folder: &Path) -> Option<PathBuf> {
    NAMES.iter().map(|name| folder.join(name)).find(|path| path.exists())
}

/// The card that the weights alone tell.
pub(super) fn read(path: &Path, name: &str) -> Result<ModelCard, ModelError> {
    weights::card(&tensors(path)?, name)
}

/// How many numbers the weights hold.
pub(super) fn count(path: &Path) -> Result<u64, ModelError> {
    Ok(tensors(path)?.iter().fold(0, |sum: u64, it| sum.saturating_add(it.numbers())))
}

fn tensors(path: &Path) -> Result<Vec<Stored>, ModelError> {
    if !path.to_string_lossy().ends_with(".json") {
        return header(path);
    }
    let mut all = Vec::new();
    for file in files_of(path)? {
        all.extend(header(&path.with_file_name(file))?);
    }
    Ok(all)
}

/// The files that an index names, each once.
fn files_of(index: &Path) -> Result<BTreeSet<String>, ModelError> {
    let wrong = |reason: String| ModelError::Unreadable { path: index.to_owned(), reason };
    let text = fs::read_to_string(index).map_err(|error| wrong(error.to_string()))?;
    let value: Value =
        serde_json::from_str(&text).map_err(|error| wrong(format!("this is no JSON: {error}")))?;
    let map = value.get("weight_map").and_then(Value::as_object);
    let map =
        map.ok_or_else(|| wrong("has no `weight_map`, which says where each tensor lies".to_owned()))?;
    let plain = |file: &Value| file.as_str().filter(|file| !file.contains(['/', '\\'])).map(str::to_owned);
    let files: Option<BTreeSet<String>> = map.values().map(plain).collect();
    files.ok_or_else(|| wrong("`weight_map` names something else than files beside it".to_owned()))
}

/// The header of one file.
fn header(path: &Path) -> Result<Vec<Stored>, ModelError> {
    let wrong = |reason: String| ModelError::Unreadable { path: path.to_owned(), reason };
    let mut file = File::open(path).map_err(|error| wrong(error.to_string()))?;
    let size = file.metadata().map_err(|error| wrong(error.to_string()))?.len();
    let mut length = [0; 8];
    let short =
        "ends within the first 8 bytes, which say how long the header is; the download is not complete";
    file.read_exact(&mut length).map_err(|_| wrong(short.to_owned()))?;
    let length = u64::from_le_bytes(length);
    if length > MOST_HEADER {
        return Err(wrong(format!("claims a header of {length} bytes; this is no safetensors file")));
    }
    if length > size.saturating_sub(8) {
        let there = size.saturating_sub(8);
        return Err(wrong(format!(
            "ends within its header: {there} of {length} bytes are there; download it again"
        )));
    }
    let mut bytes = Vec::new();
    file.take(length).read_to_end(&mut bytes).map_err(|error| wrong(error.to_string()))?;
    weights::header(&bytes).map_err(wrong)
}
