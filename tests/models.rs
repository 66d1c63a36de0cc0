//! The models of `presets/models/` are exactly those that transformers builds.

use std::collections::BTreeMap;
use std::fs;
use std::hash::Hasher;

use accel_studio::model::{self, ModelCard, Part};
use accel_studio::presets::{MODELS, ModelPreset};
use serde::Deserialize;

use crate::harness::picture::{assert_file, root};

/// What transformers 5.23 has for a model (`make oracle-models`).
#[derive(Debug, Deserialize, PartialEq)]
struct Counted {
    parameters: u64,
    tensors: usize,
    names: String,
    no_split: Vec<String>,
}

fn card(preset: &ModelPreset) -> ModelCard {
    model::read_text(preset.text, preset.name).unwrap_or_else(|error| panic!("{}: {error}", preset.name))
}

/// Our side of it; tensors as sorted lines `name [shape]`, behind FNV-1a.
fn counted(card: &ModelCard) -> Counted {
    let mut lines: Vec<String> =
        card.tensors().iter().map(|(name, dims)| format!("{name} {dims:?}\n")).collect();
    lines.sort();
    let mut hash = fnv::FnvHasher::default();
    hash.write(lines.concat().as_bytes());
    Counted {
        parameters: card.parameters(),
        tensors: lines.len(),
        names: format!("{:016x}", hash.finish()),
        no_split: card.no_split.clone(),
    }
}

#[test]
fn every_tensor_of_every_model_has_the_name_and_shape_that_transformers_gives_it() {
    let text = fs::read_to_string(root().join("tests/fixtures/models/counts.json")).expect("it was recorded");
    let recorded: BTreeMap<String, Counted> = serde_json::from_str(&text).expect("it is JSON");
    assert_eq!(recorded.len(), MODELS.len(), "record again: make oracle-models");
    let differs = |preset: &&ModelPreset| {
        let ours = counted(&card(preset));
        recorded.get(preset.name).is_none_or(|theirs| *theirs != ours)
    };
    let wrong: Vec<String> = MODELS
        .iter()
        .filter(differs)
        .map(|it| format!("{}: {:?}\n  recorded {:?}", it.name, counted(&card(it)), recorded.get(it.name)))
        .collect();
    assert!(wrong.is_empty(), "{} models differ:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn parts_make_the_whole() {
    for card in MODELS.iter().map(card) {
        let parts: u64 = Part::ALL.iter().map(|part| card.of(*part)).sum();
        assert_eq!(parts, card.parameters(), "{}", card.name);
        assert!(card.active_parameters() <= card.parameters(), "{}", card.name);
        assert!(card.stacks.iter().all(|stack| !stack.wrap_class.is_empty()), "{}", card.name);
    }
}

/// Figures that the makers publish, as a second opinion: (model, parameters, of these active).
const PUBLISHED: &[(&str, &str, &str)] = &[
    ("llama-3.1-8b", "8.0", "8.0"),
    ("mixtral-8x7b", "46.7", "12.9"),
    ("mixtral-8x22b", "141", "39"),
    ("qwen3-235b-a22b", "235", "22"),
    ("deepseek-v2", "236", "21"),
];

#[test]
fn totals_and_active_parameters_are_those_that_the_makers_publish() {
    for (name, all, active) in PUBLISHED {
        let card = card(accel_studio::presets::model(name).expect("it is listed"));
        for (published, count) in [(all, card.parameters()), (active, card.active_parameters())] {
            let digits = published.split_once('.').map_or(0, |(_, digits)| digits.len());
            assert_eq!(format!("{:.digits$}", count as f64 / 1e9), **published, "{name}");
        }
    }
}

#[test]
fn the_page_of_models_is_what_the_presets_say() {
    assert_file("docs/models.md", &model::page());
}
