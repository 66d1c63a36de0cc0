//! Which files a person means: names as they are, folders searched for Accelerate configs.
//!
//! A file that was found, not named, is only taken when its text speaks of Accelerate; foreign YAML
//! beside it is passed over without a word.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::source::Source;
use crate::config::{Sort, sort};
use crate::document::{Document, Format};
use crate::key::KeyPath;
use crate::report::Unread;

/// Folders below the named one that are searched; deeper ones hold no configs, but may hold loops.
const DEPTH: usize = 12;

/// Largest file that is looked into when it was not named.
const LARGEST: u64 = 1 << 20;

/// Folders that hold other people's files.
const FOREIGN: [&str; 6] = ["node_modules", "__pycache__", "site-packages", "target", "venv", "env"];

/// Keys that no other tool's YAML has at its top level.
const TELLTALES: [&str; 5] =
    ["compute_environment", "distributed_type", "fsdp_config", "deepspeed_config", "megatron_lm_config"];

/// What the arguments name, in their order; what cannot be looked at stands in its place. Where others
/// are skipped, a named file counts as one that was found.
pub fn sources(named: &[PathBuf], stdin_name: &str, skips_others: bool) -> Vec<Result<Source, Unread>> {
    if named.is_empty() && !skips_others {
        return folder(Path::new("."));
    }
    let is_meant = |path: &&PathBuf| !(skips_others && is_other(path));
    named.iter().filter(is_meant).flat_map(|path| one(path, stdin_name)).collect()
}

/// True for a file that can be read, is not named for Accelerate and does not speak of it.
fn is_other(path: &Path) -> bool {
    let name = path.file_name().map(|name| name.to_string_lossy().replace('-', "_")).unwrap_or_default();
    let is_file = fs::File::open(path).and_then(|file| file.metadata()).is_ok_and(|about| about.is_file());
    is_file && !name.starts_with("accelerate_config") && !is_config(path)
}

fn one(path: &Path, stdin_name: &str) -> Vec<Result<Source, Unread>> {
    if path.as_os_str() == "-" {
        vec![Ok(Source::Stdin(stdin_name.to_owned()))]
    } else if path.is_dir() {
        folder(path)
    } else {
        vec![Ok(Source::File(path.to_owned()))]
    }
}

fn folder(path: &Path) -> Vec<Result<Source, Unread>> {
    let name = path.display().to_string();
    let mut files = Vec::new();
    match search(path, DEPTH, &mut files) {
        Err(error) => {
            let reason = format!("the folder `{name}` cannot be read: {error}");
            vec![Err(Unread { name, reason })]
        }
        Ok(()) if files.is_empty() => {
            let place = if name == "." { "this folder".to_owned() } else { format!("`{name}`") };
            let reason = format!("there is no Accelerate config in {place}; name a file to check it anyway");
            vec![Err(Unread { name, reason })]
        }
        Ok(()) => files.into_iter().map(|file| Ok(Source::File(file))).collect(),
    }
}

/// Adds the configs of a folder, its own before those of the folders in it, each by name.
fn search(folder: &Path, depth: usize, files: &mut Vec<PathBuf>) -> io::Result<()> {
    let mut entries: Vec<fs::DirEntry> = fs::read_dir(folder)?.filter_map(Result::ok).collect();
    entries.sort_by_key(fs::DirEntry::file_name);
    let mut folders = Vec::new();
    for entry in entries {
        // The entry's own type: a link to a folder is not followed, so there are no loops.
        let Ok(kind) = entry.file_type() else { continue };
        let path = tidy(entry.path());
        if kind.is_dir() && is_searched(&entry) {
            folders.push(path);
        } else if !kind.is_dir() && is_config(&path) {
            files.push(path);
        }
    }
    for below in folders.iter().filter(|_| depth > 0) {
        // A folder below that cannot be opened was not named; it is passed over.
        let _ = search(below, depth - 1, files);
    }
    Ok(())
}

/// `config.yaml` instead of `./config.yaml`.
fn tidy(path: PathBuf) -> PathBuf {
    path.strip_prefix(".").map(Path::to_owned).unwrap_or(path)
}

fn is_searched(entry: &fs::DirEntry) -> bool {
    let name = entry.file_name();
    let name = name.to_string_lossy();
    !name.starts_with('.') && !FOREIGN.contains(&&*name)
}

/// True for a YAML or JSON file whose text speaks of Accelerate.
fn is_config(path: &Path) -> bool {
    let suffix = path.extension().and_then(|suffix| suffix.to_str()).unwrap_or_default();
    let has_suffix = ["yaml", "yml", "json"].iter().any(|known| suffix.eq_ignore_ascii_case(known));
    has_suffix
        && fs::metadata(path).is_ok_and(|about| about.is_file() && about.len() <= LARGEST)
        && fs::read(path).is_ok_and(|bytes| is_ours(&bytes, Format::of(&path.to_string_lossy())))
}

/// True for a text that speaks of Accelerate and, where it can be read, has a telltale key at its
/// top: a JSON Schema of such configs has them further down. True for DeepSpeed's own JSON as well.
fn is_ours(bytes: &[u8], format: Format) -> bool {
    let text = String::from_utf8_lossy(bytes);
    let may_be_deepspeeds = format == Format::Json && text.contains("zero_optimization");
    if !may_be_deepspeeds && !speaks_of_accelerate(&text) {
        return false;
    }
    let document = Document::from_bytes(bytes, format);
    let has = |key: &str| document.pair(&KeyPath::of(key)).is_some();
    let is_broken = document.fault().is_some() && speaks_of_accelerate(&text);
    is_broken || TELLTALES.iter().any(|key| has(key)) || sort(&document.value()) == Sort::DeepSpeed
}

/// True when a line of the text, or of an object in braces, begins with a telltale key.
fn speaks_of_accelerate(text: &str) -> bool {
    text.split(['\n', '\r', ',', '{']).any(|piece| {
        let piece = piece.trim_start_matches(['\u{feff}', ' ', '\t', '"', '\'']);
        TELLTALES.iter().any(|key| {
            piece
                .strip_prefix(key)
                .is_some_and(|rest| rest.trim_start_matches(['"', '\'', ' ']).starts_with(':'))
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn configs_are_known_by_their_keys() {
        assert!(speaks_of_accelerate("# mine\ndistributed_type: FSDP\n"));
        assert!(speaks_of_accelerate("{\"num_processes\": 2, \"compute_environment\": \"LOCAL_MACHINE\"}"));
        assert!(speaks_of_accelerate("\u{feff}'distributed_type' : FSDP"));
    }

    #[test]
    fn a_broken_config_is_taken_and_a_schema_of_configs_is_not() {
        assert!(is_ours(b"distributed_type: FSDP\nfsdp_config:\n\tx: 1\n", Format::Yaml));
        assert!(!is_ours(b"{\"properties\": {\"distributed_type\": {}}}", Format::Json));
    }

    #[test]
    fn deepspeeds_own_file_is_known_by_its_top_level() {
        assert!(is_ours(b"{\"zero_optimization\": {\"stage\": 2}, \"bf16\": {}}", Format::Json));
        assert!(!is_ours(b"{\"training\": {\"zero_optimization\": {\"stage\": 2}}}", Format::Json));
        assert!(!is_ours(b"{\"zero_optimization\"", Format::Json));
    }

    #[test]
    fn foreign_yaml_is_not_taken_for_a_config() {
        assert!(!speaks_of_accelerate("services:\n  web:\n    image: x\n"));
        assert!(!speaks_of_accelerate("# distributed_type is set elsewhere\nname: ci\n"));
        assert!(!speaks_of_accelerate("{\"zero_optimization\": {\"stage\": 2}}"));
    }
}
