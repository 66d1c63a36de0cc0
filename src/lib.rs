//! accel-studio: check, edit and launch Hugging Face Accelerate configurations.
//!
//! The rooms, floor by floor (ARCHITECTURE.md holds the drawing that `tests/house.rs` checks):
//!
//! | floor | rooms |
//! |---|---|
//! | 0 | [`key`] names a place in a config · [`value`] what stands there · [`text`] one voice for messages |
//! | 1 | [`document`] text ⇄ tree, lossless edits · [`schema`] what is known of every field · [`finding`] what is wrong, where · [`presets`] starting points · [`hardware`] what the machine offers · [`model`] what a model consists of |
//! | 2 | [`config`] what one file says · [`settings`] what the project asks for · [`layers`] who wins, and who said it |
//! | 3 | [`memory`] peak bytes of a training step |
//! | 4 | [`rules`] every mistake, one row each · [`worker`] the run that the worker is told · [`launch`] from a config to a running job · [`export`] a plan for somebody else's engine |
//! | 5 | [`report`] findings as text, one file per format · [`wizard`] plain questions for a new config · [`studio`] the full-screen program |
//! | 6 | [`cli`] arguments, and one file per verb |
//!
//! A config travels `bytes → document → config → rules → report | studio`; what a person changes
//! travels back as an [`document::Edit`] that alters exactly the bytes it must.

#![forbid(unsafe_code)]

pub mod cli;
pub mod config;
pub mod document;
pub mod export;
pub mod finding;
pub mod hardware;
pub mod key;
pub mod launch;
pub mod layers;
pub mod memory;
pub mod model;
pub mod presets;
pub mod report;
pub mod rules;
pub mod schema;
pub mod settings;
pub mod studio;
pub mod text;
pub mod value;
pub mod wizard;
pub mod worker;
