//! DeepSpeed's own JSON file: one row per setting, and questions to them.
//!
//! Facts are those of DeepSpeed 0.19.8 as Accelerate 1.15.0 and transformers' Trainer drive it. The room
//! knows no file and no findings.
//!
//! A setting stands in a section, and sections differ in what they do with names they do not know: see
//! [`Manner`].

mod accept;
mod monitor;
mod optimizer;
mod other;
mod parallel;
mod precision;
mod reference;
mod removed;
mod scheduler;
mod stages;
mod training;

pub use accept::Unfit;
pub use optimizer::{OPTIMIZERS, Optimizer};
pub use reference::page;
pub use removed::{REMOVED, Removed, UNREAD, Unread};
pub use scheduler::{SCHEDULERS, Scheduler};

use std::collections::HashMap;
use std::sync::LazyLock;

/// One setting of the file.
#[derive(Debug)]
pub struct Setting {
    /// Dotted path: `zero_optimization.offload_param.device`.
    pub key: &'static str,
    /// What may stand there.
    pub holds: Holds,
    /// Who replaces the word `auto`.
    pub auto: Auto,
    /// One sentence for a person who does not know the jargon.
    pub says: &'static str,
    /// Another name that DeepSpeed reads just the same, without its section.
    pub alias: Option<&'static str>,
    /// What to write instead of an old name that still works.
    pub instead: Option<&'static str>,
    /// The lowest ZeRO stage that looks at it.
    pub stage: i64,
}

/// What may stand at a setting.
#[derive(Clone, Copy, Debug)]
pub enum Holds {
    /// True or false.
    Bool,
    /// A whole number, at least this.
    Int(i64),
    /// A number in a range.
    Number(f64, f64),
    /// One of a few words.
    Word(&'static [&'static str]),
    /// Any text.
    Text,
    /// A list of texts.
    Texts,
    /// The ZeRO stage, 0 to 3.
    Stage,
    /// A mapping with rows of its own.
    Section(Manner),
    /// Anything: DeepSpeed passes it on, or reads it only in corners that no row describes.
    Anything,
}

/// What a section does with its values, and with names that it does not know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Manner {
    /// DeepSpeed checks every value, converts what it can and refuses unknown names.
    Strict,
    /// DeepSpeed looks up what it knows and never sees the rest.
    Loose,
    /// Every name becomes an argument of the class that `type` names, which refuses unknown ones.
    Arguments,
    /// DeepSpeed reads it in corners that no row describes.
    Free,
}

/// Who replaces the word `auto`. Whatever nobody replaces makes Accelerate stop in `prepare`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Auto {
    /// Nobody.
    Nobody,
    /// Accelerate, from the script and the command line.
    Accelerate,
    /// Accelerate where the script uses its `DummyOptim` or `DummyScheduler`; transformers' Trainer always.
    Stand,
    /// Only transformers' Trainer.
    Trainer,
}

impl Setting {
    const fn new(key: &'static str, holds: Holds, says: &'static str) -> Setting {
        Setting { key, holds, auto: Auto::Nobody, says, alias: None, instead: None, stage: 0 }
    }

    const fn auto(self, auto: Auto) -> Setting {
        Setting { auto, ..self }
    }

    const fn alias(self, name: &'static str) -> Setting {
        Setting { alias: Some(name), ..self }
    }

    const fn instead(self, name: &'static str) -> Setting {
        Setting { instead: Some(name), ..self }
    }

    /// A setting that only stage 3 looks at.
    const fn stage_3(self) -> Setting {
        Setting { stage: 3, ..self }
    }

    /// The last part of the key: `device`.
    pub fn name(&self) -> &'static str {
        self.key.rsplit('.').next().unwrap_or(self.key)
    }

    /// The section that holds the key; empty at the top of the file.
    pub fn section(&self) -> &'static str {
        self.key.rsplit_once('.').map_or("", |(section, _)| section)
    }

    /// How the section that holds the key treats it.
    pub fn manner(&self) -> Manner {
        manner(self.section()).unwrap_or(Manner::Loose)
    }
}

static ROWS: &[&[Setting]] = &[
    training::ROWS,
    precision::ROWS,
    stages::ROWS,
    optimizer::ROWS,
    scheduler::ROWS,
    parallel::ROWS,
    monitor::ROWS,
    other::ROWS,
];

/// Rows by every dotted name that DeepSpeed reads.
static BY_NAME: LazyLock<HashMap<String, &'static Setting>> = LazyLock::new(|| {
    let dotted = |setting: &Setting, name: &str| match setting.section() {
        "" => name.to_owned(),
        section => format!("{section}.{name}"),
    };
    settings().flat_map(|setting| names(setting).map(move |name| (dotted(setting, name), setting))).collect()
});

/// All rows, in the order of the reference.
pub fn settings() -> impl Iterator<Item = &'static Setting> {
    ROWS.iter().flat_map(|rows| rows.iter())
}

/// The row of a dotted key, under any of its names.
pub fn setting(key: &str) -> Option<&'static Setting> {
    BY_NAME.get(key).copied()
}

/// The rows of a section; those of the top for the empty name.
pub fn section(name: &str) -> impl Iterator<Item = &'static Setting> {
    settings().filter(move |setting| setting.section() == name)
}

/// Every name of a setting within its section: the proper one first.
pub fn names(setting: &Setting) -> impl Iterator<Item = &'static str> {
    std::iter::once(setting.name()).chain(setting.alias)
}

/// What a section does with names; `None` for what is no section. The empty name is the whole file.
pub fn manner(section: &str) -> Option<Manner> {
    if section.is_empty() {
        return Some(Manner::Loose);
    }
    match setting(section)?.holds {
        Holds::Section(manner) => Some(manner),
        _ => None,
    }
}

impl Holds {
    /// What is expected, with its article: "a whole number of at least 1".
    pub fn expected(self) -> String {
        match self {
            Holds::Bool => "true or false".to_owned(),
            Holds::Int(i64::MIN) => "a whole number".to_owned(),
            Holds::Int(min) => format!("a whole number of at least {min}"),
            Holds::Number(f64::NEG_INFINITY, f64::INFINITY) => "a number".to_owned(),
            Holds::Number(min, f64::INFINITY) => format!("a number of at least {min}"),
            Holds::Number(min, max) => format!("a number from {min} to {max}"),
            Holds::Word(words) => crate::text::any_of(words.iter().map(|word| format!("\"{word}\""))),
            Holds::Text => "text".to_owned(),
            Holds::Texts => "a list of texts".to_owned(),
            Holds::Stage => "0, 1, 2 or 3".to_owned(),
            Holds::Section(_) => "a mapping in braces".to_owned(),
            Holds::Anything => "any value".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests;
