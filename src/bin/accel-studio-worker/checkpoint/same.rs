//! Whether a checkpoint belongs to the model that is trained, and if not, in what they differ.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::Value;

use super::{CheckpointError, Result, State};
use crate::engine::UnitState;

/// Keys of a `config.json` that say nothing of how the model computes.
const WORDS: [&str; 8] = [
    "_name_or_path",
    "architectures",
    "dtype",
    "torch_dtype",
    "transformers_version",
    "use_cache",
    "task_specific_params",
    "pretraining_tp",
];

/// Refuses a checkpoint whose units or config are not those of the model.
pub fn refuse_other(path: &Path, state: &State, config: &Value, own: &[UnitState]) -> Result<()> {
    match config_difference(&state.config, config).or_else(|| unit_difference(state, own)) {
        Some(why) => Err(CheckpointError::OtherModel { path: path.to_owned(), why }),
        None => Ok(()),
    }
}

/// The first key that differs.
fn config_difference(theirs: &Value, ours: &Value) -> Option<String> {
    let keys =
        |config: &Value| config.as_object().into_iter().flat_map(|object| object.keys().cloned()).collect();
    let all: BTreeSet<String> =
        [keys(theirs), keys(ours)].into_iter().flat_map(|keys: Vec<String>| keys).collect();
    let key =
        all.into_iter().find(|key| !WORDS.contains(&key.as_str()) && theirs.get(key) != ours.get(key))?;
    let says = |config: &Value| config.get(&key).map_or("not set".to_owned(), Value::to_string);
    Some(format!("its `{key}` is {}, the model's is {}", says(theirs), says(ours)))
}

fn unit_difference(state: &State, own: &[UnitState]) -> Option<String> {
    if state.units.len() != own.len() {
        return Some(format!("it has {} units, the model has {}", state.units.len(), own.len()));
    }
    let mut pairs = state.units.iter().zip(own);
    let (theirs, ours) =
        pairs.find(|(theirs, ours)| (&theirs.name, theirs.numel) != (&ours.name, ours.numel))?;
    Some(format!(
        "its unit `{}` has {} numbers where the model has `{}` with {}",
        theirs.name, theirs.numel, ours.name, ours.numel
    ))
}
