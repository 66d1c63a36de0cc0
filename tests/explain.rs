//! `explain`: every rule has a page, and the pages are also the reference.

use accel_studio::{report::page, rules};

use crate::harness::picture::{assert_file, assert_picture};
use crate::harness::run::Room;

#[test]
fn a_rule_has_a_page() {
    let run = Room::new().run(&["explain", "yaml/tab"]);
    assert_eq!(run.code, 0);
    assert_picture("explain-tab", &run.stdout);
}

#[test]
fn without_a_name_all_rules_are_listed() {
    let run = Room::new().run(&["explain"]);
    let named = |name: &str| run.stdout.lines().any(|line| line.starts_with(name));
    assert!(run.code == 0 && rules::all().all(|rule| named(rule.name)), "{}", run.stdout);
}

#[test]
fn a_slip_is_understood() {
    let run = Room::new().run(&["explain", "yaml/tabs"]);
    assert_eq!(
        (run.code, run.stderr.as_str()),
        (2, "accel-studio: there is no rule `yaml/tabs`; did you mean `yaml/tab`?\n")
    );
}

#[test]
fn the_reference_is_fresh() {
    assert_file("docs/rules.md", &page::reference());
}

#[test]
fn the_schema_is_printed_for_editors() {
    let run = Room::new().run(&["schema"]);
    let schema: serde_json::Value = serde_json::from_str(&run.stdout).expect("valid JSON");
    assert_eq!(run.code, 0);
    assert!(run.stdout.contains("\"distributed_type\": {") && schema["title"].is_string());
}

#[test]
fn a_subject_lists_its_rules() {
    let run = Room::new().run(&["explain", "gpu-ids"]);
    let rules = run.stdout.lines().filter(|line| line.contains("error") || line.contains("warning"));
    assert!(run.code == 0 && rules.clone().count() > 2, "{}", run.stdout);
    assert!(rules.clone().all(|line| line.starts_with("gpu-ids/")), "{}", run.stdout);
}
