//! Who said a value, and why a launch is refused.

use std::fmt;

use crate::value::Value;

/// Where a value comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Accelerate's own default: of the option, or of the config class.
    Default,
    /// A config file.
    File {
        /// Its name as the person gave it.
        name: String,
        /// Line of the value, from 1.
        line: usize,
        /// The key as written, with its section: `fsdp_config.version`.
        key: String,
    },
    /// A variable of the shell.
    Variable(String),
    /// An option on the command line, as Accelerate spells it: `--num_processes`.
    Flag(&'static str),
    /// What this computer offers: `8 GPUs`, `16 CPU cores`.
    Hardware(String),
    /// What the launcher makes of another setting: `distributed_type` switches `use_fsdp` on.
    Derived(String),
}

impl fmt::Display for Origin {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Origin::Default => out.write_str("default"),
            Origin::File { name, line, .. } => write!(out, "{name}:{line}"),
            Origin::Variable(name) => write!(out, "${name}"),
            Origin::Flag(flag) => out.write_str(flag),
            Origin::Hardware(what) => write!(out, "hardware ({what})"),
            Origin::Derived(from) => write!(out, "follows from {from}"),
        }
    }
}

impl Origin {
    /// The kind in one word, for programs: `default`, `file`, `variable`, `flag`, `hardware`, `derived`.
    pub fn word(&self) -> &'static str {
        match self {
            Origin::Default => "default",
            Origin::File { .. } => "file",
            Origin::Variable(_) => "variable",
            Origin::Flag(_) => "flag",
            Origin::Hardware(_) => "hardware",
            Origin::Derived(_) => "derived",
        }
    }
}

/// A value that another one beats.
#[derive(Clone, Debug, PartialEq)]
pub struct Beaten {
    /// Who said it.
    pub origin: Origin,
    /// What it said.
    pub value: Value,
}

/// Why Accelerate would not start this job. Where Python itself stumbles over a value, its name for
/// the error is kept, so that recordings of the real launcher can be compared.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{sentence}")]
pub struct Refusal {
    /// Python's name for the error: `ValueError`.
    pub python: &'static str,
    /// What is wrong and what to do, one sentence in lower case without full stop.
    pub sentence: String,
    /// The argument or key that is at fault; empty where several are.
    pub about: String,
}

impl Refusal {
    /// A refusal about one argument.
    pub fn new(python: &'static str, sentence: impl Into<String>, about: impl Into<String>) -> Refusal {
        Refusal { python, sentence: sentence.into(), about: about.into() }
    }
}
