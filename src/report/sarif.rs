//! Findings as SARIF 2.1.0, the OASIS standard that code scanning services read.
//!
//! Beside the findings it carries what is known about their rules, and their fixes. What the words
//! of the standard are is in `sarif/log.rs`; here they are filled in.

mod log;

use std::collections::BTreeMap;

use super::fingerprint::Fingerprints;
use super::spot::{Atlas, Spot};
use super::{Checked, Entry, Unread, address, clean, page};
use crate::document::Patch;
use crate::finding::{Finding, Fix, Severity};
use crate::rules::{self, Rule};
use log::{
    Artifact, ArtifactChange, ArtifactLocation, Base, Configuration, Descriptor, Driver, FixProperties,
    Invocation, Level, Location, Log, Message, Multiformat, Notification, PhysicalLocation, Region,
    Replacement, Result as Item, RuleProperties, Run, Tool,
};

/// The folder in which the program was run; consumers know it as the root of the sources.
const ROOT: &str = "%SRCROOT%";

/// Both of YAML's line ends and the lone carriage return, which counts as one too.
const LINE_ENDS: [&str; 3] = ["\r\n", "\n", "\r"];

/// All files of a run as one log with one run, with a line end.
pub fn report(entries: &[Entry]) -> String {
    let rules = broken_rules(entries);
    let mut prints = Fingerprints::default();
    let checked = || entries.iter().flatten();
    let results = checked().flat_map(|checked| items(checked, &rules, &mut prints)).collect();
    let run = Run {
        tool: Tool { driver: driver(&rules) },
        invocations: [invocation(entries)],
        original_uri_base_ids: BTreeMap::from([(ROOT, base())]),
        artifacts: checked().map(|checked| Artifact { location: artifact(&checked.name) }).collect(),
        column_kind: "unicodeCodePoints",
        newline_sequences: LINE_ENDS,
        results,
    };
    let mut text = serde_json::to_string_pretty(&Log::of(run)).expect("plain structs always serialise");
    text.push('\n');
    text
}

/// The rules of this run's findings, in the order of the book.
fn broken_rules(entries: &[Entry]) -> Vec<&'static Rule> {
    let findings = || entries.iter().flatten().flat_map(|checked| &checked.findings);
    rules::all().filter(|rule| findings().any(|finding| finding.rule == rule.name)).collect()
}

fn driver(rules: &[&'static Rule]) -> Driver {
    Driver {
        name: "accel-studio",
        semantic_version: env!("CARGO_PKG_VERSION"),
        rules: rules.iter().map(|rule| descriptor(rule)).collect(),
    }
}

fn descriptor(rule: &'static Rule) -> Descriptor {
    Descriptor {
        id: rule.name,
        name: pascal(rule.name),
        short_description: Message::new(sentence(rule.says)),
        full_description: Message::new(rule.why),
        help: Multiformat { text: page::instead(rule), markdown: page::instead_in_markdown(rule) },
        default_configuration: Configuration { level: level(rule.severity) },
        properties: RuleProperties { tags: [rule.subject()] },
    }
}

/// `TypesUnquotedNo` for `types/unquoted-no`.
fn pascal(name: &str) -> String {
    let capitalised = |word: &str| {
        let mut letters = word.chars();
        letters
            .next()
            .map(|first| first.to_ascii_uppercase().to_string() + letters.as_str())
            .unwrap_or_default()
    };
    name.split(['/', '-']).map(capitalised).collect()
}

/// Descriptions of rules are read without anything around them.
fn sentence(says: &str) -> String {
    let mut letters = says.chars();
    let first: String = letters.next().into_iter().flat_map(char::to_uppercase).collect();
    format!("{first}{}.", letters.as_str())
}

fn level(severity: Severity) -> Level {
    match severity {
        Severity::Error => Level::Error,
        Severity::Warning => Level::Warning,
        Severity::Hint => Level::Note,
    }
}

/// Files that could not be read are no findings: they are trouble of the run.
fn invocation(entries: &[Entry]) -> Invocation {
    let unread: Vec<Notification> =
        entries.iter().filter_map(|entry| entry.as_ref().err()).map(notification).collect();
    Invocation { execution_successful: unread.is_empty(), tool_execution_notifications: unread }
}

fn notification(unread: &Unread) -> Notification {
    let location = PhysicalLocation { artifact_location: artifact(&unread.name), region: None };
    let locations = (!address::is_here(&unread.name)).then_some(Location {
        id: None,
        physical_location: location,
        message: None,
    });
    Notification {
        level: Level::Error,
        message: Message::new(words(&unread.reason)),
        locations: locations.into_iter().collect(),
    }
}

fn base() -> Base {
    Base { description: Message::new("The folder in which accel-studio was run.") }
}

fn artifact(name: &str) -> ArtifactLocation {
    ArtifactLocation { uri: address::uri(name), uri_base_id: address::is_relative(name).then_some(ROOT) }
}

fn items(checked: &Checked, rules: &[&'static Rule], prints: &mut Fingerprints) -> Vec<Item> {
    let atlas = Atlas::of(checked);
    let item = |finding: &Finding| Item {
        rule_id: finding.rule,
        rule_index: rules.iter().position(|rule| rule.name == finding.rule),
        level: level(finding.severity),
        message: Message::new(text(finding)),
        locations: [location(&atlas.first(finding))],
        related_locations: related(&atlas, finding),
        partial_fingerprints: BTreeMap::from([("accelStudioFinding/v1", prints.of(&checked.name, finding))]),
        fixes: finding.fix.iter().filter_map(|fix| repair(checked, &atlas, fix)).collect(),
    };
    checked.findings.iter().map(item).collect()
}

/// Services show the message and often nothing else, so the advice stands in it.
fn text(finding: &Finding) -> String {
    match &finding.help {
        Some(help) => words(&format!("{}; {help}", finding.message)),
        None => words(&finding.message),
    }
}

/// `[words](target)` would become a link (SARIF 2.1.0, section 3.11.6).
fn words(text: &str) -> String {
    let text = clean::words(text);
    if text.contains("](") { text.replace('[', "\\[").replace(']', "\\]") } else { text.into_owned() }
}

fn related(atlas: &Atlas, finding: &Finding) -> Vec<Location> {
    let places = atlas.related(finding).into_iter().zip(1..);
    places
        .map(|((spot, message), id)| Location {
            id: Some(id),
            message: Some(Message::new(words(message))),
            ..location(&spot)
        })
        .collect()
}

fn location(spot: &Spot) -> Location {
    let place = PhysicalLocation { artifact_location: artifact(spot.file), region: Some(region(spot)) };
    Location { id: None, physical_location: place, message: None }
}

fn region(spot: &Spot) -> Region {
    let Spot { start, end, .. } = spot;
    Region { start_line: start.line, start_column: start.column, end_line: end.line, end_column: end.column }
}

/// A fix as changes of the text; none where the document cannot take it.
fn repair(checked: &Checked, atlas: &Atlas, fix: &Fix) -> Option<log::Fix> {
    let patches = checked.document.apply(&fix.edits).ok()?.patches;
    let replacement = |patch: Patch| Replacement {
        deleted_region: region(&atlas.bytes(patch.span)),
        inserted_content: Message::new(patch.text),
    };
    let replacements: Vec<Replacement> = patches.into_iter().map(replacement).collect();
    // The standard wants at least one change.
    (!replacements.is_empty()).then(|| log::Fix {
        description: Message::new(words(&fix.title)),
        artifact_changes: [ArtifactChange { artifact_location: artifact(&checked.name), replacements }],
        properties: FixProperties { safe: fix.safe },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_have_a_name_and_a_sentence() {
        assert_eq!(pascal("gpu-ids/not-text"), "GpuIdsNotText");
        assert_eq!(sentence("a tab stands here"), "A tab stands here.");
    }

    #[test]
    fn messages_hold_no_links() {
        assert_eq!(words("found [0, 1] (a list)"), "found [0, 1] (a list)");
        assert_eq!(words("`[a](https://b)`"), "`\\[a\\](https://b)`");
    }
}
