//! `fix`: repair what has one clear answer.

use std::path::{Path, PathBuf};

use clap::Args;

use super::choice::Choice;
use super::project::Project;
use super::source::Source;
use super::streams::{self, Colour};
use super::{End, find, machine};
use crate::document::{Document, Overwrite, Stored, diff};
use crate::finding::{Finding, Severity};
use crate::report::{self, Unread, line};
use crate::rules::{self, Repaired};
use crate::schema::Release;
use crate::text::count;

/// Repair what has one clear answer; comments, order and layout stay
///
/// Shows what would change. Nothing is written without --write, and then each file whole or not at
/// all. Findings that need a decision are left for you.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// Files to repair, folders to search for configs, or - for standard input
    #[arg(value_name = "FILE", required = true)]
    named: Vec<PathBuf>,
    /// Show the changes as a diff; this is the default
    #[arg(long, conflicts_with = "write")]
    diff: bool,
    /// Write the changes; for standard input, print the repaired text
    #[arg(long, short)]
    write: bool,
    /// Check for this release of Accelerate [default: the installed one, else the newest]
    #[arg(long, value_name = "RELEASE")]
    accelerate: Option<Release>,
    /// Pass over named files that are not for Accelerate, as when a folder is searched
    #[arg(long)]
    skip_others: bool,
    /// When to use colour
    #[arg(long, value_name = "WHEN", default_value = "auto")]
    color: Colour,
    #[command(flatten)]
    machine: machine::Named,
    // Last, because its heading would stand above all that follows.
    #[command(flatten)]
    choice: Choice,
}

const EXAMPLES: &str = "Examples:
  accel-studio fix fsdp.yaml             show what would change
  accel-studio fix fsdp.yaml --write     change it
  accel-studio fix configs --write       all configs in a folder

Exit code: 0 nothing (left) to do, 1 changes to make or errors left for you, 2 a file could not be
read or written.";

/// What came of one file.
#[derive(Default)]
struct Sum {
    fixes: usize,
    files: usize,
    errors_left: usize,
    failed: bool,
}

/// Runs the verb.
pub fn run(arguments: &Arguments) -> End {
    let sources = find::sources(&arguments.named, "<stdin>", arguments.skip_others);
    let project =
        Project::of(sources.iter().flatten(), arguments.accelerate, &arguments.choice, &arguments.machine);
    let mut sum = Sum { failed: !project.complaints.is_empty(), ..Sum::default() };
    project.complaints.iter().for_each(|complaint| complain(complaint));
    for source in &sources {
        let result = match source {
            Ok(source) => one(arguments, &project, source, &mut sum),
            Err(Unread { reason, .. }) => Err(reason.clone()),
        };
        if let Err(reason) = result {
            complain(&reason);
            sum.failed = true;
        }
    }
    conclude(arguments, &sum);
    match (sum.failed, sum.errors_left > 0 || (!arguments.write && sum.fixes > 0)) {
        (true, _) => End::Failed,
        (false, true) => End::Found,
        (false, false) => End::Clean,
    }
}

fn complain(reason: &str) {
    streams::err(&line::complaint(reason));
}

fn one(arguments: &Arguments, project: &Project, source: &Source, sum: &mut Sum) -> Result<(), String> {
    let (before, mut stored) = read(source)?;
    let repaired = rules::repair(&before, |document| project.findings(source, document));
    let errors = repaired.left.iter().filter(|finding| finding.severity == Severity::Error);
    sum.errors_left += errors.count();
    sum.fixes += repaired.done.len();
    sum.files += usize::from(!repaired.done.is_empty());
    match &mut stored {
        Some(stored) if arguments.write => write(stored, &repaired),
        None if arguments.write => shown(repaired.document.text()),
        _ => shown(&preview(arguments, source, before.text(), repaired.document.text())),
    }
}

/// The text, and for a file the means to save it.
fn read(source: &Source) -> Result<(Document, Option<Stored>), String> {
    match source {
        Source::File(path) => {
            let stored = Stored::read(path).map_err(|error| error.to_string())?;
            Ok((stored.document().clone(), Some(stored)))
        }
        Source::Stdin(_) => Ok((source.read()?, None)),
    }
}

fn write(stored: &mut Stored, repaired: &Repaired) -> Result<(), String> {
    if repaired.done.is_empty() {
        return Ok(());
    }
    stored.save(&repaired.document, Overwrite::Refuse).map_err(|error| error.to_string())?;
    let titles: String = repaired.done.iter().filter_map(title).collect();
    shown(&format!("{}: {}\n{titles}", stored.path().display(), count(repaired.done.len(), "repair")))
}

fn title(finding: &Finding) -> Option<String> {
    let fix = finding.fix.as_ref()?;
    Some(format!("  {} [{}]\n", fix.title, finding.rule))
}

fn shown(text: &str) -> Result<(), String> {
    if streams::out(text) { Ok(()) } else { Err("the output could not be written".to_owned()) }
}

fn preview(arguments: &Arguments, source: &Source, before: &str, after: &str) -> String {
    let name = source.name();
    let name = Path::new(&name).strip_prefix("/").map_or(name.clone(), |path| path.display().to_string());
    let diff = diff::unified(before, after, &name);
    if streams::is_watched() || arguments.color == Colour::Always {
        report::patch::for_people(&diff, streams::is_coloured(arguments.color))
    } else {
        diff
    }
}

fn conclude(arguments: &Arguments, sum: &Sum) {
    let fixes = match (sum.fixes, arguments.write) {
        (0, _) => "nothing to repair".to_owned(),
        (fixes, true) => format!("{} made in {}", count(fixes, "repair"), count(sum.files, "file")),
        (fixes, false) => {
            format!("{} in {}; add `--write` to make them", count(fixes, "repair"), count(sum.files, "file"))
        }
    };
    let left = match sum.errors_left {
        0 => String::new(),
        errors => format!("; {} left for you: see `accel-studio validate`", count(errors, "error")),
    };
    streams::err(&format!("{fixes}{left}\n"));
}
