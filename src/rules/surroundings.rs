//! What is known beside the file itself. All of it is handed in; each part may be unknown.

use std::collections::BTreeMap;

use super::companion::Companion;
use super::exposed::Exposed;
use crate::document::{Document, Span};
use crate::hardware::Machine;
use crate::memory::Workload;
use crate::model::ModelCard;

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
    /// Why a comment of the file that names model or machine could not be followed.
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
        words.extend(told(document));
        if let Some(name) = words.remove("machine")
            && let Some(machine) = self.heard((finders.machine)(&name))
        {
            self.machine = Some(machine);
        }
        let model = words.remove("model");
        if let Some(card) = model.and_then(|name| self.heard((finders.model)(&name))) {
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

/// What they say, by name; dashes may stand for underscores.
fn told(document: &Document) -> BTreeMap<String, String> {
    let words = spans(document)
        .into_iter()
        .flat_map(|span| document.text()[span.start + MARK.len()..span.end].split_whitespace());
    let pairs = words.filter_map(|word| word.split_once('='));
    pairs.map(|(name, value)| (name.replace('-', "_"), value.to_owned())).collect()
}
