//! Weights that are read and written: whole files, indexes, and what is wrong with damaged ones.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::json;
use tempfile::TempDir;

use super::transformers_tests::{json as read, recorded};
use super::*;
use crate::network::Network;

/// A copy of a recorded model, to be damaged.
fn copy(name: &str) -> (TempDir, PathBuf) {
    let aside = tempfile::tempdir().expect("a folder");
    let from = recorded().into_iter().find(|folder| folder.ends_with(name)).expect("it was recorded");
    for entry in fs::read_dir(from).expect("it can be read") {
        let entry = entry.expect("it can be read");
        fs::copy(entry.path(), aside.path().join(entry.file_name())).expect("it can be copied");
    }
    let folder = aside.path().to_owned();
    (aside, folder)
}

/// What is said of weights, with their folder left out.
fn refusal(folder: &Path, config: &serde_json::Value) -> String {
    let network = Network::read(config).expect("a family of ours");
    let error = Reader::open(folder).and_then(|reader| reader.check(&network)).expect_err("it does not fit");
    error.to_string().replace(&folder.display().to_string(), "here")
}

fn config(folder: &Path) -> serde_json::Value {
    read(&folder.join("config.json"))
}

#[test]
fn files_that_are_missing_or_cut_off_are_named() {
    let (_aside, folder) = copy("qwen3");
    let config = config(&folder);
    let part = folder.join("model-00002-of-00003.safetensors");
    let bytes = fs::read(&part).expect("it is there");
    for (length, words) in [
        (4, "ends within its first 8 bytes"),
        (100, "ends within its header"),
        (5000, "is cut off: 5000 bytes"),
    ] {
        fs::write(&part, &bytes[..length]).expect("it is ours");
        let said = refusal(&folder, &config);
        assert!(
            said.starts_with("here/model-00002-of-00003.safetensors: ") && said.contains(words),
            "{said}"
        );
    }
    fs::write(&part, b"this is a text and nothing else").expect("it is ours");
    assert!(refusal(&folder, &config).contains("this is no safetensors file"));
    fs::remove_file(&part).expect("it is ours");
    assert_eq!(
        refusal(&folder, &config),
        "here/model-00002-of-00003.safetensors: is missing, but model.safetensors.index.json names it; fetch it"
    );
    fs::remove_file(folder.join("model.safetensors.index.json")).expect("it is ours");
    assert_eq!(
        refusal(&folder, &config),
        "here: holds neither model.safetensors nor model.safetensors.index.json"
    );
    assert!(refusal(&folder.join("other"), &config).contains("does not exist; name a .safetensors file"));
}

#[test]
fn tensors_that_do_not_fit_are_named_with_both_shapes() {
    let (_aside, folder) = copy("llama");
    let changed = |key: &str, value: serde_json::Value| {
        let mut config = config(&folder);
        config[key] = value;
        refusal(&folder, &config)
    };
    assert_eq!(
        changed("intermediate_size", json!(20)),
        "here/model.safetensors: `model.layers.0.mlp.gate_proj.weight` has the shape [24, 16], but the config makes it \
         [20, 16]; take the config.json of these weights"
    );
    assert_eq!(
        changed("vocab_size", json!(40)),
        "here/model.safetensors: `model.embed_tokens.weight` has rows for 32 tokens, but the config's `vocab_size` is \
         40; set it to 32 and take the tokenizer that belongs to these weights"
    );
    assert_eq!(
        changed("num_hidden_layers", json!(3)),
        "here: has no `model.layers.2.self_attn.q_proj.weight`, `model.layers.2.self_attn.k_proj.weight`, \
         `model.layers.2.self_attn.v_proj.weight` and 6 more tensors; a part of the weights is missing, or the config \
         belongs to another model"
    );
    assert!(
        changed("num_hidden_layers", json!(1))
            .contains("and 6 more tensors, for which the config has no place")
    );
}

#[test]
fn a_spare_head_is_fine_where_it_is_tied_and_a_missing_one_has_a_hint() {
    let (_aside, folder) = copy("llama");
    let mut config = config(&folder);
    config["tie_word_embeddings"] = json!(true);
    let network = Network::read(&config).expect("a llama");
    Reader::open(&folder).expect("it is whole").check(&network).expect("a head that is not needed");
    let (_aside, folder) = copy("llama-tied");
    config["tie_word_embeddings"] = json!(false);
    assert_eq!(
        refusal(&folder, &config),
        "here: has no `lm_head.weight`; if the head reads the embedding, set `tie_word_embeddings: true` in the config"
    );
}

#[test]
fn nothing_stays_of_a_folder_that_was_not_finished() {
    let (aside, folder) = copy("llama");
    let network = Network::read(&config(&folder)).expect("a llama");
    let to = aside.path().join("new");
    let mut writer = Writer::begin(&to, &network, &config(&folder)).expect("it is ours");
    writer.add(&network.units()[0], &network.initial(0, 1)).expect("it fits");
    drop(writer);
    let names =
        fs::read_dir(aside.path()).expect("it is ours").map(|entry| entry.expect("it is there").file_name());
    assert!(names.into_iter().all(|name| name != "new" && !name.to_string_lossy().starts_with('.')));
}
