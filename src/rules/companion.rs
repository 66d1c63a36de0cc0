//! The other file that a config may name: DeepSpeed's own JSON.
//!
//! This room reads no file. Whoever may looks for the one that [`wanted`] names and hands over what
//! was found.

use std::path::Path;

use super::Rule;
use super::facts::{Facts, Nature};
use crate::config::Config;
use crate::document::{Document, FaultKind, FileError, Format};
use crate::finding::{Finding, Place};
use crate::key::KeyPath;
use crate::value::Value;

/// Where a config names the file.
pub(super) const FILE: &str = "deepspeed_config.deepspeed_config_file";

/// What was found of DeepSpeed's file.
#[derive(Clone, Debug, Default)]
pub enum Companion {
    /// Nobody looked, or there was nothing to look for.
    #[default]
    Unseen,
    /// There is no such file.
    Missing {
        /// Its name as the config writes it.
        name: String,
        /// A file of that name beside the config itself, where Accelerate does not look.
        beside: Option<String>,
    },
    /// The file was read.
    Read {
        /// Its name as the config writes it.
        name: String,
        /// Its text.
        document: Document,
    },
}

impl Companion {
    /// What there is of the file that a document names. `folder` is the document's own; `read` is the door
    /// through which files are read, relative to the folder where the program was started, as Accelerate
    /// reads relative to the folder where the job is.
    pub fn of(
        document: &Document,
        folder: &Path,
        read: impl Fn(&Path) -> Result<Document, FileError>,
    ) -> Companion {
        let Some(name) = wanted(document) else { return Companion::Unseen };
        match read(Path::new(&name)) {
            Ok(document) => Companion::Read { document: as_json(document), name },
            Err(FileError::Missing { .. } | FileError::NoFolder(_)) => {
                let path = folder.join(&name);
                let is_elsewhere = path != Path::new(".").join(&name) && Path::new(&name).is_relative();
                let beside = (is_elsewhere && read(&path).is_ok()).then(|| path.display().to_string());
                Companion::Missing { name, beside }
            }
            // A file that this person may not read is there for somebody else, perhaps.
            Err(_) => Companion::Unseen,
        }
    }

    /// True for what was found under the name that the document writes now.
    pub(super) fn is_of(&self, document: &Document) -> bool {
        match self {
            Companion::Unseen => true,
            Companion::Missing { name, .. } | Companion::Read { name, .. } => {
                wanted(document).as_ref() == Some(name)
            }
        }
    }

    /// The file's name and text, where it was read.
    pub fn named(&self) -> Option<(&str, &Document)> {
        match self {
            Companion::Read { name, document } => Some((name, document)),
            _ => None,
        }
    }

    /// The file's text, where it was read.
    pub fn document(&self) -> Option<&Document> {
        self.named().map(|(_, document)| document)
    }
}

/// Accelerate reads the file with Python's json, whatever its suffix.
fn as_json(document: Document) -> Document {
    match document.fault() {
        Some(fault) if fault.kind == FaultKind::NotUtf8 => document,
        _ => Document::parse(document.text(), Format::Json),
    }
}

/// The path of DeepSpeed's file, relative to the folder where the job is started; `None` for a config
/// that names none or holds the JSON itself.
pub fn wanted(document: &Document) -> Option<String> {
    let root = document.value();
    let is_deepspeed = root.get("distributed_type").and_then(Value::as_text) == Some("DEEPSPEED");
    let path = document.node(&KeyPath::of(FILE))?.value().as_text()?.to_owned();
    (is_deepspeed && is_path(&path)).then_some(path)
}

/// True for text that Accelerate looks up as a file: not the word none, and no JSON, plain or in base64
/// (accelerate 1.15.0, `HfDeepSpeedConfig`).
pub(super) fn is_path(text: &str) -> bool {
    let is_json = text.trim_start().starts_with('{');
    // Base64 of an opening brace and what may follow it.
    let is_base64 = text.len() >= 12
        && ["ey", "ew"].iter().any(|start| text.starts_with(start))
        && text.chars().all(|letter| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_' | '='));
    !text.is_empty() && text != "none" && !is_json && !is_base64
}

/// What is wrong with the other file itself, told where the config names it.
pub(super) fn findings(facts: &Facts, is_asked: &dyn Fn(&Rule) -> bool) -> Vec<Finding> {
    let Companion::Read { name, document } = facts.companion else { return Vec::new() };
    if facts.nature != Nature::Config || !facts.is_type("DEEPSPEED") {
        return Vec::new();
    }
    let config = Config::read(document);
    let inner = Facts::of_companion(document, &config, facts.release, processes(facts));
    super::ask(&inner, is_asked).into_iter().map(|finding| lifted(finding, name)).collect()
}

/// Processes over all machines, where the config says so and nothing else divides them.
fn processes(facts: &Facts) -> Option<i64> {
    let number = |key: &str| facts.get(key).and_then(Value::as_int).filter(|number| *number > 0);
    if facts.entry("parallelism_config").is_some_and(|entry| entry.value.is_truthy()) {
        return None;
    }
    let machines = number("num_machines").unwrap_or(1);
    // The launcher starts the same number on each machine, rounded down.
    Some(number("num_processes")? / machines * machines).filter(|processes| *processes > 0)
}

/// A finding in the other file as one of the config: it points to both.
fn lifted(finding: Finding, name: &str) -> Finding {
    let Finding { rule, severity, message, place, label, related, help, fix, .. } = finding;
    let mut lifted = Finding {
        rule,
        severity,
        message,
        place: Place::value(FILE),
        label: "in this file".to_owned(),
        related: Vec::new(),
        elsewhere: Vec::new(),
        help: match rule {
            "json/syntax" => Some("repair it: this file must be strict JSON, whatever its name".to_owned()),
            _ => help,
        },
        fix: None,
    };
    lifted.point(name, place, if label.is_empty() { "here".to_owned() } else { label });
    for (place, words) in related {
        lifted.point(name, place, words);
    }
    if rule == "deepspeed-file/batch-arithmetic" {
        lifted.relate(Place::value("num_processes"), "processes");
    }
    if let (Some(fix), Some(help)) = (fix.filter(|fix| fix.safe), &mut lifted.help) {
        help.push_str(&format!("; `accel-studio fix {name}` does: {}", fix.title));
    }
    lifted
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wants(text: &str) -> Option<String> {
        wanted(&Document::parse(text, Format::Yaml))
    }

    #[test]
    fn a_path_is_wanted_and_json_in_place_is_not() {
        let named = |value: &str| {
            wants(&format!(
                "distributed_type: DEEPSPEED\ndeepspeed_config:\n  deepspeed_config_file: {value}\n"
            ))
        };
        assert_eq!(named("ds.json").as_deref(), Some("ds.json"));
        assert_eq!(named("none"), None);
        assert_eq!(named("'{\"bf16\": {}}'"), None);
        assert_eq!(named("eyJiZjE2Ijoge319"), None);
        assert_eq!(named("[a]"), None);
    }

    #[test]
    fn only_deepspeed_jobs_want_one() {
        assert_eq!(
            wants("distributed_type: FSDP\ndeepspeed_config:\n  deepspeed_config_file: ds.json\n"),
            None
        );
    }
}
