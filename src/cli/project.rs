//! Checking files as their project asks: which release, which rules, how bad.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use super::choice::Choice;
use super::machine;
use super::python::{self, Installed};
use super::source::Source;
use crate::document::{Document, Stored, exposure};
use crate::finding::{Finding, Severity};
use crate::hardware::Machine;
use crate::model::{self, ModelCard};
use crate::report::{Checked, Entry, Unread};
use crate::rules::{self, Companion, Exposed, Finders, Rule, Surroundings};
use crate::schema::Release;
use crate::settings::{self, RuleSettings, Settings};

/// The settings of every folder that a run touches.
#[derive(Default)]
pub struct Project {
    release: Option<Release>,
    choice: Choice,
    machine: machine::Named,
    /// The model that the flag names.
    model: Option<ModelCard>,
    /// What is installed; looked for only where nobody names a release.
    installed: OnceLock<Option<Installed>>,
    folders: HashMap<PathBuf, Settings>,
    /// The machines that the flag or a folder's settings name; no machine is probed unasked, so that a file is
    /// judged the same wherever it lies.
    machines: HashMap<PathBuf, Machine>,
    /// Settings that could not be read or name unknown rules, one sentence each.
    pub complaints: Vec<String>,
}

impl Project {
    /// Reads the settings for these sources. What is given on the command line beats theirs.
    pub fn of<'s>(
        sources: impl IntoIterator<Item = &'s Source>,
        release: Option<Release>,
        choice: &Choice,
        machine: &machine::Named,
    ) -> Project {
        let (choice, machine) = (choice.clone(), machine.clone());
        let mut project = Project { release, choice, machine, ..Project::default() };
        for source in sources {
            let folder = source.folder();
            if !project.folders.contains_key(&folder) {
                let settings = project.read(&folder);
                project.folders.insert(folder, settings);
            }
        }
        project.complaints.sort();
        project.complaints.dedup();
        project
    }

    fn read(&mut self, folder: &Path) -> Settings {
        let found = match settings::above(folder) {
            Ok(found) => found,
            Err(error) => {
                self.complaints.push(error.to_string());
                return Settings { rules: self.choice.over(RuleSettings::default()), ..Settings::default() };
            }
        };
        match self.machine.named_or_set(&found) {
            None => {}
            Some(Ok(machine)) => {
                self.machines.insert(folder.to_owned(), machine);
            }
            Some(Err(reason)) => self.complaints.push(reason),
        }
        let path = found.path.as_deref().unwrap_or(folder).display();
        let complaints = rules::complaints(&found.settings.rules);
        self.complaints.extend(complaints.map(|complaint| format!("{path}: {complaint}")));
        Settings { rules: self.choice.over(found.settings.rules), ..found.settings }
    }

    fn settings(&self, source: &Source) -> Settings {
        self.folders.get(&source.folder()).cloned().unwrap_or_default()
    }

    /// The same, for the training of a model that the command line names. One that cannot be found is a
    /// complaint: nobody can check what was asked.
    pub fn training(self, model: Option<String>) -> Project {
        let mut project = self;
        match model.map(|name| model::find(&name, &machine::environment())) {
            Some(Ok(card)) => project.model = Some(card),
            Some(Err(error)) => project.complaints.push(error.to_string()),
            None => {}
        }
        project
    }

    /// What is wrong with a document and the file that it names, as its project sees it.
    pub fn findings(&self, source: &Source, document: &Document) -> Vec<Finding> {
        self.findings_beside(source, document, &self.beside(source, document))
    }

    fn findings_beside(&self, source: &Source, document: &Document, around: &Surroundings) -> Vec<Finding> {
        let settings = self.settings(source);
        let release = self.release(source);
        let is_asked = |rule: &Rule| rules::is_asked(&settings.rules, rule);
        let found = rules::check_by(document, &source.name(), release, around, &is_asked);
        rules::choose(&settings.rules, found)
    }

    /// The release that a source is checked for: the one that was asked for, its project's, the installed one, or
    /// the newest.
    pub fn release(&self, source: &Source) -> Release {
        self.release.or(self.settings(source).accelerate).unwrap_or_else(|| self.installed())
    }

    /// The release that is installed, else the newest that is known.
    fn installed(&self) -> Release {
        let installed = self.installed.get_or_init(python::installed);
        installed.as_ref().map_or(Release::LATEST, |installed| installed.release)
    }

    /// A sentence about the release that was found by itself and is not the newest.
    pub fn assumption(&self) -> Option<String> {
        let Installed { release, environment } = self.installed.get()?.as_ref()?;
        let is_news = *release != Release::LATEST;
        is_news.then(|| format!("checked for accelerate {release}, found in {}", environment.display()))
    }

    /// Reads and checks a source.
    pub fn check(&self, source: &Source) -> Entry {
        let name = source.name();
        match source.read() {
            Ok(document) => {
                let around = self.beside(source, &document);
                let findings = self.findings_beside(source, &document, &around);
                Ok(Checked { name, document, companion: around.companion, findings })
            }
            Err(reason) => Err(Unread { name, reason }),
        }
    }

    /// What is known beside a document.
    fn beside(&self, source: &Source, document: &Document) -> Surroundings {
        let machine = self.machines.get(&source.folder()).cloned();
        let mut around = Surroundings { machine, ..beside(source, document) };
        let folder = source.folder();
        let settings = self.settings(source);
        let mut words = settings.workload;
        let named = self.model.as_ref().map(|card| card.name.clone());
        words.extend(named.or(settings.model).map(|model| ("model".to_owned(), model)));
        // What the command line names counts, whatever a comment says.
        let find_model = |name: &str| {
            let found = || model::find(name, &machine::environment()).map_err(|error| error.to_string());
            self.model.clone().map_or_else(found, Ok)
        };
        let find_machine = |name: &str| self.machine.named().unwrap_or_else(|| machine::named(name, &folder));
        around.follow(document, &words, &Finders { model: &find_model, machine: &find_machine });
        around
    }

    /// From which severity on a finding of this source makes the run fail, where the project says so.
    pub fn fail_on(&self, source: &Source) -> Option<Severity> {
        self.settings(source).fail_on
    }
}

/// What is known beside a document, the machine aside.
fn beside(source: &Source, document: &Document) -> Surroundings {
    let read = |path: &Path| Ok(Stored::read(path)?.document().clone());
    let companion = Companion::of(document, &source.folder(), read);
    Surroundings { exposed: Exposed::of(document, exposure), ..Surroundings::with(companion) }
}
