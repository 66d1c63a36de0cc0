//! No verb: the full-screen studio.

use std::path::Path;
use std::process::ExitCode;

use super::options::LaunchOptions;
use super::worker::launch as worker;
use super::{machine, prepare, python, streams};
use crate::hardware::Machine;
use crate::launch::{Plan, Script};
use crate::model::{self, ModelCard};
use crate::studio::{self, Around, Message, Outcome};

/// Opens the studio on a file, or on a new config. A signal that ended it gives 128 and its number,
/// as shells do.
pub fn run(file: Option<&Path>) -> ExitCode {
    open(file, None)
}

/// Opens the studio on a job that begins at once.
pub fn watch(file: Option<&Path>, plan: Plan) -> ExitCode {
    open(file, Some(Message::Launch(Box::new(plan))))
}

/// Plans a launch from the studio; what would make it fail is listed, not refused.
fn plan(text: &str, path: Option<&Path>, words: &str) -> Result<studio::Prepared, String> {
    let words = shlex::split(words).ok_or("a quote is not closed")?;
    if words.iter().any(|word| word == "--worker") && words.first().is_some_and(|word| word.starts_with('-'))
    {
        return plan_run(text, path, &words);
    }
    let (name, arguments) = words.split_first().ok_or("name a script")?;
    let script = Script { name: name.clone(), arguments: arguments.to_vec() };
    let prepared = prepare::of_text(text, path, &LaunchOptions::default());
    let plan = prepared.plan(&script).map_err(|refusal| refusal.to_string())?;
    let refusals = refusals(&prepared, &plan, name);
    Ok(studio::Prepared { notes: plan.notes.clone(), refusals, plan })
}

/// Plans a run of the bundled worker.
fn plan_run(text: &str, path: Option<&Path>, words: &[String]) -> Result<studio::Prepared, String> {
    let (options, run) = super::launch::of_words(words)?;
    let prepared = prepare::of_text(text, path, &options);
    let planned = worker::plan(&prepared, &run).map_err(|reasons| reasons.join("; "))?;
    let plan = worker::write(planned)?;
    Ok(studio::Prepared { notes: plan.notes.clone(), refusals: Vec::new(), plan })
}

#[cfg(unix)]
fn refusals(prepared: &prepare::Prepared, plan: &Plan, script: &str) -> Vec<String> {
    super::job::check::refusals(plan, &super::launch::premises(script, prepared, plan))
}

#[cfg(not(unix))]
fn refusals(_prepared: &prepare::Prepared, _plan: &Plan, _script: &str) -> Vec<String> {
    vec!["jobs can be run on Linux and macOS only".to_owned()]
}

fn open(file: Option<&Path>, first: Option<Message>) -> ExitCode {
    let installed = python::installed().map(|installed| installed.release);
    let (here, is_watching) = (machine::this(), first.is_some());
    let around = Around { here, find_machine: machine::named, find_model, plan, first, ..Around::default() };
    match studio::open(file, installed, around) {
        Ok(Outcome::LeftJob { code }) if is_watching => ExitCode::from(code),
        Ok(Outcome::Left | Outcome::LeftJob { .. }) => ExitCode::SUCCESS,
        Ok(Outcome::Deserted) => {
            streams::err("accel-studio: the terminal went away\n");
            ExitCode::from(2)
        }
        Ok(Outcome::Ended { signal, loses_changes }) => {
            let lost = if loses_changes { "; unsaved changes are lost" } else { "" };
            streams::err(&format!("accel-studio: ended by signal {signal}{lost}\n"));
            ExitCode::from(u8::try_from(128 + signal).unwrap_or(u8::MAX))
        }
        Err(error) => {
            streams::err(&format!("accel-studio: {error}\n"));
            ExitCode::from(2)
        }
    }
}

fn find_model(name: &str, here: &Machine) -> Result<ModelCard, String> {
    model::find(name, &here.env).map_err(|error| error.to_string())
}
