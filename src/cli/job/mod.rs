//! A job on this terminal: its output streams by, and its end is told so that the reason stands last.

pub mod check;
mod screen;
mod summary;

use std::io::IsTerminal as _;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;
use std::{env, io};

use self::screen::Screen;
use super::streams;
use crate::launch::supervise::{self, Options, Wakes};
use crate::launch::{Plan, Tee};
use crate::report::line;

/// Runs a plan to its end and gives the exit code of the job.
pub fn run(plan: &Plan, grace: Duration) -> ExitCode {
    let options = Options { program: program(), grace, lends_terminal: lends_terminal(plan) };
    let screen = Arc::new(Screen::of(plan, options.lends_terminal));
    let wakes = Wakes::default();
    let listening = supervise::listen(wakes.sender.clone());
    if let Err(error) = &listening {
        streams::err(&line::complaint(&format!("signals cannot be listened to: {error}")));
        return ExitCode::from(2);
    }
    let watcher = Arc::clone(&screen) as Arc<dyn supervise::Watcher>;
    match supervise::run(plan, &options, watcher, wakes) {
        Ok(report) => {
            screen.finish();
            streams::err(&summary::of(plan, &report, options.lends_terminal));
            ExitCode::from(report.outcome.code())
        }
        Err(error) => {
            streams::err(&line::complaint(&error.to_string()));
            ExitCode::from(2)
        }
    }
}

/// This program, also after an upgrade has put another file in its place.
pub fn program() -> PathBuf {
    if cfg!(target_os = "linux") {
        PathBuf::from("/proc/self/exe")
    } else {
        env::current_exe().unwrap_or_else(|_| PathBuf::from(env!("CARGO_PKG_NAME")))
    }
}

/// A single process has the terminal for itself, as with `accelerate launch`: progress bars draw,
/// debuggers read keys. Where its words shall go to files as well, they must pass through here.
fn lends_terminal(plan: &Plan) -> bool {
    plan.processes.len() == 1
        && plan.log_dir.is_none()
        && plan.tee == Tee::Unsaid
        && (io::stdin().is_terminal() || io::stdout().is_terminal())
}
