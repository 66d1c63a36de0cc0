//! Number formats that the GPUs of the machine cannot compute in.

use super::super::sample::yaml;
use super::super::{Facts, Findings, Rule};
use super::{TWO_H100, TWO_V100, called};
use crate::finding::Severity;
use crate::hardware::{Device, Precisions, Support};

pub(in crate::rules) const RULES: &[Rule] = &[NO_FP8, EMULATED_BF16];

const NO_FP8: Rule = Rule {
    name: "hardware/no-fp8",
    says: "`mixed_precision` is fp8, and the GPUs cannot do it",
    severity: Severity::Warning,
    why: "fp8 begins with compute capability 8.9 (Ada, Hopper). On an older GPU Accelerate writes a line to the log \
          and trains in fp16 (1.15, `AcceleratorState`), which needs a loss scale and may diverge where bf16 would not.",
    bad: yaml("mixed_precision: fp8\nfp8_config:\n  backend: TE\n").on(TWO_V100),
    good: yaml("mixed_precision: fp8\nfp8_config:\n  backend: TE\n").on(TWO_H100),
    check: no_fp8,
    ..Rule::BLANK
};

fn no_fp8(facts: &Facts, found: &mut Findings) {
    if let Some(device) = lacking(facts, "fp8", |can| can.fp8) {
        let better = if device.capability >= Some((8, 0)) { "bf16" } else { "fp16" };
        found
            .report(
                facts.value_place("mixed_precision"),
                format!("{} cannot compute in fp8: Accelerate would train in fp16", called(device)),
            )
            .advise(format!(
                "write `mixed_precision: {better}`, or take GPUs from compute capability 8.9 on"
            ));
    }
}

const EMULATED_BF16: Rule = Rule {
    name: "hardware/emulated-bf16",
    says: "`mixed_precision` is bf16, and the GPUs only imitate it",
    severity: Severity::Warning,
    why: "bf16 begins with compute capability 8.0 (Ampere). PyTorch says that older GPUs support it and computes each \
          step by way of fp32: it works, without the speed that it was chosen for.",
    bad: yaml("mixed_precision: bf16\n").on(TWO_V100),
    good: yaml("mixed_precision: fp16\n").on(TWO_V100),
    check: emulated_bf16,
    ..Rule::BLANK
};

fn emulated_bf16(facts: &Facts, found: &mut Findings) {
    if let Some(device) = lacking(facts, "bf16", |can| can.bf16) {
        found
            .report(
                facts.value_place("mixed_precision"),
                format!("{} only imitates bf16: it will be slow", called(device)),
            )
            .advise("write `mixed_precision: fp16`, or take GPUs from compute capability 8.0 on");
    }
}

/// The first GPU of the job that cannot compute natively in the format that the file asks for.
fn lacking<'a>(facts: &Facts<'a>, word: &str, can: fn(&Precisions) -> Support) -> Option<&'a Device> {
    if facts.config.text("mixed_precision").as_deref() != Some(word) {
        return None;
    }
    let used = facts.local_processes().unwrap_or(1);
    let gpus = facts.gpus()?.into_iter().take(used);
    let mut known = gpus.filter_map(|device| Some((device, device.precisions()?)));
    known.find(|(_, precisions)| can(precisions) != Support::Native).map(|(device, _)| device)
}
