//! The command line: arguments, and one file per verb.
//!
//! Every verb turns arguments into calls of the rooms below and an exit code: 0 clean, 1 findings at
//! or above `--fail-on`, 2 could not do the work. What is shown is made in `report`.

mod choice;
mod completions;
mod deepspeed_env;
mod doctor;
mod estimate;
mod explain;
mod export;
mod find;
mod fix;
mod init;
#[cfg(unix)]
pub mod job;
mod launch;
mod machine;
mod machines;
mod measure;
pub mod options;
mod preflight;
mod prepare;
mod presets;
mod probe;
mod project;
mod python;
mod repeated;
mod resolve;
mod schema;
mod settings;
mod source;
mod streams;
mod studio;
mod validate;
mod verdict;
mod which_config;
mod worker;

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};

/// How a verb ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// The work is done and nothing is wrong.
    Clean,
    /// The work is done and something was found.
    Found,
    /// The work, or a part of it, could not be done.
    Failed,
}

impl From<End> for ExitCode {
    fn from(end: End) -> ExitCode {
        ExitCode::from(match end {
            End::Clean => 0,
            End::Found => 1,
            End::Failed => 2,
        })
    }
}

/// Check, edit and launch Hugging Face Accelerate configs.
///
/// Reads a config exactly as `accelerate launch` does, says what is wrong with it and where, and
/// repairs it without touching a comment.
#[derive(Debug, Parser)]
#[command(name = "accel-studio", version, max_term_width = 100, after_help = EXAMPLES)]
#[command(args_conflicts_with_subcommands = true)]
struct Arguments {
    /// Config to open in the full-screen studio; without it a new one is begun
    file: Option<PathBuf>,
    #[command(subcommand)]
    verb: Option<Verb>,
}

const EXAMPLES: &str = "Examples:
  accel-studio                            begin a new config in the full-screen studio
  accel-studio fsdp.yaml                  see and change a config in the studio
  accel-studio validate                   check the configs of this folder
  accel-studio validate fsdp.yaml         check one file
  accel-studio fix fsdp.yaml --write      repair what has one clear answer
  accel-studio explain yaml/tab           read about a finding
  accel-studio resolve                    see what a launch would use, and why
  accel-studio launch train.py            start a script as accelerate launch would
  accel-studio launch --dry-run train.py  see what would be started
  accel-studio launch --worker fsdp.yaml  train with the bundled worker, without Python
  accel-studio doctor                     see what is installed for training";

#[derive(Debug, Subcommand)]
enum Verb {
    Validate(validate::Arguments),
    Fix(fix::Arguments),
    Estimate(Box<estimate::Arguments>),
    Explain(explain::Arguments),
    Schema(schema::Arguments),
    Init(init::Arguments),
    Resolve(resolve::Arguments),
    Launch(launch::Arguments),
    Export(export::Arguments),
    Preflight(Box<preflight::Arguments>),
    Measure(Box<measure::Arguments>),
    Presets(presets::Arguments),
    Probe(probe::Arguments),
    Doctor(doctor::Arguments),
    Settings(settings::Arguments),
    Completions(completions::Arguments),
}

/// Runs the program with its arguments, the program's own name first.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    #[cfg(unix)]
    if let Some(code) = crate::launch::supervise::run_hidden(arguments.get(1..).unwrap_or_default()) {
        return code;
    }
    let arguments = match parse(&arguments) {
        Ok(arguments) => arguments,
        Err(refusal) => return refuse(&refusal),
    };
    let end = match arguments.verb {
        Some(Verb::Validate(arguments)) => validate::run(&arguments),
        Some(Verb::Fix(arguments)) => fix::run(&arguments),
        Some(Verb::Estimate(arguments)) => estimate::run(&arguments),
        Some(Verb::Explain(arguments)) => explain::run(&arguments),
        Some(Verb::Schema(arguments)) => schema::run(&arguments),
        Some(Verb::Init(arguments)) => init::run(&arguments),
        Some(Verb::Resolve(arguments)) => resolve::run(&arguments),
        Some(Verb::Launch(arguments)) => return launch::run(&arguments),
        Some(Verb::Export(arguments)) => export::run(&arguments),
        Some(Verb::Preflight(arguments)) => preflight::run(&arguments),
        Some(Verb::Measure(arguments)) => measure::run(&arguments),
        Some(Verb::Presets(arguments)) => presets::run(&arguments),
        Some(Verb::Probe(arguments)) => probe::run(&arguments),
        Some(Verb::Doctor(arguments)) => doctor::run(&arguments),
        Some(Verb::Settings(arguments)) => settings::run(&arguments),
        Some(Verb::Completions(arguments)) => completions::run(&arguments, Arguments::command()),
        None => return studio::run(arguments.file.as_deref()),
    };
    end.into()
}

fn parse(words: &[OsString]) -> Result<Arguments, clap::Error> {
    let arguments = Arguments::try_parse_from(words)?;
    match &arguments.verb {
        Some(Verb::Launch(launch)) => {
            launch.reordered(words).map_or(Ok(arguments), Arguments::try_parse_from)
        }
        _ => Ok(arguments),
    }
}

/// Prints help, version or what is wrong with the arguments; 2 for the last.
fn refuse(refusal: &clap::Error) -> ExitCode {
    // A closed pipe is all that can go wrong here, and that is no failure of ours.
    let _ = refusal.print();
    ExitCode::from(if refusal.use_stderr() { 2 } else { 0 })
}
