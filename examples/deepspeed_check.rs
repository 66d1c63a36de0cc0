//! Holds what we say of DeepSpeed files against recorded verdicts of Accelerate and DeepSpeed.
//!
//! `cargo run --example deepspeed_check -- VERDICTS.jsonl [--judge JUDGED.jsonl] [--all]`
//!
//! Each line of the verdicts names a file, relative to the folder of the verdicts, and what Accelerate
//! and DeepSpeed made of it: `ok`, or the error. Their batch arithmetic was done with one process; here
//! a file passes it when any number of processes fits. `--judge` adds the answers of
//! `tests/oracle/judge_deepspeed.py`. `--all` lists every finding, not only the disagreements.

use std::collections::HashMap;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use accel_studio::document::{Document, Format};
use accel_studio::finding::{Finding, Severity};
use accel_studio::rules;
use accel_studio::schema::Release;
use accel_studio::value::Value;
use serde_json::Value as Json;

fn main() -> io::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let Some(verdicts) = arguments.first().map(PathBuf::from) else {
        return Err(io::Error::other("name a file of verdicts"));
    };
    let judged = match arguments.iter().position(|argument| argument == "--judge") {
        Some(at) => judged(Path::new(arguments.get(at + 1).map_or("", String::as_str)))?,
        None => HashMap::new(),
    };
    let lists_all = arguments.iter().any(|argument| argument == "--all");
    let folder = verdicts.parent().unwrap_or(Path::new("."));
    let mut out = io::stdout().lock();
    let mut tally = Tally::default();
    for line in fs::read_to_string(&verdicts)?.lines() {
        let verdict: Json = serde_json::from_str(line).map_err(io::Error::other)?;
        let name = verdict["file"].as_str().unwrap_or_default();
        let document = Document::from_bytes(&fs::read(folder.join(name))?, Format::Json);
        let case = Case::of(&verdict, &document, judged.get(&file_name(name)), name);
        tally.add(&case);
        if lists_all || case.is_disagreement() {
            case.write(&mut out)?;
        }
    }
    writeln!(out, "{}", tally.sentence())
}

/// One file: what they say, and what we say.
struct Case {
    name: String,
    theirs: String,
    judge: Option<String>,
    findings: Vec<Finding>,
    lines: Vec<usize>,
    notes: usize,
}

impl Case {
    fn of(verdict: &Json, document: &Document, judge: Option<&String>, name: &str) -> Case {
        let findings = rules::check(document, name, Release::LATEST);
        let line = |finding: &Finding| document.position(finding.place.span(document).start).line;
        let fits = fits_some_world(document);
        let said = |key: &str| {
            let text = verdict[key].as_str().unwrap_or_default().replace('\n', " ");
            if text.contains("Check batch related parameters") && fits { "ok".to_owned() } else { text }
        };
        let theirs = match (said("accelerate").as_str(), said("deepspeed").as_str()) {
            ("ok", "ok") => "ok".to_owned(),
            ("ok", error) => format!("DeepSpeed: {error}"),
            (error, _) => format!("Accelerate: {error}"),
        };
        Case {
            name: file_name(name),
            theirs,
            judge: judge.cloned(),
            lines: findings.iter().map(line).collect(),
            findings,
            notes: verdict["notes"].as_array().map_or(0, Vec::len),
        }
    }

    fn worst(&self) -> Option<Severity> {
        self.findings.iter().map(|finding| finding.severity).max()
    }

    /// True where one side refuses and the other does not, and for more than hints on a file that
    /// nobody had anything to note about.
    fn is_disagreement(&self) -> bool {
        let ours = self.worst() == Some(Severity::Error);
        let theirs = self.theirs != "ok";
        ours != theirs
            || self.judge.as_ref().is_some_and(|judge| (judge != "ok") != ours)
            || (!theirs && self.notes == 0 && self.worst() > Some(Severity::Hint))
    }

    fn write(&self, out: &mut impl Write) -> io::Result<()> {
        let short = |text: &str| text.chars().take(150).collect::<String>();
        writeln!(out, "{}\n  theirs: {}", self.name, short(&self.theirs))?;
        if let Some(judge) = &self.judge {
            writeln!(out, "  judge:  {}", short(judge))?;
        }
        for (finding, line) in std::iter::zip(&self.findings, &self.lines) {
            let (severity, rule) = (finding.severity.word(), finding.rule);
            writeln!(out, "  ours:   {line}: {severity}[{rule}] {}", finding.message)?;
        }
        Ok(())
    }
}

#[derive(Default)]
struct Tally {
    files: usize,
    agree: usize,
    judged: usize,
    agree_with_judge: usize,
}

impl Tally {
    fn add(&mut self, case: &Case) {
        let ours = case.worst() == Some(Severity::Error);
        self.files += 1;
        self.agree += usize::from(ours == (case.theirs != "ok"));
        if let Some(judge) = &case.judge {
            self.judged += 1;
            self.agree_with_judge += usize::from(ours == (judge != "ok"));
        }
    }

    fn sentence(&self) -> String {
        let Tally { files, agree, judged, agree_with_judge } = self;
        format!("{agree} of {files} agree with the verdicts, {agree_with_judge} of {judged} with the judge")
    }
}

fn file_name(path: &str) -> String {
    Path::new(path).file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

/// The judge's answer for each file name: `ok`, or stage and error.
fn judged(path: &Path) -> io::Result<HashMap<String, String>> {
    let mut answers = HashMap::new();
    for line in fs::read_to_string(path)?.lines() {
        let answer: Json = serde_json::from_str(line).map_err(io::Error::other)?;
        let said = match answer["ok"].as_bool() {
            Some(true) => "ok".to_owned(),
            _ => format!("{} {}: {}", answer["stage"], answer["error"], answer["text"]),
        };
        answers.insert(file_name(answer["file"].as_str().unwrap_or_default()), said);
    }
    Ok(answers)
}

/// True when some number of processes makes the batch sizes multiply.
fn fits_some_world(document: &Document) -> bool {
    let root = document.value();
    let number = |key: &str, silent: i64| root.get(key).map_or(Some(silent), Value::as_int);
    match (
        number("train_batch_size", 0),
        number("train_micro_batch_size_per_gpu", 1),
        number("gradient_accumulation_steps", 1),
    ) {
        (Some(total), Some(micro), Some(steps)) if micro * steps > 0 => total % (micro * steps) == 0,
        _ => true,
    }
}
