//! Changing one setting in the file, without touching the rest of it or its comments.

use std::path::Path;

use super::{FILE, Settings};
use crate::document::{Document, Edit, FileError, Format, Overwrite, Stored};
use crate::key::KeyPath;
use crate::value::Value;

/// Writes a setting into `accel-studio.yaml` of a folder, or takes it out; a file that is not there is
/// begun. `Err` says in lower case why it could not be kept.
pub fn keep(folder: &Path, key: &KeyPath, value: Option<Value>) -> Result<(), String> {
    let path = folder.join(FILE);
    let mut stored = match Stored::read(&path) {
        Ok(stored) => stored,
        Err(FileError::Missing { .. }) => Stored::new(&path, Document::parse("", Format::Yaml)),
        Err(error) => return Err(error.to_string()),
    };
    let changed =
        changed(stored.document(), key, value).map_err(|reason| format!("{}: {reason}", path.display()))?;
    stored.save(&changed, Overwrite::Refuse).map_err(|error| error.to_string())
}

/// The text with another setting; `Err` where it would no longer be settings.
fn changed(document: &Document, key: &KeyPath, value: Option<Value>) -> Result<Document, String> {
    let edit = match (value, document.pair(key).is_some()) {
        (None, false) => return Ok(document.clone()),
        (None, true) => Edit::Remove { path: key.clone() },
        (Some(value), _) => Edit::Set { path: key.clone(), value },
    };
    let applied = document.apply(&[edit]).map_err(|refusal| refusal.to_string())?;
    Settings::parse(applied.document.text()).map_err(|error| error.to_string())?;
    Ok(applied.document)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(text: &str, key: &str, value: Option<Value>) -> Result<String, String> {
        let document = Document::parse(text, Format::Yaml);
        changed(&document, &KeyPath::of(key), value).map(|document| document.text().to_owned())
    }

    #[test]
    fn one_setting_changes_and_comments_stay() {
        let text = "# ours\nmodel: gpt2  # small\nworkload:\n  sequence: 512\n";
        assert_eq!(
            after(text, "workload.sequence", Some(Value::int(1024))),
            Ok("# ours\nmodel: gpt2  # small\nworkload:\n  sequence: 1024\n".to_owned())
        );
        assert_eq!(
            after(text, "model", Some(Value::text("bert-base"))),
            Ok("# ours\nmodel: bert-base  # small\nworkload:\n  sequence: 512\n".to_owned())
        );
        assert_eq!(
            after("", "workload.sequence", Some(Value::int(8))),
            Ok("workload:\n  sequence: 8\n".to_owned())
        );
        assert_eq!(after("model: gpt2\n", "model", None), Ok("{}\n".to_owned()));
    }

    #[test]
    fn a_file_that_is_no_settings_is_left_alone() {
        assert!(after("- a\n", "model", Some(Value::text("gpt2"))).is_err());
    }
}
