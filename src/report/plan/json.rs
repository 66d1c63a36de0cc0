//! A plan for programs. Keys are only ever added.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::launch::{Launcher, Plan, Tee};

#[derive(Serialize)]
struct Page<'a> {
    launcher: &'static str,
    config: Option<Config<'a>>,
    processes: Vec<Process<'a>>,
    shared_env: &'a BTreeMap<String, String>,
    removed_env: &'a [String],
    cwd: Option<String>,
    reasons: Vec<Reason<'a>>,
    notes: &'a [String],
    max_restarts: u32,
    monitor_interval_seconds: f64,
    log_dir: Option<String>,
    tee: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    run: Option<serde_json::Value>,
}

/// The config that is used, and why it is this one.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Config<'a> {
    /// Its name.
    pub file: &'a str,
    /// `named`, `project` or `default`.
    pub kind: &'static str,
}

#[derive(Serialize)]
struct Process<'a> {
    rank: u32,
    local_rank: u32,
    argv: &'a [String],
    env: BTreeMap<String, String>,
}

#[derive(Serialize)]
struct Reason<'a> {
    variable: &'a str,
    value: &'a str,
    field: Option<&'a str>,
    origin: &'a str,
    sentence: &'a str,
}

/// One JSON object with a line end. `env` of a process is what is added or changed for it, with what
/// all share. `run` is what the bundled worker is told.
pub fn json(plan: &Plan, config: Option<Config>, notes: &[String], run: Option<serde_json::Value>) -> String {
    let processes = plan
        .processes
        .iter()
        .map(|process| Process {
            rank: process.rank,
            local_rank: process.local_rank,
            argv: &process.argv,
            env: plan.env_of(process),
        })
        .collect();
    let reasons = plan
        .reasons
        .iter()
        .map(|reason| Reason {
            variable: &reason.variable,
            value: &reason.value,
            field: reason.field.as_deref(),
            origin: &reason.origin,
            sentence: &reason.sentence,
        })
        .collect();
    let page = Page {
        launcher: word(plan.launcher),
        config,
        processes,
        shared_env: &plan.shared_env,
        removed_env: &plan.removed_env,
        cwd: plan.cwd.as_ref().map(|folder| folder.display().to_string()),
        reasons,
        notes,
        max_restarts: plan.max_restarts,
        monitor_interval_seconds: plan.monitor_interval.as_secs_f64(),
        log_dir: plan.log_dir.as_ref().map(|folder| folder.display().to_string()),
        tee: plan.tee != Tee::Unsaid,
        run,
    };
    let mut text = serde_json::to_string_pretty(&page).expect("plain structs always serialise");
    text.push('\n');
    text
}

/// The word for a launcher.
pub(super) fn word(launcher: Launcher) -> &'static str {
    match launcher {
        Launcher::Simple => "simple",
        Launcher::Mpi => "mpi",
        Launcher::MultiGpu => "multi-gpu",
        Launcher::DeepSpeed => "deepspeed",
        Launcher::DeepSpeedMachines => "deepspeed-machines",
        Launcher::Torchrun => "torchrun",
        Launcher::Tpu => "tpu",
        Launcher::TpuPod => "tpu-pod",
    }
}
