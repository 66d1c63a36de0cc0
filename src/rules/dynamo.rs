//! torch.compile: options that switch nothing on, and launchers that drop them.

use super::sample::yaml;
use super::{Facts, Findings, Rule};
use crate::finding::Severity;
use crate::schema::{self, Is, Platform};
use crate::value::Value;

pub(super) const RULES: &[Rule] = &[NOT_PASSED_ON, NO_BACKEND, STATIC_SHAPES];

const SECTION: &str = "dynamo_config";
const BACKEND: &str = "dynamo_config.dynamo_backend";
const DYNAMIC: &str = "dynamo_config.dynamo_use_dynamic";

const NOT_PASSED_ON: Rule = Rule {
    name: "compile/not-passed-on",
    says: "torch.compile with a type whose launcher drops it",
    severity: Severity::Warning,
    why: "The launchers of DeepSpeed and TPU pass no option of torch.compile on: nothing is compiled.",
    bad: yaml("distributed_type: DEEPSPEED\ndynamo_config:\n  dynamo_backend: INDUCTOR\n"),
    good: yaml("distributed_type: MULTI_GPU\ndynamo_config:\n  dynamo_backend: INDUCTOR\n"),
    check: not_passed_on,
    ..Rule::BLANK
};

fn not_passed_on(facts: &Facts, found: &mut Findings) {
    let Some(kind) = facts.local_type().filter(|kind| matches!(*kind, "DEEPSPEED" | "XLA")) else { return };
    for key in [BACKEND, "dynamo_backend"] {
        let Some(value) = facts.get(key).filter(|value| is_on(value)) else { continue };
        if value.as_text().is_some() {
            found
                .report(facts.value_place(key), format!("with {kind} nothing is compiled"))
                .relate(facts.value_place("distributed_type"), "its launcher drops these options")
                .advise(
                    "call `torch.compile` in the training script, or pass `dynamo_plugin` to `Accelerator()`",
                );
        }
    }
}

fn is_on(backend: &Value) -> bool {
    backend.is_truthy() && !Is::Text("NO").meets(backend)
}

const NO_BACKEND: Rule = Rule {
    name: "compile/no-backend",
    says: "options of torch.compile without a backend",
    severity: Severity::Warning,
    why: "Without `dynamo_backend` nothing is compiled, whatever the other options say.",
    bad: yaml("dynamo_config:\n  dynamo_mode: max-autotune\n"),
    good: yaml("dynamo_config:\n  dynamo_backend: INDUCTOR\n  dynamo_mode: max-autotune\n"),
    check: no_backend,
    ..Rule::BLANK
};

fn no_backend(facts: &Facts, found: &mut Findings) {
    let is_asked = |row: &&schema::Field| {
        let value = facts.get(row.key);
        value.is_some_and(|value| value.is_truthy() && row.default.value().as_ref() != Some(value))
    };
    let has_options = schema::section(SECTION).filter(|row| row.key != BACKEND).any(|row| is_asked(&row));
    let is_here = facts.platform != Platform::SageMaker && facts.entry(SECTION).is_some();
    if is_here && has_options && !facts.is_set(BACKEND) && !facts.is_set("dynamo_backend") {
        found
            .report(facts.key_place(SECTION), "`dynamo_backend` is missing: nothing is compiled")
            .advise("write `dynamo_backend: INDUCTOR`, or remove the section")
            .offer("write `dynamo_backend: INDUCTOR`", vec![facts.write(BACKEND, "INDUCTOR")]);
    }
}

const STATIC_SHAPES: Rule = Rule {
    name: "compile/static-shapes",
    says: "torch.compile without a word about changing shapes",
    severity: Severity::Hint,
    why: "PyTorch itself finds out whether shapes change. The launcher always passes `dynamic=False` on instead, unless \
          the file says true, so each new shape compiles the model again.",
    bad: yaml("dynamo_config:\n  dynamo_backend: INDUCTOR\n"),
    good: yaml("dynamo_config:\n  dynamo_backend: INDUCTOR\n  dynamo_use_dynamic: false\n"),
    on_request: true,
    check: static_shapes,
    ..Rule::BLANK
};

fn static_shapes(facts: &Facts, found: &mut Findings) {
    let is_passed_on = facts.local_type().is_some_and(|kind| !matches!(kind, "DEEPSPEED" | "XLA"));
    if is_passed_on && facts.get(BACKEND).is_some_and(is_on) && !facts.is_set(DYNAMIC) {
        found
            .report(
                facts.value_place(BACKEND),
                "`dynamo_use_dynamic` is not set: every new shape compiles anew",
            )
            .advise("write `dynamo_use_dynamic: true` if batch or sequence lengths vary, else false");
    }
}
