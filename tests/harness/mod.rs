//! What the tests share: the program in a clean room, pictures of what it shows, made-up configs.

pub mod made_up;
pub mod picture;
pub mod run;
pub mod screen;
pub mod svg;
