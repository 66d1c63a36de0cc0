//! The door to `config.json`: a file, its folder, or the local hub cache. Never the network.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use super::{ModelCard, ModelError, read_text, safetensors};

/// Largest config that is read; real ones have a few kilobytes.
const MOST_BYTES: u64 = 16 << 20;

/// `~/x` below the home folder.
pub(super) fn at_home(words: &str, env: &BTreeMap<String, String>) -> PathBuf {
    match (words.strip_prefix("~/"), env.get("HOME")) {
        (Some(rest), Some(home)) => Path::new(home).join(rest),
        _ => PathBuf::from(words),
    }
}

/// A config, a folder that holds one, or weights.
pub(super) fn read_path(path: &Path) -> Result<ModelCard, ModelError> {
    let name = path.display().to_string();
    if path.is_dir() {
        return read_folder(path, &name);
    }
    if safetensors::is_weights(path) {
        return safetensors::read(path, &name);
    }
    read_text(&text(path)?, &name)
}

/// A folder as transformers saves it. An architecture that is not known is read from the weights.
fn read_folder(folder: &Path, name: &str) -> Result<ModelCard, ModelError> {
    let config = folder.join("config.json");
    let weights = safetensors::within(folder);
    if !config.exists() {
        let Some(weights) = weights else { return Err(empty(folder)) };
        return safetensors::read(&weights, name);
    }
    let shown = config.display().to_string();
    match (read_text(&text(&config)?, &shown), weights) {
        (Ok(card), Some(weights)) => Ok(compared(ModelCard { name: name.to_owned(), ..card }, &weights)),
        (Ok(card), None) => Ok(ModelCard { name: name.to_owned(), ..card }),
        (Err(ModelError::Architecture { .. }), Some(weights)) => safetensors::read(&weights, name),
        (Err(error), _) => Err(error),
    }
}

/// The config's card, with a word on weights that hold more or less. Weights that cannot be read
/// (a download in progress) take nothing from the config.
fn compared(mut card: ModelCard, weights: &Path) -> ModelCard {
    let Ok(stored) = safetensors::count(weights) else { return card };
    if stored != card.parameters() {
        let counted = card.parameters();
        card.unknown
            .push(format!("the weights hold {stored} numbers, the config describes {counted} parameters"));
    }
    card
}

/// The text of the `config.json` that stands for a path: itself, in its folder, or beside weights.
pub(super) fn text_at(path: &Path) -> Result<String, ModelError> {
    if path.is_dir() {
        return text(&path.join("config.json"));
    }
    match path.parent() {
        Some(folder) if safetensors::is_weights(path) => text(&folder.join("config.json")),
        _ => text(path),
    }
}

/// The same for a model of the hub that the cache holds.
pub(super) fn cached_text(id: &str, env: &BTreeMap<String, String>) -> Option<Result<String, ModelError>> {
    let (id, revision) = id.split_once('@').unwrap_or((id, "main"));
    let model = cache(env).join(format!("models--{}", id.replace('/', "--")));
    Some(text(&snapshot(&model, revision)?.join("config.json")))
}

fn empty(folder: &Path) -> ModelError {
    let reason = "holds neither a config.json nor .safetensors weights".to_owned();
    ModelError::Unreadable { path: folder.to_owned(), reason }
}

fn text(path: &Path) -> Result<String, ModelError> {
    let unreadable = |reason: String| ModelError::Unreadable { path: path.to_owned(), reason };
    let size = fs::metadata(path).map_err(|error| unreadable(error.to_string()))?.len();
    if size > MOST_BYTES {
        return Err(unreadable(format!("is {size} bytes large; a config.json has a few thousand")));
    }
    let bytes = fs::read(path).map_err(|error| unreadable(error.to_string()))?;
    String::from_utf8(bytes).map_err(|_| unreadable("is no text in UTF-8".to_owned()))
}

/// Where huggingface_hub keeps its files: `HF_HUB_CACHE`, `HF_HOME/hub`, or `huggingface/hub` below
/// the user's cache folder (huggingface_hub 1.x, `constants.py`).
pub(super) fn cache(env: &BTreeMap<String, String>) -> PathBuf {
    let stated = |key: &str| env.get(key).filter(|value| !value.is_empty());
    if let Some(cache) = stated("HF_HUB_CACHE").or_else(|| stated("HUGGINGFACE_HUB_CACHE")) {
        return at_home(cache, env);
    }
    if let Some(home) = stated("HF_HOME") {
        return at_home(home, env).join("hub");
    }
    let caches = match stated("XDG_CACHE_HOME") {
        Some(caches) => at_home(caches, env),
        None => at_home("~/.cache", env),
    };
    caches.join("huggingface").join("hub")
}

/// The card of a model of the hub, where the cache holds its config or its weights: the revision
/// behind `@`, else `main`, else the only one there is.
pub(super) fn cached(id: &str, env: &BTreeMap<String, String>) -> Result<Option<ModelCard>, ModelError> {
    let (id, revision) = id.split_once('@').unwrap_or((id, "main"));
    let model = cache(env).join(format!("models--{}", id.replace('/', "--")));
    let Some(snapshot) = snapshot(&model, revision) else { return Ok(None) };
    if !snapshot.join("config.json").exists() && safetensors::within(&snapshot).is_none() {
        return Ok(None);
    }
    read_folder(&snapshot, id).map(Some)
}

fn snapshot(model: &Path, revision: &str) -> Option<PathBuf> {
    let snapshots = model.join("snapshots");
    let commit = fs::read_to_string(model.join("refs").join(revision)).ok();
    let named = commit.as_deref().map_or(revision, str::trim);
    let is_plain = !named.is_empty() && named.chars().all(|char| char.is_ascii_alphanumeric());
    let folder = snapshots.join(named);
    if is_plain && folder.is_dir() {
        return Some(folder);
    }
    let mut all = fs::read_dir(&snapshots).ok()?.flatten().map(|entry| entry.path());
    let only = all.next()?;
    (commit.is_none() && revision == "main" && all.next().is_none()).then_some(only)
}
