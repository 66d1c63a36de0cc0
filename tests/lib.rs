//! Behaviour by what a user can notice: one binary, one file per promise.

mod editing;
mod hardware;
mod loader;
