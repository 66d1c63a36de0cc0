//! Where configs lie that nobody names: those of a project, and Accelerate's own default file.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Names under which a project keeps its config, the first that is there counts. They are looked for
/// in the folder of the launch, then in those above it up to the top of the repository.
pub const PROJECT: [&str; 9] = [
    "accelerate_config.yaml",
    "accelerate_config.yml",
    "accelerate_config.json",
    "accelerate.yaml",
    "accelerate.yml",
    "accelerate.json",
    ".accelerate/config.yaml",
    ".accelerate/accelerate_config.yaml",
    ".accelerate/default_config.yaml",
];

/// Accelerate's default file: `$HF_HOME`, else `$XDG_CACHE_HOME/huggingface`, else `~/.cache/huggingface`,
/// and in it `accelerate/default_config.yaml`. A `default_config.json` there is never read
/// (accelerate 1.15.0, `commands/config/config_args.py`).
pub fn default_file(env: &BTreeMap<String, String>, home: Option<&Path>) -> PathBuf {
    let cache = || env.get("XDG_CACHE_HOME").map_or("~/.cache", String::as_str);
    let folder = match env.get("HF_HOME") {
        Some(folder) => PathBuf::from(folder),
        None => Path::new(cache()).join("huggingface"),
    };
    // What Python's os.path.expanduser does.
    let folder = match (folder.strip_prefix("~"), home) {
        (Ok(below), Some(home)) => home.join(below),
        _ => folder,
    };
    folder.join("accelerate").join("default_config.yaml")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_file_lies_where_hugging_face_keeps_its_files() {
        let place = |pairs: &[(&str, &str)]| {
            let env = pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
            default_file(&env, Some(Path::new("/home/me"))).display().to_string()
        };
        assert_eq!(place(&[]), "/home/me/.cache/huggingface/accelerate/default_config.yaml");
        assert_eq!(place(&[("XDG_CACHE_HOME", "/c")]), "/c/huggingface/accelerate/default_config.yaml");
        assert_eq!(
            place(&[("HF_HOME", "~/hf"), ("XDG_CACHE_HOME", "/c")]),
            "/home/me/hf/accelerate/default_config.yaml"
        );
    }
}
