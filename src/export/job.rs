//! A job on its way to other machines: what a file for them needs to know, and how it begins.
//!
//! Nothing here knows a format; each format has its own file.

use sha2::{Digest as _, Sha256};

use super::Asked;
use crate::launch::{Launcher, Plan};
use crate::layers::{Settings, python};
use crate::schema::Release;
use crate::value::Value;

/// The config of a job, by name and content.
#[derive(Clone, Copy, Debug)]
pub struct Config<'a> {
    /// As a person wrote its path.
    pub name: &'a str,
    /// Its whole text.
    pub text: &'a str,
}

impl Config<'_> {
    /// The SHA-256 of its text in hexadecimal digits, as `sha256sum` prints it.
    pub fn sha256(&self) -> String {
        Sha256::digest(self.text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

/// All that an exporter reads.
#[derive(Clone, Copy, Debug)]
pub struct Job<'a> {
    /// Config, options and script as they were given; options that other machines need are added.
    pub asked: Asked<'a>,
    /// The config's content.
    pub config: Option<Config<'a>>,
    /// What counts.
    pub settings: &'a Settings,
    /// One plan per machine, the first machine first; never empty.
    pub plans: &'a [Plan],
    /// What a person should know that no exporter can see: sentences without full stop.
    pub notes: &'a [String],
    /// The release of Accelerate that the project is for.
    pub release: Release,
}

impl<'a> Job<'a> {
    /// The plan of the first machine.
    pub fn plan(&self) -> &'a Plan {
        self.plans.first().expect("there is a plan for each machine")
    }

    /// Machines, at least 1.
    pub fn machines(&self) -> i64 {
        self.count("num_machines")
    }

    /// Processes in all, at least 1.
    pub fn processes(&self) -> i64 {
        self.count("num_processes")
    }

    /// Processes of each machine; Accelerate loses the rest of the division as well.
    pub fn share(&self) -> i64 {
        (self.processes() / self.machines()).max(1)
    }

    fn count(&self, name: &str) -> i64 {
        python::integer(self.settings.get(name)).unwrap_or(1).max(1)
    }

    /// True where the job trains on the CPU alone.
    pub fn is_cpu(&self) -> bool {
        let word = self.plan().shared_env.get("ACCELERATE_USE_CPU");
        self.settings.is_on("cpu")
            || self.settings.is_on("use_cpu")
            || word.is_some_and(|word| python::truth(word) == Some(true))
    }

    /// True where Accelerate starts one process only, and the ranks are for the cluster to start.
    pub fn is_ranked_by_cluster(&self) -> bool {
        let starts_one = matches!(self.plan().launcher, Launcher::Simple | Launcher::Mpi);
        starts_one && self.is_cpu() && self.processes() > 1
    }

    /// True for one process and no group.
    pub fn is_alone(&self) -> bool {
        matches!(self.plan().launcher, Launcher::Simple | Launcher::Mpi) && !self.is_ranked_by_cluster()
    }

    /// Interpreter, script and arguments, without any launcher.
    pub fn command(&self) -> Vec<String> {
        let mut words = Vec::new();
        if !self.settings.is_on("no_python") {
            words.push("python".to_owned());
            words.extend(self.settings.is_on("module").then(|| "-m".to_owned()));
        }
        words.push(self.asked.script.name.clone());
        words.extend(self.asked.script.arguments.iter().cloned());
        words
    }

    /// A name for clusters: small letters, digits and hyphens, from the script's name; at most 40 of them.
    pub fn name(&self) -> String {
        let file = self.asked.script.name.rsplit(['/', '\\']).next().unwrap_or_default();
        let stem = file.strip_suffix(".py").unwrap_or(file).to_lowercase();
        let name: String =
            stem.chars().map(|char| if char.is_ascii_alphanumeric() { char } else { '-' }).take(40).collect();
        let name = name.trim_matches('-');
        if name.starts_with(|char: char| char.is_ascii_alphabetic()) {
            name.to_owned()
        } else {
            format!("job-{name}").trim_end_matches('-').to_owned()
        }
    }

    /// Why no cluster of machines can start this job, where none can.
    pub fn refusal(&self) -> Option<String> {
        matches!(self.plan().launcher, Launcher::Tpu | Launcher::TpuPod).then(|| {
            "jobs for TPUs are started by torch_xla on the machines of the pod; nothing can be exported"
                .to_owned()
        })
    }

    /// Files that the config or an option names and that must lie where the job runs.
    pub fn named_files(&self) -> Vec<String> {
        ["deepspeed_config_file", "deepspeed_hostfile"]
            .iter()
            .filter_map(|name| match self.settings.get(name) {
                Value::Text(path) if path != "none" && !path.is_empty() => {
                    Some(format!("`{name}` names {path}, which must be there where the job runs"))
                }
                _ => None,
            })
            .collect()
    }

    /// What is not carried over, for every format.
    pub fn losses(&self) -> Vec<String> {
        let lonely = (self.is_ranked_by_cluster() && self.plan().launcher == Launcher::Simple).then(|| {
            let wanted = self.processes();
            format!(
                "the one process that `accelerate launch` itself would start here: {wanted} ranks are meant"
            )
        });
        self.notes.iter().cloned().chain(self.named_files()).chain(lonely).collect()
    }
}

/// How a file begins: what it is, where it comes from, what to edit, what is not carried over.
pub fn head(job: &Job, what: &str, edit: &[&str], losses: &[String]) -> String {
    let mut lines = vec![what.to_owned()];
    lines.push(match &job.config {
        Some(config) => format!("From {} (sha256 {})", plain(config.name), config.sha256()),
        None => "From no config: only options and Accelerate's defaults".to_owned(),
    });
    lines.push(format!("Written by accel-studio {}", env!("CARGO_PKG_VERSION")));
    if !edit.is_empty() {
        lines.push(format!("Edit before use: {}", edit.join(", ")));
    }
    lines.extend(losses.iter().map(|loss| format!("Not carried over: {}", plain(loss))));
    lines.iter().map(|line| format!("# {line}\n")).collect()
}

/// Text of a person within a comment: it must not end the line.
fn plain(text: &str) -> String {
    text.chars().map(|char| if char.is_control() { ' ' } else { char }).collect()
}
