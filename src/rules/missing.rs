//! Keys without which Accelerate refuses the file, and words that make it pick the wrong reader.

use super::sample::{file, yaml};
use super::{Facts, Findings, Rule};
use crate::document::Edit;
use crate::finding::{Place, Severity};
use crate::key::KeyPath;
use crate::schema::{self, Default, Platform};
use crate::value::Value;

pub(super) const RULES: &[Rule] = &[COMPUTE_ENVIRONMENT, REQUIRED, SAGEMAKER_NO];

const COMPUTE_ENVIRONMENT: Rule = Rule {
    name: "types/compute-environment",
    says: "`compute_environment` is neither LOCAL_MACHINE nor AMAZON_SAGEMAKER",
    severity: Severity::Error,
    why: "Everything but the exact word LOCAL_MACHINE makes Accelerate read the file as a SageMaker config, so it \
          refuses it with a message about unknown SageMaker keys. There is no word for SLURM, Kubernetes or other \
          clusters: they are LOCAL_MACHINE.",
    bad: yaml("compute_environment: SLURM\n"),
    good: yaml("compute_environment: LOCAL_MACHINE\n"),
    check: compute_environment,
    ..Rule::BLANK
};

fn compute_environment(facts: &Facts, found: &mut Findings) {
    let key = KeyPath::of("compute_environment");
    let Some(value) = facts.config.at(&key) else { return };
    let word = value.as_text().unwrap_or_default();
    if word == "LOCAL_MACHINE" || word == "AMAZON_SAGEMAKER" || super::placeholder::is_one(value) {
        return;
    }
    let meant = if word.to_lowercase().contains("sagemaker") { "AMAZON_SAGEMAKER" } else { "LOCAL_MACHINE" };
    let message = match value {
        Value::Text(word) => format!("`{word}` is no compute environment"),
        other => {
            format!("`compute_environment` must be LOCAL_MACHINE or AMAZON_SAGEMAKER, found {}", other.kind())
        }
    };
    let set = vec![Edit::Set { path: key.clone(), value: Value::text(meant) }];
    let finding = found.report(Place::value(key), message);
    finding.advise(format!(
        "write {meant}; Accelerate reads anything else as a SageMaker config and refuses it"
    ));
    if word.eq_ignore_ascii_case(meant) {
        finding.repair(format!("write {meant}"), set);
    } else {
        finding.offer(format!("write {meant}"), set);
    }
}

const REQUIRED: Rule = Rule {
    name: "keys/missing",
    says: "a key that Accelerate needs is not there",
    severity: Severity::Error,
    why: "Accelerate stops while reading a file without `distributed_type`, and a SageMaker file without \
          `ec2_instance_type` or `iam_role_name`.",
    bad: file("config.yaml", b"mixed_precision: bf16\nnum_processes: 8\n"),
    good: file("config.yaml", b"distributed_type: MULTI_GPU\nmixed_precision: bf16\nnum_processes: 8\n"),
    check: required,
    ..Rule::BLANK
};

fn required(facts: &Facts, found: &mut Findings) {
    let needed = schema::top_level_keys(facts.platform, facts.release)
        .filter(|field| matches!(field.default, Default::Required))
        .filter(|field| facts.config.get(field.key).is_none())
        // A misspelt key is there: that finding says it better.
        .filter(|field| !facts.top().any(|entry| super::keys::is_slip_of(entry.name, field.key)));
    for field in needed {
        let message = format!("`{}` is missing", field.key);
        let finding = found.report(Place::Bytes(facts.first()), message);
        finding.advise("add it; Accelerate refuses the file without it");
        if field.key == "distributed_type" {
            let word = likely_type(facts);
            let edit = Edit::Insert {
                path: KeyPath::of(field.key),
                value: Value::text(word),
                after: vec![
                    "deepspeed_config".to_owned(),
                    "compute_environment".to_owned(),
                    "debug".to_owned(),
                ],
            };
            finding.offer(format!("add `distributed_type: {word}`"), vec![edit]);
        }
    }
}

/// What the rest of the file speaks of.
fn likely_type(facts: &Facts) -> &'static str {
    let is_filled = |key: &str| facts.get(key).is_some_and(Value::is_truthy);
    let processes = facts.get("num_processes").and_then(Value::as_int).unwrap_or(1);
    match () {
        () if is_filled("fsdp_config") => "FSDP",
        () if is_filled("deepspeed_config") => "DEEPSPEED",
        () if is_filled("megatron_lm_config") => "MEGATRON_LM",
        () if processes > 1 => "MULTI_GPU",
        () => "NO",
    }
}

const SAGEMAKER_NO: Rule = Rule {
    name: "sagemaker/type-no",
    says: "a SageMaker file says `distributed_type: 'NO'`",
    severity: Severity::Error,
    why: "Since 0.34 the word NO makes Accelerate add `num_processes` to the config, a key that SageMaker configs do \
          not have: it refuses a file that its own questionnaire wrote.",
    bad: file(
        "config.yaml",
        b"compute_environment: AMAZON_SAGEMAKER\ndistributed_type: 'NO'\nec2_instance_type: ml.p3.2xlarge\n\
          iam_role_name: role\nmixed_precision: fp16\nprofile: default\n",
    )
    .at(1, 9),
    good: file(
        "config.yaml",
        b"compute_environment: AMAZON_SAGEMAKER\ndistributed_type: DATA_PARALLEL\n\
          ec2_instance_type: ml.p3.2xlarge\niam_role_name: role\nmixed_precision: fp16\nprofile: default\n",
    )
    .at(1, 9),
    check: sagemaker_no,
    ..Rule::BLANK
};

fn sagemaker_no(facts: &Facts, found: &mut Findings) {
    if facts.platform == Platform::SageMaker && facts.is_type("NO") {
        found
            .report(
                Place::value("distributed_type"),
                "Accelerate refuses SageMaker files with `distributed_type: 'NO'`",
            )
            .advise("write DATA_PARALLEL, or start a single process without `accelerate launch`");
    }
}
