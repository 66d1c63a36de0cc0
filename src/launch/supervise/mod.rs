//! Running a plan: starts the ranks, listens to them, passes signals on, and leaves nothing behind.
//!
//! This is a door: processes, signals and log files are touched here and nowhere else. It knows
//! neither configs nor screens; whoever watches is told through [`Watcher`].

mod child;
pub mod failure;
#[cfg(unix)]
mod family;
mod job;
#[cfg(unix)]
mod keeper;
#[cfg(unix)]
mod logs;
#[cfg(unix)]
mod rank;
#[cfg(unix)]
mod run;
#[cfg(unix)]
mod signal;

use std::io;
use std::path::PathBuf;
use std::sync::mpsc::{self, Receiver, Sender};
use std::time::Duration;

pub use self::child::{End, number};
pub use self::job::{Fallen, Limits, Outcome, Phase, Step, Why};
#[cfg(unix)]
pub use self::keeper::run as run_hidden;
#[cfg(unix)]
pub use self::run::run;
#[cfg(unix)]
pub use self::signal::{Listening, listen, listen_to_children};

/// One of the two streams of a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Stream {
    /// Standard output.
    Out,
    /// Standard error.
    Err,
}

/// What wakes a supervisor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wake {
    /// A child of ours has changed.
    Child,
    /// A signal for the job.
    Signal {
        /// Its number.
        number: i32,
        /// True when a key of the terminal sent it, so that all in the terminal's group have it already.
        is_key: bool,
    },
    /// The terminal asks us to stop until it continues us.
    Suspend,
    /// End the ranks in order.
    Stop,
    /// End the ranks at once.
    Kill,
}

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
#[derive(Clone, Debug)]
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
