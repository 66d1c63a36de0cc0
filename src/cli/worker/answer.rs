//! Ranks that end by themselves and answer with one JSON object, which rank 0 says.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde::de::DeserializeOwned;

use crate::cli::{job, streams};
use crate::launch::Plan;
use crate::launch::supervise::{self, Options, Outcome, Step, Stream, Wakes, Watcher};
use crate::report::line;

/// What ranks get between being told to end and being killed.
const GRACE: Duration = Duration::from_secs(10);

/// Runs a plan to its end and gives what rank 0 answered, also where ranks ended badly: the answer says why.
///
/// # Errors
/// Why there is no answer, with the last words of the rank that failed.
pub fn ask<T: DeserializeOwned>(plan: &Plan) -> Result<T, String> {
    let listener = Arc::new(Listener::default());
    let options = Options { program: job::program(), grace: GRACE, lends_terminal: false };
    let wakes = Wakes::default();
    let listening = supervise::listen(wakes.sender.clone());
    listening.as_ref().map_err(|error| format!("signals cannot be listened to: {error}"))?;
    let watcher = Arc::clone(&listener) as Arc<dyn Watcher>;
    let report = supervise::run(plan, &options, watcher, wakes).map_err(|error| error.to_string())?;
    let said = listener.said.lock().unwrap_or_else(PoisonError::into_inner);
    let answer = said.find('{').and_then(|at| serde_json::from_str(said.get(at..)?.trim()).ok());
    match (answer, report.outcome) {
        (Some(answer), _) => Ok(answer),
        (None, Outcome::Failed(fallen)) => {
            let tail = report.tails.get(fallen.index).map_or("", |tail| tail.trim());
            let said = |line: &&str| line.trim_start().starts_with("error: ");
            let words = tail.lines().rev().find(said).or(tail.lines().last()).unwrap_or("it said nothing");
            Err(format!("rank {} failed: {words}", fallen.index))
        }
        (None, _) => {
            Err("the worker gave no answer; worker and main program must be of one build".to_owned())
        }
    }
}

/// Keeps what rank 0 says; what others complain of goes on to the person.
#[derive(Default)]
struct Listener {
    said: Mutex<String>,
    is_ending: AtomicBool,
}

impl Watcher for Listener {
    fn lines(&self, index: usize, stream: Stream, lines: &[u8]) {
        let text = String::from_utf8_lossy(lines);
        match (index, stream) {
            (0, Stream::Out) => self.said.lock().unwrap_or_else(PoisonError::into_inner).push_str(&text),
            (_, Stream::Out) => {}
            (_, Stream::Err) if self.is_ending.load(Ordering::Relaxed) => {}
            (_, Stream::Err) => text.lines().for_each(|words| {
                streams::err(&line::complaint(&format!("rank {index}: {words}")));
            }),
        }
    }

    fn step(&self, step: &Step) {
        if matches!(step, Step::Stopping(_)) {
            self.is_ending.store(true, Ordering::Relaxed);
        }
    }

    fn complain(&self, words: &str) {
        streams::err(&line::complaint(words));
    }
}
