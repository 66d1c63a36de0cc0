//! What the real Accelerate 1.15.0 does with the hand-written configs, as recorded in
//! `fixtures/oracle/load.json`, and that we say the same.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use accel_studio::document::{Document, Format};
use accel_studio::finding::Severity;
use accel_studio::rules;
use accel_studio::schema::Release;
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
        .map(|entry| entry.expect("it can be read").path())
        // `presets/models` holds models.
        .filter(|path| path.is_file())
        .map(|path| format!("{folder}/{}", path.file_name().expect("a file has a name").to_string_lossy()))
        .collect();
    names.sort();
    names
}

fn bytes(name: &str) -> Vec<u8> {
    fs::read(Path::new(ROOT).join(name)).expect("the file is there")
}

/// FNV-1a, 64 bit, as in `oracle/record_load.py`.
pub fn fingerprint(bytes: &[u8]) -> String {
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
        "tests/fixtures/configs/made",
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

/// The worst that our rules say of a file, with the rule's name.
fn worst(name: &str) -> Option<(Severity, &'static str)> {
    let file_name = name.rsplit('/').next().expect("a path has a last part");
    let document = Document::from_bytes(&bytes(name), Format::of(file_name));
    let findings = rules::check(&document, file_name, Release::LATEST);
    findings.iter().map(|finding| (finding.severity, finding.rule)).max_by_key(|(severity, _)| *severity)
}

/// Refused by Accelerate, and a warning to us, with the reason.
const A_WARNING: &[(&str, &str)] = &[
    ("deepspeed_accumulation_auto", "right for the transformers Trainer"),
    ("num_processes_minus_one", "people give it on the command line"),
    ("num_processes_missing", "people give it on the command line"),
    ("num_processes_null", "people give it on the command line"),
];

fn stem(name: &str) -> &str {
    let file = name.rsplit('/').next().expect("a path has a last part");
    file.split('.').next().expect("a text has a first part")
}

#[test]
fn what_accelerate_refuses_is_an_error_to_us() {
    for (name, facts) in record().files.into_iter().filter(|(_, facts)| facts.refused.is_some()) {
        let is_excepted = A_WARNING.iter().any(|(excepted, _)| *excepted == stem(&name));
        let expected = if is_excepted { Severity::Warning } else { Severity::Error };
        assert!(
            worst(&name).is_some_and(|(severity, _)| severity == expected),
            "{name}: accelerate says {:?}, we say {:?}",
            facts.refused,
            worst(&name)
        );
    }
}

#[test]
fn what_accelerate_takes_is_no_error_to_us() {
    for (name, _) in record().files.into_iter().filter(|(_, facts)| facts.refused.is_none()) {
        let worst = worst(&name);
        assert!(worst.is_none_or(|(severity, _)| severity < Severity::Error), "{name}: {worst:?}");
    }
}

#[test]
fn what_accelerate_obeys_is_in_order_and_what_it_does_not_is_told() {
    for name in record().files.into_keys() {
        let worst = worst(&name);
        if name.contains("/silent/") {
            assert!(worst.is_some(), "{name}: nothing is said");
        } else if name.contains("/valid/") {
            assert!(worst.is_none_or(|(severity, _)| severity == Severity::Hint), "{name}: {worst:?}");
        } else if name.starts_with("presets/") || name.contains("/made/") {
            assert!(worst.is_none(), "{name}: {worst:?}");
        }
    }
}
