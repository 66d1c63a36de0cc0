//! `gpu_ids`: text of device numbers, and nothing else.

use super::sample::yaml;
use super::{Entry, Facts, Findings, Rule};
use crate::document::Edit;
use crate::finding::{Place, Severity};
use crate::value::Value;

pub(super) const RULES: &[Rule] = &[NOT_TEXT, CAPITALS, FORMAT, SPACES];

const NOT_TEXT: Rule = Rule {
    name: "gpu-ids/not-text",
    says: "`gpu_ids` is a number or a list",
    severity: Severity::Error,
    why: "Accelerate splits `gpu_ids` at its commas and stops with an AttributeError when it is no text. A single \
          number without quotes is read as a number; `0,1` is text even without them.",
    bad: yaml("gpu_ids: [0, 1]\n"),
    good: yaml("gpu_ids: \"0,1\"\n"),
    check: not_text,
    ..Rule::BLANK
};

fn not_text(facts: &Facts, found: &mut Findings) {
    let Some(entry) = facts.entry("gpu_ids") else { return };
    if matches!(entry.value, Value::Text(_) | Value::Null) || super::placeholder::is_one(&entry.value) {
        return;
    }
    let message = format!("`gpu_ids` must be text, found {}", entry.value.kind());
    let finding = found.report(Place::value(entry.path.clone()), message);
    match ids(facts, entry) {
        Some(ids) => finding
            .advise(format!("write '{ids}' in quotes; Accelerate stops with an AttributeError"))
            .repair(
                format!("write '{ids}'"),
                vec![Edit::Set { path: entry.path.clone(), value: Value::text(ids) }],
            ),
        None => finding.advise("write the numbers in quotes, such as '0,1', or `all`"),
    };
}

/// The device numbers that a number or a list of numbers was meant to be.
fn ids(facts: &Facts, entry: &Entry) -> Option<String> {
    let digits = |text: &str| {
        (!text.is_empty() && text.chars().all(|digit| digit.is_ascii_digit())).then(|| text.to_owned())
    };
    let one = |value: &Value| match value {
        Value::Int(number) => digits(&number.to_string()),
        Value::Text(text) => digits(text.trim()),
        _ => None,
    };
    match &entry.value {
        // As written: 010 and 1:2 are not the numbers that they look like.
        Value::Int(_) => digits(facts.source(entry)).filter(|text| text == "0" || !text.starts_with('0')),
        Value::List(items) if !items.is_empty() => {
            items.iter().map(one).collect::<Option<Vec<String>>>().map(|ids| ids.join(","))
        }
        _ => None,
    }
}

const CAPITALS: Rule = Rule {
    name: "gpu-ids/capitals",
    says: "`gpu_ids` says ALL in capitals",
    severity: Severity::Error,
    why: "Only the lower-case word `all` means all GPUs. In capitals it is taken for the name of one device: the \
          launch is refused, or no GPU is found.",
    bad: yaml("gpu_ids: ALL\n"),
    good: yaml("gpu_ids: all\n"),
    check: capitals,
    ..Rule::BLANK
};

fn capitals(facts: &Facts, found: &mut Findings) {
    let Some((entry, text)) = written(facts) else { return };
    let word = text.trim();
    if word != "all" && word.eq_ignore_ascii_case("all") {
        found
            .report(Place::value(entry.path.clone()), format!("`{text}` is not `all`"))
            .advise("write `all` in lower case; Accelerate takes anything else for device numbers")
            .repair("write `all`", vec![Edit::Set { path: entry.path.clone(), value: Value::text("all") }]);
    }
}

const FORMAT: Rule = Rule {
    name: "gpu-ids/format",
    says: "`gpu_ids` holds an empty or a repeated number",
    severity: Severity::Warning,
    why: "Accelerate hands the text to the driver, which stops reading at the first entry that it does not \
          understand. The GPUs after an empty or a repeated entry stay invisible.",
    bad: yaml("gpu_ids: \"0,,1\"\n"),
    good: yaml("gpu_ids: \"0,1\"\n"),
    check: format,
    ..Rule::BLANK
};

fn format(facts: &Facts, found: &mut Findings) {
    let Some((entry, text)) = written(facts).filter(|(_, text)| !text.trim().eq_ignore_ascii_case("all"))
    else {
        return;
    };
    let ids: Vec<&str> = text.split(',').map(str::trim).collect();
    let repeated = ids.iter().enumerate().find(|(at, id)| !id.is_empty() && ids[..*at].contains(id));
    let message = match repeated {
        Some((_, id)) => format!("device {id} is named twice"),
        None if ids.contains(&"") => "a device number is missing between the commas".to_owned(),
        None => return,
    };
    let finding = found.report(Place::value(entry.path.clone()), message);
    finding.advise("the driver ignores everything from there on; name each device once");
    if repeated.is_none() && ids.iter().any(|id| !id.is_empty()) {
        let kept = ids.iter().copied().filter(|id| !id.is_empty()).collect::<Vec<&str>>().join(",");
        let edit = Edit::Set { path: entry.path.clone(), value: Value::text(kept.clone()) };
        finding.offer(format!("write '{kept}'"), vec![edit]);
    }
}

const SPACES: Rule = Rule {
    name: "gpu-ids/spaces",
    says: "`gpu_ids` holds spaces",
    severity: Severity::Hint,
    why: "Accelerate passes the text on with its spaces. NVIDIA's driver tolerates them; others need not.",
    bad: yaml("gpu_ids: \"0, 1\"\n"),
    good: yaml("gpu_ids: \"0,1\"\n"),
    check: spaces,
    ..Rule::BLANK
};

fn spaces(facts: &Facts, found: &mut Findings) {
    let Some((entry, text)) = written(facts).filter(|(_, text)| text.contains(' ')) else { return };
    let tight = text.replace(' ', "");
    found
        .report(Place::value(entry.path.clone()), "`gpu_ids` holds spaces")
        .advise(format!("write '{tight}'"))
        .repair(
            format!("write '{tight}'"),
            vec![Edit::Set { path: entry.path.clone(), value: Value::text(tight) }],
        );
}

/// The text of `gpu_ids`, where it is filled in.
fn written<'f, 'a>(facts: &'f Facts<'a>) -> Option<(&'f Entry<'a>, &'f str)> {
    let entry = facts.entry("gpu_ids")?;
    let text = entry.text().filter(|_| !super::placeholder::is_one(&entry.value))?;
    Some((entry, text))
}
