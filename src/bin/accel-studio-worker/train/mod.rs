//! `accel-studio-worker train RUN.json`: one rank of a training, from its run to its end.
//!
//! Knows the order in which things are asked for; how they are done is said on the floors below.

mod begin;
mod error;
mod evaluate;
mod finish;
mod memory;
mod steps;
mod stop;

use std::fs;
use std::io::Write;
use std::panic::{self, AssertUnwindSafe};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use accel_studio::worker::Run;

use crate::torch::device;
use begin::{Inputs, Training};
use error::{Result, TrainError};

/// Trains what a run describes.
#[derive(clap::Args, Debug)]
pub struct Train {
    /// The run, a JSON file that `accel-studio launch --worker` writes
    run: PathBuf,
}

/// How a training ended that did not fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ending {
    /// All steps are done.
    Done,
    /// It was asked to stop by a signal, and has saved.
    Stopped(u8),
}

impl Train {
    /// Trains, and says on standard error why it could not.
    pub fn run(&self) -> ExitCode {
        let outcome =
            read(&self.run).and_then(|run| guarded(|| train(&run)).map_err(|error| error.with_advice(&run)));
        match outcome {
            Ok(Ending::Done) => ExitCode::SUCCESS,
            // What a shell says of a process that a signal ended, and what the launcher passes on.
            Ok(Ending::Stopped(signal)) => ExitCode::from(128 + signal),
            Err(error) => {
                let _ = writeln!(std::io::stderr(), "error: {error}");
                ExitCode::from(error.code())
            }
        }
    }
}

fn read(path: &Path) -> Result<Run> {
    let failed = |why: String| TrainError::Run { path: path.to_owned(), why };
    let text = fs::read_to_string(path).map_err(|error| failed(error.to_string()))?;
    serde_json::from_str(&text).map_err(|error| failed(error.to_string()))
}

fn train(run: &Run) -> Result<Ending> {
    if !run.layout.is_on_cpu {
        // Must come before anything else that libtorch does; the world says why there is no GPU, if there is none.
        let _ = device::load_cuda();
    }
    let inputs = Inputs::read(run)?;
    let world = begin::meet(run)?;
    let outcome = Training::begin(run, inputs, Arc::clone(&world)).and_then(Training::go);
    outcome.inspect_err(|error| {
        if !error.is_known_to_all() {
            world.farewell(&error.to_string());
        }
    })
}

/// Most of tch panics where libtorch refuses, above all when memory runs out: that is a sentence too.
fn guarded(work: impl FnOnce() -> Result<Ending>) -> Result<Ending> {
    panic::set_hook(Box::new(|_| {}));
    let outcome = panic::catch_unwind(AssertUnwindSafe(work));
    let _ = panic::take_hook();
    outcome.unwrap_or_else(|payload| {
        let text = payload.downcast_ref::<String>().map(String::as_str);
        let text = text.or_else(|| payload.downcast_ref::<&str>().copied());
        Err(TrainError::Panic(text.unwrap_or("without a word").to_owned()))
    })
}
