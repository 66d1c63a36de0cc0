//! What the chosen release of Accelerate does not know yet, or does wrong.

use super::sample::yaml;
use super::{Facts, Findings, Rule};
use crate::finding::{Place, Severity};
use crate::key::KeyPath;
use crate::schema::{self, Release};
use crate::value::Value;

pub(super) const RULES: &[Rule] = &[TOO_NEW, FP8_CRASH];

const TOO_NEW: Rule = Rule {
    name: "release/option-too-new",
    says: "an option that came with a later release",
    severity: Severity::Warning,
    why: "An older Accelerate takes the option of a section that it does not know and ignores it without a word. At \
          the top level it refuses the file.",
    bad: yaml("dynamo_config:\n  dynamo_backend: INDUCTOR\n  dynamo_use_regional_compilation: true\n")
        .at(1, 6),
    good: yaml("dynamo_config:\n  dynamo_backend: INDUCTOR\n").at(1, 6),
    check: too_new,
    ..Rule::BLANK
};

fn too_new(facts: &Facts, found: &mut Findings) {
    for entry in facts.nested().filter(|entry| entry.field.is_none() && entry.counts) {
        let Some(section) = entry.section else { continue };
        let row = schema::find(&KeyPath::of(section).key(entry.name));
        let Some(since) = row.and_then(|row| row.since).filter(|since| facts.release < *since) else {
            continue;
        };
        let release = facts.release;
        found
            .report(
                Place::key(entry.path.clone()),
                format!("`{}` came with accelerate {since}; {release} ignores it", entry.name),
            )
            .advise(format!("use accelerate {since} or newer, or remove the option"));
    }
}

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
