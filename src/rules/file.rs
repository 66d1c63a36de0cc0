//! What the file as a whole is: empty, no mapping, somebody else's, or under a name that misleads.

use super::facts::Nature;
use super::sample::{file, yaml};
use super::{Facts, Findings, Rule};
use crate::document::{Document, Edit, Format, Span};
use crate::finding::{Place, Severity};
use crate::key::KeyPath;
use crate::value::Value;

pub(super) const RULES: &[Rule] =
    &[EMPTY, NOT_A_MAPPING, DEEPSPEED_YAML, NOT_A_CONFIG, SUFFIX_CASE, DEFAULT_JSON, VERSION_DIRECTIVE];

const EMPTY: Rule = Rule {
    name: "file/empty",
    says: "the file holds no settings",
    severity: Severity::Error,
    why: "Accelerate looks up keys in what the file says; an empty file, or one with comments alone, says \
          nothing, and Accelerate stops with an AttributeError.",
    bad: file("config.yaml", b"# to be filled in\n"),
    good: file("config.yaml", b"distributed_type: MULTI_GPU\nnum_processes: 2\n"),
    check: empty,
    ..Rule::BLANK
};

fn empty(facts: &Facts, found: &mut Findings) {
    let is_empty = facts.document.root().is_none_or(|root| root.value() == Value::Null);
    if facts.document.fault().is_none() && is_empty {
        let whole = Span { start: 0, end: facts.document.text().len() };
        found.report(Place::Bytes(whole), "the file holds no settings").advise(
            "write at least `distributed_type` and `num_processes`, or begin with `accel-studio init`",
        );
    }
}

const NOT_A_MAPPING: Rule = Rule {
    name: "file/not-a-mapping",
    says: "the top level is not a mapping of keys",
    severity: Severity::Error,
    why: "Accelerate expects `key: value` lines. A list or a single text at the top level makes it stop \
          with an AttributeError.",
    bad: file("config.yaml", b"- distributed_type: MULTI_GPU\n- num_processes: 2\n"),
    good: file("config.yaml", b"distributed_type: MULTI_GPU\nnum_processes: 2\n"),
    check: not_a_mapping,
    ..Rule::BLANK
};

fn not_a_mapping(facts: &Facts, found: &mut Findings) {
    let Some(root) = facts.config.root() else { return };
    if *root != Value::Null && root.as_map().is_none() {
        let message = format!("the top level is {}, not a mapping of keys", root.kind());
        found.report(Place::value(KeyPath::root()), message).advise("write `key: value` lines");
    }
}

const DEEPSPEED_YAML: Rule = Rule {
    name: "file/deepspeed-yaml",
    says: "settings of DeepSpeed stand in a YAML file",
    severity: Severity::Error,
    why: "Accelerate reads the file of `deepspeed_config_file` with Python's json, whatever its name. As its own \
          config it refuses such a file, because it does not know the keys.",
    bad: file("zero2.yaml", b"train_micro_batch_size_per_gpu: 1\nzero_optimization:\n  stage: 2\n"),
    good: file(
        "zero2.json",
        b"{\"train_micro_batch_size_per_gpu\": 1, \"zero_optimization\": {\"stage\": 2}}\n",
    ),
    check: deepspeed_yaml,
    ..Rule::BLANK
};

fn deepspeed_yaml(facts: &Facts, found: &mut Findings) {
    let is_yaml = facts.nature == Nature::DeepSpeed && facts.document.format() == Format::Yaml;
    if is_yaml && Document::parse(facts.document.text(), Format::Json).fault().is_some() {
        found
            .report(Place::Bytes(facts.first()), "these are settings of DeepSpeed, whose file must be JSON")
            .advise("write them as JSON and name that file in `deepspeed_config.deepspeed_config_file`");
    }
}

const NOT_A_CONFIG: Rule = Rule {
    name: "file/not-a-config",
    says: "none of the keys is Accelerate's",
    severity: Severity::Error,
    why: "Accelerate refuses a file without `distributed_type` and with keys that it does not know. A file \
          in which no key is known was probably meant for another program.",
    bad: file("compose.yaml", b"services:\n  web:\n    image: nginx\n"),
    good: file("config.yaml", b"distributed_type: MULTI_GPU\nnum_processes: 2\n"),
    check: not_a_config,
    ..Rule::BLANK
};

fn not_a_config(facts: &Facts, found: &mut Findings) {
    if facts.nature == Nature::Foreign && facts.config.root().is_some_and(|root| root.as_map().is_some()) {
        found
            .report(Place::Bytes(facts.first()), "none of the keys in this file is Accelerate's")
            .advise("check that this is the right file; Accelerate refuses it");
    }
}

const SUFFIX_CASE: Rule = Rule {
    name: "file/suffix-case",
    says: "the file's suffix is .json in capitals",
    severity: Severity::Warning,
    why: "Only the exact suffix `.json` selects the JSON reader. A file called `.JSON` is read as YAML: most \
          JSON works by chance, but tabs do not.",
    bad: file("config.JSON", b"{\"distributed_type\": \"MULTI_GPU\", \"num_processes\": 2}\n"),
    good: file("config.json", b"{\"distributed_type\": \"MULTI_GPU\", \"num_processes\": 2}\n"),
    check: suffix_case,
    ..Rule::BLANK
};

fn suffix_case(facts: &Facts, found: &mut Findings) {
    let suffix = facts.file_name.rsplit_once('.').map_or("", |(_, suffix)| suffix);
    if suffix != "json" && suffix.eq_ignore_ascii_case("json") {
        let message = format!("a file ending in `.{suffix}` is read as YAML, not as JSON");
        found.report(Place::Bytes(facts.first()), message).advise("rename it so that it ends in `.json`");
    }
}

const DEFAULT_JSON: Rule = Rule {
    name: "file/default-json",
    says: "`default_config.json` is never read by itself",
    severity: Severity::Warning,
    why: "Without `--config_file`, Accelerate looks for `default_config.yaml` in its cache folder. No \
          release looks for `default_config.json`; JSON inside `default_config.yaml` is fine.",
    bad: file(
        "accelerate/default_config.json",
        b"{\"distributed_type\": \"MULTI_GPU\", \"num_processes\": 2}\n",
    ),
    good: file(
        "accelerate/default_config.yaml",
        b"{\"distributed_type\": \"MULTI_GPU\", \"num_processes\": 2}\n",
    ),
    check: default_json,
    ..Rule::BLANK
};

fn default_json(facts: &Facts, found: &mut Findings) {
    if facts.file_name.replace('\\', "/").ends_with("accelerate/default_config.json") {
        found
            .report(Place::Bytes(facts.first()), "Accelerate never looks for `default_config.json`")
            .advise("rename it to `default_config.yaml`, or pass it with `--config_file`");
    }
}

const VERSION_DIRECTIVE: Rule = Rule {
    name: "yaml/version-directive",
    says: "a `%YAML` line has no effect",
    severity: Severity::Hint,
    why: "PyYAML accepts the line and goes on with the rules of YAML 1.1, in which an unquoted `no` is a \
          boolean and `010` is eight.",
    bad: yaml("%YAML 1.2\n---\ndebug: false\n"),
    good: yaml("---\ndebug: false\n"),
    check: version_directive,
    ..Rule::BLANK
};

fn version_directive(facts: &Facts, found: &mut Findings) {
    if facts.document.fault().is_some() {
        return;
    }
    let text = facts.document.text();
    let directives = facts.document.frame().directives.iter();
    for span in directives.filter(|span| text[span.start..span.end].starts_with("%YAML")) {
        let message = format!("`{}` has no effect: YAML 1.1 rules apply", &text[span.start..span.end]);
        let edit = Edit::Replace { span: with_line_end(text, *span), text: String::new() };
        let finding = found.report(Place::Bytes(*span), message);
        finding.advise("remove the line").repair("remove the line", vec![edit]);
    }
}

/// The directive and the end of its line, unless a comment follows it.
fn with_line_end(text: &str, span: Span) -> Span {
    let rest = &text[span.end..];
    let after_blanks = rest.trim_start_matches(' ');
    let blanks = rest.len() - after_blanks.len();
    let line_end = ["\r\n", "\n", "\r"].iter().find(|end| after_blanks.starts_with(**end));
    Span { start: span.start, end: span.end + blanks + line_end.map_or(0, |end| end.len()) }
}
