//! `estimate`: will it fit, where does the memory go, and what to change.

mod flags;
mod subject;

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use serde_json::{Map, Value as Json};

use self::flags::{Size, WorkloadFlags};
use self::subject::Subject;
pub use self::subject::beside;
use super::streams::{self, Colour};
use super::{End, machine};
use crate::document::{Document, FileError, Overwrite, Stored};
use crate::memory::solve::{self, Remedy, Row};
use crate::memory::{Estimate, MemoryError, Verdict};
use crate::report::estimate::{self as report, Sheet};
use crate::report::pretty::Look;
use crate::text::bytes;

/// Say whether a config fits the GPUs, before anything is started
///
/// Peak memory of one training step by what it is for, for this config, this model and this batch. Sizes of
/// the model come from its config.json or from a preset; nothing is downloaded and no GPU is needed.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// Config to estimate [default: plain copies on the GPUs there are, in bf16]
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,
    /// A preset such as llama-3.1-8b, a config.json or its folder, or an id in the hub's cache
    #[arg(long, value_name = "NAME|PATH")]
    model: Option<String>,
    #[command(flatten)]
    workload: WorkloadFlags,
    /// Micro-batches per step, where the script says so and not the config
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=1 << 20))]
    accumulation: Option<u64>,
    /// GPUs, where no config says how many
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=1 << 20))]
    gpus: Option<u64>,
    /// Memory of each GPU, such as 40GiB or 80GB
    #[arg(long, value_name = "SIZE")]
    gpu_memory: Option<Size>,
    #[command(flatten)]
    machine: machine::Named,
    /// What to find out
    #[arg(long, value_name = "WHAT")]
    solve: Option<Solve>,
    /// With `--solve fit`: write the config with the cheapest change to this file, or - for standard output
    #[arg(long, value_name = "FILE", requires = "solve")]
    write: Option<PathBuf>,
    /// Compare forty strategies instead
    #[arg(long, conflicts_with_all = ["solve", "write"])]
    all: bool,
    /// How to print
    #[arg(long, value_name = "FORMAT", default_value = "table")]
    format: Format,
    /// When to use colour
    #[arg(long, value_name = "WHEN", default_value = "auto")]
    color: Colour,
}

const EXAMPLES: &str = "Examples:
  accel-studio estimate fsdp.yaml --model llama-3.1-8b --seq-len 4096 --micro-batch 2
  accel-studio estimate --model llama-3.1-8b --seq-len 4096 --gpus 4 --gpu-memory 40GiB --solve fit
  accel-studio estimate fsdp.yaml --model llama-3.1-8b --machine 4xa100-40gb --solve micro-batch
  accel-studio estimate --model qwen2.5-7b --gpus 8 --gpu-memory 80GB --all

Exit code: 0 it fits or nobody said what there is, 1 it does not fit or that is too close to say,
2 there is no estimate.";

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people
    Table,
    /// For programs; docs/json.md describes it
    Json,
    /// Lines of values, for spreadsheets
    Csv,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Solve {
    /// The largest micro-batch that fits
    MicroBatch,
    /// The longest sequence that fits
    SeqLen,
    /// The fewest GPUs on which it fits
    Gpus,
    /// What to change so that it fits
    Fit,
}

/// Runs the verb.
pub fn run(arguments: &Arguments) -> End {
    match Subject::of(arguments).and_then(|subject| answer(arguments, &subject)) {
        Ok(end) => end,
        Err(reason) => {
            streams::err(&crate::report::line::complaint(&reason));
            End::Failed
        }
    }
}

fn answer(arguments: &Arguments, subject: &Subject) -> Result<End, String> {
    if arguments.write.is_some() && arguments.solve != Some(Solve::Fit) {
        return Err("`--write` needs `--solve fit`: nothing else changes the config".to_owned());
    }
    if arguments.solve.is_some() && arguments.format == Format::Csv {
        return Err("`--solve` has no answer in csv; take `--format json`".to_owned());
    }
    if arguments.all {
        return Ok(compare(arguments, subject));
    }
    let estimate = subject.situation().estimate().map_err(|error| error.to_string())?;
    let end = match subject.room.memory.map(|memory| estimate.verdict(memory)) {
        None | Some(Verdict::Fits) => End::Clean,
        Some(_) => End::Found,
    };
    let solved = match arguments.solve {
        None => Solved::default(),
        Some(Solve::Fit) => fit(arguments, subject, &estimate)?,
        Some(what) => largest(what, subject)?,
    };
    let is_written = print(arguments, subject, &estimate, &solved);
    let end = if solved.is_repaired { End::Clean } else { end };
    Ok(if is_written { end } else { End::Failed })
}

/// What a solver found, for people and for programs.
#[derive(Default)]
struct Solved {
    words: String,
    json: Map<String, Json>,
    /// A config was written that fits.
    is_repaired: bool,
}

fn print(arguments: &Arguments, subject: &Subject, estimate: &Estimate, solved: &Solved) -> bool {
    let sheet = Sheet {
        config: &subject.name,
        card: &subject.card,
        work: &subject.work,
        strategy: &subject.strategy,
        estimate,
        room: &subject.room,
        warnings: &subject.warnings,
        assumed: &subject.assumed,
    };
    let is_taken = arguments.write.as_deref().is_some_and(|path| path.as_os_str() == "-");
    let text = match arguments.format {
        Format::Json => report::json(&sheet, solved.json.clone()),
        Format::Csv => report::csv(&[only(subject, estimate)]),
        Format::Table => {
            let look = Look { width: width(), colour: streams::is_coloured(arguments.color) };
            let gap = if solved.words.is_empty() { "" } else { "\n" };
            format!("{}{gap}{}", report::page(&sheet, look), solved.words)
        }
    };
    if is_taken {
        // Standard output is the config's.
        streams::err(&text);
        return true;
    }
    streams::out(&text)
}

/// This config as a row of the strategy table.
fn only(subject: &Subject, estimate: &Estimate) -> Row {
    let sharding = subject.strategy.sharding.clone();
    let has_checkpointing = subject.work.has_checkpointing || sharding.has_checkpointing();
    Row { sharding, has_checkpointing, estimate: Ok(estimate.clone()) }
}

/// The page is made for 80 columns; more only make bars longer.
fn width() -> usize {
    if streams::is_watched() { streams::width() } else { 80 }
}

fn compare(arguments: &Arguments, subject: &Subject) -> End {
    let rows = solve::table(&subject.card, &subject.work, &subject.strategy);
    let text = match arguments.format {
        Format::Table => report::table(&rows, &subject.room),
        Format::Csv => report::csv(&rows),
        Format::Json => report::rows(&rows, &subject.room),
    };
    if streams::out(&text) { End::Clean } else { End::Failed }
}

/// The memory of a GPU, which solvers need.
fn capacity(subject: &Subject) -> Result<u64, String> {
    subject.room.memory.ok_or_else(|| {
        "how much memory a GPU has is not known here; add `--gpu-memory 40GiB` or `--machine`".to_owned()
    })
}

fn largest(what: Solve, subject: &Subject) -> Result<Solved, String> {
    let capacity = capacity(subject)?;
    let (card, work, strategy) = (&subject.card, &subject.work, &subject.strategy);
    let told = |error: MemoryError| error.to_string();
    let (key, noun, found) = match what {
        Solve::SeqLen => {
            let found = solve::largest_sequence(card, work, strategy, capacity).map_err(told)?;
            ("largest_sequence", "longest sequence that fits", found)
        }
        Solve::Gpus => {
            let found = solve::fewest_gpus(card, work, strategy, capacity).map_err(told)?;
            ("fewest_gpus", "fewest GPUs on which it fits", found)
        }
        _ => {
            let found = solve::largest_micro_batch(card, work, strategy, capacity).map_err(told)?;
            ("largest_micro_batch", "largest micro-batch that fits", found)
        }
    };
    let words = match &found {
        Some((number, estimate)) => {
            format!("The {noun}: {number} ({} per GPU).\n", bytes(estimate.needed()))
        }
        None => format!("The {noun}: none; see `--solve fit`.\n"),
    };
    let number = found.map(|(number, _)| number);
    Ok(Solved { words, json: Map::from_iter([(key.to_owned(), number.into())]), is_repaired: false })
}

fn fit(arguments: &Arguments, subject: &Subject, now: &Estimate) -> Result<Solved, String> {
    let capacity = capacity(subject)?;
    if now.verdict(capacity) == Verdict::Fits {
        let words = "It fits as it is; nothing was written.\n".to_owned();
        return Ok(Solved { words, json: report::answer(&[]), is_repaired: false });
    }
    let remedies = affordable(solve::fit(&subject.situation(), capacity), subject.room.ram);
    let mut solved = Solved {
        words: report::advice(&remedies, subject.room.ram, width()),
        json: report::answer(&remedies),
        is_repaired: false,
    };
    if let Some(path) = &arguments.write {
        let best = remedies.first().ok_or("nothing that is known here makes it fit; nothing was written")?;
        let document = changed(subject, best)?;
        save(path, &document)?;
        solved.is_repaired = true;
        if path.as_os_str() != "-" {
            solved.words += &format!("\nWrote the first to {}.\n", path.display());
        }
    }
    Ok(solved)
}

/// Those that the host's memory can hold come first.
fn affordable<'a>(remedies: Vec<Remedy<'a>>, ram: Option<u64>) -> Vec<Remedy<'a>> {
    let is_held = |remedy: &Remedy| ram.is_none_or(|ram| remedy.estimate.host.ram() <= ram);
    let (held, not_held): (Vec<_>, Vec<_>) = remedies.into_iter().partition(is_held);
    held.into_iter().chain(not_held).collect()
}

fn changed(subject: &Subject, remedy: &Remedy) -> Result<Document, String> {
    let edits = solve::edits(&subject.document, &remedy.changes);
    let applied = subject.document.apply(&edits).map_err(|error| error.to_string())?;
    Ok(applied.document)
}

/// Writes a file that is not there yet.
fn save(path: &PathBuf, document: &Document) -> Result<(), String> {
    if path.as_os_str() == "-" {
        return if streams::out(document.text()) { Ok(()) } else { Err("nothing was written".to_owned()) };
    }
    let mut stored = Stored::new(path, document.clone());
    stored.save(document, Overwrite::Refuse).map_err(|error| match error {
        FileError::Exists(path) => format!("`{}` is there already; choose another name", path.display()),
        error => error.to_string(),
    })
}
