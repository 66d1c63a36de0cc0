//! What an estimate is about: config, model, workload and machine, put together from flags, the project's
//! settings and what is there.

use std::path::Path;

use super::super::machine;
use super::super::source::Source;
use super::Arguments;
use crate::config::Config;
use crate::document::{Document, Format, Stored};
use crate::finding::Severity;
use crate::hardware::Machine;
use crate::memory::solve::Situation;
use crate::memory::{Strategy, Workload};
use crate::model::ModelCard;
use crate::report::estimate::Room;
use crate::rules::{self, Companion, Surroundings};
use crate::schema::Release;
use crate::settings::{self, Found};
use crate::text::count;
use crate::value::Value;

/// All of it.
pub struct Subject {
    /// The config's name.
    pub name: String,
    /// The config, as written or as assumed.
    pub document: Document,
    /// The model.
    pub card: ModelCard,
    /// One training step.
    pub work: Workload,
    /// What the config makes of it.
    pub strategy: Strategy,
    /// What the machine offers.
    pub room: Room,
    /// What nobody said.
    pub assumed: Vec<String>,
    /// Why the config may not run as it is, on this machine.
    pub warnings: Vec<String>,
    deepspeed: Option<Value>,
    gpus: Option<u64>,
    accumulation: Option<u64>,
}

impl Subject {
    /// Puts it together; the reason, as a sentence, where a part is missing or wrong.
    pub fn of(arguments: &Arguments) -> Result<Subject, String> {
        let source = arguments.file.clone().map(Source::of);
        let folder = source.as_ref().map_or_else(|| ".".into(), Source::folder);
        let settings = settings::above(&folder).map_err(|error| error.to_string())?;
        let mut assumed = Vec::new();
        let machine = machine_of(arguments, &settings)?;
        let card = card(arguments, &settings, &machine)?;
        let work = work(arguments, &settings, &card, &mut assumed)?;
        let gpus = arguments.gpus.or_else(|| visible(&machine));
        let (name, document) = match &source {
            Some(source) => (source.name(), read(source)?),
            None => plain(gpus, &mut assumed),
        };
        let deepspeed = beside(&document, &folder)?;
        let mut subject = Subject {
            name,
            document,
            card,
            work,
            strategy: Strategy::default(),
            room: Room::default(),
            assumed,
            warnings: Vec::new(),
            deepspeed,
            gpus,
            accumulation: arguments.accumulation,
        };
        subject.strategy = subject.situation().strategy();
        subject.room = room(arguments, &machine, &subject);
        subject.warnings.extend(faults(&subject.document, &subject.name, &folder));
        subject.warnings.extend(shortage(&subject.strategy, &machine, arguments));
        Ok(subject)
    }

    /// The same for the solvers.
    pub fn situation(&self) -> Situation<'_> {
        Situation {
            card: &self.card,
            work: self.work.clone(),
            config: self.document.value(),
            deepspeed: self.deepspeed.clone(),
            gpus: self.gpus,
            accumulation: self.accumulation,
        }
    }
}

fn read(source: &Source) -> Result<Document, String> {
    let document = source.read()?;
    match document.fault() {
        Some(_) => {
            Err(format!("{}: the text has a fault; `accel-studio validate` shows where", source.name()))
        }
        None if document.value().as_map().is_none() => {
            Err(format!("{}: this is no config of Accelerate", source.name()))
        }
        None => Ok(document),
    }
}

/// The config of somebody who has none: copies on all GPUs, in bf16.
fn plain(gpus: Option<u64>, assumed: &mut Vec<String>) -> (String, Document) {
    let gpus = gpus.unwrap_or_else(|| {
        assumed.push("one GPU; say `--gpus N` or `--machine`".to_owned());
        1
    });
    let kind = if gpus == 1 { "'NO'" } else { "MULTI_GPU" };
    let text = format!(
        "compute_environment: LOCAL_MACHINE\ndistributed_type: {kind}\nmixed_precision: bf16\n\
         num_machines: 1\nnum_processes: {gpus}\n"
    );
    ("without a config".to_owned(), Document::parse(text, Format::Yaml))
}

/// What Accelerate refuses: the estimate is then of what was meant.
fn faults(document: &Document, name: &str, folder: &Path) -> Option<String> {
    let around = Surroundings::with(companion(document, folder));
    let found = rules::check_beside(document, name, Release::LATEST, &around);
    let mut errors = found.iter().filter(|finding| finding.severity == Severity::Error);
    let first = errors.next()?;
    let more = match errors.count() {
        0 => String::new(),
        others => format!(" (and {})", count(others, "more error")),
    };
    Some(format!("it will not run as it is: {}{more}; `accel-studio validate` shows where", first.message))
}

/// Fewer GPUs than processes, or none that can be seen.
fn shortage(strategy: &Strategy, machine: &Machine, arguments: &Arguments) -> Option<String> {
    if arguments.gpu_memory.is_some() {
        return None;
    }
    match visible(machine) {
        None => Some(
            "no GPU can be seen here, so nobody can tell whether it fits; add `--machine` or `--gpu-memory`"
                .to_owned(),
        ),
        Some(gpus) if gpus < strategy.local => Some(format!(
            "{} for each machine, which has {}",
            count(strategy.local as usize, "process"),
            count(gpus as usize, "GPU")
        )),
        Some(_) => None,
    }
}

fn companion(document: &Document, folder: &Path) -> Companion {
    Companion::of(document, folder, |path: &Path| Ok(Stored::read(path)?.document().clone()))
}

/// DeepSpeed's own file, where the config names one.
pub fn beside(document: &Document, folder: &Path) -> Result<Option<Value>, String> {
    match companion(document, folder) {
        Companion::Unseen => Ok(None),
        Companion::Read { document, .. } if document.fault().is_none() => Ok(Some(document.value())),
        Companion::Read { name, .. } => {
            Err(format!("{name}: this is no strict JSON; `accel-studio validate` shows where"))
        }
        Companion::Missing { name, beside: Some(path) } => Err(format!(
            "{name}: Accelerate looks for this DeepSpeed file from the folder that you are in, and it is at {path}; \
             go there, or write that path in the config"
        )),
        Companion::Missing { name, beside: None } => Err(format!(
            "{name}: the config names this DeepSpeed file, and it is not there as seen from this folder"
        )),
    }
}

fn machine_of(arguments: &Arguments, settings: &Found) -> Result<Machine, String> {
    match arguments.machine.named_or_set(settings) {
        Some(machine) => machine,
        // What this machine has says nothing about one whose GPUs are told in numbers.
        None if arguments.gpu_memory.is_some() => Ok(Machine { gpus: Default::default(), ..machine::this() }),
        None => Ok(machine::this()),
    }
}

fn visible(machine: &Machine) -> Option<u64> {
    u64::try_from(machine.visible_gpus().len()).ok().filter(|count| *count > 0)
}

fn room(arguments: &Arguments, machine: &Machine, subject: &Subject) -> Room {
    let devices = machine.visible_gpus();
    let ids = Config::read(&subject.document).text("gpu_ids");
    let used = usize::try_from(subject.strategy.local).unwrap_or(usize::MAX);
    // The smallest of those that are used decides: each process needs the same.
    let memory = machine.gpu_memory(ids.as_deref()).into_iter().take(used).min();
    let told = arguments.gpu_memory.map(|size| size.0);
    let is_other = machine.name.is_some() || arguments.gpu_memory.is_none();
    Room {
        gpu: devices.first().and_then(|device| device.name.clone()).filter(|_| told.is_none()),
        memory: told.or(memory),
        ram: machine.host.ram.as_ref().map(|ram| ram.total).filter(|_| is_other),
    }
}

fn card(arguments: &Arguments, settings: &Found, machine: &Machine) -> Result<ModelCard, String> {
    let set = settings.settings.model.as_deref();
    let name = arguments
        .model
        .as_deref()
        .or(set)
        .ok_or("which model is trained? Add `--model llama-3.1-8b`, or a folder with its config.json")?;
    crate::model::find(name, &machine.env).map_err(|error| error.to_string())
}

/// Flags beat settings; weights are loaded in the type in which they are stored unless somebody says.
fn work(
    arguments: &Arguments,
    settings: &Found,
    card: &ModelCard,
    assumed: &mut Vec<String>,
) -> Result<Workload, String> {
    let mut words = settings.settings.workload.clone();
    words.extend(arguments.workload.0.clone());
    let work = Workload::for_model(card, &words)?;
    if !words.contains_key("weights") {
        let kind = work.weights.word();
        let is_stored = card.stored == Some(work.weights);
        assumed.push(format!(
            "weights are loaded in {kind}{}; `--weights` says otherwise",
            if is_stored { ", as stored, which is transformers' default since release 5" } else { "" }
        ));
    }
    if !words.contains_key("sequence") {
        assumed.push(format!("sequences of {} tokens; say `--seq-len N`", Workload::default().sequence));
    }
    Ok(work)
}
