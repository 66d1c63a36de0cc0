//! A plan while it is made: variables so far, and why each is there.

use std::collections::BTreeMap;
use std::path::Path;

use crate::launch::contract::{self, Carrier, Form};
use crate::launch::{Reason, Site};
use crate::layers::{Computer, Origin, Refusal, Resolved, python, spelling};
use crate::value::Value;

/// The script and what follows it on the command line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Script {
    /// The script, module or program.
    pub name: String,
    /// Its arguments.
    pub arguments: Vec<String>,
}

/// All that a plan is made from, and what is decided so far.
pub(super) struct Draft<'a> {
    pub resolved: &'a Resolved,
    pub computer: &'a Computer,
    pub site: &'a Site<'a>,
    pub script: &'a Script,
    /// Variables that all processes get.
    pub env: BTreeMap<String, String>,
    pub reasons: Vec<Reason>,
    pub notes: Vec<String>,
}

impl<'a> Draft<'a> {
    pub fn new(
        resolved: &'a Resolved,
        computer: &'a Computer,
        site: &'a Site<'a>,
        script: &'a Script,
    ) -> Draft<'a> {
        let (env, reasons, notes) = Default::default();
        Draft { resolved, computer, site, script, env, reasons, notes }
    }

    /// The value of a launch argument.
    pub fn get(&self, argument: &str) -> &'a Value {
        self.resolved.settings.get(argument)
    }

    /// Python's truth of a launch argument.
    pub fn is_on(&self, argument: &str) -> bool {
        self.get(argument).is_truthy()
    }

    /// What a variable holds now: in the plan, else in the shell.
    pub fn variable(&self, name: &str) -> Option<&str> {
        self.env.get(name).or_else(|| self.computer.machine.env.get(name)).map(String::as_str)
    }

    /// Sets a variable because of a launch argument.
    pub fn put(&mut self, variable: &str, value: impl Into<String>, argument: &str) {
        let value = value.into();
        self.reasons.push(self.reason(variable, &value, argument));
        self.env.insert(variable.to_owned(), value);
    }

    /// Sets a variable that the launcher decides alone.
    pub fn set(&mut self, variable: &str, value: impl Into<String>) {
        self.put(variable, value, "");
    }

    /// Why a variable has its value.
    pub fn reason(&self, variable: &str, value: &str, argument: &str) -> Reason {
        let origin = match argument {
            "" => "launcher".to_owned(),
            _ => self.resolved.settings.origin(argument).to_string(),
        };
        Reason {
            variable: variable.to_owned(),
            value: value.to_owned(),
            field: (!argument.is_empty()).then(|| spelling(argument)),
            origin,
            sentence: contract::purpose(variable).to_owned(),
        }
    }

    /// Sets the variables of a table.
    pub fn carry(&mut self, carriers: &[Carrier]) {
        for carrier in carriers {
            let value = self.get(carrier.argument);
            if *value == Value::Null && !carrier.is_always {
                continue;
            }
            let text = python::str(value);
            let text = if carrier.form == Form::Lower { text.to_lowercase() } else { text };
            self.put(carrier.variable, text, carrier.argument);
        }
    }

    /// The text of an argument that Python asks for its lower or upper case.
    pub fn word(&self, argument: &str) -> Result<&'a str, Refusal> {
        let value = self.get(argument);
        value.as_text().ok_or_else(|| {
            let advice = match value {
                Value::Bool(false) => "; write the word no in quotes",
                _ => "",
            };
            let sentence = format!("`{argument}` must be a word, and it is {}{advice}", value.kind());
            Refusal::new("AttributeError", sentence, argument)
        })
    }

    /// The text of an argument that goes to the system as it is.
    pub fn text(&self, argument: &str) -> Result<String, Refusal> {
        let value = self.get(argument);
        value.as_text().map(str::to_owned).ok_or_else(|| {
            let sentence = format!("`{argument}` must be text, and it is {}", value.kind());
            Refusal::new("TypeError", sentence, argument)
        })
    }

    /// True where a launch argument is a number above this one.
    pub fn is_above(&self, argument: &str, limit: i64) -> Result<bool, Refusal> {
        python::is_above(self.get(argument), limit, argument)
    }

    /// `--module` and `--no_python` exclude each other.
    pub fn check_script(&self) -> Result<(), Refusal> {
        if self.is_on("module") && self.is_on("no_python") {
            let sentence = "`--module` and `--no_python` exclude each other; give one of them";
            return Err(Refusal::new("ValueError", sentence, "module"));
        }
        Ok(())
    }

    /// The folder of the launch as text.
    pub fn folder(&self) -> String {
        self.site.folder.as_deref().unwrap_or(Path::new(".")).display().to_string()
    }

    /// Says who set an argument, for messages.
    pub fn origin(&self, argument: &str) -> Origin {
        self.resolved.settings.origin(argument)
    }
}
