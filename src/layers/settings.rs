//! The launch arguments by name: one value each, who said it, and whom that beats.
//!
//! It mirrors the namespace that Accelerate's launcher fills, where a section of a file can set any
//! argument, also one that no option has.

use super::flags;
use super::{Beaten, Origin};
use crate::schema;
use crate::value::Value;

/// A launch argument: its value, who said it, and what that beats.
#[derive(Clone, Debug, PartialEq)]
pub struct Setting {
    /// The argument: `num_processes`, `fsdp_version`.
    pub name: String,
    /// What counts.
    pub value: Value,
    /// Who said so.
    pub origin: Origin,
    /// What else was said, the last first; Accelerate's own defaults are left out.
    pub beats: Vec<Beaten>,
}

impl Setting {
    /// The argument as a config spells it, with its section, where a key sets it.
    pub fn key(&self) -> String {
        spelling(&self.name)
    }
}

/// A launch argument as a config spells it, where a key sets it: `fsdp_config.fsdp_version`.
pub fn spelling(argument: &str) -> String {
    let is_named = |field: &&schema::Field| {
        field.name() == argument || field.flag.is_some_and(|flag| flag.trim_start_matches('-') == argument)
    };
    schema::fields().find(is_named).map_or_else(|| argument.to_owned(), |field| field.key.to_owned())
}

/// All launch arguments, in the order in which they came up.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    settings: Vec<Setting>,
}

impl Settings {
    /// What counts before anybody says anything.
    pub(super) fn defaults() -> Settings {
        let mut settings = Settings::default();
        for row in flags::rows() {
            if settings.setting(row.argument()).is_none() {
                settings.put(row.argument(), row.default(), Origin::Default);
            }
        }
        settings
    }

    /// Sets an argument; what it held before is kept as beaten.
    pub(super) fn put(&mut self, name: &str, value: Value, origin: Origin) {
        match self.settings.iter_mut().find(|setting| setting.name == name) {
            None => {
                let beats = Vec::new();
                self.settings.push(Setting { name: name.to_owned(), value, origin, beats });
            }
            Some(setting) => {
                let value = std::mem::replace(&mut setting.value, value);
                let origin = std::mem::replace(&mut setting.origin, origin);
                if origin != Origin::Default && origin != setting.origin {
                    setting.beats.insert(0, Beaten { origin, value });
                }
            }
        }
    }

    /// Notes that somebody said something about an argument and is not heard.
    pub(super) fn beat(&mut self, name: &str, value: Value, origin: Origin) {
        if let Some(setting) = self.settings.iter_mut().find(|setting| setting.name == name) {
            setting.beats.push(Beaten { origin, value });
        }
    }

    /// Forgets what was noted as not heard.
    pub(super) fn forget(&mut self, name: &str) {
        if let Some(setting) = self.settings.iter_mut().find(|setting| setting.name == name) {
            setting.beats.clear();
        }
    }

    /// An argument that exists.
    pub fn setting(&self, name: &str) -> Option<&Setting> {
        self.settings.iter().find(|setting| setting.name == name)
    }

    /// The value of an argument; Python's None where nobody set it.
    pub fn get(&self, name: &str) -> &Value {
        self.setting(name).map_or(&Value::Null, |setting| &setting.value)
    }

    /// Python's truth of an argument.
    pub fn is_on(&self, name: &str) -> bool {
        self.get(name).is_truthy()
    }

    /// True for an argument that somebody on the command line set.
    pub fn is_given(&self, name: &str) -> bool {
        self.setting(name).is_some_and(|setting| matches!(setting.origin, Origin::Flag(_)))
    }

    /// Who set an argument.
    pub fn origin(&self, name: &str) -> Origin {
        self.setting(name).map_or(Origin::Default, |setting| setting.origin.clone())
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &Setting> {
        self.settings.iter()
    }
}
