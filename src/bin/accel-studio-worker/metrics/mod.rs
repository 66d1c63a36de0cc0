//! What a run says of itself: lines for people, JSON lines for programs, event files for TensorBoard.
//!
//! Only rank 0 says anything. Knows numbers and their names, nothing of how they came about.

mod events;
mod jsonl;
pub mod lines;

use std::io;
use std::path::Path;

use thiserror::Error;

use events::Events;
use jsonl::JsonLines;

/// A file of measurements that cannot be written.
#[derive(Debug, Error)]
#[error("`{path}` cannot be written: {why}; the run's measurements go there")]
pub struct MetricsError {
    path: String,
    why: io::Error,
}

/// Named numbers of one step, in the order in which they are written.
pub type Scalars<'a> = &'a [(&'a str, f64)];

/// The files of one run.
#[derive(Debug)]
pub struct Metrics {
    lines: JsonLines,
    events: Events,
}

impl Metrics {
    /// Opens the files in a run's folder. What an earlier start of the run wrote stays up to `steps_done`; what it
    /// did after the checkpoint from which this start goes on will happen again.
    pub fn open(folder: &Path, steps_done: u64) -> Result<Metrics, MetricsError> {
        let failed = |path: &Path| {
            let path = path.display().to_string();
            move |why| MetricsError { path, why }
        };
        let (lines, events) = (folder.join("metrics.jsonl"), folder.join("tensorboard"));
        Ok(Metrics {
            lines: JsonLines::open(&lines, steps_done).map_err(failed(&lines))?,
            events: Events::create(&events, steps_done).map_err(failed(&events))?,
        })
    }

    /// Writes numbers of a step into both, and hands them to the system.
    pub fn write(&mut self, step: u64, scalars: Scalars<'_>) -> Result<(), MetricsError> {
        self.lines
            .write(step, scalars)
            .and_then(|()| self.events.write(step, scalars))
            .map_err(|why| MetricsError { path: "metrics.jsonl or tensorboard".to_owned(), why })
    }
}
