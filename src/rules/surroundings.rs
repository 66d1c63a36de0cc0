//! What is known beside the file itself. All of it is handed in; each part may be unknown.

use std::collections::BTreeMap;

use super::companion::Companion;
use super::exposed::Exposed;
use crate::document::{Document, Span};
use crate::hardware::Machine;
use crate::memory::{WORKLOAD_FIELDS, Workload};
use crate::model::ModelCard;
use crate::text::{all_of, nearest};

/// What is known beside the file: rules that need an unknown part stay silent.
#[derive(Clone, Debug, Default)]
pub struct Surroundings {
    /// The other file that the config names.
    pub companion: Companion,
    /// The files that the config names and that others may change.
    pub exposed: Exposed,
    /// One of the machines that the config is for.
    pub machine: Option<Machine>,
    /// What is trained on it.
    pub training: Option<Training>,
    /// Why what the file's comments or its project name as model or machine could not be followed.
    pub trouble: Option<String>,
}

/// A model and how it is trained.
#[derive(Clone, Debug, PartialEq)]
pub struct Training {
    /// The model.
    pub model: ModelCard,
    /// One step of it.
    pub workload: Workload,
}

/// Models and machines by name.
pub struct Finders<'a> {
    /// Finds a model; `Err` says in lower case why there is none.
    pub model: &'a dyn Fn(&str) -> Result<ModelCard, String>,
    /// Finds a machine, likewise.
    pub machine: &'a dyn Fn(&str) -> Result<Machine, String>,
}

impl Surroundings {
    /// Finds what the words of the project and the comments of the file say of machine, model and step; the
    /// file's beat the project's.
    pub fn follow(&mut self, document: &Document, words: &BTreeMap<String, String>, finders: &Finders) {
        let mut words = words.clone();
        words.extend(self.heard(told(document)).unwrap_or_default());
        if let Some(name) = words.remove("machine")
            && let Some(machine) = self.heard((finders.machine)(&name))
        {
            self.machine = Some(machine);
        }
        let Some(name) = words.remove("model") else {
            // Nothing is estimated, but a word that cannot be is told all the same.
            self.heard(Workload::of_words(&words));
            return;
        };
        if let Some(card) = self.heard((finders.model)(&name)) {
            let workload = self.heard(Workload::for_model(&card, &words));
            self.training = workload.map(|workload| Training { model: card, workload });
        }
    }

    /// What was found, or why not, for a rule to tell.
    fn heard<T>(&mut self, found: Result<T, String>) -> Option<T> {
        found.map_err(|reason| self.trouble = Some(reason)).ok()
    }

    /// Only the other file is known.
    pub fn with(companion: Companion) -> Surroundings {
        Surroundings { companion, ..Surroundings::default() }
    }
}

/// What comments that begin with this say is `name=value` pairs.
const MARK: &str = "# accel-studio: for ";

/// The comments that say what the config is for.
pub(super) fn spans(document: &Document) -> Vec<Span> {
    if !document.text().contains(MARK) {
        return Vec::new();
    }
    let is_meant = |span: &Span| document.text()[span.start..span.end].starts_with(MARK);
    document.comments().into_iter().filter(is_meant).collect()
}

/// What comments of a file say of model, machine and step, by name; dashes may stand for underscores. `Err` tells
/// the first word that says nothing.
pub fn told(document: &Document) -> Result<BTreeMap<String, String>, String> {
    let words = spans(document)
        .into_iter()
        .flat_map(|span| document.text()[span.start + MARK.len()..span.end].split_whitespace());
    words.map(pair).collect()
}

fn pair(word: &str) -> Result<(String, String), String> {
    let Some((name, value)) = word.split_once('=').filter(|(_, value)| !value.is_empty()) else {
        return Err(format!("`{word}` is not of the form `name=value`, such as `model=llama-3.1-8b`"));
    };
    let name = name.replace('-', "_");
    let known = || ["model", "machine"].into_iter().chain(WORKLOAD_FIELDS.iter().map(|field| field.name));
    if known().any(|known| known == name) {
        return Ok((name, value.to_owned()));
    }
    Err(match nearest(&name, known()) {
        Some(near) => format!("`{name}` says nothing here; did you mean `{near}`?"),
        None => format!("`{name}` says nothing here; known are {}", all_of(known())),
    })
}
