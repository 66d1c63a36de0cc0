//! How the model is cut into units.

use super::{CLASSES, UNIT_SIZE, WRAP};
use crate::finding::Severity;
use crate::rules::sample::yaml;
use crate::rules::{Facts, Findings, Rule};
use crate::schema::Release;
use crate::value::Value;

pub(in crate::rules) const RULES: &[Rule] =
    &[POLICY, NO_POLICY, CLASS_SPACES, UNIT_SIZE_ZERO, UNIT_SIZE_MISSING];

const POLICY: Rule = Rule {
    name: "fsdp/wrap-policy",
    says: "a wrap policy under the name of another library",
    severity: Severity::Error,
    why: "Tutorials and other libraries call the policies TRANSFORMER_LAYER, TRANSFORMER_AUTO_WRAP_POLICY or none. \
          Accelerate knows TRANSFORMER_BASED_WRAP, SIZE_BASED_WRAP and NO_WRAP; with anything else every worker stops.",
    bad: yaml(
        "distributed_type: FSDP\nfsdp_config:\n  fsdp_version: 2\n  fsdp_auto_wrap_policy: TRANSFORMER_LAYER\n",
    ),
    good: yaml(
        "distributed_type: FSDP\nfsdp_config:\n  fsdp_version: 2\n  fsdp_auto_wrap_policy: TRANSFORMER_BASED_WRAP\n",
    ),
    since: Some(Release(0, 34)),
    check: policy,
    ..Rule::BLANK
};

fn policy(facts: &Facts, found: &mut Findings) {
    let Some(entry) = facts.entry(WRAP).filter(|entry| entry.mismatch.is_some()) else { return };
    let Some(meant) = meant_policy(&entry.value) else { return };
    found
        .report(facts.value_place(WRAP), format!("`{}` is no wrap policy of Accelerate", facts.source(entry)))
        .advise(format!("write {meant}"))
        .repair(format!("write {meant}"), vec![facts.write(WRAP, meant)]);
}

fn meant_policy(value: &Value) -> Option<&'static str> {
    let Value::Text(word) = value else {
        return (*value == Value::Bool(false)).then_some("NO_WRAP");
    };
    let word = word.to_uppercase();
    match word.as_str() {
        "NONE" | "NO" | "NO_POLICY" | "FALSE" => Some("NO_WRAP"),
        _ if word.contains("SIZE") => Some("SIZE_BASED_WRAP"),
        _ if word.contains("TRANSFORMER") => Some("TRANSFORMER_BASED_WRAP"),
        _ => None,
    }
}

const NO_POLICY: Rule = Rule {
    name: "fsdp/no-wrap-policy",
    says: "no wrap policy for FSDP",
    severity: Severity::Hint,
    why: "Without a policy the whole model is one unit: all of its parameters are gathered at once, so little memory is \
          saved.",
    bad: yaml("distributed_type: FSDP\nfsdp_config:\n  fsdp_version: 2\n"),
    good: yaml(
        "distributed_type: FSDP\nfsdp_config:\n  fsdp_version: 2\n  fsdp_auto_wrap_policy: TRANSFORMER_BASED_WRAP\n",
    ),
    check: no_policy,
    ..Rule::BLANK
};

fn no_policy(facts: &Facts, found: &mut Findings) {
    let is_section =
        facts.get("fsdp_config").is_none_or(|section| matches!(section, Value::Map(_) | Value::Null));
    if facts.is_type("FSDP") && is_section && facts.is_left_out(WRAP) {
        let place = if facts.entry("fsdp_config").is_some() { "fsdp_config" } else { "distributed_type" };
        let edits = vec![facts.write(WRAP, "TRANSFORMER_BASED_WRAP")];
        found
            .report(facts.key_place(place), "`fsdp_auto_wrap_policy` is not set: the whole model is one unit")
            .advise("write TRANSFORMER_BASED_WRAP, or NO_WRAP if that is what you want")
            .offer("write TRANSFORMER_BASED_WRAP", edits);
    }
}

const CLASS_SPACES: Rule = Rule {
    name: "fsdp/class-name-spaces",
    says: "spaces between class names",
    severity: Severity::Error,
    why: "The worker cuts the text at its commas and keeps the spaces as part of the names. No class of the model is \
          called ` LlamaMLP`, so it stops when the model is prepared.",
    bad: yaml(
        "distributed_type: FSDP\nfsdp_config:\n  fsdp_version: 2\n  fsdp_auto_wrap_policy: TRANSFORMER_BASED_WRAP\n\
         \x20 fsdp_transformer_layer_cls_to_wrap: LlamaDecoderLayer, LlamaMLP\n",
    ),
    good: yaml(
        "distributed_type: FSDP\nfsdp_config:\n  fsdp_version: 2\n  fsdp_auto_wrap_policy: TRANSFORMER_BASED_WRAP\n\
         \x20 fsdp_transformer_layer_cls_to_wrap: LlamaDecoderLayer,LlamaMLP\n",
    ),
    check: class_spaces,
    ..Rule::BLANK
};

fn class_spaces(facts: &Facts, found: &mut Findings) {
    let row = facts.entry(CLASSES).and_then(|entry| entry.field).filter(|row| facts.matters(row));
    let Some(text) = facts.get(CLASSES).and_then(Value::as_text).filter(|_| row.is_some()) else { return };
    if text.split(',').any(|name| name != name.trim()) {
        let tight =
            text.split(',').map(str::trim).filter(|name| !name.is_empty()).collect::<Vec<&str>>().join(",");
        found
            .report(facts.value_place(CLASSES), "spaces become part of the class names")
            .advise(format!("write {tight}"))
            .repair(format!("write {tight}"), vec![facts.write(CLASSES, tight.as_str())]);
    }
}

const UNIT_SIZE_ZERO: Rule = Rule {
    name: "fsdp/unit-size-zero",
    says: "size-based wrapping from zero parameters on",
    severity: Severity::Warning,
    why: "A size of 0 switches wrapping off without a word: the whole model becomes one unit.",
    bad: yaml(
        "distributed_type: FSDP\nfsdp_config:\n  fsdp_version: 2\n  fsdp_auto_wrap_policy: SIZE_BASED_WRAP\n\
         \x20 fsdp_min_num_params: 0\n",
    ),
    good: yaml(
        "distributed_type: FSDP\nfsdp_config:\n  fsdp_version: 2\n  fsdp_auto_wrap_policy: SIZE_BASED_WRAP\n\
         \x20 fsdp_min_num_params: 100000000\n",
    ),
    check: unit_size_zero,
    ..Rule::BLANK
};

fn unit_size_zero(facts: &Facts, found: &mut Findings) {
    let is_by_size = facts.config.text(WRAP).is_some_and(|word| word.eq_ignore_ascii_case("SIZE_BASED_WRAP"));
    if facts.is_type("FSDP") && is_by_size && facts.config.int(UNIT_SIZE) == Some(0) {
        found
            .report(facts.value_place(UNIT_SIZE), "a size of 0 switches size-based wrapping off")
            .relate(facts.value_place(WRAP), "asked for here")
            .advise("write the number of parameters of a unit, such as 100000000, or choose NO_WRAP");
    }
}

const UNIT_SIZE_MISSING: Rule = Rule {
    name: "fsdp/unit-size-missing",
    says: "size-based wrapping without a size, in a release that needs one",
    severity: Severity::Error,
    why: "From 0.34 to 1.12 the launcher's own default is 1e8, which every worker refuses as no integer.",
    bad: yaml("distributed_type: FSDP\nfsdp_config:\n  fsdp_auto_wrap_policy: SIZE_BASED_WRAP\n").at(1, 12),
    good: yaml(
        "distributed_type: FSDP\nfsdp_config:\n  fsdp_auto_wrap_policy: SIZE_BASED_WRAP\n\
         \x20 fsdp_min_num_params: 100000000\n",
    )
    .at(1, 12),
    since: Some(Release(0, 34)),
    gone: Some(Release(1, 13)),
    check: unit_size_missing,
    ..Rule::BLANK
};

fn unit_size_missing(facts: &Facts, found: &mut Findings) {
    let is_by_size = facts.config.text(WRAP).is_some_and(|word| word.eq_ignore_ascii_case("SIZE_BASED_WRAP"));
    if facts.is_type("FSDP") && is_by_size && facts.is_left_out(UNIT_SIZE) {
        found
            .report(
                facts.value_place(WRAP),
                format!("accelerate {} needs `fsdp_min_num_params`", facts.release),
            )
            .advise("write the number of parameters of a unit, such as 100000000")
            .repair("write 100000000", vec![facts.write(UNIT_SIZE, 100_000_000)]);
    }
}
