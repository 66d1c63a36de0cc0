//! Comments that silence findings, and what can be wrong with them.
//!
//! `# accel-studio: ignore[types/octal] reason` is obeyed when all other rules have spoken. A comment that
//! silences nothing is told, so that none stays behind. These findings cannot be silenced by a comment.

mod remark;

use remark::{Fault, Name, Remark, remarks};

use super::choice::unknown;
use super::facts::Nature;
use super::sample::yaml;
use super::{Facts, Findings, Rule};
use crate::document::Edit;
use crate::finding::{Finding, Place, Severity};
use crate::text;

pub(super) const RULES: &[Rule] = &[MALFORMED, UNKNOWN, UNUSED];

/// Silences what comments ask for, and adds what is wrong with the comments.
pub(super) fn heed(facts: &Facts, is_asked: &dyn Fn(&Rule) -> bool, list: &mut Vec<Finding>) {
    let remarks = remarks(facts.document);
    if remarks.is_empty() {
        return;
    }
    let mut told = Vec::new();
    for rule in RULES.iter().filter(|rule| is_asked(rule)) {
        let mut found = Findings::of(rule, list);
        (rule.check)(facts, &mut found);
        told.append(&mut found.list);
    }
    list.retain(|finding| !remarks.iter().any(|remark| remark.silences(facts.document, finding)));
    list.append(&mut told);
}

const MALFORMED: Rule = Rule {
    name: "ignores/malformed",
    says: "an ignore comment that cannot be obeyed",
    severity: Severity::Warning,
    why: "A comment silences the rules that it names in brackets, so that nobody silences more than they looked at. \
          Without names it silences nothing. `ignore` speaks of its line or of the line below; `ignore-file` speaks of \
          the whole file and stands above the first key.",
    bad: yaml("num_processes: 2 # accel-studio: ignore\n"),
    good: yaml("num_processes: 010 # accel-studio: ignore[types/octal] eight is meant\n"),
    check: malformed,
    ..Rule::BLANK
};

fn malformed(facts: &Facts, found: &mut Findings) {
    for remark in remarks(facts.document) {
        let Some(fault) = remark.fault else { continue };
        let example = example(facts, &remark, found.earlier);
        let (message, help) = match fault {
            Fault::Verb(near) => (
                "this comment silences nothing: it says neither `ignore` nor `ignore-file`".to_owned(),
                format!("did you mean `{near}`? write `# accel-studio: {near}[{example}]`"),
            ),
            Fault::NoNames => (
                "this comment silences nothing: it names no rule".to_owned(),
                format!("write the names in brackets: `# accel-studio: ignore[{example}]`"),
            ),
            Fault::Open => (
                "this comment silences nothing: the bracket after `ignore` stays open".to_owned(),
                "write `]` behind the last name".to_owned(),
            ),
            Fault::TooLow => (
                "`ignore-file` below the first key silences nothing".to_owned(),
                "move the comment above the first key, or write `ignore` for one line".to_owned(),
            ),
        };
        found.report(Place::Bytes(remark.span), message).advise(help);
    }
}

/// The names of what a comment could silence where it stands.
fn example(facts: &Facts, remark: &Remark, earlier: &[Finding]) -> String {
    let there = earlier.iter().filter(|finding| remark.is_about(facts.document, finding));
    let mut names: Vec<&str> = there.map(|finding| finding.rule).collect();
    names.dedup();
    if names.is_empty() { "types/octal".to_owned() } else { names.join(", ") }
}

const UNKNOWN: Rule = Rule {
    name: "ignores/unknown",
    says: "an ignore comment names a rule that does not exist",
    severity: Severity::Warning,
    why: "A comment silences only rules of exactly the names in its brackets, or all rules of a subject, such as \
          `fsdp`. Any other name silences nothing.",
    bad: yaml("num_processes: 2 # accel-studio: ignore[types/octl]\n"),
    good: yaml("num_processes: 010 # accel-studio: ignore[types/octal] eight is meant\n"),
    check: unknown_name,
    ..Rule::BLANK
};

fn unknown_name(facts: &Facts, found: &mut Findings) {
    for remark in remarks(facts.document).iter().filter(|remark| remark.fault.is_none()) {
        for name in &remark.names {
            let Some(refusal) = unknown(name.text) else { continue };
            let finding = found.report(Place::Bytes(name.span), refusal.says);
            finding.advise(refusal.advice);
            if let Some(near) = refusal.near {
                let edit = Edit::Replace { span: name.span, text: near.clone() };
                finding.offer(format!("write `{near}`"), vec![edit]);
            }
        }
    }
}

const UNUSED: Rule = Rule {
    name: "ignores/unused",
    says: "an ignore comment that silences nothing",
    severity: Severity::Warning,
    why: "What it was written for is repaired or stands on another line. Left behind, it would hide the next mistake of \
          that name.",
    bad: yaml("num_processes: 8 # accel-studio: ignore[types/octal] eight is meant\n"),
    good: yaml("num_processes: 010 # accel-studio: ignore[types/octal] eight is meant\n"),
    check: unused,
    ..Rule::BLANK
};

fn unused(facts: &Facts, found: &mut Findings) {
    let document = facts.document;
    for remark in remarks(document).iter().filter(|remark| remark.fault.is_none()) {
        let is_used = |name: &Name| {
            found.earlier.iter().any(|finding| remark.silences_by(document, name, finding))
                || !is_looked_for(facts, name.text)
        };
        let idle: Vec<Name> = remark.names.iter().filter(|name| !is_used(name)).copied().collect();
        if idle.len() == remark.names.len() {
            report_all(remark, found);
        } else {
            idle.iter().for_each(|name| report_one(remark, name, found));
        }
    }
}

/// Reports a remark of which no name silences anything.
fn report_all(remark: &Remark, found: &mut Findings) {
    let edit = Edit::Replace { span: remark.room, text: String::new() };
    found
        .report(Place::Bytes(remark.span), format!("{} here", silence_nothing(&remark.names)))
        .advise("remove the comment, or move it to the line that it is about")
        .repair("remove the comment", vec![edit]);
}

/// "ignoring `a` and `b` silences nothing".
fn silence_nothing(names: &[Name]) -> String {
    let names = names.iter().map(|name| format!("`{}`", name.text));
    format!("ignoring {} silences nothing", text::all_of(names))
}

/// Reports a name that silences nothing beside others that do.
fn report_one(remark: &Remark, name: &Name, found: &mut Findings) {
    let others = remark.names.iter().filter(|other| other.span != name.span).map(|other| other.text);
    let text = others.collect::<Vec<_>>().join(", ");
    let edit = Edit::Replace { span: remark.inside, text };
    found
        .report(Place::Bytes(name.span), format!("{} here", silence_nothing(&[*name])))
        .advise("remove the name, or move it to the line that it is about")
        .repair(format!("remove `{}`", name.text), vec![edit]);
}

/// True for a name that could have silenced something in this file: of matters of taste, of another
/// release and of other files nobody knows that here.
fn is_looked_for(facts: &Facts, name: &str) -> bool {
    let is_asked = |rule: &Rule| !rule.on_request && facts.release.is_within(rule.since, rule.gone);
    facts.nature == Nature::Config && super::of_configs().any(|rule| rule.answers_to(name) && is_asked(rule))
}
