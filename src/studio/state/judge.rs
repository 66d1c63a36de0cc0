//! What counts as a mistake here: the rules, as the project's settings want them.

use crate::document::Document;
use crate::finding::Finding;
use crate::hardware::Machine;
use crate::rules::{self, Rule, Surroundings, Training};
use crate::schema::Release;
use crate::settings::Settings;
use crate::value::Value;

/// The rules, the settings of the file's project, and what is known beside the config.
#[derive(Clone, Debug, Default)]
pub(in crate::studio) struct Judge {
    settings: Settings,
    around: Surroundings,
}

impl Judge {
    /// Judges as a project asks for.
    pub fn new(settings: Settings, around: Surroundings) -> Judge {
        Judge { settings, around }
    }

    /// What DeepSpeed's own file says, where the config names one.
    pub fn deepspeed(&self) -> Option<Value> {
        self.around.companion.document().map(Document::value)
    }

    /// Takes in what is trained, and on which machine.
    pub fn learn(&mut self, training: Option<Training>, machine: Option<Machine>) {
        (self.around.training, self.around.machine) = (training, machine);
    }

    /// The Accelerate release that the config is for.
    pub fn release(&self) -> Release {
        self.settings.accelerate.unwrap_or(Release::LATEST)
    }

    /// What is wrong with a document of a file of this name.
    pub fn findings(&self, document: &Document, file_name: &str) -> Vec<Finding> {
        let wishes = &self.settings.rules;
        let is_asked = |rule: &Rule| rules::is_asked(wishes, rule);
        let found = rules::check_by(document, file_name, self.release(), &self.around, &is_asked);
        rules::choose(wishes, found)
    }
}
