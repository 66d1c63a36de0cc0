//! What one release of Accelerate does wrong.

use super::sample::yaml;
use super::{Facts, Findings, Rule};
use crate::finding::Severity;
use crate::schema::{self, Kind, Release};
use crate::value::Value;

pub(super) const RULES: &[Rule] = &[FP8_CRASH, EXACT_NAMES];

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

const EXACT_NAMES: Rule = Rule {
    name: "release/fsdp-names",
    says: "a name of FSDP in a spelling that old releases refuse",
    severity: Severity::Error,
    why: "Before 0.34 every worker looked for the names of strategies, checkpoints and prefetching exactly as torch \
          writes them, in capitals. Other spellings and, for checkpoints, numbers came later.",
    bad: yaml(
        "distributed_type: FSDP\nfsdp_config:\n  fsdp_auto_wrap_policy: NO_WRAP\n  fsdp_state_dict_type: 1\n",
    )
    .at(0, 33),
    good: yaml(
        "distributed_type: FSDP\nfsdp_config:\n  fsdp_auto_wrap_policy: NO_WRAP\n\
         \x20 fsdp_state_dict_type: FULL_STATE_DICT\n",
    )
    .at(0, 33),
    gone: Some(Release(0, 34)),
    check: exact_names,
    ..Rule::BLANK
};

/// Rows of names, and whether a number in their place is older than 0.34.
const NAMES: [(&str, bool); 3] = [
    ("fsdp_config.fsdp_sharding_strategy", true),
    ("fsdp_config.fsdp_state_dict_type", false),
    ("fsdp_config.fsdp_backward_prefetch", false),
];

fn exact_names(facts: &Facts, found: &mut Findings) {
    for (key, takes_numbers) in NAMES {
        let (Some(entry), Some(row)) = (facts.entry(key), schema::field(key)) else { continue };
        let Kind::Choice(choices) = row.kind else { continue };
        let is_exact = match &entry.value {
            Value::Text(word) => choices.iter().any(|choice| choice.word == word),
            Value::Int(_) => takes_numbers,
            _ => true,
        };
        if facts.is_type("FSDP") && !is_exact {
            let written = facts.source(entry);
            found
                .report(
                    facts.value_place(key),
                    format!("accelerate {} does not know `{written}`", facts.release),
                )
                .advise("write the name in capitals, as the reference of fields lists it");
        }
    }
}
