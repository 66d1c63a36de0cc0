//! DeepSpeed's own file: recognised by itself, found beside the config that names it, findings that
//! point into both, and what DeepSpeed 0.19.8 itself says of every sample of its rules.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use accel_studio::document::{Document, Format};
use accel_studio::finding::Severity;
use accel_studio::rules::{self, Rule, Sample};
use accel_studio::schema::deepspeed::{self, Holds, Manner, Setting};
use serde::Deserialize;

use crate::harness::picture::{assert_picture, root};
use crate::harness::run::Room;

const CONFIG: &str = "\
distributed_type: DEEPSPEED
num_processes: 8
deepspeed_config:
  deepspeed_config_file: zero3.json
  zero3_init_flag: true
";

const ZERO: &str = "\
{
  \"train_batch_size\": 64,
  \"train_micro_batch_size_per_gpu\": 4,
  \"gradient_accumulation_steps\": 4,
  \"bf16\": {\"enabled\": true},
  \"zero_optimization\": {
    \"stage\": 2,
    \"offlod_param\": {\"device\": \"cpu\"}
  }
}
";

fn both(format: &str) -> String {
    let room = Room::new().file("config.yaml", CONFIG).file("zero3.json", ZERO);
    let run = room.run(&["validate", "--format", format, "config.yaml"]);
    assert_eq!(run.code, 1, "{run:?}");
    run.stdout
}

#[test]
fn findings_point_into_both_files_as_text() {
    assert_picture("two-files-text", &both("text"));
}

#[test]
fn findings_point_into_both_files_in_pictures() {
    assert_picture("two-files-pretty", &both("pretty"));
}

#[test]
fn findings_point_into_both_files_for_programs() {
    assert_picture("two-files-json", &both("json"));
}

#[test]
fn every_other_format_names_the_other_file_too() {
    for format in ["sarif", "github", "junit"] {
        let told = both(format);
        assert!(told.contains("config.yaml") && told.contains("zero3.json"), "{format}: {told}");
    }
}

#[test]
fn a_file_that_is_checked_as_well_tells_its_own_findings() {
    let room = Room::new().file("config.yaml", CONFIG).file("zero3.json", ZERO);
    let told = room.run(&["validate", "config.yaml", "zero3.json"]).stdout;
    assert_eq!(told.matches("deepspeed-file/unknown-option").count(), 1, "{told}");
    assert!(told.contains("zero3.json:8:5: error[deepspeed-file/unknown-option]"), "{told}");
    // Only the config knows the number of processes.
    assert!(told.contains("config.yaml:4:26: error[deepspeed-file/batch-arithmetic]"), "{told}");
}

#[test]
fn a_comment_silences_what_is_found_in_the_other_file() {
    let silent = CONFIG.replace("zero3.json", "zero3.json # accel-studio: ignore[deepspeed-file] known");
    let room = Room::new().file("config.yaml", silent).file("zero3.json", ZERO);
    let run = room.run(&["validate", "config.yaml"]);
    assert!(run.code == 0 && !run.stdout.contains("deepspeed-file/"), "{run:?}");
}

#[test]
fn a_deepspeed_file_is_recognised_by_itself() {
    let run = Room::new().file("ds.json", ZERO).run(&["validate", "ds.json"]);
    assert_eq!(run.code, 1, "{run:?}");
    assert!(run.stdout.starts_with("ds.json:8:5: error[deepspeed-file/unknown-option]: "), "{}", run.stdout);
    // Alone it may be for any number of processes.
    assert!(!run.stdout.contains("batch-arithmetic"), "{}", run.stdout);
}

#[test]
fn a_deepspeed_file_in_order_is_clean() {
    let good = "{\"train_batch_size\": \"auto\", \"train_micro_batch_size_per_gpu\": \"auto\", \
                \"zero_optimization\": {\"stage\": 3, \"reduce_bucket_size\": \"auto\"}}";
    let room = Room::new().file("zero3.json", good).file("config.yaml", CONFIG);
    let run = room.run(&["validate", "--fail-on", "hint", "config.yaml", "zero3.json"]);
    assert_eq!((run.code, run.stdout.as_str()), (0, "2 files: nothing to report\n"), "{run:?}");
}

#[test]
fn the_file_is_looked_for_where_the_program_starts() {
    let room = Room::new().file("configs/config.yaml", CONFIG).file("configs/zero3.json", ZERO);
    let run = room.run(&["validate", "configs/config.yaml"]);
    assert_eq!(run.code, 0, "{run:?}");
    assert!(run.stdout.contains("warning[deepspeed/file-missing]"), "{}", run.stdout);
    assert!(run.stdout.contains("there is `configs/zero3.json`"), "{}", run.stdout);
}

#[test]
fn a_file_that_is_no_json_is_pointed_at() {
    let room = Room::new().file("config.yaml", CONFIG).file("zero3.json", "{\n  // mine\n}\n");
    let run = room.run(&["validate", "config.yaml"]);
    assert!(run.stdout.contains("config.yaml:4:26: error[json/syntax]: "), "{}", run.stdout);
    assert!(run.stdout.contains("\n  zero3.json:2:3: "), "{}", run.stdout);
}

#[test]
fn what_has_one_clear_answer_is_repaired_in_deepspeeds_file() {
    let old = "{\n  \"train_micro_batch_size_per_gpu\": 1,\n  \"zero_optimization\": {\n    \"stage\": 2,\n    \
               \"cpu_offload\": true\n  }\n}\n";
    let room = Room::new().file("ds.json", old);
    let run = room.run(&["fix", "--write", "ds.json"]);
    assert_eq!(run.code, 0, "{run:?}");
    let new = room.read("ds.json");
    let zero = &serde_json::from_str::<serde_json::Value>(&new).expect("still JSON")["zero_optimization"];
    assert_eq!(*zero, serde_json::json!({"stage": 2, "offload_optimizer": {"device": "cpu"}}), "{new}");
}

/// What `tests/oracle/record_deepspeed.py` writes: for each sample, where it was refused.
#[derive(Deserialize)]
struct Record {
    deepspeed: String,
    accelerate: String,
    /// The names that each strict section knows, by DeepSpeed's own classes.
    sections: BTreeMap<String, BTreeSet<String>>,
    samples: BTreeMap<String, Verdict>,
}

#[derive(Debug, Deserialize)]
struct Verdict {
    fingerprint: String,
    /// `plugin`, `prepare`, `config` or `engine`; null for what trains.
    refused: Option<String>,
}

/// The rules about DeepSpeed's own file that are asked about a sample alone.
fn judged() -> impl Iterator<Item = &'static Rule> {
    rules::all().filter(|rule| rule.name.starts_with("deepspeed-file/"))
}

/// FNV-1a, 64 bit, as in `oracle/record_deepspeed.py`.
fn fingerprint(sample: &Sample) -> String {
    let value = sample.completed().iter().fold(0xcbf2_9ce4_8422_2325_u64, |value, byte| {
        (value ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    format!("{value:016x}")
}

fn record() -> Record {
    let path = root().join("tests/fixtures/oracle/deepspeed.json");
    serde_json::from_slice(&fs::read(path).expect("the record is there")).expect("the record is in order")
}

#[test]
fn deepspeed_was_asked_about_every_sample_as_it_is_now() {
    let record = record();
    assert_eq!((record.deepspeed.as_str(), record.accelerate.as_str()), ("0.19.8", "1.15.0"));
    for rule in judged() {
        for (which, sample) in [("bad", &rule.bad), ("good", &rule.good)] {
            let name = format!("{} {which}", rule.name);
            let asked = record.samples.get(&name).map(|verdict| verdict.fingerprint.clone());
            assert_eq!(asked, Some(fingerprint(sample)), "run `make oracle-deepspeed`: {name}");
        }
    }
}

#[test]
fn deepspeed_refuses_what_is_an_error_and_takes_everything_else() {
    let record = record();
    for rule in judged() {
        let refused = |which: &str| record.samples[&format!("{} {which}", rule.name)].refused.clone();
        // The machine that recorded had no fast disk.
        let needs_disk = rule.name == "deepspeed-file/disk-without-path";
        let good = if needs_disk { Some("engine") } else { None };
        assert_eq!(refused("good").as_deref(), good, "{}", rule.name);
        // The Trainer of transformers fills in more than a loop of one's own; the script may set the batch size
        // and may bring DeepSpeed's own optimizer.
        let depends =
            ["deepspeed-file/auto-for-trainer", "deepspeed-file/no-batch-size", "deepspeed-file/old-offload"]
                .contains(&rule.name);
        let expected = rule.severity == Severity::Error || depends;
        assert_eq!(refused("bad").is_some(), expected, "{}: {:?}", rule.name, refused("bad"));
    }
}

#[test]
fn every_strict_section_knows_the_names_that_deepspeed_knows() {
    let strict = |row: &&Setting| matches!(row.holds, Holds::Section(Manner::Strict));
    let ours: BTreeMap<String, BTreeSet<String>> = deepspeed::settings()
        .filter(strict)
        .map(|row| {
            let names = deepspeed::section(row.key).flat_map(deepspeed::names).map(str::to_owned);
            (row.key.to_owned(), names.collect())
        })
        .collect();
    assert_eq!(ours, record().sections);
}

#[test]
fn every_sample_of_a_deepspeed_file_is_json() {
    for rule in judged() {
        for sample in [&rule.bad, &rule.good] {
            let document = Document::from_bytes(&sample.completed(), Format::Json);
            assert!(document.fault().is_none(), "{}: {}", rule.name, sample.text());
        }
    }
}
