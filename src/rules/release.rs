//! What one release of Accelerate does wrong.

use super::sample::yaml;
use super::{Facts, Findings, Rule};
use crate::finding::Severity;
use crate::schema::Release;
use crate::value::Value;

pub(super) const RULES: &[Rule] = &[FP8_CRASH];

const FP8_CRASH: Rule = Rule {
    name: "release/fp8-in-1-4",
    says: "8-bit training with accelerate 1.4, which cannot start it",
    severity: Severity::Error,
    why: "The launcher of 1.4 expects `override_linear_precision` as text and stops with an AttributeError on its own \
          default, which is none. 1.5 repaired it.",
    bad: yaml("mixed_precision: fp8\nfp8_config:\n  backend: TE\n").at(1, 4),
    good: yaml("mixed_precision: bf16\n").at(1, 4),
    since: Some(Release(1, 4)),
    gone: Some(Release(1, 5)),
    check: fp8_crash,
    ..Rule::BLANK
};

fn fp8_crash(facts: &Facts, found: &mut Findings) {
    let is_text = facts.get("fp8_config.override_linear_precision").and_then(Value::as_text).is_some();
    let is_local = facts.local_type().is_some() && facts.is_set("mixed_precision");
    if is_local && !is_text && facts.config.mixed_precision().as_deref() == Some("fp8") {
        found
            .report(facts.value_place("mixed_precision"), "accelerate 1.4 cannot start 8-bit training")
            .advise("use accelerate 1.5 or newer");
    }
}
