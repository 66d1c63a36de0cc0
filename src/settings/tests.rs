//! Tests of [`super`].

use super::*;

const FULL: &str = "accelerate: '1.15'
fail_on: warning
machine: 8xh100-sxm
model: llama-3.1-8b
workload:
  checkpointing: 'true'
  sequence: '4096'
rules:
  select:
  - types
  ignore:
  - yaml/tab
  severity:
    keys/twice: error
";

fn refusal(text: &str) -> String {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    fs::write(folder.path().join(FILE), text).expect("it can be written to");
    let error = above(folder.path()).expect_err("the settings are wrong");
    error.to_string().rsplit_once(FILE).expect("the file is named").1.to_owned()
}

#[test]
fn settings_come_back_as_they_were_written() {
    let settings = Settings::parse(FULL).expect("it is in order");
    assert_eq!(settings.accelerate, Some(Release(1, 15)));
    assert_eq!(settings.text(), FULL);
    assert_eq!(settings.rules.names().collect::<Vec<_>>(), ["types", "yaml/tab", "keys/twice"]);
    let ten = Settings::parse("accelerate: 1.10\n").expect("it is in order");
    assert_eq!(ten.accelerate, Some(Release(1, 10)), "not 1.1");
    assert_eq!(Settings::parse("# nothing\n").expect("comments are fine"), Settings::default());
    assert_eq!(Settings::default().text(), "{}\n");
    let step = Settings::parse("workload: {sequence: 4096, checkpointing: true, lora_rank: null}\n");
    let words = step.expect("it is in order").workload.into_values().collect::<Vec<_>>();
    assert_eq!(words, ["true", "none", "4096"]);
}

#[test]
fn the_nearest_file_above_counts() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let below = folder.path().join("a/b");
    fs::create_dir_all(&below).expect("it can be made");
    fs::write(folder.path().join(FILE), "fail_on: hint\n").expect("it can be written");
    assert_eq!(above(&below).expect("it is in order").settings.fail_on, Some(Severity::Hint));
    fs::write(below.join(FILE), "fail_on: error\n").expect("it can be written");
    assert_eq!(above(&below).expect("it is in order").settings.fail_on, Some(Severity::Error));
}

#[test]
fn mistakes_are_told_with_their_place() {
    let told = refusal("fail_on: warning\nrulez: {}\n");
    assert!(told.starts_with(":2:1: unknown field `rulez`, expected one of"), "{told}");
    let told = refusal("accelerate: newest\n");
    assert!(told.contains("expected a release of Accelerate, such as 1.15"), "{told}");
    let told = refusal("fail_on: fatal\n");
    assert!(told.starts_with(":1:10: ") && told.contains("`warning`"), "{told}");
    assert!(refusal("rules: [\n").starts_with(":"));
}
