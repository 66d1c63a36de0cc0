//! `validate`: say what is wrong with configs, and where.

use std::num::NonZero;
use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use clap::{Args, ValueEnum};

use super::choice::Choice;
use super::project::Project;
use super::source::Source;
use super::streams::{self, Colour};
use super::{End, find, machine, repeated};
use crate::finding::Severity;
use crate::report::pretty::Look;
use crate::report::{Entry, Tally, Unread, github, gitlab, json, junit, line, pretty, sarif, statistics};
use crate::schema::Release;

/// Say what is wrong with configs, and where
///
/// Reads each file exactly as `accelerate launch` does: YAML 1.1 as PyYAML understands it, and strict
/// JSON for names that end in .json. Nothing is changed.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// Files to check, folders to search for configs, or - for standard input [default: this folder]
    #[arg(value_name = "FILE")]
    named: Vec<PathBuf>,
    /// How to show findings [default: pretty on a terminal, else text]
    #[arg(long, value_name = "FORMAT")]
    format: Option<Format>,
    /// Exit with 1 when there are findings of this severity or a worse one [default: error]
    #[arg(long, value_name = "SEVERITY")]
    fail_on: Option<FailOn>,
    /// Show hints too: what works and could be better
    #[arg(long)]
    hints: bool,
    /// Show how often each rule was broken instead of where; with json, as well
    #[arg(long)]
    statistics: bool,
    /// Print findings only, without the summary
    #[arg(long, short)]
    quiet: bool,
    /// Name to show for standard input; a name in .json reads it as JSON
    #[arg(long, value_name = "NAME", default_value = "<stdin>")]
    stdin_name: String,
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
    /// Check too whether this model fits: a preset, an id of the hub in the cache, or a path
    #[arg(long, value_name = "NAME|PATH")]
    model: Option<String>,
    // Last, because its heading would stand above all that follows.
    #[command(flatten)]
    choice: Choice,
}

const EXAMPLES: &str = "Examples:
  accel-studio validate                      all configs in this folder and below
  accel-studio validate a.yaml b.yaml        these two
  accel-studio validate --fail-on warning    be strict, for example in CI
  accel-studio validate --format json        for programs
  accel-studio validate --select default,taste --hints
                                             matters of taste too
  accel-studio validate --statistics         which mistakes are frequent
  cat a.yaml | accel-studio validate -       from a pipe

Exit code: 0 nothing found, 1 something found (see --fail-on), 2 a file could not be read.";

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Pictures of the source with the place underlined
    Pretty,
    /// One line for each finding: path:line:column, severity, rule and message
    Text,
    /// One JSON object
    Json,
    /// SARIF 2.1.0, for code scanning services and editors
    Sarif,
    /// Annotations in a job on GitHub Actions
    Github,
    /// GitLab's Code Quality report
    Gitlab,
    /// JUnit's XML, for CI servers
    Junit,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum FailOn {
    Error,
    Warning,
    Hint,
    Never,
}

impl FailOn {
    fn severity(self) -> Option<Severity> {
        match self {
            FailOn::Error => Some(Severity::Error),
            FailOn::Warning => Some(Severity::Warning),
            FailOn::Hint => Some(Severity::Hint),
            FailOn::Never => None,
        }
    }
}

/// Formats made for other programs, which have no room for an overview.
const WITHOUT_STATISTICS: [Format; 4] = [Format::Sarif, Format::Github, Format::Gitlab, Format::Junit];

/// Runs the verb.
pub fn run(arguments: &Arguments) -> End {
    if arguments.statistics && arguments.format.is_some_and(|format| WITHOUT_STATISTICS.contains(&format)) {
        streams::err(&line::complaint("`--statistics` needs the format pretty, text or json"));
        return End::Failed;
    }
    let sources = find::sources(&arguments.named, &arguments.stdin_name, arguments.skip_others);
    let project =
        Project::of(sources.iter().flatten(), arguments.accelerate, &arguments.choice, &arguments.machine)
            .training(arguments.model.clone());
    let mut entries = check_all(&project, &sources);
    let is_found =
        std::iter::zip(&sources, &entries).any(|(source, entry)| fails(arguments, &project, source, entry));
    repeated::drop_from(&mut entries);
    let format =
        arguments.format.unwrap_or(if streams::is_watched() { Format::Pretty } else { Format::Text });
    if !arguments.hints
        && !arguments.choice.is_select()
        && arguments.fail_on != Some(FailOn::Hint)
        && format != Format::Json
    {
        hide_hints(&mut entries);
    }
    project.complaints.iter().for_each(|complaint| streams::err(&line::complaint(complaint)));
    let is_written = show(arguments, format, &project, &entries);
    let is_done = is_written && project.complaints.is_empty() && entries.iter().all(Result::is_ok);
    match (is_done, is_found) {
        (false, _) => End::Failed,
        (true, true) => End::Found,
        (true, false) => End::Clean,
    }
}

/// True for a file with findings that the person or the project wants to fail on.
fn fails(arguments: &Arguments, project: &Project, source: &Result<Source, Unread>, entry: &Entry) -> bool {
    let (Ok(source), Ok(checked)) = (source, entry) else { return false };
    let limit = match arguments.fail_on {
        Some(wish) => wish.severity(),
        None => Some(project.fail_on(source).unwrap_or(Severity::Error)),
    };
    limit.is_some_and(|limit| checked.findings.iter().any(|finding| finding.severity >= limit))
}

/// Writes the report; false when that was not possible.
fn show(arguments: &Arguments, format: Format, project: &Project, entries: &[Entry]) -> bool {
    // On GitHub both streams are one log, which has it already.
    let unread = entries.iter().filter_map(|entry| entry.as_ref().err()).filter(|_| format != Format::Github);
    unread.for_each(|unread| streams::err(&line::complaint(&unread.reason)));
    let mut report = match format {
        Format::Pretty | Format::Text if arguments.statistics => statistics::report(entries),
        Format::Pretty => {
            let look = Look { width: streams::width(), colour: streams::is_coloured(arguments.color) };
            pretty::report(entries, look)
        }
        Format::Text => line::report(entries),
        Format::Json if arguments.statistics => return streams::out(&json::report_with_statistics(entries)),
        Format::Json => return streams::out(&json::report(entries)),
        Format::Sarif => return streams::out(&sarif::report(entries)),
        Format::Github => github::report(entries),
        Format::Gitlab => return streams::out(&gitlab::report(entries)),
        Format::Junit => return streams::out(&junit::report(entries)),
    };
    let tally = Tally::of(entries);
    // What was not looked for as asked is not clean.
    let is_clean = entries.iter().flatten().all(|checked| checked.findings.is_empty());
    let is_half = is_clean && tally.unread == 0 && !project.complaints.is_empty();
    if !arguments.quiet && tally.files > 0 && !is_half {
        report += &tally.sentence();
        report.push('\n');
        if let Some(assumption) = project.assumption() {
            report += &assumption;
            report.push('\n');
        }
    }
    streams::out(&report)
}

fn hide_hints(entries: &mut [Entry]) {
    for checked in entries.iter_mut().flatten() {
        checked.findings.retain(|finding| finding.severity > Severity::Hint);
    }
}

/// Checks all sources, several at a time, and keeps their order.
fn check_all(project: &Project, sources: &[Result<Source, Unread>]) -> Vec<Entry> {
    let check = |source: &Result<Source, Unread>| match source {
        Ok(source) => project.check(source),
        Err(Unread { name, reason }) => Err(Unread { name: name.clone(), reason: reason.clone() }),
    };
    let workers = std::thread::available_parallelism().map_or(1, NonZero::get).min(sources.len());
    if workers <= 1 {
        return sources.iter().map(check).collect();
    }
    let next = AtomicUsize::new(0);
    let done: Mutex<Vec<(usize, Entry)>> = Mutex::new(Vec::with_capacity(sources.len()));
    let work = || {
        while let Some((index, source)) = take(&next, sources) {
            let entry = check(source);
            done.lock().expect("no worker panics while it holds the list").push((index, entry));
        }
    };
    std::thread::scope(|scope| (0..workers).for_each(|_| drop(scope.spawn(work))));
    let mut done = done.into_inner().expect("no worker panics while it holds the list");
    done.sort_by_key(|(index, _)| *index);
    done.into_iter().map(|(_, entry)| entry).collect()
}

fn take<'a, T>(next: &AtomicUsize, list: &'a [T]) -> Option<(usize, &'a T)> {
    let index = next.fetch_add(1, Ordering::Relaxed);
    list.get(index).map(|item| (index, item))
}
