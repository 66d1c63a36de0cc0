//! Writes the samples of every rule as files, for the real Accelerate to be asked about them.
//!
//! `cargo run --example rule_samples FOLDER` writes `FOLDER/<rule>/{bad,good,fixed}/<name>` (fixed: the bad
//! sample after its safe fixes, where it has some) and
//! `FOLDER/samples.json`: a list of `rule`, `kind`, `path`, `release`, and `beside`: the text of DeepSpeed's
//! file where one stands beside the sample. `make oracle` uses it.

use std::error::Error;
use std::fs;
use std::path::Path;
use std::process::ExitCode;

use accel_studio::rules::{self, Sample};
use serde_json::{Value, json};

fn main() -> ExitCode {
    let Some(folder) = std::env::args().nth(1) else {
        complain("usage: rule_samples FOLDER");
        return ExitCode::from(2);
    };
    match write(Path::new(&folder)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            complain(&error.to_string());
            ExitCode::from(2)
        }
    }
}

fn write(folder: &Path) -> Result<(), Box<dyn Error>> {
    let mut list: Vec<Value> = Vec::new();
    fs::create_dir_all(folder)?;
    for rule in rules::all() {
        for (kind, sample) in [("bad", &rule.bad), ("good", &rule.good)] {
            list.push(write_sample(folder, rule.name, kind, sample, &sample.completed())?);
        }
        if let Some(fixed) = rule.fixed() {
            list.push(write_sample(folder, rule.name, "fixed", &rule.bad, fixed.text().as_bytes())?);
        }
    }
    fs::write(folder.join("samples.json"), serde_json::to_string_pretty(&list)?)?;
    Ok(())
}

fn write_sample(
    folder: &Path,
    rule: &str,
    kind: &str,
    sample: &Sample,
    bytes: &[u8],
) -> Result<Value, Box<dyn Error>> {
    let name = Path::new(sample.file).file_name().ok_or("a sample has a name")?;
    let path = Path::new(rule).join(kind).join(name);
    fs::create_dir_all(folder.join(rule).join(kind))?;
    fs::write(folder.join(&path), bytes)?;
    Ok(json!({
        "rule": rule,
        "kind": kind,
        "path": path.display().to_string(),
        "release": sample.release.to_string(),
        "beside": sample.beside.map(|(_, text)| text),
    }))
}

#[expect(clippy::print_stderr, reason = "this program's complaints")]
fn complain(line: &str) {
    eprintln!("{line}");
}
