//! Whether it fits: the machine, the model and the training step that a person named, and what the
//! config needs with them.

use std::collections::BTreeMap;

use crate::config::Config;
use crate::document::Document;
use crate::hardware::Machine;
use crate::memory::{self, Estimate, Strategy, Verdict, WORKLOAD_FIELDS, Workload, WorkloadField};
use crate::model::ModelCard;
use crate::rules::Training;
use crate::settings::Settings;
use crate::value::Value;

/// What the memory pane shows.
#[derive(Clone, Debug, Default)]
pub(in crate::studio) struct Outlook {
    /// The model's name, as the settings have it, and what was found under it.
    pub model: Named<ModelCard>,
    /// The same of the machine; without a name it is this one.
    pub machine: Named<Machine>,
    /// What one step is, by name, as the settings have it.
    pub words: BTreeMap<String, String>,
    /// The same as a whole; the default where a word is wrong.
    pub workload: Workload,
    /// The selected row.
    pub row: usize,
    /// What the shown document needs; `None` without a model.
    pub answer: Option<Answer>,
    /// Bytes that a GPU needed before the last change.
    pub before: Option<u64>,
    /// True when the rules do not know yet what is trained and on what.
    pub has_news: bool,
    /// Bytes that a GPU needs without what is being tried.
    settled: Option<u64>,
    /// The same before the last change that was taken.
    unsettled: Option<u64>,
}

/// Something that a person named, and what was found under the name.
#[derive(Clone, Debug)]
pub(in crate::studio) struct Named<T> {
    /// The name; empty for none.
    pub name: String,
    /// What it stands for.
    pub found: Option<Box<T>>,
    /// Why nothing was found.
    pub trouble: Option<String>,
}

/// What the estimate says.
#[derive(Clone, Debug)]
pub(in crate::studio) struct Answer {
    /// The estimate; `Err` says in lower case why there is none.
    pub estimate: Result<Estimate, String>,
    /// Bytes of the smallest GPU that the job uses, where known.
    pub capacity: Option<u64>,
    /// Bytes of RAM of the machine, where known.
    pub ram: Option<u64>,
    /// Who holds what.
    pub strategy: Strategy,
}

/// A row of the pane.
#[derive(Clone, Copy)]
pub(in crate::studio) enum Row {
    /// The model's name.
    Model,
    /// The machine's name.
    Machine,
    /// A part of the training step.
    Step(&'static WorkloadField),
}

impl<T> Default for Named<T> {
    fn default() -> Named<T> {
        Named { name: String::new(), found: None, trouble: None }
    }
}

impl<T> Named<T> {
    /// Takes what was found under a name, unless another name was given meanwhile.
    pub fn take(&mut self, name: &str, result: Result<Box<T>, String>) {
        if self.name == name {
            (self.found, self.trouble) = match result {
                Ok(found) => (Some(found), None),
                Err(reason) => (None, Some(reason)),
            };
        }
    }
}

impl Row {
    /// All rows: what is trained on what, then how.
    pub fn all() -> impl Iterator<Item = Row> {
        [Row::Model, Row::Machine].into_iter().chain(WORKLOAD_FIELDS.iter().map(Row::Step))
    }

    /// What the pane calls it.
    pub fn label(self) -> &'static str {
        match self {
            Row::Model => "Model",
            Row::Machine => "Machine",
            Row::Step(field) => field.label,
        }
    }

    /// Its key in `accel-studio.yaml`.
    pub fn key(self) -> String {
        match self {
            Row::Model => "model".to_owned(),
            Row::Machine => "machine".to_owned(),
            Row::Step(field) => format!("workload.{}", field.name),
        }
    }

    /// A sentence.
    pub fn says(self) -> &'static str {
        match self {
            Row::Model => {
                "A preset such as llama-3.1-8b, an id of the hub whose config.json is in the cache, or a path."
            }
            Row::Machine => {
                "A name such as 8xh100-sxm, a file of `accel-studio probe --save`; empty for this machine."
            }
            Row::Step(field) => field.says,
        }
    }
}

impl Outlook {
    /// What the settings name; nothing is looked up yet.
    pub fn of(settings: &Settings, here: Machine) -> Outlook {
        let named = |name: &Option<String>| name.clone().unwrap_or_default();
        let mut outlook = Outlook {
            model: Named { name: named(&settings.model), ..Named::default() },
            machine: Named { name: named(&settings.machine), found: Some(Box::new(here)), trouble: None },
            words: settings.workload.clone(),
            has_news: true,
            ..Outlook::default()
        };
        outlook.read_words();
        outlook
    }

    /// The training step as a whole, from its words.
    pub fn read_words(&mut self) {
        self.workload = match self.model.found.as_deref() {
            Some(card) => Workload::for_model(card, &self.words),
            None => Workload::of_words(&self.words),
        }
        .unwrap_or_default();
    }

    /// The value of a row as a person writes it, and whether it is written.
    pub fn value(&self, row: Row) -> (String, bool) {
        match row {
            Row::Model => (self.model.name.clone(), !self.model.name.is_empty()),
            Row::Machine => (self.machine.name.clone(), !self.machine.name.is_empty()),
            Row::Step(field) => {
                let word = (field.read)(&self.workload).unwrap_or_else(|| "none".to_owned());
                (word, self.words.contains_key(field.name))
            }
        }
    }

    /// What is trained, for the rules; `None` without a model.
    pub fn training(&self) -> Option<Training> {
        let model = self.model.found.as_deref()?.clone();
        Some(Training { model, workload: self.workload.clone() })
    }

    /// The machine that a person named, for the rules: a laptop is no place to judge a cluster's config by.
    pub fn named_machine(&self) -> Option<Machine> {
        (!self.machine.name.is_empty()).then(|| self.machine.found.as_deref().cloned()).flatten()
    }

    /// Estimates a document anew. `is_draft`: it is only tried.
    pub fn weigh(&mut self, document: &Document, deepspeed: Option<&Value>, is_draft: bool) {
        self.answer = self.answer_for(document, deepspeed);
        let needed = self.needed();
        if is_draft {
            self.before = self.settled.filter(|settled| Some(*settled) != needed);
            return;
        }
        if self.settled != needed {
            self.unsettled = self.settled;
            self.settled = needed;
        }
        self.before = self.unsettled;
    }

    /// Bytes that a GPU needs.
    pub fn needed(&self) -> Option<u64> {
        Some(self.answer.as_ref()?.estimate.as_ref().ok()?.needed())
    }

    /// GPUs that the job sees; `None` where there are none.
    pub fn gpus(&self) -> Option<u64> {
        let machine = self.machine.found.as_deref()?;
        u64::try_from(machine.gpu_memory(None).len()).ok().filter(|gpus| *gpus > 0)
    }

    fn answer_for(&self, document: &Document, deepspeed: Option<&Value>) -> Option<Answer> {
        let model = self.model.found.as_deref()?;
        let machine = self.machine.found.as_deref();
        let config = Config::read(document);
        let ids = config.text("gpu_ids");
        let sizes: Vec<u64> = machine.map(|machine| machine.gpu_memory(ids.as_deref())).unwrap_or_default();
        let strategy = Strategy::read(&config, deepspeed, self.gpus());
        let estimate = memory::estimate(model, &self.workload, &strategy).map_err(|error| error.to_string());
        let used = usize::try_from(strategy.local).unwrap_or(usize::MAX);
        let capacity = sizes.into_iter().take(used).min();
        let ram = machine.and_then(|machine| machine.host.ram).map(|ram| ram.usable());
        Some(Answer { estimate, capacity, ram, strategy })
    }
}

impl Answer {
    /// Whether it fits; `None` without an estimate or a GPU.
    pub fn verdict(&self) -> Option<Verdict> {
        Some(self.estimate.as_ref().ok()?.verdict(self.capacity?))
    }
}
