//! Compares our verdicts with recorded ones of the real loader over a folder of configs.
//!
//! `cargo run --example corpus_check FOLDER` reads `FOLDER/verdicts.jsonl`, one object per line with
//! `file`, `verdict` ("ok" or "error") and `stage` (where the first failure came), checks each file
//! and prints every disagreement for a person to judge.

use std::error::Error;
use std::fs;
use std::path::Path;
use std::process::ExitCode;

use accel_studio::document::{Document, Format};
use accel_studio::finding::{Finding, Severity};
use accel_studio::rules;
use accel_studio::schema::Release;
use serde::Deserialize;

#[derive(Deserialize)]
struct Verdict {
    file: String,
    verdict: String,
    stage: String,
    error: Option<String>,
}

#[derive(Default)]
struct Count {
    files: usize,
    refused: usize,
    refused_and_silent: usize,
    fine: usize,
    fine_and_error: usize,
    fine_and_warning: usize,
}

fn main() -> ExitCode {
    let Some(folder) = std::env::args().nth(1) else {
        eprintln_line("usage: corpus_check FOLDER");
        return ExitCode::from(2);
    };
    match compare(Path::new(&folder)) {
        Ok(count) => {
            print_line(&format!(
                "{} files: {} refused while loading, {} of them silent here; {} fine, {} of them with an error here and {} with a warning",
                count.files,
                count.refused,
                count.refused_and_silent,
                count.fine,
                count.fine_and_error,
                count.fine_and_warning
            ));
            ExitCode::from(u8::from(count.refused_and_silent > 0))
        }
        Err(error) => {
            eprintln_line(&error.to_string());
            ExitCode::from(2)
        }
    }
}

fn compare(folder: &Path) -> Result<Count, Box<dyn Error>> {
    let mut count = Count::default();
    for line in fs::read_to_string(folder.join("verdicts.jsonl"))?.lines() {
        let verdict: Verdict = serde_json::from_str(line)?;
        let bytes = fs::read(folder.join(&verdict.file))?;
        let document = Document::from_bytes(&bytes, Format::of(&verdict.file));
        let findings = rules::check(&document, &verdict.file, Release::LATEST);
        judge(&verdict, &document, &findings, &mut count);
    }
    Ok(count)
}

fn judge(verdict: &Verdict, document: &Document, findings: &[Finding], count: &mut Count) {
    let worst = findings.iter().map(|finding| finding.severity).max();
    count.files += 1;
    let heading = match (verdict.verdict.as_str(), verdict.stage.as_str(), worst) {
        ("error", "load", Some(Severity::Error)) => {
            count.refused += 1;
            return;
        }
        ("error", "load", _) => {
            count.refused += 1;
            count.refused_and_silent += 1;
            format!("SILENT although refused: {}", verdict.error.as_deref().unwrap_or_default())
        }
        ("ok", _, worst) => {
            count.fine += 1;
            count.fine_and_error += usize::from(worst == Some(Severity::Error));
            count.fine_and_warning += usize::from(worst == Some(Severity::Warning));
            match worst {
                Some(Severity::Error) => "ERROR although it passes all stages".to_owned(),
                Some(Severity::Warning) => "warning, passes all stages".to_owned(),
                _ => return,
            }
        }
        (_, stage, _) => format!("fails at {stage}: {}", verdict.error.as_deref().unwrap_or_default()),
    };
    print_line(&format!("{} · {heading}", verdict.file));
    for finding in findings.iter().filter(|finding| finding.severity > Severity::Hint) {
        let at = document.position(finding.place.span(document).start);
        let (severity, rule) = (finding.severity.word(), finding.rule);
        print_line(&format!("    {}:{} {severity}[{rule}] {}", at.line, at.column, finding.message));
    }
}

#[expect(clippy::print_stdout, reason = "this program's output")]
fn print_line(line: &str) {
    println!("{line}");
}

#[expect(clippy::print_stderr, reason = "this program's complaints")]
fn eprintln_line(line: &str) {
    eprintln!("{line}");
}
