//! Looks after collectives that the GPU works on: one that fails or never ends would hold the host forever, so that
//! the process ends instead, with a named cause. PyTorch's watchdog does the same.

use std::collections::VecDeque;
use std::io::Write;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::{Handle, Line};
use crate::comm::{CommError, LOST};
use crate::torch::device::{self, Mark};

/// Between two looks.
const PAUSE: Duration = Duration::from_millis(50);

/// The thread of one group.
pub struct Guard {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

struct Shared {
    pending: Mutex<VecDeque<Expected>>,
    is_over: AtomicBool,
}

struct Expected {
    doing: &'static str,
    mark: Arc<Mark>,
    since: Instant,
}

impl Guard {
    /// Looks after a group until `end`.
    pub(super) fn begin(line: Line, comm: Handle, rank: usize) -> Guard {
        let shared = Arc::new(Shared { pending: Mutex::default(), is_over: AtomicBool::new(false) });
        let seen = Arc::clone(&shared);
        let thread = std::thread::spawn(move || {
            let _ = device::make_current(line.device);
            while !seen.is_over.load(Ordering::Acquire) {
                if let Err(error) = seen.look(&line, comm, rank) {
                    end_process(&line, comm, error);
                }
                std::thread::sleep(PAUSE);
            }
        });
        Guard { shared, thread: Some(thread) }
    }

    /// A collective was queued, and shall reach its mark in time.
    pub fn expect(&self, doing: &'static str, mark: Arc<Mark>) {
        let mut pending = self.shared.pending.lock().unwrap_or_else(PoisonError::into_inner);
        pending.push_back(Expected { doing, mark, since: Instant::now() });
    }

    /// Looks no more. Whether something was still on its way.
    pub fn end(&mut self) -> bool {
        self.shared.is_over.store(true, Ordering::Release);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
        let pending = self.shared.pending.lock().unwrap_or_else(PoisonError::into_inner);
        pending.iter().any(|expected| !expected.mark.is_done().unwrap_or(false))
    }
}

impl Shared {
    /// Forgets what is done; an error where NCCL has one or the oldest is late.
    fn look(&self, line: &Line, comm: Handle, rank: usize) -> Result<(), CommError> {
        let mut pending = self.pending.lock().unwrap_or_else(PoisonError::into_inner);
        while let Some(expected) = pending.front() {
            let failed = |why| CommError { doing: expected.doing, rank, why };
            if expected.mark.is_done().map_err(|error| failed(error.0))? {
                pending.pop_front();
                continue;
            }
            line.library.async_error(comm.0).map_err(failed)?;
            let has_verdict = line.watch.as_ref().is_some_and(|watch| watch.has_verdict());
            if has_verdict || expected.since.elapsed() > line.timeout {
                let seconds = expected.since.elapsed().as_secs_f64();
                return Err(failed(format!("the GPU has waited for {seconds:.1} s")));
            }
            break;
        }
        Ok(())
    }
}

/// The host may hang in a call that waits for the GPU: nobody else can end this.
fn end_process(line: &Line, comm: Handle, error: CommError) -> ! {
    let error = match &line.watch {
        Some(watch) => watch.explain(error),
        None => error,
    };
    let _ = writeln!(std::io::stderr(), "error: {error}");
    // SAFETY: NCCL allows it beside other calls on the group; its kernels end, and the process after them.
    unsafe { (line.library.comm_abort)(comm.0) };
    std::process::exit(i32::from(LOST))
}
