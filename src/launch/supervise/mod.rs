//! Running a plan: starts the ranks, listens to them, passes signals on, and leaves nothing behind.
//!
//! This is a door: processes, signals and log files are touched here and nowhere else. It knows
//! neither configs nor screens; whoever watches is told through [`Watcher`].

mod child;
pub mod failure;
mod family;
mod job;
mod keeper;
mod logs;
mod rank;
mod signal;

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, Sender};
use std::time::{Duration, Instant};

use self::job::Job;
use self::logs::SharedTail;
use self::rank::{Kept, Starter};
use super::Plan;

pub use self::child::End;
pub use self::job::{Fallen, Limits, Outcome, Phase, Step, Why};
pub use self::keeper::run as run_hidden;
pub use self::logs::Stream;
pub use self::signal::{Listening, Wake, listen, listen_to_children};

/// Who is told what a job does and says. Called from several threads, a line at a time or more.
pub trait Watcher: Send + Sync {
    /// Whole lines of a process, each with its end: `\n`, or `\r` for one that will be overwritten.
    fn lines(&self, index: usize, stream: Stream, lines: &[u8]);

    /// A line that has no end yet and has been waiting for a while; it comes again, whole, in `lines`.
    fn draft(&self, _index: usize, _stream: Stream, _line: &[u8]) {}

    /// Something has happened.
    fn step(&self, step: &Step);

    /// Something went wrong that does not stop the job; a sentence.
    fn complain(&self, words: &str);
}

/// How a plan is run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// This program, which keeps each rank.
    pub program: PathBuf,
    /// What ranks get between being told to end and SIGKILL; 30 s with torch.distributed's launcher.
    pub grace: Duration,
    /// True where the only process gets the terminal as it is, for progress bars and debuggers. Its
    /// output passes nobody then.
    pub lends_terminal: bool,
}

/// torch.distributed's launcher waits as long (torch 2.11, `PContext.close`).
pub const GRACE: Duration = Duration::from_secs(30);

/// What came of a job.
#[derive(Debug)]
pub struct Report {
    /// How it ended.
    pub outcome: Outcome,
    /// The last words of each process of the plan, in its order; empty where it had the terminal.
    pub tails: Vec<String>,
    /// What the failing rank wrote for its launcher (`TORCHELASTIC_ERROR_FILE`), where it did.
    pub error_file: Option<String>,
    /// How long it took, restarts included.
    pub elapsed: Duration,
    /// Where its log files are.
    pub logs: Option<PathBuf>,
    /// Processes that the kernel ended for want of memory meanwhile, on this machine or in this
    /// container, as far as can be known.
    pub out_of_memory_kills: u64,
}

/// Why nothing was started.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// Log files have no place.
    #[error("log files cannot be written to {}: {error}; name another folder with `--log_dir`", .path.display())]
    Logs {
        /// The folder.
        path: PathBuf,
        /// The system's words.
        error: io::Error,
    },
    /// News of children cannot be had.
    #[error("signals cannot be listened to: {0}")]
    Signals(io::Error),
}

/// Wishes for a running job: a sender for those who have them, a receiver for the supervisor.
#[derive(Debug)]
pub struct Wakes {
    /// Where wishes go.
    pub sender: Sender<Wake>,
    inbox: Receiver<Wake>,
}

impl Default for Wakes {
    fn default() -> Wakes {
        let (sender, inbox) = mpsc::channel();
        Wakes { sender, inbox }
    }
}

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
        logs: folder.kept().map(std::path::Path::to_path_buf),
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
