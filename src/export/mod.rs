//! A plan written for somebody else's engine: one line for torchrun, accelerate, DeepSpeed or srun, or
//! a whole file for a cluster.
//!
//! What an engine sets by itself is left out; what it cannot do is refused with a reason. The room
//! starts nothing and writes no file: the text of a file is what it makes.

mod dockerfile;
mod env;
mod job;
mod kubernetes;
mod line;
mod manifest;
mod mpi;
mod slurm;
mod torchrun;

use std::path::Path;

use crate::launch::{Launcher, Plan, Script};
use crate::layers::{Given, python};
pub use job::{Config, Job};
pub use kubernetes::Kind;
use line::Line;
pub use mpi::Flavour;

/// What stands for the main machine's address where nobody names one.
pub const NOWHERE: &str = "MAIN-MACHINE";

/// A file for other machines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Export {
    /// Its text.
    pub text: String,
    /// What is not carried over: sentences without full stop, which the text holds as well.
    pub losses: Vec<String>,
}

/// What kind of file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum File {
    /// A batch script.
    Slurm,
    /// A manifest, with the image of its containers.
    Kubernetes(Kind, Option<String>),
    /// A script with one command of an MPI.
    Mpi(Flavour),
    /// A script with one command per machine.
    Torchrun,
    /// Variables alone; true for a shell's `export` lines.
    Env(bool),
    /// What builds an image, from this one.
    Dockerfile(Option<String>),
}

/// The file that starts the same job elsewhere; why not, where it cannot.
pub fn file(job: &Job, file: &File) -> Result<Export, String> {
    if let Some(refusal) = job.refusal() {
        return Err(refusal);
    }
    match file {
        File::Slurm => Ok(slurm::export(job)),
        File::Kubernetes(kind, image) => kubernetes::export(job, *kind, image.as_deref()),
        File::Mpi(flavour) => Ok(mpi::export(job, *flavour)),
        File::Torchrun => torchrun::export(job),
        File::Env(is_shell) => Ok(env::export(job, *is_shell)),
        File::Dockerfile(image) => dockerfile::export(job, image.as_deref()),
    }
}

/// What all processes share, but for what whoever starts them sets by itself.
fn variables(plan: &Plan) -> impl Iterator<Item = (&str, &str)> {
    let pairs = plan.shared_env.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    pairs.filter(|(name, _)| !TORCHS.contains(name))
}

/// An engine that can start the same job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    /// torch.distributed's own launcher.
    Torchrun,
    /// Accelerate's launcher.
    Accelerate,
    /// DeepSpeed's own program.
    DeepSpeed,
    /// SLURM's, with one task per machine.
    Srun,
}

/// What was asked for, beside the plan.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    /// The config that is used.
    pub config: Option<&'a Path>,
    /// The options of `accelerate launch` that were given.
    pub given: &'a [Given],
    /// The script and its arguments.
    pub script: &'a Script,
}

/// Variables that torch's launcher sets for its processes by itself.
const TORCHS: [&str; 18] = [
    "RANK",
    "LOCAL_RANK",
    "ROLE_RANK",
    "GROUP_RANK",
    "GROUP_WORLD_SIZE",
    "LOCAL_WORLD_SIZE",
    "WORLD_SIZE",
    "ROLE_NAME",
    "ROLE_WORLD_SIZE",
    "MASTER_ADDR",
    "MASTER_PORT",
    "TORCHELASTIC_MAX_RESTARTS",
    "TORCHELASTIC_RESTART_COUNT",
    "TORCHELASTIC_RUN_ID",
    "TORCHELASTIC_SIGNALS_TO_HANDLE",
    "TORCHELASTIC_USE_AGENT_STORE",
    "TORCH_NCCL_ASYNC_ERROR_HANDLING",
    "TORCHELASTIC_ERROR_FILE",
];

/// The command line that starts the same job with this engine; why not, where it cannot.
pub fn command(plan: &Plan, asked: Asked, engine: Engine) -> Result<String, String> {
    match engine {
        Engine::Torchrun => by_torchrun(plan, asked.script),
        Engine::Accelerate => Ok(accelerate(asked, &[]).text()),
        Engine::DeepSpeed => deepspeed(plan, asked.script),
        Engine::Srun => Ok(srun(plan, asked)),
    }
}

/// True where the job is a group that torch's launcher starts.
fn is_group(launcher: Launcher) -> bool {
    matches!(launcher, Launcher::MultiGpu | Launcher::DeepSpeed | Launcher::Torchrun)
}

fn by_torchrun(plan: &Plan, script: &Script) -> Result<String, String> {
    if !is_group(plan.launcher) {
        return Err(format!(
            "torchrun starts groups of processes, and this job is {}; its own command is what `--format shell` shows",
            what(plan.launcher)
        ));
    }
    let mut line = Line::default();
    line.variables(plan, &TORCHS);
    line.word("torchrun");
    if plan.launcher == Launcher::Torchrun {
        // python -m torch.distributed.run, and then the options
        plan.processes
            .iter()
            .flat_map(|process| process.argv.iter().skip(3))
            .for_each(|word| line.word(word));
        return Ok(line.text());
    }
    line.option("nproc_per_node", &plan.processes.len().to_string());
    if let Some(port) = plan.shared_env.get("MASTER_PORT") {
        line.option("master_port", port);
    }
    group_options(&mut line, plan);
    let argv = plan.processes.first().map(|process| process.argv.as_slice()).unwrap_or_default();
    // interpreter, -u, and -m for a module
    let is_module = argv.get(2).is_some_and(|word| word == "-m");
    let has_python = argv.get(1).is_some_and(|word| word == "-u");
    line.switch("module", is_module);
    line.switch("no_python", !has_python);
    line.script(script);
    Ok(line.text())
}

fn group_options(line: &mut Line, plan: &Plan) {
    if plan.max_restarts > 0 {
        line.option("max_restarts", &plan.max_restarts.to_string());
    }
    if plan.monitor_interval.as_millis() != 100 {
        line.option("monitor_interval", &plan.monitor_interval.as_secs_f64().to_string());
    }
    if let Some(role) = plan.shared_env.get("ROLE_NAME").filter(|role| *role != "default") {
        line.option("role", role);
    }
    if let Some(folder) = &plan.log_dir {
        line.option("log_dir", &folder.display().to_string());
    }
}

/// The same command for Accelerate, with its config named and each given option.
fn accelerate(asked: Asked, more: &[(&str, &str)]) -> Line {
    let mut line = Line::default();
    ["accelerate", "launch"].iter().for_each(|word| line.word(word));
    if let Some(config) = asked.config {
        line.option("config_file", &config.display().to_string());
    }
    for given in asked.given.iter().filter(|given| given.row.flag != "--config_file") {
        if !given.row.takes_text() {
            line.word(given.row.flag);
        } else if !more.iter().any(|(name, _)| *name == given.row.argument()) {
            line.word(given.row.flag);
            line.word(&python::str(&given.value));
        }
    }
    for (name, text) in more {
        line.word(&format!("--{name}"));
        line.raw(text);
    }
    line.script(asked.script);
    line
}

fn deepspeed(plan: &Plan, script: &Script) -> Result<String, String> {
    let mut line = Line::default();
    line.variables(plan, &TORCHS);
    match plan.launcher {
        Launcher::DeepSpeedMachines => {
            plan.processes.iter().flat_map(|process| &process.argv).for_each(|word| line.word(word));
        }
        Launcher::DeepSpeed => {
            line.word("deepspeed");
            line.word("--no_local_rank");
            line.option("num_gpus", &plan.processes.len().to_string());
            if let Some(port) = plan.shared_env.get("MASTER_PORT") {
                line.option("master_port", port);
            }
            line.script(script);
        }
        other => {
            return Err(format!(
                "this job is {}, not one of DeepSpeed; set `distributed_type: DEEPSPEED`",
                what(other)
            ));
        }
    }
    Ok(line.text())
}

/// One task per machine starts Accelerate there; rank and address come from SLURM.
fn srun(plan: &Plan, asked: Asked) -> String {
    let machines = asked
        .given
        .iter()
        .rev()
        .find(|given| given.row.argument() == "num_machines")
        .and_then(|given| given.value.as_int())
        .or_else(|| told(plan, "--nnodes"))
        .unwrap_or(1);
    let mut line = Line::default();
    line.word("srun");
    line.option("nodes", &machines.to_string());
    line.option("ntasks-per-node", "1");
    if machines == 1 {
        return format!("{} {}", line.text(), accelerate(asked, &[]).text());
    }
    let own = [
        ("machine_rank", "$SLURM_NODEID"),
        ("main_process_ip", "$(scontrol show hostnames \"$SLURM_JOB_NODELIST\" | head -n 1)"),
    ];
    // The task's own shell fills the variables in, on each machine.
    let command = accelerate(asked, &own).text();
    format!("{} bash -c {}", line.text(), line::quoted(&command))
}

/// The number behind an option of a command that is handed over.
fn told(plan: &Plan, option: &str) -> Option<i64> {
    let argv = &plan.processes.first()?.argv;
    let at = argv.iter().position(|word| word == option)?;
    argv.get(at + 1)?.parse().ok()
}

fn what(launcher: Launcher) -> &'static str {
    match launcher {
        Launcher::Simple => "one process",
        Launcher::Mpi => "started by an MPI",
        Launcher::MultiGpu => "a group of processes",
        Launcher::DeepSpeed => "a group of DeepSpeed",
        Launcher::DeepSpeedMachines => "started by DeepSpeed's own program",
        Launcher::Torchrun => "a group over several machines",
        Launcher::Tpu | Launcher::TpuPod => "one for TPUs",
    }
}
