//! Holds what we say of configs that train with DeepSpeed against recorded verdicts of Accelerate.
//!
//! `cargo run --example deepspeed_configs -- FOLDER [--all]` reads `FOLDER/verdicts.jsonl` (`file`, `repo`,
//! `verdict`, `stage`, `error`, `notes`, and `ds_file_found`: the path of DeepSpeed's file in that
//! repository) and `FOLDER/index_ds.jsonl` (`repo`, `path`, `file`). It prints the disagreements, and with
//! `--all` every finding about DeepSpeed.

use std::collections::HashMap;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use accel_studio::document::{Document, Format};
use accel_studio::finding::{Finding, Severity};
use accel_studio::rules::{self, Companion, Surroundings};
use accel_studio::schema::Release;
use serde_json::Value as Json;

fn main() -> io::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let folder = PathBuf::from(arguments.first().map_or(".", String::as_str));
    let lists_all = arguments.iter().any(|argument| argument == "--all");
    let index = index(&folder)?;
    let mut out = io::stdout().lock();
    let (mut files, mut agree) = (0, 0);
    for verdict in lines(&folder.join("verdicts.jsonl"))? {
        let name = verdict["file"].as_str().unwrap_or_default();
        let document = Document::from_bytes(&fs::read(folder.join(name))?, Format::of(name));
        if !document.text().contains("DEEPSPEED") && !document.text().contains("deepspeed_config") {
            continue;
        }
        let companion = companion(&folder, &verdict, &document, &index)?;
        let findings = rules::check_beside(&document, name, Release::LATEST, &Surroundings::with(companion));
        let is_refused = verdict["verdict"] == "error";
        let is_error = findings.iter().any(|finding| finding.severity == Severity::Error);
        files += 1;
        agree += usize::from(is_refused == is_error);
        if lists_all || is_refused != is_error {
            describe(&mut out, &verdict, &document, &findings)?;
        }
    }
    writeln!(out, "{agree} of {files} agree")
}

fn lines(path: &Path) -> io::Result<Vec<Json>> {
    fs::read_to_string(path)?
        .lines()
        .map(|line| serde_json::from_str(line).map_err(io::Error::other))
        .collect()
}

/// DeepSpeed's files by repository and path.
fn index(folder: &Path) -> io::Result<HashMap<(String, String), String>> {
    let text = |row: &Json, key: &str| row[key].as_str().unwrap_or_default().to_owned();
    let rows = lines(&folder.join("index_ds.jsonl"))?;
    Ok(rows.iter().map(|row| ((text(row, "repo"), text(row, "path")), text(row, "file"))).collect())
}

/// The file that the config names, where its repository has it.
fn companion(
    folder: &Path,
    verdict: &Json,
    document: &Document,
    index: &HashMap<(String, String), String>,
) -> io::Result<Companion> {
    let Some(name) = rules::wanted(document) else { return Ok(Companion::Unseen) };
    let repo = verdict["repo"].as_str().unwrap_or_default().to_owned();
    let path = verdict["ds_file_found"].as_str().unwrap_or_default().replace(" (by name)", "");
    let Some(file) = index.get(&(repo, path)) else { return Ok(Companion::Unseen) };
    let document = Document::from_bytes(&fs::read(folder.join(file))?, Format::Json);
    Ok(Companion::Read { name, document })
}

fn describe(
    out: &mut impl Write,
    verdict: &Json,
    document: &Document,
    findings: &[Finding],
) -> io::Result<()> {
    let error: String = verdict["error"].as_str().unwrap_or_default().chars().take(110).collect();
    writeln!(out, "{}\n  theirs: {} {error}", verdict["file"], verdict["stage"])?;
    let notes = verdict["notes"].as_array().cloned().unwrap_or_default();
    for note in notes {
        writeln!(out, "  note:   {} {} {}", note["sev"], note["code"], note["msg"])?;
    }
    for finding in findings {
        let line = document.position(finding.place.span(document).start).line;
        writeln!(out, "  ours:   {line}: {}[{}] {}", finding.severity.word(), finding.rule, finding.message)?;
    }
    Ok(())
}
