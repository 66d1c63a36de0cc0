//! `resolve`: what counts, who said it, and what is not heard.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::options::LaunchOptions;
use super::prepare::{self, Prepared, Wishes};
use super::{End, machine, streams};
use crate::launch::{Plan, Script, variables};
use crate::report::{line, resolved};

/// Show every value that counts for a launch, where it comes from, and what is ignored
///
/// Takes the options of `accelerate launch`, and decides as Accelerate 1.15 does.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// Config to resolve [default: the project's, else Accelerate's default file]
    #[arg(value_name = "CONFIG")]
    config: Option<PathBuf>,
    /// How to show it
    #[arg(long, value_name = "FORMAT", default_value = "table")]
    format: Format,
    /// Show also defaults that do not matter for this way of training
    #[arg(long)]
    all: bool,
    /// Hear what Accelerate drops from the file
    #[arg(long)]
    honour_file: bool,
    #[command(flatten)]
    machine: machine::Named,
    // Last, because their headings would stand above all that follows.
    #[command(flatten)]
    options: LaunchOptions,
}

const EXAMPLES: &str = "Examples:
  accel-studio resolve                               what a launch here would use
  accel-studio resolve fsdp.yaml --num_processes 8   an option on top of a config
  accel-studio resolve fsdp.yaml --format json       for programs";

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// A table for people
    Table,
    /// The values as a config file, with their origins as comments
    Yaml,
    /// One JSON object
    Json,
}

/// Runs the verb.
pub fn run(arguments: &Arguments) -> End {
    let wishes = Wishes {
        config: arguments.config.clone(),
        machine: arguments.machine.clone(),
        honours_file: arguments.honour_file,
    };
    let prepared = match prepare::gather(&arguments.options, &wishes) {
        Ok(prepared) => prepared,
        Err(reason) => {
            streams::err(&line::complaint(&reason));
            return End::Failed;
        }
    };
    let plan = plan(&prepared);
    let shell = variables(&prepared.computer.machine.env, plan.as_ref());
    let text = match arguments.format {
        Format::Table => resolved::table(&prepared.resolved, &shell, plan.as_ref(), arguments.all),
        Format::Yaml => resolved::yaml(&prepared.resolved, arguments.all),
        Format::Json => resolved::json(
            &prepared.resolved,
            prepared.choice.used.as_ref().map(|used| used.kind.word()),
            &shell,
            &prepared.choice.notes,
        ),
    };
    prepared.tell();
    let is_written = streams::out(&text);
    if let Some(refusal) = &prepared.resolved.refusal {
        streams::err(&line::complaint(&format!("Accelerate would not start this: {refusal}")));
    }
    match (is_written, &prepared.resolved.refusal) {
        (false, _) => End::Failed,
        (true, Some(_)) => End::Found,
        (true, None) => End::Clean,
    }
}

/// What would be started, here or where all is installed, for what the launch writes into variables.
fn plan(prepared: &Prepared) -> Option<Plan> {
    let script = Script { name: "train.py".to_owned(), arguments: Vec::new() };
    prepared.plan(&script).or_else(|_| prepared.plan_with_all(&script)).ok()
}
