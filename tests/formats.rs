//! The formats for people and our own JSON, each over one file with a bit of everything.

use serde_json::Value;

use crate::harness::picture::assert_picture;
use crate::harness::run::Room;

const MIXED: &str = "\
# a file with a bit of everything
compute_environment: LOCAL_MACHINE
distributed_type: FSDP
mixed_precision: no            # trap
num_processes: 2
num_processes: 8
gpu_ids: [0, 1]
fsdp_config:
  fsdp_version: 2
  fsdp_offload_param: true     # slip
log_with: wandb
";

fn run(format: &str) -> String {
    let room = Room::new().file("mixed.yaml", MIXED);
    room.run(&["validate", "--hints", "--format", format, "mixed.yaml"]).stdout
}

#[test]
fn text() {
    assert_picture("mixed-text", &run("text"));
}

#[test]
fn pretty() {
    assert_picture("mixed-pretty", &run("pretty"));
}

#[test]
fn json() {
    assert_picture("mixed-json", &run("json"));
}

#[test]
fn statistics_stand_in_json_only_where_they_are_asked_for() {
    let room = Room::new().file("mixed.yaml", MIXED);
    let report = |more: &[&str]| -> Value {
        let arguments = [&["validate", "--format", "json", "mixed.yaml"], more].concat();
        serde_json::from_str(&room.run(&arguments).stdout).expect("valid JSON")
    };
    let (without, with) = (report(&[]), report(&["--statistics"]));
    assert!(without.get("statistics").is_none());
    assert_eq!(with["files"], without["files"]);
    let rows = with["statistics"].as_array().expect("a list");
    let counts: u64 = rows.iter().filter_map(|row| row["count"].as_u64()).sum();
    assert_eq!(counts, 6, "every finding is counted, hints too");
    let trap = rows.iter().find(|row| row["rule"] == "types/unquoted-no").expect("it is listed");
    assert_eq!((trap["severity"].as_str(), trap["fixable"].as_u64()), (Some("error"), Some(1)));
}

#[test]
fn statistics_are_a_table_most_frequent_first() {
    let room = Room::new().file("a.yaml", MIXED).file("b.yaml", "distributed_type: FSDP\nnum_processes: 2\nmixed_precision: no\nfsdp_config:\n  fsdp_auto_wrap_policy: NO_WRAP\n");
    let run = room.run(&["validate", "--statistics", "a.yaml", "b.yaml"]);
    assert_eq!(run.code, 1);
    assert_picture("mixed-statistics", &run.stdout);
}

#[test]
fn statistics_are_refused_where_the_format_has_no_room_for_them() {
    let run =
        Room::new().file("a.yaml", MIXED).run(&["validate", "--statistics", "--format", "junit", "a.yaml"]);
    assert!(run.code == 2 && run.stdout.is_empty(), "{run:?}");
    assert!(run.stderr.contains("`--statistics` needs the format pretty, text or json"), "{}", run.stderr);
}

#[test]
fn json_edits_are_bytes_of_the_file() {
    let report: Value = serde_json::from_str(&run("json")).expect("valid JSON");
    let findings = report["files"][0]["findings"].as_array().expect("a list");
    let trap = findings.iter().find(|finding| finding["rule"] == "types/unquoted-no").expect("found");
    assert_eq!(trap["key"], "mixed_precision");
    let edit = &trap["fix"]["edits"][0];
    let at = |key: &str| edit[key].as_u64().expect("a number") as usize;
    let mut text = MIXED.to_owned();
    text.replace_range(at("start")..at("end"), edit["text"].as_str().expect("text"));
    assert!(
        text.contains("mixed_precision: 'no'          # trap")
            || text.contains("mixed_precision: 'no'            # trap"),
        "{text}"
    );
}

#[test]
fn json_counts_and_names_what_could_not_be_read() {
    let run = Room::new().run(&["validate", "--format", "json", "gone.yaml"]);
    let report: Value = serde_json::from_str(&run.stdout).expect("valid JSON");
    assert_eq!(report["summary"]["unread"], 1);
    assert!(report["files"][0]["failure"].as_str().is_some_and(|reason| reason.contains("there is no file")));
    assert_eq!(run.code, 2);
}

#[test]
fn columns_count_characters_and_offsets_count_bytes() {
    let room =
        Room::new().file("a.yaml", "# ü\ndistributed_type: MULTI_GPU\nnum_processes: 2\n\"ü\": 1\nfoo: 1\n");
    let run = room.run(&["validate", "--format", "json", "a.yaml"]);
    let report: Value = serde_json::from_str(&run.stdout).expect("valid JSON");
    let span = &report["files"][0]["findings"][0]["span"];
    assert_eq!((span["start"]["line"].as_u64(), span["end"]["column"].as_u64()), (Some(4), Some(4)));
    assert_eq!(span["start"]["offset"].as_u64(), Some(50));
}

#[test]
fn colour_follows_the_wish_and_the_terminal() {
    let room = Room::new().file("mixed.yaml", MIXED);
    let coloured = |arguments: &[&str]| room.run(arguments).stdout.contains('\u{1b}');
    assert!(!coloured(&["validate", "--format", "pretty", "mixed.yaml"]));
    assert!(coloured(&["validate", "--format", "pretty", "--color", "always", "mixed.yaml"]));
}
