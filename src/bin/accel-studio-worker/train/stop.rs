//! SIGTERM and SIGINT: the step is finished and saved. A second one, after a while, ends at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use signal_hook::low_level;

use super::error::{Result, TrainError};

/// A key reaches all processes of a terminal, and launchers hand it on: both together are one wish.
const SAME_WISH: Duration = Duration::from_secs(3);

/// Which signal asked to stop.
#[derive(Clone, Debug)]
pub struct Stop(Arc<AtomicU8>);

impl Stop {
    /// From now on signals are heard, and do not end the process by themselves.
    pub fn listen() -> Result<Stop> {
        let mut signals = Signals::new([SIGTERM, SIGINT]).map_err(TrainError::Signals)?;
        let asked = Arc::new(AtomicU8::new(0));
        let heard = Arc::clone(&asked);
        thread::spawn(move || {
            let mut first: Option<Instant> = None;
            for signal in signals.forever() {
                match first {
                    Some(first) if first.elapsed() > SAME_WISH => low_level::exit(128 + signal),
                    Some(_) => {}
                    None => {
                        first = Some(Instant::now());
                        heard.store(u8::try_from(signal).unwrap_or(15), Ordering::Relaxed);
                    }
                }
            }
        });
        Ok(Stop(asked))
    }

    /// The signal's number; 0 while nobody asked.
    pub fn signal(&self) -> u8 {
        self.0.load(Ordering::Relaxed)
    }
}
