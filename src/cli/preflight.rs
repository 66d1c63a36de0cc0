//! `preflight`: whether every rank of a launch can do its part, seen in seconds by the bundled worker.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::job::check::{self, Premises};
use super::options::LaunchOptions;
use super::prepare::{self, Prepared, Wishes};
use super::streams::{self, Colour};
use super::worker::launch as worker;
use super::worker::options::StepFlags;
use super::worker::{answer, run};
use super::{End, machine};
use crate::launch::Plan;
use crate::report::pretty::Look;
use crate::report::{checks, health, line};
use crate::worker::{Health, Run};

/// Look whether every rank can do its part, before a training is started
///
/// Starts the ranks of a launch for a few seconds: each rank's device, its memory against the estimate, matrix
/// products by precision, copies to and from the device, clocks, and all-reduces among all ranks: their numbers and
/// their speed. Says which rank and which device is at fault.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// Config whose ranks are tried [default: the one that `launch` would use]
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,
    /// How to print
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t)]
    format: Format,
    /// When to use colour
    #[arg(long, value_name = "WHEN", default_value = "auto")]
    color: Colour,
    #[command(flatten)]
    step: StepFlags,
    // Last, because their headings would stand above all that follows.
    #[command(flatten)]
    options: LaunchOptions,
}

const EXAMPLES: &str = "Examples:
  accel-studio preflight fsdp.yaml --model llama-3.1-8b    also whether the memory that is free will do
  accel-studio preflight --num_processes 2                 two ranks, on CPUs where there is no GPU

Exit code: 0 every rank is well, 1 something keeps a run from working, 2 nothing could be tried.";

/// How the answer is printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people.
    #[default]
    Table,
    /// For programs.
    Json,
}

/// Runs the verb.
pub fn run(arguments: &Arguments) -> End {
    match ask(arguments) {
        Ok(seen) => show(arguments, &seen),
        Err(reasons) => {
            reasons.iter().for_each(|reason| streams::err(&line::complaint(reason)));
            End::Failed
        }
    }
}

fn ask(arguments: &Arguments) -> Result<Health, Vec<String>> {
    let wishes =
        Wishes { config: arguments.file.clone(), machine: machine::Named::default(), honours_file: false };
    let prepared = prepare::gather(&arguments.options, &wishes).map_err(|reason| vec![reason])?;
    prepared.tell();
    tried(&prepared, &arguments.step)
}

fn tried(prepared: &Prepared, step: &StepFlags) -> Result<Health, Vec<String>> {
    let made = run::make(prepared, &step.0)?;
    made.notes.iter().for_each(|note| streams::err(&line::complaint(note)));
    let words = words(&made.run, step);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let plan = worker::ranks_of(prepared, made.ranks, &words)?;
    may_start(prepared, &plan, made.ranks.is_on_cpu)?;
    answer::ask(&plan).map_err(|reason| vec![reason])
}

/// What the worker is told.
fn words(run: &Run, step: &StepFlags) -> Vec<String> {
    let layout = &run.layout;
    let mut words = ["preflight", "--json", "--replicas"].map(str::to_owned).to_vec();
    words.push(layout.replicas.to_string());
    if step.0.says("timeout") {
        words.extend(["--timeout".to_owned(), run.timeout_s.to_string()]);
    }
    words.extend(layout.is_on_cpu.then(|| "--cpu".to_owned()));
    let estimated = run.estimated_bytes.map(|bytes| ["--estimated-bytes".to_owned(), bytes.to_string()]);
    words.extend(estimated.into_iter().flatten());
    words
}

/// Refuses what could not start, such as more ranks than GPUs.
pub fn may_start(prepared: &Prepared, plan: &Plan, is_on_cpu: bool) -> Result<(), Vec<String>> {
    let devices = Some(prepared.computer.machine.visible_gpus().len()).filter(|_| !is_on_cpu);
    let refusals = check::refusals(plan, &Premises { devices, ..Premises::default() });
    if refusals.is_empty() { Ok(()) } else { Err(refusals) }
}

fn show(arguments: &Arguments, seen: &Health) -> End {
    let text = match arguments.format {
        Format::Json => format!("{:#}\n", serde_json::to_value(seen).expect("plain data")),
        Format::Table => {
            let colour = streams::is_coloured(arguments.color);
            checks::table(&health::checks(seen), Look { width: streams::width(), colour })
        }
    };
    match (streams::out(&text), seen.is_healthy()) {
        (false, _) => End::Failed,
        (true, true) => End::Clean,
        (true, false) => End::Found,
    }
}
