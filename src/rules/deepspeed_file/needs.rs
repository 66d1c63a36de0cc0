//! Settings that need another setting, or a ZeRO stage, and stop training without it.

use crate::finding::{Place, Severity};
use crate::rules::sample::file;
use crate::rules::{Facts, Findings, Rule};
use crate::value::Value;

use super::DeepSpeedFile;

pub(super) const RULES: &[Rule] = &[NEEDS];

const NEEDS: Rule = Rule {
    name: "deepspeed-file/needs",
    says: "a setting needs another stage or setting",
    severity: Severity::Error,
    why: "Some settings exist at some stages of ZeRO only, or together with another one. DeepSpeed checks them before \
          training and stops.",
    bad: file(
        "ds.json",
        b"{\"train_micro_batch_size_per_gpu\": 1, \"zero_optimization\": {\"stage\": 2, \
          \"offload_optimizer\": {\"device\": \"cpu\", \"ratio\": 0.5}}}\n",
    ),
    good: file(
        "ds.json",
        b"{\"train_micro_batch_size_per_gpu\": 1, \"zero_optimization\": {\"stage\": 3, \
          \"offload_optimizer\": {\"device\": \"cpu\", \"ratio\": 0.5}}}\n",
    ),
    check: needs,
    ..Rule::BLANK
};

/// A setting, when it asks for something, what it needs, and whether that is there.
struct Need {
    key: &'static str,
    asks: fn(&Value) -> bool,
    says: &'static str,
    is_met: fn(&DeepSpeedFile) -> bool,
}

/// DeepSpeed 0.19.8: `DeepSpeedConfig._do_error_check`, `DeepSpeedZeroConfig`, `_configure_zero_optimizer`.
const ALL: &[Need] = &[
    Need {
        key: "zero_optimization.offload_optimizer.ratio",
        asks: |value| value.as_number().is_some_and(|ratio| ratio < 1.0),
        says: "a part of the optimizer can only be moved at stage 3",
        is_met: |file| file.stage() == 3,
    },
    Need {
        key: "zero_optimization.compute_grad_norm",
        asks: |value| *value == Value::Bool(false),
        says: "the length of the gradient can only be left out at stages 1 and 2",
        is_met: |file| matches!(file.stage(), 1 | 2),
    },
    Need {
        key: "zero_optimization.legacy_stage1",
        asks: |value| *value == Value::Bool(true),
        says: "the old stage 1 is gone since DeepSpeed 0.5.9",
        is_met: |file| file.stage() == 0,
    },
    Need {
        key: "gradient_allreduce_op",
        asks: |value| value.as_text().is_some_and(|word| word.eq_ignore_ascii_case("sum")),
        says: "gradients cannot be summed at stage 3",
        is_met: |file| file.stage() < 3,
    },
    Need {
        key: "fp16.fp16_master_weights_and_grads",
        asks: |value| *value == Value::Bool(true),
        says: "`fp16_master_weights_and_grads` needs stage 1, 2 or 3",
        is_met: |file| file.stage() > 0,
    },
    Need {
        key: "bf16.bf16_master_weights_and_grads",
        asks: |value| *value == Value::Bool(true),
        says: "`bf16_master_weights_and_grads` needs stage 1, 2 or 3",
        is_met: |file| file.stage() > 0,
    },
    Need {
        key: "bf16.bf16_optimizer_states",
        asks: |value| *value == Value::Bool(true),
        says: "`bf16_optimizer_states` needs `bf16_master_weights_and_grads` and stage 1, 2 or 3",
        is_met: |file| file.stage() > 0 && file.is_on("bf16.bf16_master_weights_and_grads"),
    },
];

fn needs(facts: &Facts, found: &mut Findings) {
    let file = &facts.deepspeed;
    for need in ALL {
        let Some(written) = file.get(need.key).filter(|it| (need.asks)(&it.value) && !(need.is_met)(file))
        else {
            continue;
        };
        let finding = found.report(Place::value(written.path.clone()), need.says);
        if let Some(stage) = file.get("zero_optimization.stage") {
            finding.relate(Place::value(stage.path.clone()), "the stage");
        }
        finding.advise(format!("remove `{}`, or change what it needs", written.name));
    }
}
