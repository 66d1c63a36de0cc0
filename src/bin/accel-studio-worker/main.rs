//! The program `accel-studio-worker`: the only one that links libtorch. The launcher starts it once per rank.

mod checkpoint;
#[allow(unsafe_code)]
mod comm;
mod data;
mod engine;
mod measure;
mod metrics;
mod network;
mod optimizer;
mod preflight;
#[allow(unsafe_code)]
mod torch;
mod train;
mod weights;

use std::io::Write;
use std::process::ExitCode;

use clap::Parser;

/// Trains, measures and checks with libtorch. `accel-studio` starts it, once per rank.
#[derive(Parser, Debug)]
#[command(version)]
enum Worker {
    Train(train::Train),
    Measure(measure::Measure),
    Preflight(preflight::check::Preflight),
    Probe(preflight::probe::Probe),
    Selftest(preflight::selftest::Selftest),
}

fn main() -> ExitCode {
    torch::error::keep_quiet();
    let outcome = match Worker::parse() {
        Worker::Train(train) => Ok(train.run()),
        Worker::Measure(measure) => Ok(measure.run()),
        Worker::Preflight(preflight) => preflight.run(),
        Worker::Probe(probe) => Ok(probe.run()),
        Worker::Selftest(selftest) => selftest.run(),
    };
    outcome.unwrap_or_else(|error| {
        let _ = writeln!(std::io::stderr(), "error: {error}");
        ExitCode::from(comm::LOST)
    })
}
