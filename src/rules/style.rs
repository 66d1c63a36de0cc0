//! What works, and is better written otherwise.

use super::sample::yaml;
use super::{Facts, Findings, Rule};
use crate::document::Edit;
use crate::finding::{Place, Severity};
use crate::schema::{Kind, Mismatch};
use crate::value::Value;

pub(super) const RULES: &[Rule] = &[CAPITALS, BOOLEAN_IN_QUOTES];

const CAPITALS: Rule = Rule {
    name: "style/capitals",
    says: "a word is written in unusual capitals",
    severity: Severity::Hint,
    why: "From the file Accelerate accepts some words in any capitals. The same word is refused on the command line, \
          and by other tools that read the file.",
    bad: yaml("mixed_precision: BF16\n"),
    good: yaml("mixed_precision: bf16\n"),
    check: capitals,
    ..Rule::BLANK
};

fn capitals(facts: &Facts, found: &mut Findings) {
    for (entry, field) in facts.known().filter(|(entry, _)| entry.mismatch.is_none()) {
        let (Kind::Choice(choices), Some(text)) = (field.kind, entry.text()) else { continue };
        let Some(choice) = choices.iter().find(|choice| choice.word.eq_ignore_ascii_case(text)) else {
            continue;
        };
        if choice.word != text {
            let word = choice.word;
            let set = Edit::Set { path: entry.path.clone(), value: Value::text(word) };
            found
                .report(Place::value(entry.path.clone()), format!("`{text}` is usually written `{word}`"))
                .advise(format!("write {word}; the command line refuses other capitals"))
                .repair(format!("write {word}"), vec![set]);
        }
    }
}

const BOOLEAN_IN_QUOTES: Rule = Rule {
    name: "style/boolean-in-quotes",
    says: "a boolean stands in quotes",
    severity: Severity::Hint,
    why: "This option travels to the workers as text and is read as a boolean there, so quotes do no harm. With \
          `debug` and a few others they do.",
    bad: yaml(
        "distributed_type: FSDP\nfsdp_config:\n  fsdp_auto_wrap_policy: NO_WRAP\n  fsdp_offload_params: 'false'\n",
    ),
    good: yaml(
        "distributed_type: FSDP\nfsdp_config:\n  fsdp_auto_wrap_policy: NO_WRAP\n  fsdp_offload_params: false\n",
    ),
    check: boolean_in_quotes,
    ..Rule::BLANK
};

/// The launcher refuses a plain false here, but not the text (utils/launch.py 1.15.0): without its
/// quotes the file would no longer start.
const KEEPS_ITS_QUOTES: &str = "fsdp_config.fsdp_sync_module_states";

fn boolean_in_quotes(facts: &Facts, found: &mut Findings) {
    for (entry, field, mismatch) in facts.mismatched() {
        let Mismatch::QuotedBool(meant) = mismatch else { continue };
        if field.key == KEEPS_ITS_QUOTES {
            continue;
        }
        let set = Edit::Set { path: entry.path.clone(), value: Value::Bool(*meant) };
        found
            .report(
                Place::value(entry.path.clone()),
                format!("{} is text that is read as {meant}", facts.source(entry)),
            )
            .advise(format!("write {meant} without quotes"))
            .repair(format!("write {meant}"), vec![set]);
    }
}
