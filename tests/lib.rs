//! Behaviour by what a user can notice: one binary, one file per promise.

mod hardware;
mod loader;
