//! `init`: a new config, by questions, from a preset, or from proposals alone.

use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};

use clap::Args;

use super::{End, machine, presets, python, streams};
use crate::document::{Document, Edit, FileError, Format, Overwrite, Stored};
use crate::finding::{Finding, Severity};
use crate::hardware::{Gpus, Machine};
use crate::key::KeyPath;
use crate::presets::Preset;
use crate::report::{Checked, line};
use crate::schema::{self, Field, Release};
use crate::value::Value;
use crate::wizard::{Proposals, Review, Wizard, ask, setting};
use crate::{rules, settings};

/// Make a new config by answering a few questions
///
/// Only what matters is asked, and every question comes with a suggestion that fits this machine.
/// Nothing is written before you have seen it, and no file is replaced unasked.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// Where to write, or - for standard output
    #[arg(long, short, value_name = "FILE", default_value = "accelerate_config.yaml")]
    output: PathBuf,
    /// Start from a preset instead of questions; `help` lists them
    #[arg(long, value_name = "NAME")]
    preset: Option<String>,
    /// Set a key, such as num_processes=4; may be given several times
    #[arg(long, value_name = "KEY=VALUE")]
    set: Vec<String>,
    /// Ask nothing: take every suggestion
    #[arg(long, short)]
    yes: bool,
    /// Replace the file if it is there already
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    machine: machine::Named,
}

const EXAMPLES: &str = "Examples:
  accel-studio init                                      ask, then write accelerate_config.yaml
  accel-studio init --preset zero3 -o zero3.yaml         start from a preset
  accel-studio init --preset fsdp2 --set num_processes=4 and change what differs
  accel-studio init --yes --set distributed_type=FSDP    no questions, for scripts
  accel-studio init --machine 8xh100-sxm                 suggestions that fit another machine

Exit code: 0 written, 1 the config would have errors, 2 it could not be written.";

/// A config to write, or how the verb ends without one.
type Made = Result<Document, End>;

/// Runs the verb.
pub fn run(arguments: &Arguments) -> End {
    if arguments.preset.as_deref() == Some("help") {
        return if streams::out(&presets::list()) { End::Clean } else { End::Failed };
    }
    make(arguments).and_then(|document| write(arguments, &document)).map_or_else(|end| end, |()| End::Clean)
}

fn make(arguments: &Arguments) -> Made {
    if Format::of(&name(&arguments.output)) == Format::Json {
        return Err(fail("a new config is written as YAML; choose a name that ends in .yaml"));
    }
    let release = release(&arguments.output)?;
    let given: Result<Vec<_>, String> = arguments.set.iter().map(|typed| setting(typed)).collect();
    let given = given.map_err(|advice| fail(&advice))?;
    let document = match &arguments.preset {
        Some(name) => from_preset(presets::find(name).map_err(|advice| fail(&advice))?, &given)?,
        None => from_questions(arguments, release, given)?,
    };
    check(&document, &name(&arguments.output), release)?;
    Ok(document)
}

/// The machine that the suggestions are to fit.
fn machine(arguments: &Arguments) -> Result<Machine, End> {
    let found = settings::above(folder(&arguments.output)).map_err(|error| fail(&error.to_string()))?;
    let named = arguments.machine.named_or_set(&found);
    named.unwrap_or_else(|| Ok(machine::this())).map_err(|reason| fail(&reason))
}

/// The folder in which a file is to lie.
fn folder(output: &Path) -> &Path {
    output.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// The release that the project's settings ask for, else the one that is installed.
fn release(output: &Path) -> Result<Release, End> {
    let found = settings::above(folder(output)).map_err(|error| fail(&error.to_string()))?;
    Ok(found.settings.accelerate.unwrap_or_else(python::release))
}

fn from_preset(preset: &Preset, given: &[(&'static Field, Value)]) -> Made {
    let mut document = Document::parse(preset.text, Format::Yaml);
    for (field, value) in given {
        let edit = edit(&document, field, value);
        document = match edit
            .map_or(Ok(document.clone()), |edit| document.apply(&[edit]).map(|done| done.document))
        {
            Ok(document) => document,
            Err(error) => return Err(fail(&error.to_string())),
        };
    }
    Ok(document)
}

/// The edit that makes a setting; nothing for a key that is to be absent and is.
fn edit(document: &Document, field: &Field, value: &Value) -> Option<Edit> {
    let path = KeyPath::of(field.key);
    match (document.node(&path).is_some(), value) {
        (true, Value::Null) => Some(Edit::Remove { path }),
        (false, Value::Null) => None,
        (true, value) => Some(Edit::Set { path, value: value.clone() }),
        (false, value) => {
            let beside = path.parent().and_then(|above| document.node(&above)).map(|node| node.value());
            let present: Vec<&str> = beside
                .as_ref()
                .and_then(Value::as_map)
                .map(|pairs| pairs.iter().filter_map(|(key, _)| key.as_text()).collect())
                .unwrap_or_default();
            let after = schema::after(field, &present);
            Some(Edit::Insert { path, value: value.clone(), after })
        }
    }
}

fn from_questions(arguments: &Arguments, release: Release, given: Vec<(&'static Field, Value)>) -> Made {
    let machine = machine(arguments)?;
    let wizard = Wizard::new(&machine, release, given);
    if arguments.yes {
        let mut proposals = Proposals::default();
        let review = wizard.run(&mut proposals);
        return finished(review, || match proposals.missing {
            Some(field) => format!(
                "`{}` is needed and nothing here suggests a value; add --set {}=...",
                field.key, field.key
            ),
            None => "there is nothing to write".to_owned(),
        });
    }
    if !(io::stdin().is_terminal() && io::stderr().is_terminal()) {
        return Err(fail(
            "questions need a terminal; use --preset NAME or --yes, with --set KEY=VALUE for what differs",
        ));
    }
    let whose = if machine.name.is_some() { "That machine" } else { "This machine" };
    streams::err(&format!("{whose}: {}.\nEnter takes the suggestion, Esc goes back.\n", seen(&machine)));
    let target = arguments.output.display().to_string();
    let mut terminal = ask::Terminal { target, width: streams::width(), failure: None };
    let review = wizard.run(&mut terminal);
    finished(review, || terminal.failure.unwrap_or_else(|| "stopped; nothing was written".to_owned()))
}

fn finished(review: Option<Review>, reason: impl FnOnce() -> String) -> Made {
    review.map(|review| review.document).ok_or_else(|| fail(&reason()))
}

fn seen(machine: &Machine) -> String {
    match &machine.gpus {
        Gpus::Unseen(reason) => format!("no GPU ({})", reason.sentence()),
        gpus => gpus.summary(),
    }
}

/// Tells what is wrong with the config; errors end the verb before anything is written.
fn check(document: &Document, name: &str, release: Release) -> Result<(), End> {
    let mut findings: Vec<Finding> = rules::check(document, name, release);
    findings.retain(|finding| finding.severity > Severity::Hint);
    let is_wrong = findings.iter().any(|finding| finding.severity == Severity::Error);
    if !findings.is_empty() {
        let companion = rules::Companion::Unseen;
        let checked = Checked { name: name.to_owned(), document: document.clone(), companion, findings };
        streams::err(&line::report(&[Ok(checked)]));
    }
    if is_wrong { Err(End::Found) } else { Ok(()) }
}

fn write(arguments: &Arguments, document: &Document) -> Result<(), End> {
    let path = &arguments.output;
    if path.as_os_str() == "-" {
        return if streams::out(document.text()) { Ok(()) } else { Err(End::Failed) };
    }
    let mut stored = Stored::new(path, document.clone());
    let overwrite = if arguments.force { Overwrite::Force } else { Overwrite::Refuse };
    let is_asking = arguments.preset.is_none() && !arguments.yes;
    let saved = match stored.save(document, overwrite) {
        Err(FileError::Exists(_)) if is_asking && ask::may_replace(&path.display().to_string()) => {
            stored.save(document, Overwrite::Force)
        }
        saved => saved,
    };
    saved.map_err(|error| match error {
        FileError::Exists(path) => {
            fail(&format!("`{}` is there already; choose another with -o, or add --force", path.display()))
        }
        error => fail(&error.to_string()),
    })?;
    let path = path.display();
    streams::err(&format!("Wrote {path}. Use it: accelerate launch --config_file {path} train.py\n"));
    Ok(())
}

fn name(output: &Path) -> String {
    output.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

fn fail(advice: &str) -> End {
    streams::err(&format!("accel-studio: {advice}\n"));
    End::Failed
}
