//! Number formats that exclude or need each other.

use crate::document::Edit;
use crate::finding::{Place, Severity};
use crate::rules::sample::file;
use crate::rules::{Facts, Findings, Rule};
use crate::value::Value;

pub(super) const RULES: &[Rule] = &[BOTH, LOSS_SCALE];

const BOTH: Rule = Rule {
    name: "deepspeed-file/fp16-and-bf16",
    says: "fp16 and bf16 are both switched on",
    severity: Severity::Error,
    why: "A model trains in one number format. DeepSpeed stops with an AssertionError when both are enabled.",
    bad: file(
        "ds.json",
        b"{\"train_micro_batch_size_per_gpu\": 1, \"zero_optimization\": {\"stage\": 2}, \
          \"fp16\": {\"enabled\": true}, \"bf16\": {\"enabled\": true}}\n",
    ),
    good: file(
        "ds.json",
        b"{\"train_micro_batch_size_per_gpu\": 1, \"zero_optimization\": {\"stage\": 2}, \
          \"fp16\": {\"enabled\": false}, \"bf16\": {\"enabled\": true}}\n",
    ),
    check: both,
    ..Rule::BLANK
};

fn both(facts: &Facts, found: &mut Findings) {
    let file = &facts.deepspeed;
    let is_on = |key: &str| file.get(key).filter(|it| it.value.as_text() != Some("auto") && file.is_on(key));
    let (Some(old), Some(new)) = (is_on("fp16.enabled"), is_on("bf16.enabled")) else { return };
    found
        .report(Place::value(new.path.clone()), "fp16 and bf16 cannot both be enabled")
        .relate(Place::value(old.path.clone()), "fp16 is enabled here")
        .advise("keep bf16 on newer GPUs (A100, RTX 30 and later), fp16 on older ones")
        .offer("switch fp16 off", vec![Edit::Set { path: old.path.clone(), value: false.into() }]);
}

const LOSS_SCALE: Rule = Rule {
    name: "deepspeed-file/loss-scale-range",
    says: "automatic loss scaling cannot work with this number",
    severity: Severity::Error,
    why: "With `loss_scale` 0, DeepSpeed looks for a factor by itself; a window or a smallest factor of 0 would \
          divide by zero or lose all gradients, so it refuses them.",
    bad: file(
        "ds.json",
        b"{\"train_micro_batch_size_per_gpu\": 1, \"zero_optimization\": {\"stage\": 2}, \
          \"fp16\": {\"enabled\": true, \"loss_scale_window\": 0}}\n",
    ),
    good: file(
        "ds.json",
        b"{\"train_micro_batch_size_per_gpu\": 1, \"zero_optimization\": {\"stage\": 2}, \
          \"fp16\": {\"enabled\": true, \"loss_scale_window\": 1000}}\n",
    ),
    check: loss_scale,
    ..Rule::BLANK
};

fn loss_scale(facts: &Facts, found: &mut Findings) {
    let file = &facts.deepspeed;
    let is_dynamic =
        file.value("fp16.loss_scale").and_then(Value::as_number).is_none_or(|scale| scale == 0.0);
    if !file.is_on("fp16.enabled") || !is_dynamic {
        return;
    }
    for key in ["fp16.loss_scale_window", "fp16.min_loss_scale"] {
        let Some(written) =
            file.get(key).filter(|it| it.value.as_number().is_some_and(|number| number <= 0.0))
        else {
            continue;
        };
        let message =
            format!("`{}` must be above 0 while the factor for the loss is found by itself", written.name);
        found
            .report(Place::value(written.path.clone()), message)
            .advise("remove it, or write a number above 0");
    }
}
