//! A plan as text: a table with reasons for people, JSON whose shape is a promise (docs/json.md), a
//! shell script, and a file of variables.

mod json;
mod shell;
mod table;

pub use json::{Config, json};
pub use shell::{env, shell};
pub use table::table;
