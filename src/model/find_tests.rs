//! Models by preset, path and hub id; headers of weights; what is said when there is none.

use std::fs;
use std::path::PathBuf;

use super::*;
use crate::model::{Dtype, Part};

const LLAMA: &str = r#"{"model_type": "llama", "hidden_size": 64, "intermediate_size": 128, "num_hidden_layers": 2,
    "num_attention_heads": 4, "num_key_value_heads": 2, "vocab_size": 100, "torch_dtype": "bfloat16"}"#;

fn nowhere() -> BTreeMap<String, String> {
    BTreeMap::from([("HF_HUB_CACHE".to_owned(), "/nonexistent/hub".to_owned())])
}

fn said(words: &str) -> String {
    find(words, &nowhere()).expect_err("there is no such model").to_string()
}

/// A safetensors file of bf16 tensors, without the numbers.
fn weights(tensors: &[(String, Vec<u64>)]) -> Vec<u8> {
    let mut object = serde_json::Map::new();
    object.insert("__metadata__".to_owned(), serde_json::json!({"format": "pt"}));
    for (name, dims) in tensors {
        object.insert(
            name.clone(),
            serde_json::json!({"dtype": "BF16", "shape": dims, "data_offsets": [0, 0]}),
        );
    }
    let header = serde_json::to_vec(&object).expect("it is JSON");
    [&(header.len() as u64).to_le_bytes()[..], &header].concat()
}

fn folder() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("there is room for files");
    let path = folder.path().to_owned();
    (folder, path)
}

#[test]
fn a_preset_is_found_by_name() {
    let card = find("Llama-3.1-8B", &nowhere()).expect("it is a preset");
    assert_eq!((card.name.as_str(), card.parameters()), ("llama-3.1-8b", 8_030_261_248));
}

#[test]
fn a_config_is_found_by_file_and_by_folder() {
    let (_guard, path) = folder();
    fs::write(path.join("config.json"), LLAMA).expect("it can be written");
    let by_file = find(&path.join("config.json").to_string_lossy(), &nowhere()).expect("it is there");
    let by_folder = find(&path.to_string_lossy(), &nowhere()).expect("it is there");
    assert_eq!(by_file.parameters(), by_folder.parameters());
    assert_eq!(by_file.stored, Some(Dtype::Bf16));
}

#[test]
fn the_hub_cache_is_read_as_huggingface_hub_lays_it_out() {
    let (_guard, path) = folder();
    let model = path.join("hub/models--org--tiny");
    let snapshot = model.join("snapshots/0123abc");
    fs::create_dir_all(&snapshot).expect("it can be made");
    fs::create_dir_all(model.join("refs")).expect("it can be made");
    fs::write(model.join("refs/main"), "0123abc").expect("it can be written");
    fs::write(snapshot.join("config.json"), LLAMA).expect("it can be written");
    let env = BTreeMap::from([("HF_HOME".to_owned(), path.to_string_lossy().into_owned())]);
    assert_eq!(find("org/tiny", &env).expect("it is there").name, "org/tiny");
    assert_eq!(find("org/tiny@0123abc", &env).expect("it is there").name, "org/tiny");
    assert!(find("org/tiny@other", &env).is_err());
    assert!(find("org/absent", &env).is_err());
}

#[test]
fn what_is_not_there_is_said_with_the_way_to_it() {
    let llama = said("meta-llama/Llama-3.1-8B-Instruct");
    assert!(llama.contains("hf download meta-llama/Llama-3.1-8B-Instruct config.json"), "{llama}");
    assert!(llama.contains("preset `llama-3.1-8b`"), "{llama}");
    assert!(!said("someone/else").contains("preset"));
    assert!(said("lama-3.1-8b").contains("perhaps `llama-3.1-8b`"), "{}", said("lama-3.1-8b"));
    assert!(said("./absent/config.json").contains("no such file"));
    assert!(said("").contains("no model"));
    assert!(said("../absent").contains("no such file"));
    assert!(said("a/b/c d").contains("no model"));
}

#[test]
fn weights_alone_tell_every_count_and_the_layers() {
    let (_guard, path) = folder();
    let truth = read_text(LLAMA, "llama").expect("it is a config");
    let tensors: Vec<(String, Vec<u64>)> =
        truth.tensors().into_iter().map(|(name, dims)| (name, dims.to_vec())).collect();
    let file = path.join("model.safetensors");
    fs::write(&file, weights(&tensors)).expect("it can be written");
    let card = find(&file.to_string_lossy(), &nowhere()).expect("it is there");
    assert_eq!(card.tensors(), truth.tensors());
    for part in Part::ALL {
        assert_eq!(card.of(part), truth.of(part), "{part:?}");
    }
    assert_eq!((card.vocabulary, card.hidden, card.is_tied), (100, 64, false));
    assert_eq!((card.stacks.len(), card.stacks[0].layers(), card.stored), (1, 2, Some(Dtype::Bf16)));
    assert!(!card.unknown.is_empty());
}

#[test]
fn all_files_of_an_index_are_counted_once() {
    let (_guard, path) = folder();
    let truth = read_text(LLAMA, "llama").expect("it is a config");
    let all: Vec<(String, Vec<u64>)> =
        truth.tensors().into_iter().map(|(it, dims)| (it, dims.to_vec())).collect();
    let mut map = serde_json::Map::new();
    for (number, half) in [&all[..7], &all[7..]].iter().enumerate() {
        let file = format!("model-{number}.safetensors");
        fs::write(path.join(&file), weights(half)).expect("it can be written");
        map.extend(half.iter().map(|(name, _)| (name.clone(), file.clone().into())));
    }
    let index = serde_json::json!({"weight_map": map}).to_string();
    fs::write(path.join("model.safetensors.index.json"), index).expect("it can be written");
    assert_eq!(find(&path.to_string_lossy(), &nowhere()).expect("it is there").tensors(), truth.tensors());
    // An unknown architecture beside them is read from them; a known one is compared with them.
    fs::write(path.join("config.json"), r#"{"model_type": "novel"}"#).expect("it can be written");
    assert_eq!(
        find(&path.to_string_lossy(), &nowhere()).expect("it is there").parameters(),
        truth.parameters()
    );
    fs::write(path.join("config.json"), LLAMA.replace("\"vocab_size\": 100", "\"vocab_size\": 99"))
        .expect("written");
    let card = find(&path.to_string_lossy(), &nowhere()).expect("it is there");
    assert!(card.unknown.iter().any(|note| note.contains("the weights hold")), "{:?}", card.unknown);
}

#[test]
fn broken_weights_are_named_with_what_is_wrong() {
    let (_guard, path) = folder();
    let file = path.join("model.safetensors");
    let whole = weights(&[("a.weight".to_owned(), vec![2, 3])]);
    let huge = weights(&[("a.weight".to_owned(), vec![u64::MAX, 3])]);
    let cases: [(&[u8], &str); 6] = [
        (&whole[..4], "first 8 bytes"),
        (&whole[..whole.len() - 5], "ends within its header"),
        (b"\xff\xff\xff\xff\xff\xff\xff\xff{}", "no safetensors file"),
        (b"\x02\0\0\0\0\0\0\0[]", "no list of tensors"),
        (b"\x02\0\0\0\0\0\0\0{x", "no JSON"),
        (&huge, "no machine could hold"),
    ];
    for (bytes, reason) in cases {
        fs::write(&file, bytes).expect("it can be written");
        let error = find(&file.to_string_lossy(), &nowhere()).expect_err("it is broken").to_string();
        assert!(error.contains(reason) && error.contains("model.safetensors"), "{error}");
    }
}
