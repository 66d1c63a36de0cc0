//! Compares our verdicts with recorded outcomes of hand-made cases in many releases of Accelerate.
//!
//! `cargo run --example oracle_check CASES MATRIX FOLDER [--accelerate 1.10]`: `CASES` is a file with one
//! object per line (`name`, `file`, `launch_args`, `load.ok`, `launch.ok`, `worker.*.ok`), `MATRIX` maps
//! case names to outcomes by range of releases, and `FOLDER` is where the cases' files lie. Cases with
//! arguments of the command line are left out: they say nothing about a file. Without a release each of
//! those in `RELEASES` is compared.

use std::collections::BTreeMap;
use std::error::Error;
use std::fs;
use std::path::Path;
use std::process::ExitCode;

use accel_studio::document::{Document, Format};
use accel_studio::finding::Severity;
use accel_studio::rules;
use accel_studio::schema::Release;
use serde::Deserialize;

#[derive(Deserialize)]
struct Case {
    name: String,
    file: Option<String>,
    #[serde(default)]
    launch_args: String,
}

#[derive(Deserialize)]
struct Outcomes {
    outcome: Vec<Outcome>,
}

#[derive(Deserialize)]
struct Outcome {
    from: String,
    to: String,
    outcome: String,
}

/// Releases that differ in what they refuse.
const RELEASES: [&str; 12] =
    ["0.28", "0.30", "0.33", "0.34", "1.2", "1.4", "1.5", "1.7", "1.10", "1.12", "1.13", "1.15"];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [cases, matrix, folder, rest @ ..] = arguments.as_slice() else {
        complain("usage: oracle_check CASES MATRIX FOLDER [--accelerate RELEASE]");
        return ExitCode::from(2);
    };
    let releases: Vec<&str> = match rest {
        [flag, release] if flag == "--accelerate" => vec![release],
        _ => RELEASES.to_vec(),
    };
    match compare(cases, matrix, Path::new(folder), &releases) {
        Ok(0) => ExitCode::SUCCESS,
        Ok(_) => ExitCode::from(1),
        Err(error) => {
            complain(&error.to_string());
            ExitCode::from(2)
        }
    }
}

fn compare(cases: &str, matrix: &str, folder: &Path, releases: &[&str]) -> Result<usize, Box<dyn Error>> {
    let matrix: BTreeMap<String, Outcomes> = serde_json::from_str(&fs::read_to_string(matrix)?)?;
    let cases: Vec<Case> =
        fs::read_to_string(cases)?.lines().map(serde_json::from_str).collect::<Result<_, _>>()?;
    let (mut compared, mut different) = (0, 0);
    for release in releases {
        let release: Release = release.parse()?;
        for case in cases.iter().filter(|case| case.launch_args.is_empty()) {
            let Some(outcome) = matrix.get(&case.name).and_then(|outcomes| outcomes.of(release)) else {
                continue;
            };
            let Some(file) = &case.file else { continue };
            let Ok(bytes) = fs::read(folder.join(file)) else { continue };
            let document = Document::from_bytes(&bytes, Format::of(file));
            let findings = rules::check(&document, file, release);
            compared += 1;
            let is_refused = ["load", "Error", "launch@"].iter().any(|word| outcome.contains(word));
            let is_error = findings.iter().any(|finding| finding.severity == Severity::Error);
            if is_refused != is_error {
                different += 1;
                let rules: Vec<&str> = findings.iter().map(|finding| finding.rule).collect();
                say(&format!("{release} {}: there `{outcome}`, here {}", case.name, rules.join(" ")));
            }
        }
    }
    say(&format!("{compared} outcomes compared, {different} different"));
    Ok(different)
}

impl Outcomes {
    /// The outcome in a release; `None` where it was not run, or the oracle itself failed.
    fn of(&self, release: Release) -> Option<&str> {
        let is_within = |outcome: &&Outcome| {
            let (from, to) = (outcome.from.parse::<Release>(), outcome.to.parse::<Release>());
            from.is_ok_and(|from| from <= release) && to.is_ok_and(|to| release <= to)
        };
        self.outcome
            .iter()
            .find(is_within)
            .map(|outcome| outcome.outcome.as_str())
            .filter(|told| !told.contains("CRASH"))
    }
}

#[expect(clippy::print_stdout, reason = "this program's output")]
fn say(line: &str) {
    println!("{line}");
}

#[expect(clippy::print_stderr, reason = "this program's complaints")]
fn complain(line: &str) {
    eprintln!("{line}");
}
