//! A small process of our own above each rank, so that nothing outlives the launcher.
//!
//! The keeper gives its rank a session of its own, adopts whatever the rank leaves behind
//! (PR_SET_CHILD_SUBREAPER) and ends all of it when the rank ends, or when the launcher dies, even by
//! SIGKILL (PR_SET_PDEATHSIG). Its own end is that of the rank: the same code or the same signal. It
//! knows nothing of plans and logs.

use std::ffi::OsString;
use std::io;
use std::os::unix::process::CommandExt as _;
use std::process::{Command, ExitCode};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Resource, Rlimit, WaitOptions, getppid, setrlimit, setsid, waitpid};
use signal_hook::consts::{SIGCHLD, SIGHUP, SIGINT, SIGIO, SIGKILL, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2};
use signal_hook::iterator::SignalsInfo;
use signal_hook::iterator::exfiltrator::WithOrigin;
use signal_hook::low_level::siginfo::{Cause, Origin};

use super::child::End;
use super::{family, signal};

/// The hidden verb that keeps a rank: `__keep own|shared LAUNCHER PROGRAM ARGUMENT…`.
pub const KEEP: &str = "__keep";
/// The hidden verb that becomes the rank: `__become KEEPER PROGRAM ARGUMENT…`.
pub const BECOME: &str = "__become";
/// Whether the rank stays in the launcher's process group, where the terminal's keys reach it.
pub const SHARED: &str = "shared";
/// Whether the rank gets a session of its own.
pub const OWN: &str = "own";

/// What the launcher's death leaves to a rank for ending in order.
const LAST_WORDS: Duration = Duration::from_secs(3);
/// What processes that a rank left behind get for ending in order.
const TIDY: Duration = Duration::from_secs(2);
/// Beyond this a killed process hangs in the kernel, and nobody can end it.
const STUCK: Duration = Duration::from_secs(10);
const GLANCE: Duration = Duration::from_millis(20);
/// A program that cannot be started, as shells have it.
const NOT_STARTED: u8 = 126;
const NOT_FOUND: u8 = 127;

/// Runs a hidden verb where the arguments ask for one.
pub fn run(arguments: &[OsString]) -> Option<ExitCode> {
    let (verb, rest) = arguments.split_first()?;
    match verb.to_str()? {
        KEEP => Some(keep(rest)),
        BECOME => Some(become_rank(rest)),
        _ => None,
    }
}

/// Starts a rank and stays until nothing of it is left.
fn keep(arguments: &[OsString]) -> ExitCode {
    let [mode, launcher, command @ ..] = arguments else { return ExitCode::from(NOT_STARTED) };
    let is_own = mode == OWN;
    let launcher = number(launcher);
    if is_own {
        // Fails only for the leader of a group, which no shell makes of us.
        setsid().ok();
    }
    watch_parent(SIGIO);
    if parent() != launcher {
        return ExitCode::from(NOT_STARTED);
    }
    let Ok(inbox) = listen() else { return ExitCode::from(NOT_STARTED) };
    let mut starter = match own_program() {
        Ok(program) => Command::new(program),
        Err(_) => return ExitCode::from(NOT_STARTED),
    };
    starter.arg(BECOME).arg(std::process::id().to_string()).args(command);
    let Ok(child) = starter.spawn() else { return ExitCode::from(NOT_STARTED) };
    let keeper = Keeper { rank: child.id(), launcher, is_own, inbox };
    let end = keeper.stay();
    keeper.tidy(end);
    leave(end)
}

/// The program itself, also after an upgrade has put another file in its place.
fn own_program() -> io::Result<std::path::PathBuf> {
    if cfg!(target_os = "linux") { Ok("/proc/self/exe".into()) } else { std::env::current_exe() }
}

/// Becomes the rank's program, which dies with its keeper.
fn become_rank(arguments: &[OsString]) -> ExitCode {
    let [keeper, program, arguments @ ..] = arguments else { return ExitCode::from(NOT_STARTED) };
    watch_parent(SIGKILL);
    if parent() != number(keeper) {
        return ExitCode::from(NOT_STARTED);
    }
    let error = Command::new(program).args(arguments).exec();
    // Standard error is the rank's own, and this is the rank's last word.
    let words = format!("accel-studio: `{}` cannot be started: {error}\n", program.display());
    io::Write::write_all(&mut io::stderr(), words.as_bytes()).ok();
    ExitCode::from(if error.kind() == io::ErrorKind::NotFound { NOT_FOUND } else { NOT_STARTED })
}

fn number(text: &OsString) -> u32 {
    text.to_str().and_then(|text| text.parse().ok()).unwrap_or(0)
}

fn parent() -> u32 {
    getppid().map_or(0, |pid| pid.as_raw_nonzero().get().unsigned_abs())
}

/// Asks the kernel to send a signal when the parent dies, and to hand us the children of our children
/// when those die. Only Linux can.
#[cfg_attr(not(target_os = "linux"), allow(unused_variables, reason = "only Linux can"))]
fn watch_parent(signal: i32) {
    #[cfg(target_os = "linux")]
    {
        use rustix::process::{Signal, getpid, set_child_subreaper, set_parent_process_death_signal};
        set_parent_process_death_signal(Signal::from_named_raw(signal)).ok();
        if signal != SIGKILL {
            set_child_subreaper(Some(getpid())).ok();
        }
    }
}

/// Signals, from a thread of their own, so that waiting for them can have an end.
fn listen() -> io::Result<Receiver<Origin>> {
    let wished = [SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2];
    let numbers = signal::not_ignored(&wished).into_iter().chain([SIGCHLD, SIGIO]);
    let mut signals = SignalsInfo::<WithOrigin>::new(numbers)?;
    let (sender, inbox) = mpsc::channel();
    thread::spawn(move || {
        for origin in signals.forever() {
            if sender.send(origin).is_err() {
                break;
            }
        }
    });
    Ok(inbox)
}

/// A keeper at work.
struct Keeper {
    rank: u32,
    launcher: u32,
    is_own: bool,
    inbox: Receiver<Origin>,
}

impl Keeper {
    /// Waits for the rank's end, and ends it when the launcher dies.
    fn stay(&self) -> End {
        let mut kill_at: Option<Instant> = None;
        loop {
            if let Some(end) = self.reap() {
                return end;
            }
            if kill_at.is_none() && parent() != self.launcher {
                ask_all(SIGTERM);
                kill_at = Some(Instant::now() + LAST_WORDS);
            }
            let left = kill_at.map(|at| at.saturating_duration_since(Instant::now()));
            if left == Some(Duration::ZERO) {
                family::kill_below(std::process::id(), STUCK, || ());
                kill_at = Some(Instant::now() + STUCK);
            }
            // Without PR_SET_PDEATHSIG nobody tells that the launcher is gone.
            let idle = if cfg!(target_os = "linux") { Duration::from_secs(60) } else { 5 * GLANCE };
            match self.inbox.recv_timeout(left.unwrap_or(idle).min(idle)) {
                Ok(origin) => self.answer(&origin),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => thread::sleep(GLANCE),
            }
        }
    }

    /// In a session of its own, the launcher's signals reach the whole group by themselves. In a shared
    /// one, keys do, and what the launcher passes on comes through here.
    fn answer(&self, origin: &Origin) {
        let is_key = matches!(origin.cause, Cause::Kernel | Cause::Unknown);
        match origin.signal {
            SIGCHLD | SIGIO => {}
            SIGQUIT if !self.is_own => {
                family::kill_below(std::process::id(), STUCK, || ());
            }
            other if !self.is_own && !is_key => {
                family::signal(self.rank, other);
            }
            _ => {}
        }
    }

    /// Collects whoever has died below us; the rank's end where it is among them.
    fn reap(&self) -> Option<End> {
        let mut end = None;
        while let Ok(Some((pid, status))) = waitpid(None::<Pid>, WaitOptions::NOHANG) {
            if pid.as_raw_nonzero().get().unsigned_abs() != self.rank {
                continue;
            }
            end = match (status.exit_status(), status.terminating_signal()) {
                (Some(code), _) => Some(End::Code(code)),
                (_, Some(signal)) => Some(End::Signal(signal)),
                // Stopped or continued.
                _ => end,
            };
        }
        end
    }

    /// Ends what the rank has left behind: in order after a good end, at once after a bad one.
    fn tidy(&self, end: End) {
        let start = Instant::now();
        if end.is_success() && !family::below(std::process::id()).is_empty() {
            ask_all(SIGTERM);
            while start.elapsed() < TIDY && !family::below(std::process::id()).is_empty() {
                self.reap();
                thread::sleep(GLANCE);
            }
        }
        family::kill_below(std::process::id(), STUCK, || {
            self.reap();
        });
    }
}

/// Sends a signal to all below us.
fn ask_all(number: i32) {
    for pid in family::below(std::process::id()) {
        family::signal(pid, number);
    }
}

/// Ends as the rank did.
fn leave(end: End) -> ExitCode {
    if let End::Signal(signal) = end {
        // A core of ours would overwrite the rank's.
        setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) }).ok();
        signal_hook::low_level::emulate_default_handler(signal).ok();
    }
    ExitCode::from(end.code())
}
