//! Compares our verdicts with recorded ones of the real Accelerate over a folder of configs.
//!
//! `cargo run --example corpus_check FOLDER [--all]` reads `FOLDER/verdicts.jsonl`, one object per line
//! with `file`, `verdict` ("ok" or "error"), `stage`, `error` and `notes` of another checker, checks
//! each file, and prints every disagreement for a person to judge:
//!
//! * refused there and no error here, or the other way round. A file that only misses what people give
//!   on the command line, or a DeepSpeed file that is not there, may be a warning here;
//! * a note of weight `silent` or `error-later` without a finding at its key;
//! * a file that passes and bears no such note, but has an error or a warning here.
//!
//! `--all` prints the findings of every file. Exits with 1 while there are disagreements.

use std::collections::BTreeMap;
use std::error::Error;
use std::fs;
use std::path::Path;
use std::process::ExitCode;

use accel_studio::document::{Document, Format};
use accel_studio::finding::{Finding, Severity};
use accel_studio::rules::{self, Companion, Surroundings};
use accel_studio::schema::Release;
use serde::Deserialize;

#[derive(Deserialize)]
struct Verdict {
    file: String,
    verdict: String,
    stage: String,
    error: Option<String>,
    /// The DeepSpeed file that the config names, and where it was found in the config's repository.
    ds_file: Option<String>,
    ds_file_found: Option<String>,
    #[serde(default)]
    notes: Vec<Note>,
}

#[derive(Deserialize)]
struct Note {
    code: String,
    sev: String,
    msg: Option<String>,
}

/// Rules about what lies outside of the file, on the command line or beside it: a refused launch may be a
/// warning here.
const OUTSIDE: [&str; 4] = [
    "processes/missing",
    "network/address-missing",
    "network/machine-rank-missing",
    "deepspeed/file-missing",
];

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let Some(folder) = arguments.next() else {
        complain("usage: corpus_check FOLDER [--all]");
        return ExitCode::from(2);
    };
    match compare(Path::new(&folder), arguments.any(|argument| argument == "--all")) {
        Ok(count) => {
            for (what, number) in &count {
                say(&format!("{number:5} {what}"));
            }
            ExitCode::from(u8::from(count.keys().any(|what| what.contains("DISAGREE"))))
        }
        Err(error) => {
            complain(&error.to_string());
            ExitCode::from(2)
        }
    }
}

type Count = BTreeMap<&'static str, usize>;

fn compare(folder: &Path, is_told_all: bool) -> Result<Count, Box<dyn Error>> {
    let mut count = Count::new();
    for line in fs::read_to_string(folder.join("verdicts.jsonl"))?.lines() {
        let verdict: Verdict = serde_json::from_str(line)?;
        let bytes = fs::read(folder.join(&verdict.file))?;
        let document = Document::from_bytes(&bytes, Format::of(&verdict.file));
        let companion = verdict.companion();
        let findings =
            rules::check_beside(&document, &verdict.file, Release::LATEST, &Surroundings::with(companion));
        *count.entry("files").or_default() += 1;
        let heading = outcome(&verdict, &findings);
        *count.entry(heading).or_default() += 1;
        let missing: Vec<&Note> = verdict.notes.iter().filter(|note| is_missing(note, &findings)).collect();
        let heavy = verdict.notes.iter().filter(|note| note.is_heavy()).count();
        *count.entry("heavy notes").or_default() += heavy;
        *count.entry("heavy notes without a finding at their key: DISAGREE").or_default() += missing.len();
        if is_told_all || heading.contains("DISAGREE") || !missing.is_empty() {
            say(&format!("{} · {heading} · {}", verdict.file, verdict.told()));
            for note in missing {
                say(&format!("    no finding: {} {}", note.code, note.msg.as_deref().unwrap_or_default()));
            }
            findings.iter().for_each(|finding| tell(&document, finding));
        }
    }
    count.retain(|_, number| *number > 0);
    Ok(count)
}

fn outcome(verdict: &Verdict, findings: &[Finding]) -> &'static str {
    let worst = findings.iter().map(|finding| finding.severity).max();
    let is_heavy = verdict.notes.iter().any(|note| note.is_heavy() || note.sev == "needs-cli");
    let is_outside = findings.iter().any(|finding| OUTSIDE.contains(&finding.rule));
    match (verdict.verdict.as_str(), worst) {
        ("error", Some(Severity::Error)) => "refused there, error here",
        ("error", _) if is_outside => "refused there for what is outside of the file, warning here",
        ("error", _) => "refused there, no error here: DISAGREE",
        (_, Some(Severity::Error)) => "passes there, error here: DISAGREE",
        (_, Some(Severity::Warning)) if !is_heavy => "passes there without notes, warning here: DISAGREE",
        _ => "passes there, no error here",
    }
}

impl Verdict {
    /// What was there of the DeepSpeed file when the verdict was made. One that was there is not part
    /// of the folder, so nothing is said of it.
    fn companion(&self) -> Companion {
        match (&self.ds_file, &self.ds_file_found) {
            (Some(name), None) => Companion::Missing { name: name.clone(), beside: None },
            _ => Companion::Unseen,
        }
    }

    fn told(&self) -> String {
        match (&self.error, self.verdict.as_str()) {
            (Some(error), "error") => {
                format!("{}: {}", self.stage, error.lines().next().unwrap_or_default())
            }
            _ => String::new(),
        }
    }
}

impl Note {
    fn is_heavy(&self) -> bool {
        matches!(self.sev.as_str(), "silent" | "error-later")
    }

    /// The last names of the keys that a note speaks of, taken from its words or known by its code.
    fn keys(&self) -> Vec<String> {
        let message = self.msg.as_deref().unwrap_or_default();
        let known = match self.code.as_str() {
            "cpu_affinity-ignored" => "enable_cpu_affinity",
            "fsdp-min-unused" => "min_num_params",
            "fsdp1-reshard" => "reshard_after_forward",
            "gpu_ids-count" => "gpu_ids",
            "multi-with-1-process" | "no-with-many-processes" => "num_processes",
            "multinode-no-hostfile" => "deepspeed_multinode_launcher",
            "yaml-no-bool-distributed_type" => "distributed_type",
            _ => "",
        };
        if !known.is_empty() {
            return vec![known.to_owned()];
        }
        let quoted: Vec<String> = message.split('\'').skip(1).step_by(2).map(str::to_owned).collect();
        if message.contains('[') && self.code != "fsdp-wrap-list" && !quoted.is_empty() {
            return quoted;
        }
        let path = message.split([' ', ':', '=']).next().unwrap_or_default();
        vec![path.rsplit('.').next().unwrap_or_default().to_owned()]
    }
}

/// True for a heavy note whose key has no finding.
fn is_missing(note: &Note, findings: &[Finding]) -> bool {
    let is_found = |key: &String| {
        findings.iter().any(|finding| {
            let places =
                std::iter::once(&finding.place).chain(finding.related.iter().map(|(place, _)| place));
            places.filter_map(|place| place.path()).any(|path| path.to_string().ends_with(key.as_str()))
                || finding.message.contains(key.as_str())
        })
    };
    note.is_heavy() && !note.keys().iter().all(is_found)
}

fn tell(document: &Document, finding: &Finding) {
    let at = document.position(finding.place.span(document).start);
    let (severity, rule) = (finding.severity.word(), finding.rule);
    say(&format!("    {}:{} {severity}[{rule}] {}", at.line, at.column, finding.message));
}

#[expect(clippy::print_stdout, reason = "this program's output")]
fn say(line: &str) {
    println!("{line}");
}

#[expect(clippy::print_stderr, reason = "this program's complaints")]
fn complain(line: &str) {
    eprintln!("{line}");
}
