//! What the real Accelerate 1.15.0 does with the hand-written configs, as recorded in
//! `fixtures/oracle/load.json`, and that we say the same.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde::Deserialize;

/// The record that `make oracle` writes.
#[derive(Deserialize)]
struct Record {
    accelerate: String,
    files: BTreeMap<String, Facts>,
}

#[derive(Deserialize)]
struct Facts {
    fingerprint: String,
    refused: Option<Refusal>,
}

#[derive(Debug, Deserialize)]
struct Refusal {
    stage: String,
    error: String,
}

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

fn record() -> Record {
    let path = Path::new(ROOT).join("tests/fixtures/oracle/load.json");
    serde_json::from_slice(&fs::read(path).expect("the record is there")).expect("the record is in order")
}

/// The files of a folder, by their path from the root.
fn files(folder: &str) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(Path::new(ROOT).join(folder))
        .expect("the folder is there")
        .map(|entry| format!("{folder}/{}", entry.expect("it can be read").file_name().to_string_lossy()))
        .collect();
    names.sort();
    names
}

fn bytes(name: &str) -> Vec<u8> {
    fs::read(Path::new(ROOT).join(name)).expect("the file is there")
}

/// FNV-1a, 64 bit, as in `oracle/record_load.py`.
fn fingerprint(bytes: &[u8]) -> String {
    let value = bytes.iter().fold(0xcbf2_9ce4_8422_2325_u64, |value, byte| {
        (value ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    format!("{value:016x}")
}

#[test]
fn every_file_was_asked_about_as_it_is_now() {
    let record = record();
    assert_eq!(record.accelerate, "1.15.0");
    let folders = [
        "presets",
        "tests/fixtures/configs/valid",
        "tests/fixtures/configs/silent",
        "tests/fixtures/configs/invalid",
    ];
    let there: Vec<String> = folders.iter().flat_map(|folder| files(folder)).collect();
    let mut stale: Vec<&str> = there
        .iter()
        .filter(|name| {
            record.files.get(*name).is_none_or(|facts| facts.fingerprint != fingerprint(&bytes(name)))
        })
        .map(String::as_str)
        .collect();
    stale.extend(record.files.keys().filter(|name| !there.contains(name)).map(String::as_str));
    assert!(stale.is_empty(), "run `make oracle` to ask Accelerate about {stale:?}");
    assert!(there.len() > 300, "{} files", there.len());
}

#[test]
fn accelerate_launches_every_preset_and_every_valid_or_silent_config() {
    for (name, facts) in record().files {
        if !name.contains("/invalid/") {
            assert!(facts.refused.is_none(), "{name} is refused: {:?}", facts.refused);
        }
    }
}

#[test]
fn accelerate_refuses_every_invalid_config() {
    for (name, facts) in record().files {
        if let Some(refusal) = facts.refused {
            assert!(["load", "launch", "worker"].contains(&&*refusal.stage), "{name}: {}", refusal.stage);
            assert!(refusal.error.ends_with("Error"), "{name}: {}", refusal.error);
        } else {
            assert!(!name.contains("/invalid/"), "{name} is not refused");
        }
    }
}
