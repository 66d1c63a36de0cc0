//! Values of the wrong type, out of range, or none of the words that are known.

use super::sample::yaml;
use super::{Entry, Facts, Findings, Rule};
use crate::document::Edit;
use crate::finding::{Finding, Place, Severity};
use crate::schema::{Field, Kind, Mismatch};
use crate::text::any_of;
use crate::value::Value;

pub(super) const RULES: &[Rule] =
    &[SECTION, QUOTED_NUMBER, CASE, RELEASE, CHOICE, RANGE, LIST_FOR_TEXT, WRONG_TYPE];

const SECTION: Rule = Rule {
    name: "types/section",
    says: "a section is no mapping of keys",
    severity: Severity::Warning,
    why: "Sections such as `fsdp_config` hold `key: value` lines. From a text or a list Accelerate takes nothing and \
          goes on without a word; with `distributed_type: DEEPSPEED` it stops with an AttributeError.",
    bad: yaml("distributed_type: FSDP\nfsdp_config:\n  - fsdp_auto_wrap_policy: NO_WRAP\n"),
    good: yaml("distributed_type: FSDP\nfsdp_config:\n  fsdp_version: 2\n  fsdp_auto_wrap_policy: NO_WRAP\n"),
    check: section,
    ..Rule::BLANK
};

fn section(facts: &Facts, found: &mut Findings) {
    for (entry, field) in facts.known().filter(|(_, field)| field.kind.is_section()) {
        let is_deepspeed = field.key == "deepspeed_config";
        let stops = is_deepspeed && facts.is_type("DEEPSPEED") && entry.value != Value::Null;
        // Elsewhere Accelerate takes an empty text or list for an empty section.
        if entry.value.as_map().is_some() || !(stops || entry.value.is_truthy()) {
            continue;
        }
        let message = format!("`{}` must be a mapping of keys, found {}", entry.name, entry.value.kind());
        let finding = found.report(Place::value(entry.path.clone()), message);
        finding.advise("write its options as indented `key: value` lines; as it stands none of them counts");
        if is_deepspeed && entry.text().is_some_and(|text| !text.is_empty()) {
            finding.advise("name a DeepSpeed file inside the section, as `deepspeed_config_file`");
        }
        if stops {
            finding.severity = Severity::Error;
        }
    }
}

const QUOTED_NUMBER: Rule = Rule {
    name: "types/quoted-number",
    says: "a number stands in quotes",
    severity: Severity::Error,
    why: "In quotes a number is text. Accelerate compares it with numbers and stops with a TypeError; \
          `num_processes` survives it on one machine.",
    bad: yaml("main_process_port: '29501'\n"),
    good: yaml("main_process_port: 29501\n"),
    check: quoted_number,
    ..Rule::BLANK
};

fn quoted_number(facts: &Facts, found: &mut Findings) {
    for (entry, field, mismatch) in facts.mismatched() {
        let Mismatch::QuotedNumber(number) = mismatch else { continue };
        let written = facts.source(entry);
        let set = Edit::Set { path: entry.path.clone(), value: number.clone() };
        let finding =
            found.report(Place::value(entry.path.clone()), format!("{written} is text, not a number"));
        finding
            .advise("write it without quotes; Accelerate needs a number here")
            .repair("remove the quotes", vec![set]);
        // machine_rank is converted by Accelerate itself; num_processes is used unread on one machine.
        if field.key == "machine_rank" || (field.key == "num_processes" && is_alone(facts)) {
            finding.severity = Severity::Hint;
            finding.advise("write it without quotes; Accelerate converts it here, but not everywhere");
        }
    }
}

/// True for a config of one machine.
fn is_alone(facts: &Facts) -> bool {
    facts.get("num_machines").and_then(Value::as_int).unwrap_or(1) <= 1
}

const CASE: Rule = Rule {
    name: "types/case",
    says: "a word is written with the wrong capitals",
    severity: Severity::Error,
    why: "Accelerate compares these words letter by letter. `multi_gpu` is not MULTI_GPU.",
    bad: yaml("distributed_type: multi_gpu\n"),
    good: yaml("distributed_type: MULTI_GPU\n"),
    check: case,
    ..Rule::BLANK
};

fn case(facts: &Facts, found: &mut Findings) {
    for (entry, _, mismatch) in facts.mismatched() {
        let Mismatch::WrongCase(word) = mismatch else { continue };
        let set = Edit::Set { path: entry.path.clone(), value: Value::text(*word) };
        let written = entry.text().unwrap_or_default();
        found
            .report(Place::value(entry.path.clone()), format!("`{written}` must be written `{word}`"))
            .advise(format!("write {word}; capitals matter to Accelerate here"))
            .repair(format!("write {word}"), vec![set]);
    }
}

const RELEASE: Rule = Rule {
    name: "types/word-gone",
    says: "a word that this release of Accelerate does not know",
    severity: Severity::Error,
    why: "Words come and go: TPU became XLA in 0.28, the dynamo backend IPEX went with 1.13. Accelerate refuses a \
          word of another release.",
    bad: yaml("distributed_type: TPU\n"),
    good: yaml("distributed_type: XLA\n"),
    check: word_gone,
    ..Rule::BLANK
};

/// Words that were renamed: what they are called now.
const RENAMED: [(&str, &str); 1] = [("TPU", "XLA")];

fn word_gone(facts: &Facts, found: &mut Findings) {
    for (entry, _, mismatch) in facts.mismatched() {
        let (Mismatch::TooNew(_) | Mismatch::Removed(_)) = mismatch else { continue };
        let written = entry.text().unwrap_or_default();
        let message = format!("`{written}` {}", mismatch.says());
        let finding = found.report(Place::value(entry.path.clone()), message);
        match RENAMED.iter().find(|(old, _)| *old == written) {
            Some((_, new)) => {
                let set = Edit::Set { path: entry.path.clone(), value: Value::text(*new) };
                finding.advise(format!("write {new}: it has the same meaning"));
                finding.repair(format!("write {new}"), vec![set]);
            }
            None => drop(finding.advise("choose another; Accelerate refuses it")),
        }
    }
}

const CHOICE: Rule = Rule {
    name: "types/choice",
    says: "a value is none of those that are known",
    severity: Severity::Error,
    why: "Some keys take one of a few words or numbers. With any other, Accelerate refuses the file, the launch \
          stops, or every worker fails while it starts.",
    bad: yaml("mixed_precision: fp32\n"),
    good: yaml("mixed_precision: 'no'\n"),
    check: choice,
    ..Rule::BLANK
};

fn choice(facts: &Facts, found: &mut Findings) {
    for (entry, field, mismatch) in facts.mismatched() {
        let Mismatch::NotOneOf(known, near) = mismatch else { continue };
        let written = facts.source(entry);
        if written.eq_ignore_ascii_case("_HYBRID_SHARD_ZERO2") {
            // torch's own name of HYBRID_SHARD_ZERO2, which Accelerate accepts.
            continue;
        }
        let here: Vec<&str> =
            field.choices(facts.release, facts.platform).map(|choice| choice.word).collect();
        let known =
            if here.is_empty() { known.clone() } else { here.iter().map(ToString::to_string).collect() };
        let near = near.filter(|word| here.is_empty() || here.contains(word));
        let message = format!("`{}` cannot be {written}", entry.name);
        let finding = found.report(Place::value(entry.path.clone()), message);
        finding.advise(format!("write {}", any_of(known)));
        propose(finding, entry, field, near);
    }
    foreign_words(facts, found);
}

/// Words that only the other sort of config knows.
fn foreign_words(facts: &Facts, found: &mut Findings) {
    for (entry, field) in facts.known().filter(|(entry, _)| entry.mismatch.is_none()) {
        if !facts.matters(field) {
            continue;
        }
        let here: Vec<&str> =
            field.choices(facts.release, facts.platform).map(|choice| choice.word).collect();
        let Some(word) = entry.text().filter(|_| !here.is_empty()) else { continue };
        if !here.iter().any(|known| known.eq_ignore_ascii_case(word)) {
            let message = format!("`{}` cannot be {word} in a {} config", entry.name, facts.platform_name());
            found.report(Place::value(entry.path.clone()), message).advise(format!("write {}", any_of(here)));
        }
    }
}

/// Words for full precision that Accelerate does not have.
const FULL_PRECISION: [&str; 5] = ["fp32", "float32", "32", "none", "full"];

fn propose(finding: &mut Finding, entry: &Entry, field: &Field, near: Option<&str>) {
    let text = entry.text().unwrap_or_default();
    let set = |word: &str| vec![Edit::Set { path: entry.path.clone(), value: Value::text(word) }];
    if field.key == "mixed_precision" && FULL_PRECISION.iter().any(|word| word.eq_ignore_ascii_case(text)) {
        finding.advise("full precision is called 'no' here").repair("write 'no' in quotes", set("no"));
    } else if let Some(word) = near {
        finding.mark(format!("did you mean `{word}`?")).offer(format!("write {word}"), set(word));
    }
}

const RANGE: Rule = Rule {
    name: "types/range",
    says: "a number is out of range",
    severity: Severity::Error,
    why: "A port beyond 65535, less than one process or a negative rank loads and then fails: in the launcher, in \
          torch, or by waiting forever for a machine that does not exist.",
    bad: yaml("main_process_port: 70000\n"),
    good: yaml("main_process_port: 29501\n"),
    check: range,
    ..Rule::BLANK
};

fn range(facts: &Facts, found: &mut Findings) {
    for (entry, field, mismatch) in facts.mismatched() {
        let (Mismatch::TooSmall(_) | Mismatch::TooLarge(_)) = mismatch else { continue };
        // Accelerate's own word for "to be given on the command line".
        if field.key == "num_processes" && entry.value.as_int() == Some(-1) {
            continue;
        }
        let message = format!("`{}` {}", entry.name, mismatch.says());
        let finding = found.report(Place::value(entry.path.clone()), message);
        finding.advise(format!("write {}", field.kind.expected()));
        if field.key == "num_machines" && entry.value.as_int() == Some(0) {
            finding.severity = Severity::Warning;
            finding.advise("write 1; Accelerate takes 0 for one machine");
        }
    }
}

const LIST_FOR_TEXT: Rule = Rule {
    name: "types/list-for-text",
    says: "a list stands where text with commas belongs",
    severity: Severity::Error,
    why: "Accelerate passes the list on as Python prints it, brackets and quotes included, so that no name in it is \
          ever found.",
    bad: yaml(
        "distributed_type: FSDP\nfsdp_config:\n  fsdp_auto_wrap_policy: TRANSFORMER_BASED_WRAP\n\
         \x20 fsdp_transformer_layer_cls_to_wrap: [LlamaDecoderLayer, LlamaMLP]\n",
    ),
    good: yaml(
        "distributed_type: FSDP\nfsdp_config:\n  fsdp_auto_wrap_policy: TRANSFORMER_BASED_WRAP\n\
         \x20 fsdp_transformer_layer_cls_to_wrap: LlamaDecoderLayer,LlamaMLP\n",
    ),
    check: list_for_text,
    ..Rule::BLANK
};

fn list_for_text(facts: &Facts, found: &mut Findings) {
    for (entry, field, _) in facts.mismatched() {
        let (Kind::Text(_), Value::List(items)) = (field.kind, &entry.value) else { continue };
        let message = format!("`{}` must be text, found a list", entry.name);
        let finding = found.report(Place::value(entry.path.clone()), message);
        finding.advise("write the names in one text, separated by commas without spaces");
        let words: Option<Vec<&str>> = items.iter().map(Value::as_text).collect();
        if let Some(words) = words.filter(|words| !words.is_empty()) {
            let joined = words.join(",");
            let set = Edit::Set { path: entry.path.clone(), value: Value::text(joined.clone()) };
            finding.repair(format!("write {joined}"), vec![set]);
        }
    }
}

const WRONG_TYPE: Rule = Rule {
    name: "types/wrong-type",
    says: "a value is of the wrong type",
    severity: Severity::Error,
    why: "Accelerate checks no types while it reads a file. What is no integer, boolean or list where one is needed \
          fails later: in the launcher, in torch, or in every worker.",
    bad: yaml("num_processes: 2.0\n"),
    good: yaml("num_processes: 2\n"),
    check: wrong_type,
    ..Rule::BLANK
};

/// Read as a number unless the script hands over a GradientAccumulationPlugin of its own
/// (accelerator.py 1.15.0, Accelerator.__init__).
const ACCUMULATION: &str = "deepspeed_config.gradient_accumulation_steps";

fn wrong_type(facts: &Facts, found: &mut Findings) {
    for (entry, field, mismatch) in facts.mismatched() {
        let (Mismatch::WrongType(_) | Mismatch::WrongLength(_) | Mismatch::Missing) = mismatch else {
            continue;
        };
        if field.kind.is_section() || is_obeyed(facts, field, &entry.value) {
            continue;
        }
        let message = match mismatch {
            Mismatch::Missing => format!("`{}` has no value", entry.name),
            _ => format!("`{}` {}, found {}", entry.name, mismatch.says(), kind(&entry.value)),
        };
        let finding = found.report(Place::value(entry.path.clone()), message);
        finding.advise(format!("write {}", field.kind.expected()));
        if *mismatch == Mismatch::Missing && !field.is_required() {
            let expected = field.kind.expected();
            finding.advise(format!(
                "write {expected}, or leave the key out: an empty value reaches the job as the word None"
            ));
        }
        if field.key == ACCUMULATION && entry.text() == Some("auto") {
            finding.severity = Severity::Warning;
            finding.advise(
                "write a number; auto works only in scripts that count the batches themselves, as the transformers \
                 Trainer does, and stops all others",
            );
        }
        if let Some(number) = whole_number(field, &entry.value) {
            let set = Edit::Set { path: entry.path.clone(), value: number };
            finding.repair("write it without a fraction", vec![set]);
        }
    }
}

/// What a person calls the value.
fn kind(value: &Value) -> &'static str {
    match value {
        Value::Float(number) if number.is_nan() => "something that is not a number",
        other => other.kind(),
    }
}

/// True for values of another type that Accelerate turns into text and then reads as they are meant.
fn is_obeyed(facts: &Facts, field: &Field, value: &Value) -> bool {
    match (field.kind, value) {
        // On one machine the number goes unread to torchrun, which knows words as well.
        _ if field.key == "num_processes" => {
            value.as_text().is_some_and(|word| TORCHRUN_COUNTS.contains(&word)) && is_alone(facts)
        }
        (Kind::Bool, Value::Int(_)) => matches!(value.as_int(), Some(0 | 1)),
        (Kind::Text(_), Value::Int(_) | Value::Float(_) | Value::Time(_)) => true,
        _ => false,
    }
}

/// Words that torchrun takes for a number of processes (torch 2.11, distributed/run.py).
const TORCHRUN_COUNTS: [&str; 4] = ["gpu", "cpu", "xpu", "auto"];

/// `2` for `2.0`, where an integer belongs.
fn whole_number(field: &Field, value: &Value) -> Option<Value> {
    let is_whole = matches!(field.kind, Kind::Int { .. } | Kind::Number(_));
    match value {
        Value::Float(number) if is_whole && number.fract() == 0.0 && number.abs() < 1e15 => {
            Some(Value::int(*number as i64))
        }
        _ => None,
    }
}
