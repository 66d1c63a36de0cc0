//! From a resolved config to a running job: the plan is data, and only [`supervise`] acts on it.
//!
//! This room knows nothing of rules, terminals or the command line: what is printed and what is
//! refused is decided above.

pub mod contract;
pub mod host;
pub mod interpreter;
mod kept;
mod plan;
pub mod progress;
pub mod secret;
mod shell;
mod site;
pub mod supervise;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

pub use kept::Kept;
pub use plan::{Ranks, Script, plan, plan_ranks};
pub use shell::{Fate, Variable, variables};
pub use site::{Mpi, Packages, Site};

/// All that starting a job takes, decided before the first process starts.
///
/// Environments hold only what is *added or changed* against the environment of the launching
/// process, which every process inherits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// Which of Accelerate's ways to start the script this is.
    pub launcher: Launcher,
    /// What is started on this machine, by rank.
    pub processes: Vec<Process>,
    /// Variables that every process gets; a process's own [`Process::env`] beats them.
    pub shared_env: BTreeMap<String, String>,
    /// Inherited variables that no process may see.
    pub removed_env: Vec<String>,
    /// Where the processes start; the launching process's own folder where nothing is named.
    pub cwd: Option<PathBuf>,
    /// Why each variable and argument is there.
    pub reasons: Vec<Reason>,
    /// What a person should know before the job starts: sentences in lower case without full stop.
    pub notes: Vec<String>,
    /// How often the whole group is started again after a failure (`--max_restarts`).
    pub max_restarts: u32,
    /// How often the processes are looked at (`--monitor_interval`, 0.1 s where nothing is named).
    pub monitor_interval: Duration,
    /// Where a file per rank and stream is written (`--log_dir`).
    pub log_dir: Option<PathBuf>,
    /// Which streams go to files as well as to the screen (`--tee`).
    pub tee: Tee,
    /// Files that the processes read and that are there as long as the plan.
    pub kept: Vec<Kept>,
}

/// The ways in which `accelerate launch` 1.15 starts a script (`commands/launch.py`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Launcher {
    /// One process and no group.
    Simple,
    /// One command of an MPI, which starts the ranks itself.
    Mpi,
    /// One process per device with the semantics of torch.distributed's own launcher; also FSDP,
    /// Megatron-LM and other accelerators than GPUs.
    MultiGpu,
    /// Ranks for DeepSpeed on one machine, started as for [`Launcher::MultiGpu`].
    DeepSpeed,
    /// DeepSpeed's own program, which starts ranks on several machines.
    DeepSpeedMachines,
    /// torch.distributed's own launcher, to which a group over several machines is handed.
    Torchrun,
    /// A function of the script, spawned by torch_xla.
    Tpu,
    /// torch_xla's own program, which reaches the machines of a pod.
    TpuPod,
}

/// One process that is started on this machine.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Process {
    /// Its rank in the whole group; 0 for a command that starts ranks itself.
    pub rank: u32,
    /// Its rank on this machine.
    pub local_rank: u32,
    /// The program and its arguments.
    pub argv: Vec<String>,
    /// What only this process gets, on top of [`Plan::shared_env`].
    pub env: BTreeMap<String, String>,
}

/// Why a variable (or an argument of a command) has its value.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reason {
    /// The variable, or the argument as it is written (`--hostfile`).
    pub variable: String,
    /// The value; where it differs by rank, that of the first process.
    pub value: String,
    /// The field that decides it, as a config spells it; none where the launcher decides alone.
    pub field: Option<String>,
    /// Where that field's value was found: `cfg.yaml, line 12`, `--gpu_ids`, `default`.
    pub origin: String,
    /// What it does, one sentence.
    pub sentence: String,
}

/// Streams that are written to files as well, as `--tee` of torch.distributed's launcher names them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Tee {
    /// None; or, with [`Plan::log_dir`], both of every rank.
    #[default]
    Unsaid,
    /// The same for every local rank.
    All(Streams),
    /// By local rank; those that are not named have none.
    Ranks(BTreeMap<u32, Streams>),
}

/// A choice among the two streams of a process.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Streams {
    /// Standard output.
    pub is_out: bool,
    /// Standard error.
    pub is_err: bool,
}

impl Plan {
    /// A plan for these processes, with the defaults of torch.distributed's launcher.
    pub fn new(launcher: Launcher, processes: Vec<Process>) -> Plan {
        Plan {
            launcher,
            processes,
            shared_env: BTreeMap::new(),
            removed_env: Vec::new(),
            cwd: None,
            reasons: Vec::new(),
            notes: Vec::new(),
            max_restarts: 0,
            monitor_interval: Duration::from_millis(100),
            log_dir: None,
            tee: Tee::Unsaid,
            kept: Vec::new(),
        }
    }

    /// What a process gets on top of the inherited environment.
    pub fn env_of(&self, process: &Process) -> BTreeMap<String, String> {
        let own = process.env.iter();
        self.shared_env.iter().chain(own).map(|(name, value)| (name.clone(), value.clone())).collect()
    }
}

impl Tee {
    /// Reads `3`, or `0:3,1:1` by local rank: 0 none, 1 output, 2 errors, 3 both
    /// (torch 2.11, `elastic/multiprocessing/api.py`). None for anything else.
    pub fn parse(text: &str) -> Option<Tee> {
        if let Some(streams) = Streams::parse(text) {
            return Some(if streams == Streams::default() { Tee::Unsaid } else { Tee::All(streams) });
        }
        let pair = |pair: &str| -> Option<(u32, Streams)> {
            let (rank, streams) = pair.split_once(':')?;
            Some((rank.parse().ok()?, Streams::parse(streams)?))
        };
        text.split(',').map(pair).collect::<Option<BTreeMap<_, _>>>().map(Tee::Ranks)
    }
}

impl Streams {
    fn parse(text: &str) -> Option<Streams> {
        match text {
            "0" | "1" | "2" | "3" => {
                Some(Streams { is_out: matches!(text, "1" | "3"), is_err: matches!(text, "2" | "3") })
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tee_is_read_as_torch_reads_it() {
        let both = Streams { is_out: true, is_err: true };
        let out = Streams { is_out: true, is_err: false };
        assert_eq!(Tee::parse("0"), Some(Tee::Unsaid));
        assert_eq!(Tee::parse("3"), Some(Tee::All(both)));
        assert_eq!(Tee::parse("0:3,12:1"), Some(Tee::Ranks([(0, both), (12, out)].into())));
        for refused in ["", "4", "all", "0:4", "0:3,", "x:1"] {
            assert_eq!(Tee::parse(refused), None, "{refused:?}");
        }
    }

    #[test]
    fn a_process_beats_what_all_share() {
        let own = [("RANK".to_owned(), "1".to_owned()), ("A".to_owned(), "own".to_owned())].into();
        let process = Process { rank: 1, local_rank: 1, env: own, ..Process::default() };
        let mut plan = Plan::new(Launcher::MultiGpu, vec![process.clone()]);
        plan.shared_env = [("A".to_owned(), "shared".to_owned()), ("B".to_owned(), "b".to_owned())].into();
        let env = plan.env_of(&process);
        assert_eq!(env["A"], "own");
        assert_eq!(env["B"], "b");
        assert_eq!(env["RANK"], "1");
    }
}
