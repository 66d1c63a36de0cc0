//! Settings under their old names.

use super::Written;
use super::keys::counting;
use crate::document::Edit;
use crate::finding::{Place, Severity};
use crate::rules::sample::file;
use crate::rules::{Facts, Findings, Rule};
use crate::value::Value;

pub(super) const RULES: &[Rule] = &[TWO_NAMES, OLD_OFFLOAD, OLD_NAME];

const TWO_NAMES: Rule = Rule {
    name: "deepspeed-file/two-names",
    says: "one setting under its old and its new name",
    severity: Severity::Error,
    why: "Some settings have two names, such as `cpu_offload` and `offload_optimizer`. DeepSpeed refuses a file \
          that uses both.",
    bad: file(
        "ds.json",
        b"{\"train_micro_batch_size_per_gpu\": 1, \"zero_optimization\": {\"stage\": 2, \"cpu_offload\": true, \
          \"offload_optimizer\": {\"device\": \"cpu\"}}}\n",
    ),
    good: file(
        "ds.json",
        b"{\"train_micro_batch_size_per_gpu\": 1, \"zero_optimization\": {\"stage\": 2, \
          \"offload_optimizer\": {\"device\": \"cpu\"}}}\n",
    ),
    check: two_names,
    ..Rule::BLANK
};

fn two_names(facts: &Facts, found: &mut Findings) {
    let file = &facts.deepspeed;
    for written in counting(file) {
        let Some(setting) = written.setting else { continue };
        let replaced = setting.instead.map(|name| format!("{}.{name}", written.section));
        let is_other = |other: &&Written| {
            other.path != written.path
                && (other.key == written.key || replaced.as_ref() == Some(&other.key))
                && (replaced.is_some() || Some(written.name.as_str()) == setting.alias)
        };
        let Some(other) = counting(file).find(is_other) else { continue };
        found
            .report(
                Place::key(written.path.clone()),
                format!(
                    "`{}` and `{}` are the same setting; DeepSpeed refuses both together",
                    written.name, other.name
                ),
            )
            .relate(Place::key(other.path.clone()), "the other name")
            .advise(format!("keep `{}`", other.name))
            .offer(format!("remove `{}`", written.name), vec![Edit::Remove { path: written.path.clone() }]);
    }
}

const OLD_OFFLOAD: Rule = Rule {
    name: "deepspeed-file/old-offload",
    says: "`cpu_offload` is not understood by Accelerate",
    severity: Severity::Warning,
    why: "Accelerate exchanges the script's optimizer for DeepSpeed's own when `offload_optimizer` moves its state. It \
          does not look at the old name `cpu_offload`; DeepSpeed does, and stops with a ZeRORuntimeException \
          unless the script itself brings DeepSpeed's optimizer for the CPU.",
    bad: file(
        "ds.json",
        b"{\"train_micro_batch_size_per_gpu\": 1, \"zero_optimization\": {\"stage\": 2, \"cpu_offload\": true}}\n",
    ),
    good: file(
        "ds.json",
        b"{\"train_micro_batch_size_per_gpu\": 1, \"zero_optimization\": {\"stage\": 2, \
          \"offload_optimizer\": {\"device\": \"cpu\"}}}\n",
    ),
    check: old_offload,
    ..Rule::BLANK
};

fn old_offload(facts: &Facts, found: &mut Findings) {
    let file = &facts.deepspeed;
    let Some(written) = file.get("zero_optimization.cpu_offload") else { return };
    let is_forced = file.value("zero_force_ds_cpu_optimizer").is_none_or(Value::is_truthy);
    let has_optimizer = file.text("optimizer.type").is_some();
    let is_both = file.get("zero_optimization.offload_optimizer").is_some();
    if !file.is_on("zero_optimization.cpu_offload")
        || file.stage() == 0
        || !is_forced
        || has_optimizer
        || is_both
    {
        return;
    }
    let path = written.path.parent().unwrap_or_default().key("offload_optimizer");
    let device = Value::Map(vec![("device".into(), "cpu".into())]);
    found
        .report(
            Place::key(written.path.clone()),
            "`cpu_offload` is an old name that Accelerate does not understand",
        )
        .advise("write `\"offload_optimizer\": {\"device\": \"cpu\"}`; DeepSpeed stops as it is, unless the script brings DeepSpeedCPUAdam")
        .repair(
            "write `offload_optimizer`",
            vec![Edit::Remove { path: written.path.clone() }, Edit::Set { path, value: device }],
        );
}

const OLD_NAME: Rule = Rule {
    name: "deepspeed-file/old-name",
    says: "an old name that still works",
    severity: Severity::Hint,
    why: "DeepSpeed renamed some settings and reads the old names with a warning for now.",
    bad: file(
        "ds.json",
        b"{\"train_micro_batch_size_per_gpu\": 1, \"zero_optimization\": {\"stage\": 3, \
          \"stage3_gather_fp16_weights_on_model_save\": true}}\n",
    ),
    good: file(
        "ds.json",
        b"{\"train_micro_batch_size_per_gpu\": 1, \"zero_optimization\": {\"stage\": 3, \
          \"stage3_gather_16bit_weights_on_model_save\": true}}\n",
    ),
    check: old_name,
    ..Rule::BLANK
};

fn old_name(facts: &Facts, found: &mut Findings) {
    for (written, setting) in facts.deepspeed.known() {
        let Some(instead) = setting.instead else { continue };
        found
            .report(Place::key(written.path.clone()), format!("`{}` is an old name", written.name))
            .advise(format!("write `{instead}`"));
    }
}
