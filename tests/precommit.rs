//! The hooks for pre-commit: their commands, given files as pre-commit gives them.

use std::fs;

use serde::Deserialize;

use crate::harness::picture::root;
use crate::harness::run::{Room, Run};

#[derive(Deserialize)]
struct Hook {
    id: String,
    entry: String,
    language: String,
    types_or: Vec<String>,
}

fn hooks() -> Vec<Hook> {
    let text = fs::read_to_string(root().join(".pre-commit-hooks.yaml")).expect("the file is there");
    serde_yaml::from_str(&text).expect("it lists hooks")
}

/// Runs a hook as pre-commit does: the names of the changed files behind its entry.
fn run(room: &Room, id: &str, files: &[&str]) -> Run {
    let hook = hooks().into_iter().find(|hook| hook.id == id).expect("there is such a hook");
    let entry = hook.entry.strip_prefix("accel-studio ").expect("the entry runs the program");
    room.run(&entry.split_whitespace().chain(files.iter().copied()).collect::<Vec<_>>())
}

const BAD: &str = "distributed_type: MULTI_GPU # ours\nnum_processes: 8\nmixed_precision: no\n";
const GOOD: &str = "distributed_type: MULTI_GPU # ours\nnum_processes: 8\nmixed_precision: 'no'\n";

#[test]
fn every_hook_builds_from_source_and_takes_all_that_may_be_a_config() {
    for hook in hooks() {
        assert_eq!(hook.language, "rust", "{}", hook.id);
        assert_eq!(hook.types_or, ["yaml", "json"], "{}", hook.id);
    }
}

#[test]
fn files_of_other_programs_are_passed_over() {
    let compose = "services:\n  web:\n    image: nginx\n";
    let room = Room::new()
        .file("default_config.yaml", compose)
        .file("package.json", "{\"name\": \"x\"}")
        .file("accelerate_config.yaml", compose)
        .file("train.yaml", BAD);
    for id in ["accel-studio-validate", "accel-studio-fix"] {
        let others = run(&room, id, &["default_config.yaml", "package.json"]);
        assert!(others.code == 0 && others.stdout.is_empty(), "{id}: {others:?}");
        assert_eq!(run(&room, id, &["accelerate_config.yaml"]).code, 1, "its name says that it is one");
        assert_eq!(run(&room, id, &["gone.yaml"]).code, 2, "a file that is not there is told");
    }
    let named = room.run(&["validate", "default_config.yaml"]);
    assert!(named.stdout.contains("file/not-a-config"), "{}", named.stdout);
}

#[test]
fn the_check_fails_on_one_bad_file_of_several() {
    let room = Room::new().file("accelerate_config.yaml", GOOD).file("b/default_config.yml", BAD);
    let files = ["accelerate_config.yaml", "b/default_config.yml"];
    let bad = run(&room, "accel-studio-validate", &files);
    assert!(bad.code == 1 && bad.stdout.contains("b/default_config.yml:3:18"), "{}", bad.stdout);
    assert_eq!(run(&room, "accel-studio-validate", &files[..1]).code, 0);
}

#[test]
fn the_repair_changes_files_and_then_rests() {
    let room = Room::new().file("accelerate_config.yaml", BAD);
    let first = run(&room, "accel-studio-fix", &["accelerate_config.yaml"]);
    assert!(first.code < 2, "{}", first.stderr);
    assert_eq!(room.read("accelerate_config.yaml"), GOOD);
    let second = run(&room, "accel-studio-fix", &["accelerate_config.yaml"]);
    assert_eq!(second.code, 0, "{}{}", second.stdout, second.stderr);
    assert_eq!(room.read("accelerate_config.yaml"), GOOD);
}
