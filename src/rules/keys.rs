//! Keys that nobody knows, that stand twice, or that are no text at all.

use super::facts::LOOKED_AT;
use super::sample::yaml;
use super::{Entry, Facts, Findings, Rule};
use crate::document::{Data, Edit};
use crate::finding::{Finding, Place, Severity};
use crate::key::KeyPath;
use crate::schema::{self, Field, Platform};
use crate::text::{count, nearest};

pub(super) const RULES: &[Rule] = &[NOT_TEXT, UNKNOWN, UNKNOWN_OPTION, DUPLICATE];

const NOT_TEXT: Rule = Rule {
    name: "keys/not-text",
    says: "a key is read as something other than text",
    severity: Severity::Error,
    why: "YAML reads an unquoted `no`, `on`, `1` or an empty key as a boolean, a number or nothing. At the top level \
          Accelerate refuses such a key; in a section it matches no option.",
    bad: yaml("on: true\ndebug: false\n"),
    good: yaml("debug: true\n"),
    check: not_text,
    ..Rule::BLANK
};

fn not_text(facts: &Facts, found: &mut Findings) {
    let is_section =
        |entry: &&Entry| entry.counts && entry.field.is_some_and(|field| field.kind.is_section());
    let sections = facts.top().filter(is_section).map(|entry| entry.path.clone());
    for mapping in std::iter::once(KeyPath::root()).chain(sections) {
        let Some(node) = facts.document.node(&mapping) else { continue };
        let Data::Map(pairs) = &node.target().data else { continue };
        for (index, pair) in pairs.iter().enumerate().take(LOOKED_AT) {
            let value = pair.key.value();
            if value.as_text().is_none() {
                let written =
                    facts.document.text().get(pair.key.span.start..pair.key.span.end).unwrap_or_default();
                let message = format!("the key `{written}` is read as {}, not as text", value.kind());
                found
                    .report(Place::key(mapping.pair(index)), message)
                    .advise("remove it; no key of Accelerate looks like this");
            }
        }
    }
}

const UNKNOWN: Rule = Rule {
    name: "keys/unknown",
    says: "a key that Accelerate does not know",
    severity: Severity::Error,
    why: "Accelerate refuses the whole file when one key of the top level is unknown to it. Names are exact: a \
          capital letter, a hyphen or a missing letter is enough.",
    bad: yaml("mixed_precison: bf16\n"),
    good: yaml("mixed_precision: bf16\n"),
    check: unknown,
    ..Rule::BLANK
};

fn unknown(facts: &Facts, found: &mut Findings) {
    for entry in facts.top().filter(|entry| entry.field.is_none()) {
        let finding = found.report(Place::key(entry.path.clone()), unknown_message(facts, entry));
        let known = schema::top_level_keys(facts.platform, facts.release).map(Field::name);
        suggest(facts, finding, entry, known, "Accelerate refuses the file because of it");
    }
}

fn unknown_message(facts: &Facts, entry: &Entry) -> String {
    let name = entry.name;
    match schema::field(name) {
        Some(field) if field.platform == Platform::SageMaker => {
            format!("`{name}` is only for SageMaker configs")
        }
        Some(_) if facts.platform == Platform::SageMaker => {
            format!("`{name}` is no key of SageMaker configs")
        }
        Some(Field { since: Some(since), .. }) if facts.release < *since => {
            format!("`{name}` needs accelerate {since} or newer")
        }
        _ => format!("`{name}` is no key of Accelerate"),
    }
}

const UNKNOWN_OPTION: Rule = Rule {
    name: "keys/unknown-option",
    says: "a key in a section that nobody reads",
    severity: Severity::Warning,
    why: "Accelerate copies every key of a section to its launch options without looking. One that no code asks for \
          has no effect, and no message says so: training runs with the default instead.",
    bad: yaml(
        "distributed_type: FSDP\nfsdp_config:\n  fsdp_version: 2\n  fsdp_auto_wrap_policy: NO_WRAP\n  fsdp_offload_param: true\n",
    ),
    good: yaml(
        "distributed_type: FSDP\nfsdp_config:\n  fsdp_version: 2\n  fsdp_auto_wrap_policy: NO_WRAP\n  fsdp_offload_params: true\n",
    ),
    check: unknown_option,
    ..Rule::BLANK
};

fn unknown_option(facts: &Facts, found: &mut Findings) {
    for entry in facts.nested().filter(|entry| entry.field.is_none()) {
        let section = entry.section.unwrap_or_default();
        let known = schema::find(&KeyPath::of(section).key(entry.name));
        if let Some(since) = known.and_then(|field| field.since).filter(|since| facts.release < *since) {
            let message = format!("`{}` needs accelerate {since} or newer", entry.name);
            found.report(Place::key(entry.path.clone()), message).advise(format!(
                "update Accelerate or remove it; {} ignores it without a word",
                facts.release
            ));
            continue;
        }
        let message = format!("`{}` is no option of `{section}`; nobody reads it", entry.name);
        let finding = found.report(Place::key(entry.path.clone()), message);
        let options = schema::section(section).filter(|field| field.exists_in(facts.release));
        let options = options.flat_map(schema::spellings);
        suggest(facts, finding, entry, options, "Accelerate ignores it without a word");
        if section == "deepspeed_config" && finding.label.is_empty() {
            finding.advise(
                "DeepSpeed's own options belong into its JSON file, which `deepspeed_config_file` names",
            );
        }
    }
}

/// Proposes the known name that was meant: renames unasked only where nothing but capitals and
/// hyphens differ.
fn suggest(
    facts: &Facts,
    finding: &mut Finding,
    entry: &Entry,
    known: impl Iterator<Item = &'static str>,
    effect: &str,
) {
    let known: Vec<&str> = known.collect();
    let same = known.iter().copied().find(|name| plain(name) == plain(entry.name));
    let Some(meant) = same.or_else(|| nearest(entry.name, known)) else {
        finding.advise(format!("remove it; {effect}"));
        return;
    };
    let doubt = if same.is_some() { "" } else { " if that is meant" };
    finding.mark(format!("did you mean `{meant}`?")).advise(format!("write `{meant}`{doubt}; {effect}"));
    let is_free = facts.entries.iter().all(|other| other.section != entry.section || other.name != meant);
    if is_free && entry.counts {
        let rename = vec![Edit::Rename { path: entry.path.clone(), to: meant.to_owned() }];
        let title = format!("rename it to `{meant}`");
        if same.is_some() {
            finding.repair(title, rename)
        } else {
            finding.offer(title, rename)
        };
    }
}

/// A name without capitals and hyphens.
fn plain(name: &str) -> String {
    name.to_lowercase().replace(['-', ' '], "_")
}

/// True for a name that was probably meant to be this key.
pub(super) fn is_slip_of(name: &str, key: &str) -> bool {
    name != key && (plain(name) == plain(key) || nearest(name, [key]).is_some())
}

const DUPLICATE: Rule = Rule {
    name: "keys/duplicate",
    says: "a key stands twice",
    severity: Severity::Warning,
    why: "Accelerate's reader takes the last of several equal keys and forgets the others without a word.",
    bad: yaml("num_processes: 2\ndebug: false\nnum_processes: 8\n"),
    good: yaml("num_processes: 8\ndebug: false\n"),
    check: duplicate,
    ..Rule::BLANK
};

fn duplicate(facts: &Facts, found: &mut Findings) {
    for last in facts.entries.iter().filter(|entry| entry.counts) {
        let is_earlier =
            |entry: &&Entry| !entry.counts && entry.name == last.name && entry.section == last.section;
        let earlier: Vec<&Entry> = facts.entries.iter().filter(is_earlier).collect();
        if earlier.is_empty() {
            continue;
        }
        let times = count(earlier.len() + 1, "time");
        let message = format!("`{}` is written {times}; only the last one counts", last.name);
        let finding = found.report(Place::key(last.path.clone()), message);
        finding.mark("this one counts").advise("keep one of them");
        for entry in &earlier {
            finding.relate(Place::key(entry.path.clone()), "this one is ignored");
        }
        let removals = earlier.iter().rev().map(|entry| Edit::Remove { path: entry.path.clone() }).collect();
        finding.offer("remove the ignored ones", removals);
    }
}
