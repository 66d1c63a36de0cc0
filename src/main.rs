//! The program `accel-studio`.

#![forbid(unsafe_code)]

use std::process::ExitCode;

fn main() -> ExitCode {
    accel_studio::cli::run(std::env::args_os())
}
