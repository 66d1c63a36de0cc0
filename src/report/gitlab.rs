//! Findings as GitLab's Code Quality report: a JSON list that merge requests show beside the changes.

use serde::Serialize;

use super::fingerprint::Fingerprints;
use super::spot::{Atlas, Spot};
use super::{Checked, Entry, Unread, address, clean};
use crate::finding::{Finding, Severity};

/// All files of a run as one list, with a line end.
pub fn report(entries: &[Entry]) -> String {
    let mut prints = Fingerprints::default();
    let mut issues: Vec<Issue> = Vec::new();
    for entry in entries {
        match entry {
            Ok(checked) => issues.extend(issues_of(checked, &mut prints)),
            Err(unread) => issues.push(unread_file(unread, &mut prints)),
        }
    }
    let mut text = serde_json::to_string_pretty(&issues).expect("plain structs always serialise");
    text.push('\n');
    text
}

#[derive(Serialize)]
struct Issue {
    description: String,
    check_name: &'static str,
    fingerprint: String,
    severity: &'static str,
    location: Location,
}

#[derive(Serialize)]
struct Location {
    path: String,
    lines: Lines,
}

#[derive(Serialize)]
struct Lines {
    begin: usize,
    end: usize,
}

fn issues_of(checked: &Checked, prints: &mut Fingerprints) -> Vec<Issue> {
    let atlas = Atlas::of(checked);
    let issue = |finding: &Finding| Issue {
        description: description(&atlas, finding),
        check_name: finding.rule,
        fingerprint: prints.of(&checked.name, finding),
        severity: severity(finding.severity),
        location: location(&atlas.first(finding)),
    };
    checked.findings.iter().map(issue).collect()
}

/// The list has no room of its own for advice and for other places.
fn description(atlas: &Atlas, finding: &Finding) -> String {
    let mut text = finding.message.clone();
    for (spot, words) in atlas.related(finding) {
        text += &format!("; {}: {words}", spot.words());
    }
    if let Some(help) = &finding.help {
        text += &format!("; {help}");
    }
    clean::words(&text).into_owned()
}

/// GitLab knows info, minor, major, critical and blocker.
fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "critical",
        Severity::Warning => "major",
        Severity::Hint => "info",
    }
}

fn location(spot: &Spot) -> Location {
    let lines = Lines { begin: spot.start.line, end: spot.end.line };
    Location { path: address::path(spot.file), lines }
}

fn unread_file(unread: &Unread, prints: &mut Fingerprints) -> Issue {
    Issue {
        description: clean::words(&unread.reason).into_owned(),
        check_name: "unread",
        fingerprint: prints.of_unread(&unread.name),
        severity: "blocker",
        location: Location { path: address::path(&unread.name), lines: Lines { begin: 1, end: 1 } },
    }
}
