//! The project's own settings: `accel-studio.yaml`, found in the folder of a config or above it.
//!
//! Read and written through serde, because the file is ours: YAML 1.2 and strict. It knows rules by
//! name only; whether a rule of that name exists is for its users to say.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::finding::Severity;
use crate::schema::Release;

mod keep;
mod words;

pub use keep::keep;

/// The name of the file.
pub const FILE: &str = "accel-studio.yaml";

/// What a project asks for. Everything is optional.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// The Accelerate release that the configs are for: `accelerate: 1.15`.
    #[serde(with = "words::release", skip_serializing_if = "Option::is_none")]
    pub accelerate: Option<Release>,
    /// From which severity on `validate` exits with 1: `fail_on: warning`.
    #[serde(with = "words::severity", skip_serializing_if = "Option::is_none")]
    pub fail_on: Option<Severity>,
    /// The machine that trains: a file of `accel-studio probe --save`, or a name of the catalogue.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub machine: Option<String>,
    /// The model that is trained: a preset, an id of the hub or a path.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// What one step of training is, by the names of `memory::WORKLOAD_FIELDS`.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", with = "words::plain")]
    pub workload: BTreeMap<String, String>,
    /// What to do with single rules.
    #[serde(skip_serializing_if = "RuleSettings::is_empty")]
    pub rules: RuleSettings,
}

/// What to do with rules: each word is a rule's name, a subject, `default` or `all`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct RuleSettings {
    /// Only findings of these are shown; none written means `default`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub select: Vec<String>,
    /// Findings of these are not shown.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub ignore: Vec<String>,
    /// Findings of these count as this bad.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", with = "words::severities")]
    pub severity: BTreeMap<String, Severity>,
}

/// Settings and where they stand.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// The file; `None` where there is none and the defaults apply.
    pub path: Option<PathBuf>,
    /// What it says.
    pub settings: Settings,
}

/// Why settings could not be read.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// The file is there but cannot be read.
    #[error("{}: cannot be read: {reason}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        reason: io::Error,
    },
    /// The file does not say what settings say.
    #[error("{}{}: {message}", path.display(), Spot(*place))]
    Wrong {
        /// The file.
        path: PathBuf,
        /// Line and column, from 1, where they are known.
        place: Option<(usize, usize)>,
        /// What is wrong, in lower case.
        message: String,
    },
}

/// `:line:column`, or nothing.
struct Spot(Option<(usize, usize)>);

impl fmt::Display for Spot {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.map_or(Ok(()), |(line, column)| write!(out, ":{line}:{column}"))
    }
}

/// The settings for the files of a folder: the nearest `accel-studio.yaml` in it or above it.
pub fn above(folder: &Path) -> Result<Found, SettingsError> {
    // A folder that cannot be resolved has nothing above it; its files will say why themselves.
    let Ok(folder) = folder.canonicalize() else { return Ok(Found::default()) };
    match folder.ancestors().map(|folder| folder.join(FILE)).find(|path| path.is_file()) {
        Some(path) => Ok(Found { settings: read(&path)?, path: Some(path) }),
        None => Ok(Found::default()),
    }
}

/// The settings of one file.
pub fn read(path: &Path) -> Result<Settings, SettingsError> {
    let text = fs::read_to_string(path)
        .map_err(|reason| SettingsError::Unreadable { path: path.to_owned(), reason })?;
    Settings::parse(&text).map_err(|error| SettingsError::Wrong {
        path: path.to_owned(),
        place: error.location().map(|place| (place.line(), place.column())),
        message: sentence(&error.to_string()),
    })
}

impl Settings {
    /// Reads the text of a settings file; one that holds nothing, or only comments, asks for nothing.
    pub fn parse(text: &str) -> Result<Settings, serde_yaml::Error> {
        Ok(serde_yaml::from_str::<Option<Settings>>(text)?.unwrap_or_default())
    }

    /// The text of a settings file.
    pub fn text(&self) -> String {
        serde_yaml::to_string(self).expect("settings are plain words, lists and maps")
    }
}

impl RuleSettings {
    fn is_empty(&self) -> bool {
        *self == RuleSettings::default()
    }

    /// Every name that is written.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.select.iter().chain(&self.ignore).chain(self.severity.keys()).map(String::as_str)
    }
}

/// Without the place, which is told by itself: "… at line 2 column 1".
fn sentence(message: &str) -> String {
    message.split_once(" at line ").map_or(message, |(sentence, _)| sentence).to_owned()
}

#[cfg(test)]
mod tests;
