//! Behaviour by what a user can notice: one binary, one file per promise.

mod editing;
mod generated;
mod hardware;
#[allow(dead_code, reason = "further tests bring the program to life")]
mod harness;
mod init;
mod loader;
