//! Mixed precision, as far as a file can show.

use super::sample::yaml;
use super::{Facts, Findings, Rule};
use crate::finding::Severity;

pub(super) const RULES: &[Rule] = &[FP16_ON_CPU];

const FP16_ON_CPU: Rule = Rule {
    name: "precision/fp16-on-cpu",
    says: "fp16 for training on the CPU",
    severity: Severity::Warning,
    why: "On the CPU Accelerate switches no fp16 arithmetic on: training runs in full precision while \
          `mixed_precision` still says fp16. bf16 does work there.",
    bad: yaml("distributed_type: 'NO'\nnum_processes: 1\nuse_cpu: true\nmixed_precision: fp16\n"),
    good: yaml("distributed_type: 'NO'\nnum_processes: 1\nuse_cpu: true\nmixed_precision: bf16\n"),
    check: fp16_on_cpu,
    ..Rule::BLANK
};

fn fp16_on_cpu(facts: &Facts, found: &mut Findings) {
    let is_cpu =
        matches!(facts.local_type(), Some("NO" | "MULTI_CPU")) && facts.config.flag("use_cpu") == Some(true);
    if is_cpu && facts.is_set("mixed_precision") && facts.config.mixed_precision().as_deref() == Some("fp16")
    {
        found
            .report(facts.value_place("mixed_precision"), "fp16 has no effect on the CPU")
            .relate(facts.value_place("use_cpu"), "this trains on the CPU")
            .advise("write bf16, or 'no' for full precision")
            .offer("write bf16", vec![facts.write("mixed_precision", "bf16")]);
    }
}
