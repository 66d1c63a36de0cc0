//! Values that wait to be filled in. Accelerate expands nothing.

use super::sample::yaml;
use super::{Entry, Facts, Findings, Rule};
use crate::finding::{Place, Severity};
use crate::schema::{Field, Kind, Reach};
use crate::value::Value;

pub(super) const RULES: &[Rule] = &[PLACEHOLDER];

const PLACEHOLDER: Rule = Rule {
    name: "types/placeholder",
    says: "a value waits to be filled in",
    severity: Severity::Error,
    why: "Accelerate takes every value as it stands: `$VARIABLE`, `${VARIABLE}`, `<your value>` and `{{ template }}` \
          are passed on unchanged and fail at launch or in the workers.",
    bad: yaml(
        "machine_rank: ${SLURM_NODEID}\nmain_process_ip: 10.0.0.1\nmain_process_port: 29500\nnum_machines: 2\n",
    ),
    good: yaml("machine_rank: 0\nmain_process_ip: 10.0.0.1\nmain_process_port: 29500\nnum_machines: 2\n"),
    check: placeholder,
    ..Rule::BLANK
};

fn placeholder(facts: &Facts, found: &mut Findings) {
    for (entry, field) in facts.known().filter(|(entry, field)| waits(facts, entry, field)) {
        let written = facts.source(entry);
        let advice = match field.flag {
            Some(flag) => {
                format!("write the value, or leave the key out and pass `{flag}` on the command line")
            }
            None => "write the value; Accelerate does not expand variables or templates".to_owned(),
        };
        found
            .report(Place::value(entry.path.clone()), format!("`{written}` is not filled in"))
            .mark("taken as it stands")
            .advise(advice);
    }
}

fn waits(facts: &Facts, entry: &Entry, field: &Field) -> bool {
    // Commands for a TPU pod are run by a shell, which does expand variables.
    let is_passed_on = matches!(field.kind, Kind::Texts | Kind::Anything) || field.reach != Reach::Used;
    let is_open_text =
        matches!(field.kind, Kind::Text(_)) && !(facts.matters(field) || facts.is_doubtful(field));
    let is_section = matches!(field.kind, Kind::Section) && entry.value.as_map().is_some();
    is_one(&entry.value) && !is_passed_on && !is_open_text && !is_section
}

/// True for text with a variable or template in it, and for what YAML makes of `{name}`.
pub(super) fn is_one(value: &Value) -> bool {
    match value {
        Value::Text(text) => is_open(text),
        Value::Map(pairs) => matches!(pairs.as_slice(), [(Value::Text(_), Value::Null)]),
        _ => false,
    }
}

fn is_open(text: &str) -> bool {
    let names_variable = text.match_indices('$').any(|(at, _)| {
        text[at + 1..].starts_with(|next: char| next == '{' || next == '_' || next.is_ascii_alphabetic())
    });
    let is_blank = text.len() > 2 && text.starts_with('<') && text.ends_with('>');
    let is_template = text.contains("{{") && text.contains("}}");
    let is_crossed = |part: &str| part.len() > 2 && part.chars().all(|letter| matches!(letter, 'x' | 'X'));
    names_variable || is_blank || is_template || text.split('/').any(is_crossed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_blanks_and_templates_wait() {
        for text in [
            "$RANK",
            "${RANK:-0}",
            "<your ip>",
            "{{ rank }}",
            "/data/$USER/ds.json",
            "xxxxx",
            "./xxxx/ds.json",
        ] {
            assert!(is_open(text), "{text}");
        }
    }

    #[test]
    fn ordinary_text_does_not() {
        for text in ["10.0.0.1", "a$", "us$5", "<>", "a < b", "LlamaDecoderLayer", "xx", "xlarge"] {
            assert!(!is_open(text), "{text}");
        }
    }
}
