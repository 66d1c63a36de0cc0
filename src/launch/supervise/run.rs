//! The supervisor at work: starts ranks, answers wishes, and stays until none is left.

use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::Receiver;
use std::time::{Duration, Instant};

use super::job::{Job, Limits, Outcome, Phase, Step};
use super::logs::{self, SharedTail};
use super::rank::{self, Kept, Starter};
use super::signal::listen_to_children;
use super::{Options, Report, RunError, Wake, Wakes, Watcher};
use crate::launch::Plan;

/// Runs a plan to its end. The calling thread must live as long: ranks die with it.
pub fn run(
    plan: &Plan,
    options: &Options,
    watcher: Arc<dyn Watcher>,
    wakes: Wakes,
) -> Result<Report, RunError> {
    let begin = Instant::now();
    let folder = logs::Folder::of(plan).map_err(|error| RunError::Logs {
        path: plan.log_dir.clone().unwrap_or_else(std::env::temp_dir),
        error,
    })?;
    let _children = listen_to_children(wakes.sender.clone()).map_err(RunError::Signals)?;
    rank::adopt_orphans();
    let kills = rank::out_of_memory_kills();
    let mut starter = Starter::new(plan, options, &folder, Arc::clone(&watcher));
    let grace = Some(options.grace).filter(|_| !options.lends_terminal);
    let mut job = Job::new(plan.processes.len(), Limits { max_restarts: plan.max_restarts, grace });
    let outcome = drive(plan, options, &mut job, &mut starter, watcher.as_ref(), &wakes.inbox);
    starter.finish();
    let failed = match &outcome {
        Outcome::Failed(fallen) => Some(fallen.index),
        _ => None,
    };
    Ok(Report {
        error_file: failed.and_then(|index| starter.error_file(index, job.attempt())),
        tails: starter.tails.iter().map(|tail: &SharedTail| logs::text(tail)).collect(),
        outcome,
        elapsed: begin.elapsed(),
        logs: folder.kept().map(Path::to_path_buf),
        out_of_memory_kills: rank::out_of_memory_kills().saturating_sub(kills),
    })
}

/// Starts, looks, and answers wishes until no rank is left.
fn drive(
    plan: &Plan,
    options: &Options,
    job: &mut Job<Kept>,
    starter: &mut Starter<'_>,
    watcher: &dyn Watcher,
    inbox: &Receiver<Wake>,
) -> Outcome {
    let glance = plan.monitor_interval.clamp(Duration::from_millis(10), Duration::from_secs(1));
    loop {
        if job.phase() == Phase::Pending {
            starter.rest();
            job.start(|index, attempt| starter.start(index, attempt), Instant::now());
        }
        job.poll(Instant::now());
        for step in job.steps() {
            if let Step::Ended { index, .. } = step {
                // Its last words come before the news of its end.
                starter.hear_out(index);
            }
            watcher.step(&step);
            if let Step::Finished(outcome) = step {
                return outcome;
            }
        }
        if job.phase() == Phase::Pending {
            continue;
        }
        let left =
            job.wakes_at().map_or(glance, |at| at.saturating_duration_since(Instant::now()).min(glance));
        let Ok(wake) = inbox.recv_timeout(left) else { continue };
        match wake {
            Wake::Child => {}
            Wake::Stop => job.stop(Instant::now()),
            Wake::Kill => job.kill(),
            Wake::Suspend => suspend(job, options),
            Wake::Signal { number, is_key } => {
                job.signal(number, is_key && options.lends_terminal, Instant::now());
            }
        }
    }
}

/// Stops with the ranks until the shell continues us. In a shared group they are stopped already.
fn suspend(job: &mut Job<Kept>, options: &Options) {
    use signal_hook::consts::{SIGCONT, SIGSTOP, SIGTSTP};
    if !options.lends_terminal {
        job.send(SIGSTOP);
    }
    signal_hook::low_level::emulate_default_handler(SIGTSTP).ok();
    if !options.lends_terminal {
        job.send(SIGCONT);
    }
}
