//! Launching: the script is asked for, the plan is shown, then the job has the screen until it is left.

use std::rc::Rc;
use std::time::Duration;

use tui_input::Input;

use super::{close, file, motion, plan};
use crate::finding::Severity;
use crate::hardware::live::Usage;
use crate::launch::Plan;
use crate::launch::supervise::failure::diagnose;
use crate::launch::supervise::{Outcome, Report, Step, Wake};
use crate::studio::command::Command;
use crate::studio::effect::Effect;
use crate::studio::inbox::{Piece, Prepared};
use crate::studio::layout::job_areas;
use crate::studio::state::State;
use crate::studio::state::dialog::{Body, Dialog, Launching, Line, Reading, Typing};
use crate::studio::state::job::{Job, Said, Stage, printable};

/// Longest line that is kept, in characters; the file has all of it.
const LONGEST: usize = 2_000;

/// Shows the running job, or asks which script shall be launched.
pub(super) fn begin(state: &mut State) {
    if let Some(job) = state.job.as_mut().filter(|job| job.is_running()) {
        job.is_open = true;
        return;
    }
    let input = Input::new(state.script.clone());
    state.dialogs.push(Dialog::Scripting(Typing { input, ..Typing::default() }));
}

/// Shows the running job, or asks for the plan of the bundled worker: the model and the step that the memory pane
/// names, on the text that comes along.
pub(super) fn train(state: &mut State) -> Vec<Effect> {
    if let Some(job) = state.job.as_mut().filter(|job| job.is_running()) {
        job.is_open = true;
        return Vec::new();
    }
    let outlook = &state.outlook;
    let model = Some(outlook.model.name.as_str()).filter(|name| !name.is_empty());
    let said = [("--seq-len", "sequence"), ("--micro-batch", "micro_batch")];
    let said = said.into_iter().map(|(option, row)| (option, outlook.words.get(row).map(String::as_str)));
    let said = std::iter::once(("--model", model)).chain(said);
    let words = said.filter_map(|(option, word)| Some([option, word?])).flatten();
    let words: Vec<&str> = std::iter::once(WORKER).chain(words).collect();
    // A word that no shell could take has a zero byte, which no file or model has in its name.
    let words = shlex::try_join(words).unwrap_or_else(|_| WORKER.to_owned());
    vec![ask(state, words)]
}

/// What makes a launch one of the bundled worker.
const WORKER: &str = "--worker";

fn ask(state: &State, words: String) -> Effect {
    let text = state.history.now().text().to_owned();
    Effect::Prepare { text, path: state.source.path().map(ToOwned::to_owned), words }
}

/// Keys of the dialogs about a job.
pub(super) fn in_dialog(state: &mut State, command: Command) -> Vec<Effect> {
    match (state.dialogs.last().cloned(), command) {
        (Some(Dialog::Scripting(typing)), Command::Accept) => return prepare(state, &typing),
        (Some(Dialog::Searching(typing)), Command::Accept) => {
            close(state);
            if let Some(job) = state.job.as_mut() {
                job.query = typing.input.value().to_owned();
            }
            search(state, false);
        }
        (Some(Dialog::Launching(it)), Command::Accept) if it.prepared.refusals.is_empty() => {
            return launch(state, it.prepared.plan);
        }
        (Some(Dialog::Launching(it)), Command::LaunchAnyway) => return launch(state, it.prepared.plan),
        (Some(Dialog::LeavingJob), Command::StopJob) => return leave(state, Wake::Stop),
        (Some(Dialog::LeavingJob), Command::KillJob) => return leave(state, Wake::Kill),
        (_, Command::Cancel) => close(state),
        (Some(Dialog::Launching(_)), command) => motion::read_on(state, command),
        _ => {}
    }
    Vec::new()
}

fn prepare(state: &mut State, typing: &Typing) -> Vec<Effect> {
    let words = typing.input.value().trim().to_owned();
    if words.is_empty() {
        return Vec::new();
    }
    close(state);
    state.script.clone_from(&words);
    vec![ask(state, words)]
}

/// The plan is there, or the reason why there is none.
pub(super) fn prepared(state: &mut State, result: Result<Box<Prepared>, String>) {
    match result {
        Ok(mut prepared) => {
            let errors = state.sheet.findings.iter().filter(|finding| finding.severity == Severity::Error);
            prepared.refusals.extend(errors.map(|finding| finding.message.clone()));
            let body = Body::Page(plan::page(&prepared, &state.outlook));
            let reading = Reading { title: "Launch?".to_owned(), body, scroll: 0 };
            state.dialogs.push(Dialog::Launching(Launching { prepared, reading }));
        }
        Err(refusal) => state.refuse(refusal),
    }
}

/// A job that was planned elsewhere begins at once.
pub(super) fn launch(state: &mut State, plan: Plan) -> Vec<Effect> {
    state.dialogs.clear();
    state.job = Some(Job::new(plan.clone()));
    vec![Effect::Launch(Box::new(plan))]
}

/// Keys while the job has the screen.
pub(super) fn run(state: &mut State, command: Command) -> Vec<Effect> {
    let rows = rows(state);
    let Some(job) = state.job.as_mut() else { return Vec::new() };
    let logs = job.logs.len();
    match command {
        Command::Close => job.is_open = false,
        Command::StopJob => return stop(job),
        Command::KillJob if job.is_running() => return vec![Effect::Wake(Wake::Kill)],
        Command::RestartJob => return restart(state),
        Command::SaveLogs => return vec![Effect::SaveLogs],
        Command::FindInLog => {
            let input = Input::new(job.query.clone());
            state.dialogs.push(Dialog::Searching(Typing { input, ..Typing::default() }));
        }
        Command::ReadLog => read(state),
        Command::NextMatch => search(state, true),
        Command::PreviousMatch => search(state, false),
        Command::NextPane | Command::Right => job.shown = (job.shown + 1) % logs,
        Command::PreviousPane | Command::Left => job.shown = (job.shown + logs - 1) % logs,
        Command::Quit => file::quit(state),
        Command::KeyHelp => super::help::open_keys(state),
        Command::Redraw => return vec![Effect::Redraw],
        Command::Suspend => return vec![Effect::Suspend],
        command => scroll(job, command, rows),
    }
    Vec::new()
}

/// True where a command about jobs would do something now.
pub(super) fn is_possible(state: &State, command: Command) -> bool {
    if let Some(Dialog::Launching(it)) = state.dialogs.last() {
        let is_fine = it.prepared.refusals.is_empty();
        return match command {
            Command::Accept => is_fine,
            Command::LaunchAnyway => !is_fine,
            _ => true,
        };
    }
    let Some(job) = state.job.as_ref() else { return true };
    match command {
        Command::StopJob | Command::KillJob => job.is_running(),
        Command::NextMatch | Command::PreviousMatch => !job.query.is_empty(),
        Command::NextPane if state.open_job().is_some() => job.logs.len() > 1,
        _ => true,
    }
}

/// Goes to the log of a number, from 0, if there is one.
pub(super) fn go_to_log(state: &mut State, log: usize) {
    if let Some(job) = state.job.as_mut().filter(|job| log < job.logs.len()) {
        job.shown = log;
    }
}

/// The first wish is polite, the second is not.
fn stop(job: &Job) -> Vec<Effect> {
    match job.stage {
        Stage::Running => vec![Effect::Wake(Wake::Stop)],
        Stage::Stopping | Stage::Killing => vec![Effect::Wake(Wake::Kill)],
        Stage::Ended(_) | Stage::Broken(_) => Vec::new(),
    }
}

fn restart(state: &mut State) -> Vec<Effect> {
    let Some(job) = &state.job else { return Vec::new() };
    if job.is_running() {
        state.restarts_job = true;
        return stop(job);
    }
    let plan = Plan::clone(&job.plan);
    launch(state, plan)
}

fn leave(state: &mut State, wake: Wake) -> Vec<Effect> {
    close(state);
    state.leaves_after_job = true;
    state.say("waiting for the ranks to end");
    vec![Effect::Wake(wake)]
}

/// Rows of the log on the screen.
pub(super) fn rows(state: &State) -> usize {
    let room = state.areas().zip(state.job.as_ref()).map(|(areas, job)| job_areas(areas, job).log);
    room.map_or(1, |log| usize::from(log.height.saturating_sub(2))).max(1)
}

fn scroll(job: &mut Job, command: Command, rows: usize) {
    let Some(log) = job.logs.get_mut(job.shown) else { return };
    let count = log.lines.len();
    let at = log.first(rows);
    let to = match command {
        Command::Last => count,
        command => motion::moved(command, at, count, rows),
    };
    log.scroll(to, rows);
}

/// Opens the failure, or what the log shows, as a page on which long lines are whole.
fn read(state: &mut State) {
    let rows = rows(state);
    let Some(job) = state.job.as_ref() else { return };
    let (title, lines): (String, Vec<String>) = match job.log() {
        _ if !job.summary.is_empty() => ("Why it failed".to_owned(), job.summary.clone()),
        Some(log) => {
            let seen = log.lines.iter().skip(log.first(rows)).take(rows);
            (job.name(job.shown), seen.map(|said| said.text.to_string()).collect())
        }
        None => return,
    };
    let body = Body::Page(lines.iter().map(|line| Line::Printed(printable(line))).collect());
    state.dialogs.push(Dialog::Reading(Reading { title, body, scroll: 0 }));
}

fn search(state: &mut State, is_forward: bool) {
    let rows = rows(state);
    let Some(job) = state.job.as_mut().filter(|job| !job.query.is_empty()) else { return };
    if !find(job, rows, is_forward) {
        let beyond = if is_forward { "below" } else { "above" };
        let words = format!("no line {beyond} has {}", job.query);
        state.refuse(words);
    }
}

/// Goes to a line that has what is searched: the next one, or the one before. False where none has.
fn find(job: &mut Job, rows: usize, is_forward: bool) -> bool {
    let query = job.query.to_lowercase();
    let Some(log) = job.logs.get_mut(job.shown) else { return false };
    let at = log.top.unwrap_or_else(|| log.first(rows));
    let has = |(_, said): &(usize, &Said)| said.text.to_lowercase().contains(&query);
    let lines = || log.lines.iter().enumerate();
    let found = if is_forward {
        lines().skip(at + 1).find(has)
    } else {
        lines().take(at + usize::from(log.top.is_none()) * rows).rev().find(has)
    };
    if let Some((line, _)) = found {
        log.top = Some(line.min(log.lines.len().saturating_sub(1)));
    }
    found.is_some()
}

/// Takes in what ranks have said.
pub(super) fn said(state: &mut State, pieces: Vec<Piece>) {
    let Some(job) = state.job.as_mut() else { return };
    for piece in pieces {
        let mut text: String = piece.text.chars().take(LONGEST).collect();
        if text.len() < piece.text.len() {
            text.push('…');
        }
        let Piece { index, is_error, is_passing, .. } = piece;
        job.say(Said { index, is_error, is_passing, text: text.into() });
    }
}

/// Takes in what a job has done.
pub(super) fn stepped(state: &mut State, step: &Step) {
    if let Some(job) = state.job.as_mut() {
        job.step(step);
    }
}

/// A second has passed.
pub(super) fn pulse(state: &mut State, elapsed: Duration, usage: Usage) {
    if let Some(job) = state.job.as_mut().filter(|job| job.is_running()) {
        (job.elapsed, job.usage) = (elapsed, usage);
    }
}

/// The job is over.
pub(super) fn over(state: &mut State, result: Result<Box<Report>, String>) -> Vec<Effect> {
    let Some(job) = state.job.as_mut() else { return Vec::new() };
    match result {
        Ok(report) => {
            job.elapsed = report.elapsed;
            job.summary = summary(&job.plan, &report);
            job.end(report.outcome);
        }
        Err(words) => job.stage = Stage::Broken(words),
    }
    if std::mem::take(&mut state.leaves_after_job) {
        file::quit(state);
    } else if std::mem::take(&mut state.restarts_job) {
        let plan = Plan::clone(&job.plan);
        return launch(state, plan);
    }
    Vec::new()
}

/// Why it failed, and the failing rank's last words.
fn summary(plan: &Rc<Plan>, report: &Report) -> Vec<String> {
    let Outcome::Failed(fallen) = report.outcome else { return Vec::new() };
    let tail = report.tails.get(fallen.index).map_or("", String::as_str);
    let found = diagnose(fallen.end, tail, report.error_file.as_deref(), report.out_of_memory_kills);
    let rank = plan.processes.get(fallen.index).map_or(0, |process| process.rank);
    let others: Vec<u32> =
        plan.processes.iter().map(|process| process.rank).filter(|other| *other != rank).collect();
    let with_it = match others.as_slice() {
        [] => String::new(),
        [other] => format!("; rank {other} was ended with it"),
        several => format!("; the other {} ranks were ended with it", several.len()),
    };
    let mut lines = vec![format!("rank {rank} failed first with {}{with_it}", fallen.end.says())];
    if let Some((says, advice)) = found.cause {
        lines.extend([format!("cause: {says}"), format!("help: {advice}")]);
    }
    lines.extend(found.words);
    lines
}

/// After an attempt to save the logs.
pub(super) fn logs_saved(state: &mut State, result: Result<std::path::PathBuf, String>) {
    match result {
        Ok(folder) => state.say(format!("logs are in {}", folder.display())),
        Err(refusal) => state.refuse(refusal),
    }
}
