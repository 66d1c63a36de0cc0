//! SIGTERM and SIGINT: the step is finished and saved. Before the first step there is nothing to save, and a second
//! signal, after a while, does not want to wait: both end at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use signal_hook::low_level;

use super::error::{Result, TrainError};

/// A key reaches all processes of a terminal, and launchers hand it on: both together are one wish.
const SAME_WISH: Duration = Duration::from_secs(3);

/// Which signal asked to stop.
#[derive(Debug, Default)]
pub struct Stop {
    signal: AtomicU8,
    has_begun: AtomicBool,
}

impl Stop {
    /// From now on signals are heard.
    pub fn listen() -> Result<Arc<Stop>> {
        let mut signals = Signals::new([SIGTERM, SIGINT]).map_err(TrainError::Signals)?;
        let stop = Arc::new(Stop::default());
        let heard = Arc::clone(&stop);
        thread::spawn(move || {
            let mut first: Option<Instant> = None;
            for signal in signals.forever() {
                let is_impatient = first.is_some_and(|first| first.elapsed() > SAME_WISH);
                if is_impatient || !heard.has_begun.load(Ordering::Relaxed) {
                    low_level::exit(128 + signal);
                }
                first.get_or_insert_with(Instant::now);
                heard.signal.store(u8::try_from(signal).unwrap_or(15), Ordering::Relaxed);
            }
        });
        Ok(stop)
    }

    /// From now on a signal waits for the end of a step.
    pub fn begin_waiting(&self) {
        self.has_begun.store(true, Ordering::Relaxed);
    }

    /// The signal's number; 0 while nobody asked.
    pub fn signal(&self) -> u8 {
        self.signal.load(Ordering::Relaxed)
    }
}
