//! Compares our plans with what the real launcher would start for every config of a folder.
//!
//! `python tests/oracle/record_launch.py FOLDER RECORD`, then
//! `cargo run --example parity_corpus FOLDER RECORD`. Eight pretended GPUs, no options. Each file that the
//! launcher accepts must be planned with the same variables and commands; each that it refuses must be
//! refused. What differs on purpose stands in `tests/parity.rs`.

use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use accel_studio::document::{Document, Format};
use accel_studio::hardware::{Device, Gpus};
use accel_studio::launch::{self, Launcher, Mpi, Packages, Plan, Script, Site};
use accel_studio::layers::{self, Computer, Layers, Refusal, Source};
use serde::Deserialize;

#[derive(Deserialize)]
struct Record {
    rows: Vec<Row>,
}

#[derive(Deserialize)]
struct Row {
    case: Case,
    answer: Answer,
}

#[derive(Deserialize)]
struct Case {
    name: String,
}

#[derive(Deserialize)]
struct Answer {
    error: Option<String>,
    python: Option<String>,
    #[serde(default)]
    env: BTreeMap<String, String>,
    argv: Option<Vec<String>>,
    ranks: Option<Vec<Rank>>,
    told: Option<BTreeMap<String, String>>,
}

#[derive(Deserialize)]
struct Rank {
    argv: Vec<String>,
    env: BTreeMap<String, String>,
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [folder, record] = arguments.as_slice() else {
        say("usage: parity_corpus FOLDER RECORD");
        return ExitCode::from(2);
    };
    match compare(Path::new(folder), record) {
        Ok(0) => ExitCode::SUCCESS,
        Ok(_) => ExitCode::from(1),
        Err(error) => {
            say(&error.to_string());
            ExitCode::from(2)
        }
    }
}

/// Compares every file; how many differ.
fn compare(folder: &Path, record: &str) -> Result<usize, Box<dyn Error>> {
    let record: Record = serde_json::from_slice(&fs::read(record)?)?;
    let (mut started, mut refused, mut wrong) = (0, 0, 0);
    for row in &record.rows {
        let bytes = fs::read(folder.join(&row.case.name))?;
        let found = differences(&row.case.name, &bytes, &row.answer);
        if row.answer.error.is_none() {
            started += 1
        } else {
            refused += 1
        }
        wrong += usize::from(!found.is_empty());
        found.iter().for_each(|difference| say(&format!("{}: {difference}", row.case.name)));
    }
    say(&format!("{started} files would start, {refused} are refused; {wrong} of them differ"));
    Ok(wrong)
}

fn plan(name: &str, bytes: &[u8]) -> Result<Plan, Refusal> {
    let device = || Device { name: Some("NVIDIA H100 80GB HBM3".into()), ..Device::default() };
    let mut computer = Computer::default();
    computer.machine.gpus = Gpus::listed(std::iter::repeat_with(device).take(8).collect());
    computer.machine.host.cores.physical = Some(8);
    computer.machine.host.cores.logical = Some(16);
    let document = Document::from_bytes(bytes, Format::of(name));
    let source = Some(Source { name: name.to_owned(), document });
    let layers = Layers { source, computer: computer.clone(), ..Layers::default() };
    let site = Site {
        python: "<python>".into(),
        folder: Some(PathBuf::from("<folder>")),
        packages: Packages { deepspeed: Some("0.18.2".into()), has_fp8: true, has_tpu: true },
        mpi: Some(Mpi::OpenMpi("mpirun".into())),
        is_port_taken: &|_| false,
        port_holder: &|_| None,
        free_port: &|| 45678,
        honours_file: false,
    };
    let script = Script { name: "train.py".into(), arguments: Vec::new() };
    launch::plan(&layers::resolve(&layers), &computer, &site, &script)
}

fn differences(name: &str, bytes: &[u8], answer: &Answer) -> Vec<String> {
    match (plan(name, bytes), &answer.error) {
        (Err(_), Some(_)) => Vec::new(),
        (Err(refusal), None) => vec![format!("refused ({refusal}), and Accelerate starts it")],
        (Ok(_), Some(stage)) => {
            vec![format!(
                "planned, and Accelerate refuses with {} at {stage}",
                answer.python.as_deref().unwrap_or("?")
            )]
        }
        (Ok(plan), None) => compare_plans(&plan, answer),
    }
}

fn compare_plans(plan: &Plan, answer: &Answer) -> Vec<String> {
    let mut found = Vec::new();
    if let Some(ranks) = answer.ranks.as_ref().filter(|_| plan.launcher != Launcher::Torchrun) {
        if ranks.len() != plan.processes.len() {
            found.push(format!("{} ranks, not {}", plan.processes.len(), ranks.len()));
        }
        for (rank, process) in ranks.iter().zip(&plan.processes) {
            let mut theirs = answer.env.clone();
            theirs.extend(rank.env.clone());
            // Our launcher leaves the store at which the processes meet to the first of them.
            theirs.insert("TORCHELASTIC_USE_AGENT_STORE".into(), "False".into());
            compare_env(&theirs, &plan.env_of(process), &mut found);
            compare_words(&rank.argv, &process.argv, &mut found);
        }
        return found;
    }
    let Some(process) = plan.processes.first() else { return vec!["nothing is started".to_owned()] };
    match (plan.launcher, &answer.told) {
        (Launcher::Torchrun, Some(told)) => compare_told(told, &process.argv, &mut found),
        (Launcher::Tpu | Launcher::TpuPod, _) => {}
        _ => compare_words(answer.argv.as_deref().unwrap_or_default(), &process.argv, &mut found),
    }
    let mut theirs = answer.env.clone();
    theirs.remove("TORCHELASTIC_SIGNALS_TO_HANDLE");
    if plan.launcher != Launcher::TpuPod {
        compare_env(&theirs, &plan.env_of(process), &mut found);
    }
    found
}

/// torchrun's arguments, every one and no other.
fn compare_told(told: &BTreeMap<String, String>, argv: &[String], found: &mut Vec<String>) {
    let words: Vec<&str> = argv.iter().skip(3).map(String::as_str).collect();
    let ours: BTreeMap<String, String> = words
        .chunks(2)
        .filter_map(|pair| Some((pair.first()?.strip_prefix("--")?.to_owned(), (*pair.get(1)?).to_owned())))
        .collect();
    if *told != ours {
        found.push(format!("torchrun is told {ours:?}, not {told:?}"));
    }
}

fn compare_env(theirs: &BTreeMap<String, String>, ours: &BTreeMap<String, String>, found: &mut Vec<String>) {
    for name in theirs.keys().chain(ours.keys()).collect::<BTreeSet<_>>() {
        if theirs.get(name) != ours.get(name) {
            found.push(format!("{name} is {:?}, not {:?}", ours.get(name), theirs.get(name)));
        }
    }
}

fn compare_words(theirs: &[String], ours: &[String], found: &mut Vec<String>) {
    if theirs != ours {
        found.push(format!("the command is {ours:?}, not {theirs:?}"));
    }
}

/// The output of an example has nowhere else to go.
fn say(line: &str) {
    let _ = writeln!(std::io::stdout(), "{line}");
}
