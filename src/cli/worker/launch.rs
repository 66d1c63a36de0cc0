//! `launch --worker`: the bundled worker under the same supervisor as any script.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use tempfile::TempPath;

use super::options::RunFlags;
use super::run::{self, Made};
use crate::cli::prepare::Prepared;
use crate::hardware::Machine;
use crate::launch::{Kept, Plan, Ranks, Reason, Script};
use crate::presets;
use crate::worker::Run;
use crate::worker::locate::{self, Kit};

/// The name of the run's description in the run's folder.
const FILE: &str = "run.json";

/// A run that is planned.
#[derive(Debug)]
pub struct Planned {
    /// What the worker is told.
    pub run: Run,
    /// What starts it.
    pub plan: Plan,
}

/// Plans a run; nothing is written yet but the text to learn from, where none is named.
///
/// # Errors
/// Everything that keeps it from starting, one sentence each.
pub fn plan(prepared: &Prepared, flags: &RunFlags) -> Result<Planned, Vec<String>> {
    let Made { mut run, ranks, mut notes, .. } = run::make(prepared, flags)?;
    notes.extend(left_out(&run));
    let text = if run.data.files.is_empty() { Some(text().map_err(|reason| vec![reason])?) } else { None };
    run.data.files.extend(text.iter().map(|text| text.path().to_owned()));
    let mut plan = ranks_of(prepared, ranks, &["train", &place(&run)])?;
    plan.notes.splice(0..0, notes);
    plan.kept.extend(text);
    Ok(Planned { run, plan })
}

/// What a person may not expect of a run.
fn left_out(run: &Run) -> impl Iterator<Item = String> {
    let text = "no `--data`: it learns from the small text that comes with accel-studio";
    let folder = "no `--save-to`: nothing is kept of this run";
    let notes = [(run.data.files.is_empty(), text), (run.checkpoints.folder.is_none(), folder)];
    notes.into_iter().filter(|(is_told, _)| *is_told).map(|(_, note)| note.to_owned())
}

/// Ranks of the worker with these words.
///
/// # Errors
/// What is missing, or what is wrong with ports and addresses.
pub fn ranks_of(prepared: &Prepared, ranks: Ranks, words: &[&str]) -> Result<Plan, Vec<String>> {
    let machine = &prepared.computer.machine;
    let kit = super::around(machine, locate::kit)?;
    let arguments = words.iter().map(|word| (*word).to_owned()).collect();
    let script = Script { name: kit.worker.display().to_string(), arguments };
    let mut plan = prepared.plan_ranks(&script, ranks).map_err(|refusal| vec![refusal.to_string()])?;
    lend(&mut plan, &kit, machine);
    Ok(plan)
}

/// Lets the processes of a plan find libtorch.
fn lend(plan: &mut Plan, kit: &Kit, machine: &Machine) {
    let (variable, value) = locate::search_path(&kit.libraries, |name| machine.env.get(name).cloned());
    plan.shared_env.insert(variable.to_owned(), value.clone());
    plan.reasons.push(Reason {
        variable: variable.to_owned(),
        value,
        field: None,
        origin: "launcher".to_owned(),
        sentence: "Lets the worker find libtorch.".to_owned(),
    });
}

/// Where the run will be described, as the command line of a plan names it.
fn place(run: &Run) -> String {
    match &run.checkpoints.folder {
        Some(folder) => folder.join(FILE).display().to_string(),
        None => "RUN.json".to_owned(),
    }
}

/// Writes the run where the plan's processes read it: into the run's folder, else into a file that goes with the
/// plan.
///
/// # Errors
/// The folder that cannot be written to, and why.
pub fn write(mut planned: Planned) -> Result<Plan, String> {
    let text = serde_json::to_string_pretty(&planned.run)
        .map_err(|error| format!("the run has no JSON: {error}"))?;
    let folder = planned.run.checkpoints.folder.clone();
    let failed = |folder: &Path, error: std::io::Error| {
        format!("the run cannot be described in {}: {error}", folder.display())
    };
    let path = match folder {
        Some(folder) => into(&folder, &text).map_err(|error| failed(&folder, error))?,
        None => {
            let kept = keep("run", ".json", &text).map_err(|error| failed(&std::env::temp_dir(), error))?;
            let path = kept.path().to_owned();
            planned.plan.kept.push(kept);
            path
        }
    };
    for process in &mut planned.plan.processes {
        if let Some(last) = process.argv.last_mut() {
            *last = path.display().to_string();
        }
    }
    Ok(planned.plan)
}

fn into(folder: &Path, text: &str) -> std::io::Result<PathBuf> {
    fs::create_dir_all(folder)?;
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(text.as_bytes())?;
    let path = folder.join(FILE);
    file.persist(&path).map_err(|error| error.error)?;
    Ok(path)
}

/// The text that comes with this program, as a file.
fn text() -> Result<Kept, String> {
    let failed = |error| format!("the text to learn from cannot be written: {error}; name one with `--data`");
    keep("text", ".txt", &presets::garden()).map_err(failed)
}

/// A file with this text that goes with the plan that holds it.
///
/// # Errors
/// The system's words.
pub fn keep(what: &str, ending: &str, text: &str) -> std::io::Result<Kept> {
    let prefix = format!("accel-studio-{what}-");
    let mut file = tempfile::Builder::new().prefix(&prefix).suffix(ending).tempfile()?;
    file.write_all(text.as_bytes())?;
    let path: TempPath = file.into_temp_path();
    Ok(Kept::new(path))
}
