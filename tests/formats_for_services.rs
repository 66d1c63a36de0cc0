//! The formats that other people's services read: SARIF, GitHub, GitLab and JUnit.

use quick_xml::Reader;
use quick_xml::events::Event;
use serde_json::{Value, json};

use crate::harness::picture::assert_picture;
use crate::harness::run::{Room, Run};

/// One finding of each severity, one with a second place, one with a fix.
const MIXED: &str = "\
# ü
distributed_type: FSDP
mixed_precision: no
num_processes: 2
num_processes: 8
fsdp_config:
  fsdp_version: 2
";

const FINE: &str = "distributed_type: MULTI_GPU\nnum_processes: 2\n";

/// Characters that end something in one of the formats, in a message and in the file's name.
const NASTY: &str =
    "distributed_type: MULTI_GPU\nnum_processes: 2\n? \"<&>'%\\e[2J\\n::error::]]> [a](b)\\uffff\"\n: 1\n";

fn room() -> Room {
    Room::new().file("configs/a b,ü.yaml", MIXED).file("fine.yaml", FINE).file("100%<&>'.yaml", NASTY)
}

const FILES: [&str; 4] = ["./configs/a b,ü.yaml", "fine.yaml", "100%<&>'.yaml", "gone.yaml"];

fn run(format: &str) -> Run {
    run_with(format, &["--hints"])
}

fn run_with(format: &str, more: &[&str]) -> Run {
    room().run(&[&["validate", "--format", format], more, &FILES].concat())
}

fn parsed(format: &str) -> Value {
    serde_json::from_str(&run(format).stdout).expect("valid JSON")
}

#[test]
fn a_file_that_cannot_be_read_fails_every_format() {
    for format in ["sarif", "github", "gitlab", "junit"] {
        let run = run(format);
        assert_eq!(run.code, 2, "{format}");
        assert!(run.stdout.contains("there is no file `gone.yaml`"), "{format}: {}", run.stdout);
    }
}

#[test]
fn hints_are_shown_when_asked_for() {
    for format in ["sarif", "github", "gitlab", "junit"] {
        assert!(run(format).stdout.contains("fsdp/no-wrap-policy"), "{format}");
        assert!(!run_with(format, &[]).stdout.contains("fsdp/no-wrap-policy"), "{format}");
        assert!(run_with(format, &["--fail-on", "hint"]).stdout.contains("fsdp/no-wrap-policy"), "{format}");
    }
}

#[test]
fn nothing_in_a_file_reaches_a_terminal_through_a_report() {
    for format in ["sarif", "github", "gitlab", "junit"] {
        let stdout = run(format).stdout;
        assert!(!stdout.contains(|letter: char| letter.is_control() && letter != '\n'), "{format}");
    }
}

#[test]
fn github_turns_findings_into_commands() {
    assert_picture("services-github", &run("github").stdout);
}

#[test]
fn github_sees_one_command_for_each_finding_whatever_the_files_say() {
    let stdout = run_with("github", &["--hints", "--quiet"]).stdout;
    let words: Vec<&str> =
        stdout.lines().filter_map(|line| line.strip_prefix("::")?.split(' ').next()).collect();
    assert_eq!(words, ["error", "warning", "notice", "error", "error"], "{stdout}");
    assert_eq!(words.len(), stdout.lines().count());
}

#[test]
fn gitlab_gets_a_list_of_issues() {
    assert_picture("services-gitlab", &run("gitlab").stdout);
}

#[test]
fn gitlab_recognises_a_finding_whose_line_has_moved() {
    let prints = |text: &str| -> Vec<String> {
        let run = Room::new().file("a.yaml", text).run(&["validate", "--format", "gitlab", "a.yaml"]);
        let report: Vec<Value> = serde_json::from_str(&run.stdout).expect("a list");
        report.iter().map(|issue| issue["fingerprint"].as_str().expect("text").to_owned()).collect()
    };
    let before = prints(MIXED);
    assert_eq!(prints(&format!("# a comment more\n{MIXED}")), before);
    assert_ne!(before[0], before[1]);
}

#[test]
fn junit_is_well_formed_and_counts_right() {
    let run = run("junit");
    let mut reader = Reader::from_str(&run.stdout);
    let mut open: Vec<String> = Vec::new();
    let (mut failures, mut cases, mut passed) = (0, 0, 0);
    loop {
        match reader.read_event().expect("well-formed") {
            Event::Start(tag) => {
                tag.attributes().for_each(|attribute| drop(attribute.expect("a sound attribute")));
                failures += usize::from(tag.name().as_ref() == "failure");
                cases += usize::from(tag.name().as_ref() == "testcase");
                open.push(tag.name().as_ref().to_owned());
            }
            Event::Empty(tag) => passed += usize::from(tag.name().as_ref() == "testcase"),
            Event::End(tag) => assert_eq!(open.pop().as_deref(), Some(tag.name().as_ref())),
            Event::Eof => break,
            _ => {}
        }
    }
    assert!(open.is_empty());
    assert_eq!((failures, cases, passed), (4, 5, 1));
    assert!(
        run.stdout.contains("<testsuites name=\"accel-studio\" tests=\"6\" failures=\"4\" errors=\"1\">")
    );
}

#[test]
fn junit_shows_files_as_suites() {
    assert_picture("services-junit", &run("junit").stdout);
}

#[test]
fn sarif_tells_all() {
    let with_version = format!("\"semanticVersion\": \"{}\"", env!("CARGO_PKG_VERSION"));
    assert_picture(
        "services-sarif",
        &run("sarif").stdout.replace(&with_version, "\"semanticVersion\": \"…\""),
    );
}

/// What SARIF 2.1.0 asks of the parts that we write, and nothing beyond them.
fn sarif_shape() -> Value {
    let text = json!({"type": "object", "required": ["text"], "additionalProperties": false,
        "properties": {"text": {"type": "string"}}});
    let level = json!({"enum": ["none", "note", "warning", "error"]});
    let from_1 = json!({"type": "integer", "minimum": 1});
    let region = json!({"type": "object", "additionalProperties": false, "required": ["startLine"],
        "properties": {"startLine": from_1, "startColumn": from_1, "endLine": from_1, "endColumn": from_1}});
    let artifact = json!({"type": "object", "additionalProperties": false, "properties": {
        "uri": {"type": "string", "pattern": "^[A-Za-z0-9%/._~:-]+$"}, "uriBaseId": {"const": "%SRCROOT%"}}});
    let location = json!({"type": "object", "additionalProperties": false, "properties": {
        "id": {"type": "integer", "minimum": 0}, "message": text,
        "physicalLocation": {"type": "object", "required": ["artifactLocation"], "additionalProperties": false,
            "properties": {"artifactLocation": artifact, "region": region}}}});
    let locations = json!({"type": "array", "items": location});
    let fix = json!({"type": "object", "additionalProperties": false, "required": ["artifactChanges"],
        "properties": {"description": text, "properties": {"type": "object"},
            "artifactChanges": {"type": "array", "minItems": 1, "items": {
                "type": "object", "additionalProperties": false, "required": ["artifactLocation", "replacements"],
                "properties": {"artifactLocation": artifact, "replacements": {"type": "array", "minItems": 1,
                    "items": {"type": "object", "additionalProperties": false, "required": ["deletedRegion"],
                        "properties": {"deletedRegion": region, "insertedContent": text}}}}}}}});
    let rule = json!({"type": "object", "additionalProperties": false, "required": ["id"], "properties": {
        "id": {"type": "string"}, "name": {"type": "string"}, "shortDescription": text, "fullDescription": text,
        "help": {"type": "object", "required": ["text"], "additionalProperties": false,
            "properties": {"text": {"type": "string"}, "markdown": {"type": "string"}}},
        "defaultConfiguration": {"type": "object", "properties": {"level": level}},
        "properties": {"type": "object", "properties": {"tags": {"type": "array", "uniqueItems": true}}}}});
    let result = json!({"type": "object", "additionalProperties": false, "required": ["message"], "properties": {
        "ruleId": {"type": "string"}, "ruleIndex": {"type": "integer", "minimum": 0}, "level": level,
        "message": text, "locations": locations, "relatedLocations": locations,
        "partialFingerprints": {"type": "object", "additionalProperties": {"type": "string"}},
        "fixes": {"type": "array", "items": fix}}});
    let trouble = json!({"type": "object", "additionalProperties": false, "required": ["message"],
        "properties": {"message": text, "level": level, "locations": locations}});
    let invocation = json!({"type": "object", "additionalProperties": false, "required": ["executionSuccessful"],
        "properties": {"executionSuccessful": {"type": "boolean"},
            "toolExecutionNotifications": {"type": "array", "items": trouble}}});
    let run = json!({"type": "object", "additionalProperties": false, "required": ["tool", "results"],
        "properties": {
            "tool": {"type": "object", "required": ["driver"], "properties": {"driver": {
                "type": "object", "additionalProperties": false, "required": ["name"], "properties": {
                    "name": {"type": "string"}, "semanticVersion": {"type": "string"},
                    "rules": {"type": "array", "uniqueItems": true, "items": rule}}}}},
            "invocations": {"type": "array", "items": invocation},
            "originalUriBaseIds": {"type": "object"},
            "artifacts": {"type": "array", "uniqueItems": true, "items": {
                "type": "object", "additionalProperties": false, "properties": {"location": artifact}}},
            "columnKind": {"const": "unicodeCodePoints"},
            "newlineSequences": {"type": "array", "minItems": 1, "uniqueItems": true},
            "results": {"type": "array", "items": result}}});
    json!({"type": "object", "additionalProperties": false, "required": ["version", "runs"], "properties": {
        "$schema": {"type": "string"}, "version": {"const": "2.1.0"}, "runs": {"type": "array", "items": run}}})
}

#[test]
fn sarif_is_of_the_shape_that_the_standard_asks_for() {
    let shape = jsonschema::validator_for(&sarif_shape()).expect("a sound schema");
    let report = parsed("sarif");
    let faults: Vec<String> = shape.iter_errors(&report).map(|error| error.to_string()).collect();
    assert!(faults.is_empty(), "{faults:#?}");
}

#[test]
fn sarif_findings_lead_to_their_rules() {
    let report = parsed("sarif");
    let run = &report["runs"][0];
    let results = run["results"].as_array().expect("a list");
    assert_eq!(results.len(), 4);
    for result in results {
        let index = result["ruleIndex"].as_u64().expect("a number") as usize;
        assert_eq!(run["tool"]["driver"]["rules"][index]["id"], result["ruleId"]);
    }
}

#[test]
fn sarif_fixes_change_the_file_as_fix_does() {
    let report = parsed("sarif");
    let results = report["runs"][0]["results"].as_array().expect("a list");
    let trap = results.iter().find(|result| result["ruleId"] == "types/unquoted-no").expect("found");
    let change = &trap["fixes"][0]["artifactChanges"][0];
    assert_eq!(change["artifactLocation"]["uri"], "configs/a%20b%2C%C3%BC.yaml");
    let replacement = &change["replacements"][0];
    let at = |key: &str| replacement["deletedRegion"][key].as_u64().expect("a number") as usize;
    assert_eq!((at("startLine"), at("endLine")), (3, 3));
    let line: Vec<char> = MIXED.lines().nth(2).expect("there are more").chars().collect();
    let piece = |from: usize, to: usize| line[from..to].iter().collect::<String>();
    let new = replacement["insertedContent"]["text"].as_str().expect("text");
    let changed =
        format!("{}{new}{}", piece(0, at("startColumn") - 1), piece(at("endColumn") - 1, line.len()));
    assert_eq!(changed, "mixed_precision: 'no'");
}

/// A config whose second file has two mistakes of one kind.
fn two_files(format: &str) -> Run {
    let config = "distributed_type: DEEPSPEED\nnum_processes: 8\ndeepspeed_config:\n  deepspeed_config_file: ds/zero 2.json\n";
    let zero = "{\n  \"train_micro_batch_size_per_gpu\": \"auto\",\n  \"zero_optimization\": {\n    \"stage\": 2,\n    \"offlod_param\": {},\n    \"overlap_com\": true\n  }\n}\n";
    let room = Room::new().file("configs/a.yaml", config).file("ds/zero 2.json", zero);
    room.run(&["validate", "--format", format, "configs/a.yaml"])
}

#[test]
fn findings_in_two_files_point_into_both() {
    let report: Value = serde_json::from_str(&two_files("sarif").stdout).expect("valid JSON");
    let results = report["runs"][0]["results"].as_array().expect("a list");
    let places: Vec<(&str, u64)> = results
        .iter()
        .map(|result| &result["relatedLocations"][0]["physicalLocation"])
        .map(|place| (&place["artifactLocation"]["uri"], &place["region"]["startLine"]))
        .filter_map(|(uri, line)| Some((uri.as_str()?, line.as_u64()?)))
        .collect();
    assert_eq!(places, [("ds/zero%202.json", 5), ("ds/zero%202.json", 6)]);
    for format in ["github", "junit", "gitlab"] {
        let stdout = two_files(format).stdout;
        assert!(
            stdout.contains("ds/zero 2.json:5:5: ") && stdout.contains("ds/zero 2.json:6:5: "),
            "{stdout}"
        );
    }
}

#[test]
fn findings_told_at_one_place_stay_two() {
    let issues: Vec<Value> = serde_json::from_str(&two_files("gitlab").stdout).expect("a list");
    let prints: Vec<&Value> = issues.iter().map(|issue| &issue["fingerprint"]).collect();
    assert!(prints.len() == 2 && prints[0] != prints[1], "{prints:?}");
    let junit = two_files("junit").stdout;
    assert!(junit.contains("name=\"deepspeed-file/unknown-option 4:26\""), "{junit}");
    assert!(junit.contains("name=\"deepspeed-file/unknown-option 4:26 (2)\""), "{junit}");
}
