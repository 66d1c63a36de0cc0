//! What the tests share: the program in a clean room, and pictures of what it shows.

pub mod picture;
pub mod run;
pub mod screen;
pub mod svg;
