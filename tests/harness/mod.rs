//! What the tests share: the program in a clean room, and pictures of what it shows.

pub mod picture;
#[cfg(unix)]
pub mod pty;
pub mod run;
pub mod screen;
pub mod svg;
