//! Promises that every rule keeps.

use super::*;
use crate::document::Format;
use crate::presets;

/// What is found in a sample of a rule, which is asked for even where it is on request.
fn found(rule: &Rule, sample: &Sample) -> Vec<Finding> {
    let document = Document::from_bytes(&sample.completed(), Format::of(sample.file));
    look(rule, &document, sample)
}

fn look(rule: &Rule, document: &Document, sample: &Sample) -> Vec<Finding> {
    let is_asked = |other: &Rule| !other.on_request || other.name == rule.name;
    check_by(document, sample.file, sample.release, &sample.surroundings(), &is_asked)
}

fn names(findings: &[Finding]) -> Vec<&'static str> {
    findings.iter().map(|finding| finding.rule).collect()
}

#[test]
fn a_bad_sample_triggers_its_own_rule_alone() {
    let wrong = all().filter(|rule| names(&found(rule, &rule.bad)) != [rule.name]);
    let told =
        wrong.map(|rule| format!("{}: {:?}\n{}", rule.name, names(&found(rule, &rule.bad)), rule.bad.text()));
    assert_eq!(told.collect::<Vec<String>>().join("\n"), "");
}

#[test]
fn a_good_sample_is_silent() {
    let loud = all().filter(|rule| !found(rule, &rule.good).is_empty());
    let told = loud
        .map(|rule| format!("{}: {:?}\n{}", rule.name, names(&found(rule, &rule.good)), rule.good.text()));
    assert_eq!(told.collect::<Vec<String>>().join("\n"), "");
}

#[test]
fn every_place_lies_in_the_text() {
    for rule in all() {
        let document = Document::from_bytes(&rule.bad.completed(), Format::of(rule.bad.file));
        for finding in look(rule, &document, &rule.bad) {
            let span = finding.place.span(&document);
            assert!(span.start < span.end && span.end <= document.text().len(), "{}", rule.name);
        }
    }
}

#[test]
fn every_fix_applies_and_leaves_its_rule_silent() {
    for rule in all() {
        let document = Document::from_bytes(&rule.bad.completed(), Format::of(rule.bad.file));
        for finding in check_beside(&document, rule.bad.file, Release::LATEST, &rule.bad.surroundings()) {
            let Some(fix) = &finding.fix else { continue };
            let applied = document.apply(&fix.edits).unwrap_or_else(|error| panic!("{}: {error}", rule.name));
            let left =
                check_beside(&applied.document, rule.bad.file, Release::LATEST, &rule.bad.surroundings());
            assert!(!names(&left).contains(&rule.name), "{}: {}", rule.name, applied.document.text());
        }
    }
}

#[test]
fn names_are_unique_and_say_their_subject() {
    let mut seen = Vec::new();
    for rule in all() {
        assert!(!seen.contains(&rule.name), "{} stands twice", rule.name);
        assert!(
            rule.name.split_once('/').is_some_and(|(subject, what)| !subject.is_empty() && !what.is_empty())
        );
        seen.push(rule.name);
    }
}

#[test]
fn sentences_keep_the_house_style() {
    for rule in all() {
        let first = rule.says.chars().next().expect("a sentence");
        assert!(!first.is_uppercase() && !rule.says.ends_with('.'), "{}: {}", rule.name, rule.says);
        assert!(rule.why.ends_with('.') && !rule.why.contains("  "), "{}: {}", rule.name, rule.why);
        for finding in found(rule, &rule.bad) {
            assert!(!finding.message.ends_with('.'), "{}: {}", rule.name, finding.message);
            assert!(
                finding.help.as_ref().is_some_and(|help| !help.ends_with('.')),
                "{}: {:?}",
                rule.name,
                finding.help
            );
        }
    }
}

#[test]
fn presets_are_silent() {
    for preset in presets::ALL {
        let document = Document::parse(preset.text, Format::Yaml);
        assert_eq!(names(&check(&document, "config.yaml", Release::LATEST)), [""; 0], "{}", preset.name);
    }
}
