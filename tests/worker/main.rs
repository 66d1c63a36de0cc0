//! The worker as its launcher sees it: real processes, real collectives over the loopback device.

mod comm;
mod curve;
#[cfg(target_os = "linux")]
mod elf;
mod harness;
mod kills;
mod launched;
mod memory;
mod preflight;
mod resume;
mod runs;
mod strategies;
mod train;
