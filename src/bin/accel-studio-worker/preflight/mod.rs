//! Looks at devices and ranks before they are trusted with a run. Knows no model but a tiny one of its own, and no data.

mod bench;
pub mod check;
mod collectives;
mod judge;
mod libtorch;
pub mod probe;
pub mod selftest;
mod together;
mod training;

use std::io::{self, Write};

/// A line on standard output, at once; nobody may be listening any more.
fn print(line: &str) {
    let mut out = io::stdout().lock();
    let _ = writeln!(out, "{line}").and_then(|()| out.flush());
}

/// A timeout on the command line.
fn seconds(text: &str) -> Result<f64, String> {
    let number: f64 = text.parse().map_err(|_| format!("{text:?} is no number of seconds"))?;
    if (0.1..=86_400.0).contains(&number) { Ok(number) } else { Err("write 0.1 to 86400 seconds".to_owned()) }
}
