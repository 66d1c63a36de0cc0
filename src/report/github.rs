//! Findings as workflow commands: a job on GitHub Actions turns them into annotations of the files.
//!
//! A command is a line `::error file=a.yaml,line=3::text`. What would end it early is percent-encoded,
//! so that no file's content can start a command of its own.

use std::fmt::Write as _;

use super::spot::{Atlas, Spot};
use super::{Checked, Entry, Unread, address, clean};
use crate::finding::{Finding, Severity};

/// All files of a run, one command for each finding and each file that could not be read.
pub fn report(entries: &[Entry]) -> String {
    let mut out = String::new();
    for entry in entries {
        match entry {
            Ok(checked) => write_checked(&mut out, checked),
            Err(unread) => write_unread(&mut out, unread),
        }
    }
    out
}

fn write_checked(out: &mut String, checked: &Checked) {
    let atlas = Atlas::of(checked);
    for finding in &checked.findings {
        let spot = atlas.first(finding);
        let title = format!("accel-studio ({})", finding.rule);
        let properties = [("file", address::path(spot.file))]
            .into_iter()
            .chain(region(&spot))
            .chain([("title", title)])
            .collect::<Vec<_>>();
        write_command(out, word(finding.severity), &properties, &text(&atlas, &spot, finding));
    }
}

fn write_unread(out: &mut String, unread: &Unread) {
    let file = (!address::is_here(&unread.name)).then(|| ("file", address::path(&unread.name)));
    let properties: Vec<_> = file.into_iter().chain([("title", "accel-studio".to_owned())]).collect();
    write_command(out, "error", &properties, &unread.reason);
}

fn word(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Hint => "notice",
    }
}

/// Columns only within one line: the runner takes them for a mistake elsewhere.
fn region(spot: &Spot) -> Vec<(&'static str, String)> {
    let Spot { start, end, .. } = spot;
    let lines = [("line", start.line), ("endLine", end.line)];
    let columns = [("col", start.column), ("endColumn", end.column)];
    let is_one_line = start.line == end.line;
    let numbers = lines.into_iter().chain(columns.into_iter().filter(|_| is_one_line));
    numbers.map(|(name, number)| (name, number.to_string())).collect()
}

/// The log shows nothing but this text, so it says the place again.
fn text(atlas: &Atlas, spot: &Spot, finding: &Finding) -> String {
    let mut text = format!("{}: {}", spot.words(), finding.message);
    for (spot, words) in atlas.related(finding) {
        let _ = write!(text, "\n{}: {words}", spot.words());
    }
    if let Some(help) = &finding.help {
        let _ = write!(text, "\nhelp: {help}");
    }
    text
}

fn write_command(out: &mut String, word: &str, properties: &[(&str, String)], text: &str) {
    let pairs: Vec<String> =
        properties.iter().map(|(name, value)| format!("{name}={}", property(value))).collect();
    let _ = writeln!(out, "::{word} {}::{}", pairs.join(","), data(text));
}

/// The text of a command.
fn data(text: &str) -> String {
    clean::words(text).replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// The value of a property, which `:` and `,` would end.
fn property(value: &str) -> String {
    data(value).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_value_ends_its_command() {
        let mut out = String::new();
        write_command(&mut out, "error", &[("file", "a,b:c%\n.yaml".to_owned())], "50%\n::stop-commands::x");
        assert_eq!(out, "::error file=a%2Cb%3Ac%25%0A.yaml::50%25%0A::stop-commands::x\n");
    }
}
