//! `probe`: what a machine offers.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use super::{End, machine, streams};
use crate::document::{Document, Format as Language, Overwrite, Stored};
use crate::hardware::{Machine, catalogue};
use crate::report::{self, line};

/// Show the GPUs of this machine, or of another one, and what surrounds them
///
/// Nothing is changed and nothing is started on the GPUs. Without a GPU the reason is told.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// How to print the machine
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    /// Also write the machine to a file, for --machine here or elsewhere
    #[arg(long, value_name = "FILE")]
    save: Option<PathBuf>,
    #[command(flatten)]
    machine: machine::Named,
    /// List the names of machines that are known
    #[arg(long, conflicts_with_all = ["format", "save", "machine"])]
    list: bool,
}

const EXAMPLES: &str = "Examples:
  accel-studio probe                        what this machine offers
  accel-studio probe --save cluster.json    keep it, to plan for it elsewhere
  accel-studio probe --machine 8xh100-sxm   what such a machine offers
  accel-studio probe --list                 names of machines that are known
  accel-studio probe --format json          the same for programs

ACCEL_STUDIO_NVML names NVIDIA's library (libnvidia-ml.so.1) where it lies in an unusual place.";

/// How a machine is printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people.
    #[default]
    Table,
    /// For programs, and for --machine.
    Json,
}

/// Runs the verb.
pub fn run(arguments: &Arguments) -> End {
    if arguments.list {
        return if streams::out(&catalogue::list()) { End::Clean } else { End::Failed };
    }
    // What stands in the settings is for plans; a probe without a name is about this machine.
    let machine = match arguments.machine.named().unwrap_or_else(|| Ok(machine::this())) {
        Ok(machine) => machine,
        Err(reason) => return fail(&reason),
    };
    if let Some(path) = &arguments.save
        && let Err(reason) = save(&machine, path)
    {
        return fail(&reason);
    }
    let text = match arguments.format {
        Format::Table => report::machine::page(&machine, streams::width()),
        Format::Json => machine.text(),
    };
    if streams::out(&text) { End::Clean } else { End::Failed }
}

/// Writes the machine whole or not at all. Only a file that holds a machine already is replaced.
fn save(machine: &Machine, path: &Path) -> Result<(), String> {
    let there = Stored::read(path).ok();
    let is_ours = there.is_some_and(|stored| Machine::parse(stored.document().text()).is_ok());
    let document = Document::parse(machine.text(), Language::Json);
    let overwrite = if is_ours { Overwrite::Force } else { Overwrite::Refuse };
    let mut stored = Stored::new(path, document.clone());
    stored.save(&document, overwrite).map_err(|error| error.to_string())
}

fn fail(reason: &str) -> End {
    streams::err(&line::complaint(reason));
    End::Failed
}
