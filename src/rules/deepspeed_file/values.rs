//! Values that a setting does not take.

use crate::document::Edit;
use crate::finding::{Place, Severity};
use crate::rules::sample::file;
use crate::rules::{Facts, Findings, Rule};
use crate::schema::deepspeed::{Holds, Unfit};
use crate::text::nearest;
use crate::value::Value;

use super::Written;

pub(super) const RULES: &[Rule] = &[VALUE, TRUE_TEXT];

const VALUE: Rule = Rule {
    name: "deepspeed-file/value",
    says: "a setting does not take this value",
    severity: Severity::Error,
    why: "DeepSpeed checks types and ranges while it reads its sections, and elsewhere trips over a wrong value when \
          it uses it. Either way training stops before the first step.",
    bad: file(
        "ds.json",
        b"{\"train_micro_batch_size_per_gpu\": 1, \"zero_optimization\": {\"stage\": 3, \"offload_param\": false}}\n",
    ),
    good: file(
        "ds.json",
        b"{\"train_micro_batch_size_per_gpu\": 1, \"zero_optimization\": {\"stage\": 3, \
          \"offload_param\": {\"device\": \"none\"}}}\n",
    ),
    check: value,
    ..Rule::BLANK
};

fn value(facts: &Facts, found: &mut Findings) {
    for (written, setting) in facts.deepspeed.known() {
        let Err(Unfit::Type(expected) | Unfit::Range(expected)) = setting.takes(&written.value) else {
            continue;
        };
        let message = match &written.value {
            Value::Null => format!("`{}` must be {expected}, found null", written.name),
            Value::Text(text) => format!("`{}` must be {expected}, found \"{text}\"", written.name),
            other if other.as_number().is_some() => format!("`{}` must be {expected}", written.name),
            other => format!("`{}` must be {expected}, found {}", written.name, other.kind()),
        };
        let finding = found.report(Place::value(written.path.clone()), message);
        finding.advise(format!("write {expected}"));
        if setting.key == "scheduler.params.warmup_type" && written.value.as_text().is_some() {
            finding.severity = Severity::Warning;
            finding.advise(format!("write {expected}; DeepSpeed takes \"log\" for anything else"));
        }
        if let Some((title, value)) = meant(setting.holds, written) {
            finding.offer(title, vec![Edit::Set { path: written.path.clone(), value }]);
        }
    }
}

/// What was probably meant: a device in the wrong case, `false` for no device, a misspelt word.
fn meant(holds: Holds, written: &Written) -> Option<(String, Value)> {
    if written.value == Value::Bool(false)
        && matches!(written.name.as_str(), "offload_param" | "offload_optimizer")
    {
        let none = Value::Map(vec![("device".into(), "none".into())]);
        return Some(("write {\"device\": \"none\"}".to_owned(), none));
    }
    let Holds::Word(words) = holds else { return None };
    let word = nearest(written.value.as_text()?, words.iter().copied())?;
    Some((format!("write \"{word}\""), word.into()))
}

const TRUE_TEXT: Rule = Rule {
    name: "deepspeed-file/true-text",
    says: "text counts as true here, whatever it says",
    severity: Severity::Warning,
    why: "Outside of its strict sections DeepSpeed asks Python whether a value is true, and any text is, even \
          \"false\".",
    bad: file(
        "ds.json",
        b"{\"train_micro_batch_size_per_gpu\": 1, \"zero_optimization\": {\"stage\": 2}, \"dump_state\": \"false\"}\n",
    ),
    good: file(
        "ds.json",
        b"{\"train_micro_batch_size_per_gpu\": 1, \"zero_optimization\": {\"stage\": 2}, \"dump_state\": false}\n",
    ),
    check: true_text,
    ..Rule::BLANK
};

fn true_text(facts: &Facts, found: &mut Findings) {
    for (written, setting) in facts.deepspeed.known() {
        let (Err(Unfit::TrueText), Some(text)) = (setting.takes(&written.value), written.value.as_text())
        else {
            continue;
        };
        // Text that says true is obeyed, if by chance.
        if ["true", "yes", "on", "1"].iter().any(|word| word.eq_ignore_ascii_case(text)) {
            continue;
        }
        let finding = found.report(
            Place::value(written.path.clone()),
            format!("\"{text}\" counts as true for `{}`: it is text", written.name),
        );
        finding.advise("write true or false without quotes");
        if ["false", "no", "off", "0"].iter().any(|word| word.eq_ignore_ascii_case(text)) {
            let set = Edit::Set { path: written.path.clone(), value: false.into() };
            finding.repair("write false without quotes", vec![set]);
        }
    }
}
