//! What the tests share: the program in a clean room, pictures of what it shows, made-up configs.

pub mod machine;
pub mod made_up;
pub mod picture;
#[cfg(unix)]
pub mod processes;
#[cfg(unix)]
pub mod pty;
pub mod run;
pub mod screen;
#[cfg(unix)]
pub mod stand_in;
pub mod svg;
pub mod truth;
