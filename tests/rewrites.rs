//! What Accelerate's own tools that write configs leave behind (`make oracle-rewrites`), and that all we say
//! of them is so: docs/launch.md, the rules, and our own rewriting beside theirs.

use std::fs;

use accel_studio::config::Config;
use accel_studio::document::{Document, Format};
use accel_studio::rules;
use accel_studio::value::Value;
use serde::Deserialize;

use crate::harness::picture::root;
use crate::harness::run::Room;

#[derive(Deserialize)]
struct Record {
    accelerate: String,
    rewrites: Vec<Rewrite>,
}

#[derive(Deserialize)]
struct Rewrite {
    tool: String,
    name: String,
    file: String,
    before: Option<String>,
    after: Option<String>,
    error: Option<String>,
}

fn record() -> Record {
    let text = include_str!("fixtures/oracle/rewrites.json");
    serde_json::from_str(text).expect("the record is JSON")
}

fn rewrite(tool: &str, name: &str) -> Rewrite {
    let is_it = |rewrite: &Rewrite| rewrite.tool == tool && rewrite.name == name;
    record().rewrites.into_iter().find(is_it).unwrap_or_else(|| panic!("{tool}, {name} is recorded"))
}

impl Rewrite {
    fn before(&self) -> &str {
        self.before.as_deref().expect("there was a file")
    }

    fn after(&self) -> &str {
        self.after.as_deref().expect("it was not refused")
    }

    /// A value of the file that was left behind.
    fn left(&self, key: &str) -> Option<Value> {
        let document = Document::parse(self.after(), Format::Yaml);
        Config::read(&document).get(key).cloned()
    }

    /// Rules that the file left behind breaks.
    fn broken(&self) -> Vec<String> {
        let run =
            Room::new().file(&self.file, self.after()).run(&["validate", "--format", "json", &self.file]);
        let page: serde_json::Value = serde_json::from_str(&run.stdout).expect("JSON");
        let findings = page["files"][0]["findings"].as_array().cloned().unwrap_or_default();
        findings.iter().filter_map(|finding| finding["rule"].as_str().map(str::to_owned)).collect()
    }
}

#[test]
fn the_page_says_of_them_what_was_recorded() {
    assert_eq!(record().accelerate, "1.15.0");
    let page = fs::read_to_string(root().join("docs/launch.md")).expect("the page is there");
    for tool in ["`accelerate config update`", "`accelerate config default`", "`accelerate to-fsdp2`"] {
        assert!(page.contains(&format!("| {tool} |")), "docs/launch.md tells of {tool}");
    }
}

#[test]
fn config_update_loses_comments_order_and_empty_values() {
    let rewrite = rewrite("config update", "comments, order and empty values");
    assert!(rewrite.before().contains('#') && !rewrite.after().contains('#'));
    let keys: Vec<&str> = rewrite.after().lines().filter_map(|line| line.split(':').next()).collect();
    assert!(keys.is_sorted() && keys.len() > 10, "defaults are written out: {keys:?}");
    assert_eq!(rewrite.left("main_process_ip"), None);
    assert_eq!(rewrite.left("fsdp_config"), None);
    assert_eq!(rewrite.left("num_processes"), Some(Value::int(2)));
    let why = rules::find("taste/key-order").expect("it is a rule").why;
    assert!(why.contains("`accelerate config update`") && why.contains("without their comments"), "{why}");
}

#[test]
fn config_update_writes_false_for_words_without_quotes() {
    let rewrite = rewrite("config update", "words without quotes");
    assert_eq!(rewrite.left("distributed_type"), Some(Value::Bool(false)));
    assert_eq!(rewrite.left("mixed_precision"), Some(Value::Bool(false)));
    assert!(rewrite.broken().iter().any(|rule| rule == "types/unquoted-no"), "{:?}", rewrite.broken());
    let quoted = self::rewrite("config update", "words in quotes");
    assert_eq!(quoted.left("mixed_precision"), Some(Value::text("no")));
    // Ours says what was meant and keeps the rest.
    let room = Room::new().file("a.yaml", format!("# ours\n{}", rewrite.before()));
    assert_eq!(room.run(&["fix", "--write", "a.yaml"]).code, 0);
    let text = room.read("a.yaml");
    assert!(text.starts_with("# ours\n") && text.contains("mixed_precision: 'no'"), "{text}");
}

#[test]
fn config_update_refuses_unknown_keys_and_keeps_unknown_options() {
    assert_eq!(rewrite("config update", "an unknown key").error.as_deref(), Some("ValueError"));
    let kept = rewrite("config update", "an unknown key of a section");
    assert!(kept.after().contains("fsdp_versoin: 2"));
    assert!(kept.broken().iter().any(|rule| rule == "keys/unknown-option"));
    assert!(rewrite("config update", "JSON").after().starts_with('{'), "JSON stays JSON");
}

#[test]
fn config_default_writes_json_into_a_file_called_yaml() {
    for (gpus, kind, processes) in [(0, "NO", 1), (1, "NO", 1), (8, "MULTI_GPU", 8)] {
        let made = rewrite("config default", &format!("{gpus} GPUs"));
        assert_eq!(made.file, "default_config.yaml");
        assert!(made.after().starts_with('{'), "{}", made.after());
        assert_eq!(made.left("distributed_type"), Some(Value::text(kind)));
        assert_eq!(made.left("num_processes"), Some(Value::int(processes)));
        let room = Room::new().variable("HF_HOME", "cache");
        let run = room.file("cache/accelerate/default_config.yaml", made.after()).run(&["resolve"]);
        assert!(run.code == 0 && run.stderr.contains("default_config.yaml"), "we read it: {}", run.stderr);
    }
    let kept = rewrite("config default", "a file that is there");
    assert_eq!(kept.before, kept.after, "it replaces nothing");
    assert_eq!(rewrite("load", "default_config.json").error.as_deref(), Some("FileNotFoundError"));
}

#[test]
fn to_fsdp2_loses_hybrid_sharding_and_comments() {
    let left = |name: &str, key: &str| rewrite("to-fsdp2", name).left(&format!("fsdp_config.{key}"));
    let reshard = "fsdp_reshard_after_forward";
    for (strategy, expected) in [
        ("FULL_SHARD", Value::Bool(true)),
        ("SHARD_GRAD_OP", Value::Bool(false)),
        ("HYBRID_SHARD", Value::Bool(true)),
        ("HYBRID_SHARD_ZERO2", Value::Bool(false)),
        ("NO_SHARD", Value::Bool(false)),
        ("full_shard", Value::text("full_shard")),
    ] {
        assert_eq!(left(&format!("strategy {strategy}"), reshard), Some(expected), "{strategy}");
    }
    assert!(!rewrite("to-fsdp2", "comments").after().contains('#'));
    let unread = rewrite("to-fsdp2", "strategy full_shard").broken();
    assert!(unread.iter().any(|rule| rule == "fsdp/strategy-name-in-version-2"), "{unread:?}");
    let why = rules::find("fsdp/strategy-name-in-version-2").expect("it is a rule").why;
    assert!(why.contains("HYBRID_SHARD into plain true"), "{why}");
}

#[test]
fn to_fsdp2_leaves_keys_without_prefix_and_a_version_that_wins() {
    let bare = rewrite("to-fsdp2", "keys without prefix");
    assert_eq!(bare.left("fsdp_config.sharding_strategy"), Some(Value::text("SHARD_GRAD_OP")));
    assert!(bare.broken().iter().any(|rule| rule == "fsdp/sharding-strategy-in-version-2"));
    let version = rewrite("to-fsdp2", "version without prefix");
    assert_eq!(version.left("fsdp_config.fsdp_version"), Some(Value::int(2)));
    assert!(version.broken().iter().any(|rule| rule == "keys/both-spellings"));
    let room = Room::new().file("a.yaml", version.after());
    let text = room.run(&["resolve", "a.yaml", "--format", "json"]).stdout;
    let page: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    let settings = page["settings"].as_array().expect("a list");
    let setting = settings.iter().find(|one| one["name"] == "fsdp_version").expect("it is there");
    assert_eq!(setting["value"], 1, "the later spelling wins");
    let why = rules::find("keys/both-spellings").expect("it is a rule").why;
    assert!(why.contains("`accelerate to-fsdp2` leaves `version: 1`"), "{why}");
}

#[test]
fn to_fsdp2_drops_what_version_2_has_not_and_touches_nothing_else() {
    let dropped = rewrite("to-fsdp2", "keys of FSDP1 only");
    assert_eq!(dropped.left("fsdp_config.fsdp_use_orig_params"), None);
    assert_eq!(dropped.left("fsdp_config.fsdp_forward_prefetch"), None);
    assert_eq!(rewrite("to-fsdp2", "no section").left("fsdp_config"), None);
    let done = rewrite("to-fsdp2", "already FSDP2");
    assert_eq!(done.left("fsdp_config.fsdp_sharding_strategy"), Some(Value::text("FULL_SHARD")));
    assert_eq!(rewrite("to-fsdp2", "words without quotes").left("mixed_precision"), Some(Value::Bool(false)));
}
