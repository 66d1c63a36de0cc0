//! Traps of YAML 1.1: what is read as something else than it looks like.

use num_bigint::BigInt;

use super::sample::{file, yaml};
use super::{Entry, Facts, Findings, Rule};
use crate::document::{Edit, Format};
use crate::finding::{Place, Severity};
use crate::schema::{Field, Kind, Mismatch, Platform, Release, Text};
use crate::value::Value;

pub(super) const RULES: &[Rule] =
    &[UNQUOTED_TYPE, UNQUOTED_NO, OCTAL, BASE_SIXTY, EXPONENT, VERSION_NUMBER, QUOTED_BOOLEAN];

const UNQUOTED_TYPE: Rule = Rule {
    name: "types/unquoted-type",
    says: "`distributed_type` is no text: an unquoted NO is false",
    severity: Severity::Warning,
    why: "YAML reads an unquoted NO as the boolean false. Accelerate does not notice and starts a single process by \
          accident, but only while `num_processes` is there; without it the launch is refused.",
    bad: file("config.yaml", b"distributed_type: NO\nnum_processes: 1\n"),
    good: file("config.yaml", b"distributed_type: 'NO'\nnum_processes: 1\n"),
    check: unquoted_type,
    ..Rule::BLANK
};

fn unquoted_type(facts: &Facts, found: &mut Findings) {
    let Some(entry) = facts.entry("distributed_type") else { return };
    let (Value::Bool(_) | Value::Null) = entry.value else { return };
    let written = facts.source(entry);
    let finding = match entry.value {
        Value::Null => found.report(Place::value(entry.path.clone()), "`distributed_type` is empty"),
        _ => found
            .report(
                Place::value(entry.path.clone()),
                format!("`{written}` without quotes is a boolean, not a word"),
            )
            .mark(format!("read as {}", if entry.value.is_truthy() { "true" } else { "false" })),
    };
    if facts.platform == Platform::SageMaker {
        finding.severity = Severity::Error;
        finding.advise("write DATA_PARALLEL; Accelerate can start no SageMaker job with anything like NO");
        return;
    }
    finding.advise("write 'NO' in quotes for a single process; Accelerate starts one by accident");
    if facts.get("num_processes").is_none() {
        finding.severity = Severity::Error;
        finding
            .advise("write 'NO' in quotes; without `num_processes` Accelerate refuses to launch this file");
    }
    let quote = vec![Edit::Set { path: entry.path.clone(), value: Value::text("NO") }];
    if written.eq_ignore_ascii_case("no") {
        finding.repair("write 'NO' in quotes", quote);
    } else {
        finding.offer("write 'NO' in quotes", quote);
    }
}

const UNQUOTED_NO: Rule = Rule {
    name: "types/unquoted-no",
    says: "`no` without quotes is read as false",
    severity: Severity::Error,
    why: "YAML 1.1 turns an unquoted no, off or false into a boolean. Accelerate then treats a boolean as text: with \
          `mixed_precision: no` or `dynamo_backend: no` the launch stops with an AttributeError.",
    bad: yaml("mixed_precision: no\n"),
    good: yaml("mixed_precision: 'no'\n"),
    check: unquoted_no,
    ..Rule::BLANK
};

fn unquoted_no(facts: &Facts, found: &mut Findings) {
    for (entry, field, mismatch) in facts.mismatched() {
        let Mismatch::UnquotedWord(word) = mismatch else { continue };
        // Before 0.34 the launcher turned this one boolean into its word.
        if field.key == "mixed_precision" && facts.release < Release(0, 34) {
            continue;
        }
        let written = facts.source(entry);
        let set = Edit::Set { path: entry.path.clone(), value: Value::text(*word) };
        found
            .report(Place::value(entry.path.clone()), format!("`{written}` without quotes is read as false"))
            .mark("a boolean, not a word")
            .advise(format!("write '{word}' in quotes; Accelerate fails on a boolean here"))
            .repair(format!("write '{word}' in quotes"), vec![set]);
    }
}

const OCTAL: Rule = Rule {
    name: "types/octal",
    says: "a number with a leading zero is octal",
    severity: Severity::Warning,
    why: "YAML 1.1 reads `010` as eight. Numbers with an 8 or 9 in them, such as `08`, are text instead.",
    bad: yaml("num_processes: 010\n"),
    good: yaml("num_processes: 10\n"),
    check: octal,
    ..Rule::BLANK
};

fn octal(facts: &Facts, found: &mut Findings) {
    for (entry, _) in plain_numbers(facts) {
        let written = facts.source(entry);
        let digits = written.trim_start_matches('0').replace('_', "");
        let looks_like: Option<BigInt> = digits.parse().ok().filter(|_| written.starts_with('0'));
        let (Some(looks_like), Value::Int(is)) = (looks_like, &entry.value) else { continue };
        if looks_like != *is {
            let set = Edit::Set { path: entry.path.clone(), value: Value::Int(looks_like.clone()) };
            found
                .report(Place::value(entry.path.clone()), format!("`{written}` is octal: it is read as {is}"))
                .advise(format!("write {looks_like}, or {is} if that is meant"))
                .offer(format!("write {looks_like}"), vec![set]);
        }
    }
}

/// The unquoted values of YAML that are read as numbers and matter.
fn plain_numbers<'f, 'a>(facts: &'f Facts<'a>) -> impl Iterator<Item = (&'f Entry<'a>, &'static Field)> {
    let is_yaml = facts.document.format() == Format::Yaml;
    facts.known().filter(move |(entry, field)| {
        let is_number = matches!(entry.value, Value::Int(_) | Value::Float(_));
        is_yaml && is_number && entry.is_plain() && facts.matters(field)
    })
}

const BASE_SIXTY: Rule = Rule {
    name: "types/base-sixty",
    says: "digits with a colon are read as a number to base 60",
    severity: Severity::Warning,
    why: "YAML 1.1 takes `12:30` for minutes and seconds and reads 750.",
    bad: yaml("num_machines: 2\nmachine_rank: 0\nmain_process_ip: 10.0.0.1\nmain_process_port: 29:50\n"),
    good: yaml("num_machines: 2\nmachine_rank: 0\nmain_process_ip: 10.0.0.1\nmain_process_port: 2950\n"),
    check: base_sixty,
    ..Rule::BLANK
};

fn base_sixty(facts: &Facts, found: &mut Findings) {
    for (entry, field) in plain_numbers(facts).filter(|(entry, _)| facts.source(entry).contains(':')) {
        let written = facts.source(entry);
        let read = match &entry.value {
            Value::Int(number) => number.to_string(),
            _ => "a number".to_owned(),
        };
        let finding = found
            .report(Place::value(entry.path.clone()), format!("`{written}` is read as {read}, to base 60"));
        if matches!(field.kind, Kind::Text(_)) {
            let set = Edit::Set { path: entry.path.clone(), value: Value::text(written) };
            finding.advise(format!("write '{written}' in quotes")).repair("put it in quotes", vec![set]);
        } else {
            finding.advise("write a plain number, without a colon");
        }
    }
}

const EXPONENT: Rule = Rule {
    name: "types/exponent",
    says: "a number with an exponent is text, or no integer",
    severity: Severity::Error,
    why: "YAML 1.1 reads `1e8` as text, because a float needs a dot and a sign: `1.0e+8`. Where Accelerate needs an \
          integer, both fail with a ValueError in every worker.",
    bad: yaml(
        "distributed_type: FSDP\nfsdp_config:\n  fsdp_auto_wrap_policy: SIZE_BASED_WRAP\n  fsdp_min_num_params: 1e8\n",
    ),
    good: yaml(
        "distributed_type: FSDP\nfsdp_config:\n  fsdp_auto_wrap_policy: SIZE_BASED_WRAP\n  fsdp_min_num_params: 100000000\n",
    ),
    check: exponent,
    ..Rule::BLANK
};

fn exponent(facts: &Facts, found: &mut Findings) {
    for (entry, field, _) in facts.mismatched() {
        let written = facts.source(entry).trim_matches(['\'', '"']);
        let is_whole = matches!(field.kind, Kind::Int { .. } | Kind::Number(_));
        let Some(number) = whole(written).filter(|_| is_whole && written.contains(['e', 'E'])) else {
            continue;
        };
        let read = entry.value.kind();
        let set = Edit::Set { path: entry.path.clone(), value: Value::Int(number.clone()) };
        found
            .report(
                Place::value(entry.path.clone()),
                format!("`{written}` is read as {read}, not as an integer"),
            )
            .advise(format!("write {number}; Accelerate fails on anything but digits here"))
            .repair(format!("write {number}"), vec![set]);
    }
}

/// The integer that a number with an exponent stands for, where it is one.
fn whole(written: &str) -> Option<BigInt> {
    let number: f64 = written.replace('_', "").parse().ok()?;
    // Beyond 2^53 a float no longer says which integer is meant.
    let is_exact = number.fract() == 0.0 && number.abs() < 9_007_199_254_740_992.0;
    is_exact.then(|| BigInt::from(number as i64))
}

const VERSION_NUMBER: Rule = Rule {
    name: "types/version-number",
    says: "a version without quotes is read as a number",
    severity: Severity::Warning,
    why: "YAML reads `1.10` as the number 1.1, so that another version is asked for.",
    bad: file(
        "config.yaml",
        b"compute_environment: AMAZON_SAGEMAKER\ndistributed_type: DATA_PARALLEL\n\
          ec2_instance_type: ml.p3.2xlarge\niam_role_name: role\nmixed_precision: fp16\npytorch_version: 1.10\nprofile: default\n",
    )
    .at(1, 9),
    good: file(
        "config.yaml",
        b"compute_environment: AMAZON_SAGEMAKER\ndistributed_type: DATA_PARALLEL\n\
          ec2_instance_type: ml.p3.2xlarge\niam_role_name: role\nmixed_precision: fp16\npytorch_version: '1.10'\nprofile: default\n",
    )
    .at(1, 9),
    check: version_number,
    ..Rule::BLANK
};

fn version_number(facts: &Facts, found: &mut Findings) {
    for (entry, field) in plain_numbers(facts) {
        let Kind::Text(Text::Version) = field.kind else { continue };
        let written = facts.source(entry);
        let set = Edit::Set { path: entry.path.clone(), value: Value::text(written) };
        found
            .report(Place::value(entry.path.clone()), format!("the version `{written}` is read as a number"))
            .advise(format!("write '{written}' in quotes; as a number, 1.10 is 1.1"))
            .repair("put it in quotes", vec![set]);
    }
}

const QUOTED_BOOLEAN: Rule = Rule {
    name: "types/quoted-boolean",
    says: "a boolean in quotes means the opposite",
    severity: Severity::Warning,
    why: "Python takes any text for true. Where Accelerate asks for truth alone, as with `debug`, 'false' in quotes \
          switches the option on. `zero3_save_16bit_model` knows only the text true.",
    bad: yaml("debug: 'false'\n"),
    good: yaml("debug: false\n"),
    check: quoted_boolean,
    ..Rule::BLANK
};

/// Keys of which Accelerate 1.15.0 asks Python's truth instead of parsing a word.
const ASKED_FOR_TRUTH: [&str; 3] = ["debug", "use_cpu", "tpu_use_cluster"];

/// Keys of which only the text `true` counts as true.
const ONLY_TRUE: [&str; 2] = [
    "deepspeed_config.zero3_save_16bit_model",
    "parallelism_config.parallelism_config_sp_seq_length_is_variable",
];

fn quoted_boolean(facts: &Facts, found: &mut Findings) {
    for (entry, field, mismatch) in facts.mismatched() {
        let Mismatch::QuotedBool(meant) = mismatch else { continue };
        let text = entry.text().unwrap_or_default();
        let turned_on = ASKED_FOR_TRUTH.contains(&field.key) && !*meant;
        let turned_off = ONLY_TRUE.contains(&field.key) && *meant && !text.eq_ignore_ascii_case("true");
        if !turned_on && !turned_off {
            continue;
        }
        let set = Edit::Set { path: entry.path.clone(), value: Value::Bool(*meant) };
        found
            .report(Place::value(entry.path.clone()), format!("the text '{text}' counts as {turned_on} here"))
            .advise(format!("write {meant} without quotes"))
            .repair(format!("write {meant}"), vec![set]);
    }
}
