//! Why a model could not be read: what is wrong, where, and what to do. Knows no file itself.

use std::path::PathBuf;

use thiserror::Error;

/// Why there is no model card.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ModelError {
    /// The text is no JSON.
    #[error("{name}:{line}:{column}: this is no JSON: {reason}")]
    Json {
        /// Path or name.
        name: String,
        /// Line, from 1.
        line: usize,
        /// Column, from 1.
        column: usize,
        /// What the reader says.
        reason: String,
    },
    /// It is JSON, but not an object with fields.
    #[error("{name}: a model's config is an object with fields; this is {found}")]
    NoObject {
        /// Path or name.
        name: String,
        /// `a list`, `a text`.
        found: &'static str,
    },
    /// Fields that decide the size of the model are not stated.
    #[error(
        "{name}: {} missing, without which the size of a `{family}` model is unknown; copy the whole config.json of the model",
        are(fields)
    )]
    Missing {
        /// Path or name.
        name: String,
        /// `model_type`.
        family: String,
        /// The fields.
        fields: Vec<String>,
    },
    /// A field holds what no model can have.
    #[error("{name}: `{field}` {reason}")]
    Field {
        /// Path or name.
        name: String,
        /// Where it stands: `text_config.hidden_size`.
        field: String,
        /// `is -1; …`.
        reason: String,
    },
    /// Neither the architecture nor the usual field names are known.
    #[error(
        "{name}: {what}; known are {known}; the header of its weights (a .safetensors file or model.safetensors.index.json) would do as well"
    )]
    Architecture {
        /// Path or name.
        name: String,
        /// `` `model_type: mamba` is not known … ``.
        what: String,
        /// All that are known, as a sentence.
        known: String,
    },
    /// More parameters than any machine could hold: a slip, not a model.
    #[error("{name}: {parameters} parameters cannot be meant; look at {fields}")]
    Absurd {
        /// Path or name.
        name: String,
        /// How many.
        parameters: u128,
        /// The fields that make it so large.
        fields: String,
    },
    /// A model of the hub that is not in the local cache; the network is never asked.
    #[error("{id} is not in the hub cache {}; `hf download {id} config.json` puts its config there{}", cache.display(), instead(preset.as_deref()))]
    Absent {
        /// `org/name`.
        id: String,
        /// The folder that was looked through.
        cache: PathBuf,
        /// A preset of the same model.
        preset: Option<String>,
    },
    /// Neither a preset, nor a path, nor an address on the hub.
    #[error(
        "`{name}` is no model that is known here; name a preset ({near}), a config.json or its folder, a .safetensors file, or a model of the hub as org/name"
    )]
    NoName {
        /// What was asked for.
        name: String,
        /// The nearest presets, or examples of them.
        near: String,
    },
    /// A file could not be read.
    #[error("{}: {reason}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system says, and what to do.
        reason: String,
    },
}

/// "`a` is", "`a` and `b` are".
fn are(fields: &[String]) -> String {
    let quoted = crate::text::all_of(fields.iter().map(|field| format!("`{field}`")));
    format!("{quoted} {}", if fields.len() == 1 { "is" } else { "are" })
}

/// What to say of a preset.
fn instead(preset: Option<&str>) -> String {
    preset.map_or_else(String::new, |name| format!("; or take the preset `{name}`, which is the same model"))
}
