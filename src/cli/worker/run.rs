//! From a launch to the run that the worker is told: model, data, layout, and what a person should know of them.

use std::path::{Path, PathBuf};

use super::options::RunFlags;
use crate::cli::estimate;
use crate::cli::prepare::Prepared;
use crate::document::Document;
use crate::hardware::Machine;
use crate::launch::Ranks;
use crate::layers::python;
use crate::memory::solve::Situation;
use crate::memory::{Estimate, Strategy, Workload};
use crate::model::{self, Dtype};
use crate::settings;
use crate::text::count;
use crate::value::Value;
use crate::worker::{Layout, Model, Run, heard};

/// What trains where nobody names a model.
const MODEL: &str = "tiny-llama";

/// A run, and what it was made from.
#[derive(Debug)]
pub struct Made {
    /// What the worker is told.
    pub run: Run,
    /// Where its ranks are.
    pub ranks: Ranks,
    /// What it is expected to need, where that can be said.
    pub estimate: Option<Estimate>,
    /// What a person should know: sentences in lower case.
    pub notes: Vec<String>,
}

/// Makes the run.
///
/// # Errors
/// Everything that would keep it from starting, one sentence each.
pub fn make(prepared: &Prepared, flags: &RunFlags) -> Result<Made, Vec<String>> {
    let one = |reason: String| vec![reason];
    let machine = &prepared.computer.machine;
    let folder = machine.cwd.clone().unwrap_or_default();
    let project = settings::above(&folder).map_err(|error| vec![error.to_string()])?.settings;
    let name = flags.model.clone().or(project.model).unwrap_or_else(|| MODEL.to_owned());
    let card = model::find(&name, &machine.env).map_err(|error| vec![error.to_string()])?;
    let config = model::config(&name, &machine.env).map_err(|error| vec![error.to_string()])?;
    let (root, deepspeed) = config_of(prepared, &folder).map_err(one)?;
    let mut situation = Situation {
        card: &card,
        work: Workload { weights: Dtype::F32, ..Workload::default() },
        config: root.clone(),
        deepspeed,
        gpus: u64::try_from(machine.visible_gpus().len()).ok().filter(|gpus| *gpus > 0),
        accumulation: accumulation(prepared),
    };
    let strategy = situation.strategy();
    let mut layout = heard::layout(&root, situation.deepspeed.as_ref(), &strategy)?;
    layout.is_on_cpu = is_on_cpu(prepared, &strategy);
    let mut run = Run::new(Model { name, config, weights: None }, layout);
    let mut flags = flags.clone();
    for (row, word) in [("seq-len", "sequence"), ("micro-batch", "micro_batch")] {
        if let Some(word) = project.workload.get(word) {
            flags.propose(row, word);
        }
    }
    flags.write(&mut run).map_err(one)?;
    situation.work.micro_batch = run.batch.micro.into();
    situation.work.sequence = run.batch.sequence.into();
    situation.work.has_checkpointing = run.layout.has_checkpointing;
    let estimate = situation.estimate().ok();
    // Nothing of CUDA lies in the memory of a CPU.
    let needed = if run.layout.is_on_cpu { Estimate::allocated } else { Estimate::needed };
    run.estimated_bytes = estimate.as_ref().map(needed);
    let missing = missing(&run);
    if !missing.is_empty() {
        return Err(missing);
    }
    let ranks = ranks(&run.layout, &strategy);
    let notes = notes(ranks, machine);
    Ok(Made { run, ranks, estimate, notes })
}

/// The config as the worker hears it, and DeepSpeed's own file.
fn config_of(prepared: &Prepared, folder: &Path) -> Result<(Value, Option<Value>), String> {
    let document: Option<&Document> = prepared.choice.used.as_ref().map(|used| &used.source.document);
    let deepspeed = match document {
        Some(document) => estimate::beside(document, folder)?,
        None => None,
    };
    let file = document.map(Document::value);
    Ok((heard::config(&prepared.resolved, file.as_ref()), deepspeed))
}

/// `--gradient_accumulation_steps`, where it was given.
fn accumulation(prepared: &Prepared) -> Option<u64> {
    let settings = &prepared.resolved.settings;
    let name = "gradient_accumulation_steps";
    let steps = python::integer(settings.get(name)).filter(|_| settings.is_given(name))?;
    u64::try_from(steps).ok().filter(|steps| *steps > 0)
}

fn is_on_cpu(prepared: &Prepared, strategy: &Strategy) -> bool {
    let settings = &prepared.resolved.settings;
    let is_wished = strategy.is_on_cpu || settings.is_on("cpu") || settings.is_on("use_cpu");
    is_wished || prepared.computer.machine.visible_gpus().is_empty()
}

fn ranks(layout: &Layout, strategy: &Strategy) -> Ranks {
    let local = u32::try_from(strategy.local).unwrap_or(u32::MAX).clamp(1, layout.world.max(1));
    Ranks { world: layout.world, local, is_on_cpu: layout.is_on_cpu }
}

/// Files that are named and are not there.
fn missing(run: &Run) -> Vec<String> {
    let data = run.data.files.iter().map(|path| ("data", path));
    let tokenizer = run.data.tokenizer.iter().map(|path| ("tokenizer", path));
    let weights = run.model.weights.iter().map(|path| ("weights", path));
    let named = data.chain(tokenizer).chain(weights).filter(|(_, path): &(_, &PathBuf)| !path.exists());
    named.map(|(option, path)| format!("`--{option}`: there is no {}", path.display())).collect()
}

fn notes(ranks: Ranks, machine: &Machine) -> Vec<String> {
    let mut notes = Vec::new();
    if ranks.is_on_cpu {
        let why = if machine.visible_gpus().is_empty() { "no GPU: " } else { "" };
        let verb = if ranks.local == 1 { "runs" } else { "run" };
        notes.push(format!("{why}{} {verb} on this machine's CPUs", count(ranks.local as usize, "rank")));
    }
    notes
}
