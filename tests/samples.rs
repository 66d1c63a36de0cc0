//! Every rule's samples against what the real Accelerate does with them.
//!
//! `tests/oracle/record_samples.py` asks Accelerate 1.15.0; it sees what is refused while a file is read, while
//! a launch is prepared, when a worker makes its `Accelerator()` and hands it a model, and while machines meet.

use std::collections::BTreeMap;

use accel_studio::finding::Severity;
use accel_studio::rules::{self, Rule, Sample};
use accel_studio::schema::Release;
use serde::Deserialize;

use crate::loader::fingerprint;

#[derive(Deserialize)]
struct Facts {
    fingerprint: String,
    refused: Option<serde_json::Value>,
}

/// Warnings about what is refused without a flag, or outside of another setting.
const REFUSED_BUT_A_WARNING: &[(&str, &str)] = &[
    ("deepspeed/file-missing", "the file may be there on the machine that trains"),
    ("network/type-no-port", "people give it on the command line"),
    ("processes/missing", "people give it on the command line"),
];

/// Good samples that are no file for Accelerate itself.
const FOR_DEEPSPEED: [&str; 1] = ["file/deepspeed-yaml"];

fn record() -> BTreeMap<String, Facts> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/oracle/samples.json");
    let text = std::fs::read_to_string(path).expect("the record is part of the repository");
    serde_json::from_str(&text).expect("the record is JSON")
}

/// The samples that were judged for the newest release: the recordings are of that one. Those of
/// DeepSpeed's own file are held against what DeepSpeed says, in `deepspeed.rs`.
fn samples() -> impl Iterator<Item = (&'static Rule, &'static str, &'static Sample)> {
    rules::all()
        .flat_map(|rule| [(rule, "bad", &rule.bad), (rule, "good", &rule.good)])
        .filter(|(_, _, sample)| sample.release == Release::LATEST)
        .filter(|(rule, _, _)| rule.subject() != "deepspeed-file")
        // The recorder has no GPU, and Accelerate asks the machine only once the workers run.
        .filter(|(_, _, sample)| sample.machine[0].is_none() && sample.training.is_none())
}

#[test]
fn every_sample_was_asked_about() {
    let record = record();
    let is_recorded = |rule: &Rule, kind: &str, sample: &Sample| {
        record
            .get(&format!("{} {kind}", rule.name))
            .is_some_and(|facts| facts.fingerprint == fingerprint(&sample.completed()))
    };
    let missing = samples().filter(|(rule, kind, sample)| !is_recorded(rule, kind, sample));
    let told: Vec<String> = missing.map(|(rule, kind, _)| format!("{} {kind}", rule.name)).collect();
    assert_eq!(told, [""; 0], "run `make oracle`");
}

#[test]
fn accelerate_takes_every_good_sample() {
    let record = record();
    let refused = samples().filter(|(rule, kind, _)| {
        *kind == "good"
            && record.get(&format!("{} good", rule.name)).is_some_and(|facts| facts.refused.is_some())
    });
    let names = refused.map(|(rule, _, _)| rule.name).filter(|name| !FOR_DEEPSPEED.contains(name));
    assert_eq!(names.collect::<Vec<_>>(), [""; 0]);
}

#[test]
fn accelerate_refuses_what_we_call_an_error_and_nothing_else() {
    let record = record();
    for (rule, _, _) in samples().filter(|(_, kind, _)| *kind == "bad") {
        let Some(facts) = record.get(&format!("{} bad", rule.name)) else { continue };
        match (rule.severity, &facts.refused) {
            (Severity::Error, None) => panic!("{}: nobody refuses it", rule.name),
            (Severity::Error, Some(_)) | (_, None) => {}
            (_, Some(error)) => {
                let is_listed = REFUSED_BUT_A_WARNING.iter().any(|(name, _)| *name == rule.name);
                assert!(is_listed, "{}: refused with {error}", rule.name);
            }
        }
    }
}

#[test]
fn no_safe_fix_makes_it_worse() {
    let record = record();
    let mut asked = 0;
    for (rule, _, _) in samples().filter(|(_, kind, _)| *kind == "bad") {
        let Some(fixed) = rule.fixed() else { continue };
        let told = |kind: &str| record.get(&format!("{} {kind}", rule.name));
        let now = told("fixed").unwrap_or_else(|| panic!("{}: run `make oracle`", rule.name));
        assert_eq!(now.fingerprint, fingerprint(fixed.text().as_bytes()), "{}: run `make oracle`", rule.name);
        let is_worse = now.refused.is_some() && told("bad").is_some_and(|before| before.refused.is_none());
        assert!(!is_worse, "{}: refused after the fix with {:?}", rule.name, now.refused);
        let is_error = rule.severity == Severity::Error;
        assert!(!is_error || now.refused.is_none(), "{}: still refused with {:?}", rule.name, now.refused);
        asked += 1;
    }
    assert!(asked > 40, "{asked} fixes only");
}
