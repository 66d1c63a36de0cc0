//! TPU: what its launcher does not pass on.

use super::sample::yaml;
use super::{Facts, Findings, Rule};
use crate::finding::Severity;
use crate::value::Value;

pub(super) const RULES: &[Rule] = &[PRECISION, ENVIRONMENT, POD_NAME];

const PRECISION: Rule = Rule {
    name: "tpu/precision",
    says: "a precision that the TPU launcher does not pass on",
    severity: Severity::Warning,
    why: "The TPU launcher knows bf16 alone. fp16 and fp8 reach no worker: training runs in full precision.",
    bad: yaml("distributed_type: XLA\nnum_processes: 8\nmixed_precision: fp16\n"),
    good: yaml("distributed_type: XLA\nnum_processes: 8\nmixed_precision: bf16\n"),
    check: precision,
    ..Rule::BLANK
};

fn precision(facts: &Facts, found: &mut Findings) {
    let Some(word) = facts.config.mixed_precision().filter(|_| facts.is_type("XLA")) else { return };
    if matches!(word.as_str(), "fp16" | "fp8") && facts.is_set("mixed_precision") {
        found
            .report(facts.value_place("mixed_precision"), format!("{word} is not passed on to TPUs"))
            .relate(facts.value_place("distributed_type"), "TPU")
            .advise("write bf16, which TPUs are made for, or 'no'")
            .offer("write bf16", vec![facts.write("mixed_precision", "bf16")]);
    }
}

const ENVIRONMENT: Rule = Rule {
    name: "tpu/environment",
    says: "variables that never reach the pod",
    severity: Severity::Warning,
    why: "The launcher replaces the list of variables by its own before it starts the pod: none of `tpu_env` arrives.",
    bad: yaml(
        "distributed_type: XLA\nnum_processes: 8\ntpu_use_cluster: true\ntpu_name: pod\ntpu_zone: us-central1-a\n\
         tpu_env:\n  - LOG=1\n",
    ),
    good: yaml(
        "distributed_type: XLA\nnum_processes: 8\ntpu_use_cluster: true\ntpu_name: pod\ntpu_zone: us-central1-a\n",
    ),
    check: environment,
    ..Rule::BLANK
};

fn environment(facts: &Facts, found: &mut Findings) {
    let is_filled = facts.get("tpu_env").is_some_and(Value::is_truthy);
    if facts.is_type("XLA") && is_filled {
        found
            .report(facts.key_place("tpu_env"), "`tpu_env` is not sent to the pod")
            .advise("set the variables in the training script, or on the machines of the pod");
    }
}

const POD_NAME: Rule = Rule {
    name: "tpu/pod-name",
    says: "a TPU pod without its name",
    severity: Severity::Warning,
    why: "With `tpu_use_cluster` the launcher hands the script to the pod called `tpu_name`, and no flag names it. \
          Without a name the pod is not found.",
    bad: yaml("distributed_type: XLA\nnum_processes: 8\ntpu_use_cluster: true\n"),
    good: yaml("distributed_type: XLA\nnum_processes: 8\ntpu_use_cluster: true\ntpu_name: pod\n"),
    check: pod_name,
    ..Rule::BLANK
};

fn pod_name(facts: &Facts, found: &mut Findings) {
    let is_pod = facts.is_type("XLA") && facts.config.flag("tpu_use_cluster") == Some(true);
    if is_pod && !facts.is_set("tpu_name") {
        found
            .report(
                facts.key_place("tpu_use_cluster"),
                "`tpu_name` is missing: nobody knows which pod is meant",
            )
            .advise("write the pod's name as `tpu_name`");
    }
}
