//! What the real `accelerate launch` 1.15.0 would start, as recorded in `fixtures/oracle/launch.json`, and
//! that our plan is the same: environment and command line key by key, without tolerance.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use accel_studio::cli::options::LaunchOptions;
use accel_studio::document::{Document, Format};
use accel_studio::hardware::{Device, Gpus};
use accel_studio::launch::{self, Launcher, Mpi, Packages, Plan, Script, Site};
use accel_studio::layers::{self, Accelerator, Computer, Layers, Refusal, Source};
use clap::{Arg, Args, Command, FromArgMatches};
use serde::Deserialize;

/// The record that `make oracle-launch` writes.
#[derive(Deserialize)]
struct Record {
    accelerate: String,
    rows: Vec<Row>,
}

#[derive(Deserialize)]
struct Row {
    case: Case,
    answer: Answer,
}

/// A config, a command line and a pretended machine.
#[derive(Deserialize)]
struct Case {
    name: String,
    config: Option<String>,
    #[serde(default = "config_name")]
    file: String,
    args: Vec<String>,
    gpus: usize,
    #[serde(default = "gpu_name")]
    gpu_name: String,
    #[serde(default = "driver")]
    driver: String,
    accelerator: Option<(String, u32)>,
    packages: Option<Vec<String>>,
    #[serde(default = "deepspeed")]
    deepspeed: String,
    mpi: Option<String>,
    #[serde(default = "cores")]
    cores: u32,
    #[serde(default)]
    env: BTreeMap<String, String>,
    #[serde(default)]
    is_port_taken: bool,
}

/// What would be started, or why nothing is.
#[derive(Debug, Deserialize)]
struct Answer {
    error: Option<String>,
    python: Option<String>,
    #[serde(default)]
    env: BTreeMap<String, String>,
    argv: Option<Vec<String>>,
    ranks: Option<Vec<Rank>>,
    options: Option<Options>,
    told: Option<BTreeMap<String, String>>,
    pod: Option<Pod>,
}

#[derive(Debug, Deserialize)]
struct Rank {
    argv: Vec<String>,
    env: BTreeMap<String, String>,
}

#[derive(Debug, Deserialize)]
struct Options {
    max_restarts: u32,
    monitor_interval: f64,
}

#[derive(Debug, Deserialize)]
struct Pod {
    tpu: String,
    vm: Vec<String>,
    env: Vec<String>,
}

fn config_name() -> String {
    "config.yaml".into()
}

fn gpu_name() -> String {
    "NVIDIA H100 80GB HBM3".into()
}

fn driver() -> String {
    "580.65.06".into()
}

fn deepspeed() -> String {
    "0.18.2".into()
}

fn cores() -> u32 {
    8
}

const FREE_PORT: u16 = 45678;

fn record() -> Record {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/oracle/launch.json");
    serde_json::from_slice(&fs::read(path).expect("the record is there")).expect("the record is in order")
}

/// Options and script of a command line.
fn read(args: &[String]) -> Result<(LaunchOptions, Script), clap::Error> {
    let words = Arg::new("words").num_args(1..).trailing_var_arg(true).required(true);
    let command = LaunchOptions::augment_args(Command::new("launch").no_binary_name(true)).arg(words);
    let matches = command.try_get_matches_from(args)?;
    let mut words = matches.get_many::<String>("words").expect("it is required").cloned();
    let name = words.next().expect("at least one");
    Ok((LaunchOptions::from_arg_matches(&matches)?, Script { name, arguments: words.collect() }))
}

impl Case {
    fn computer(&self) -> Computer {
        let device = || Device { name: Some(self.gpu_name.clone()), ..Device::default() };
        let devices = std::iter::repeat_with(device).take(self.gpus).collect();
        let mut computer = Computer::default();
        computer.machine.gpus = match Gpus::listed(devices) {
            Gpus::Listed { cuda, devices, topology, .. } => {
                Gpus::Listed { driver: Some(self.driver.clone()), cuda, devices, topology }
            }
            unseen => unseen,
        };
        let fixed = [("PATH", "/usr/bin:/bin"), ("HOME", "/nowhere"), ("HF_HOME", "/nowhere/hf")];
        computer.machine.env = fixed.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
        computer.machine.env.extend(self.env.clone());
        computer.machine.host.cores.physical = Some(self.cores);
        computer.machine.host.cores.logical = Some(2 * self.cores);
        computer.accelerator = self.accelerator.as_ref().map(|(kind, count)| (accelerator(kind), *count));
        computer
    }

    fn plan(&self) -> Result<Plan, Refusal> {
        let (options, script) = read(&self.args).expect("the command line is in order");
        let source = self.config.as_ref().map(|text| Source {
            name: self.file.clone(),
            document: Document::parse(text.clone(), Format::of(&self.file)),
        });
        let computer = self.computer();
        let layers = Layers { source, given: options.given, computer: computer.clone(), honours_file: false };
        let has = |name: &str| self.packages.as_ref().is_none_or(|all| all.iter().any(|one| one == name));
        let site = Site {
            python: "<python>".into(),
            folder: Some(PathBuf::from("<folder>")),
            packages: Packages {
                deepspeed: has("deepspeed").then(|| self.deepspeed.clone()),
                has_fp8: has("fp8"),
                has_tpu: has("tpu"),
            },
            mpi: self.mpi.as_ref().map(|kind| match kind.as_str() {
                "openmpi" => Mpi::OpenMpi("mpirun".into()),
                _ => Mpi::Other("mpirun".into()),
            }),
            is_port_taken: &|_| self.is_port_taken,
            port_holder: &|_| None,
            free_port: &|| FREE_PORT,
            honours_file: false,
        };
        launch::plan(&layers::resolve(&layers), &computer, &site, &script)
    }
}

fn accelerator(kind: &str) -> Accelerator {
    match kind {
        "xpu" => Accelerator::Xpu,
        "mlu" => Accelerator::Mlu,
        "sdaa" => Accelerator::Sdaa,
        "musa" => Accelerator::Musa,
        "npu" => Accelerator::Npu,
        "hpu" => Accelerator::Hpu,
        "neuron" => Accelerator::Neuron,
        other => panic!("{other} is no accelerator"),
    }
}

/// Where we differ on purpose: the table at the end of docs/launch.md. Here its one row about a value
/// that is always different; a taken port is in [`intended`], and what is handed over to torch, torch_xla or
/// Accelerate is compared by what it is told.
const INTENDED: [(&str, &str, &str); 1] = [("TORCHELASTIC_USE_AGENT_STORE", "True", "False")];

/// The environment that Accelerate gives a rank, with the intended differences.
fn intended(env: &BTreeMap<String, String>, is_port_taken: bool) -> BTreeMap<String, String> {
    let mut env = env.clone();
    for (name, theirs, ours) in INTENDED {
        if env.get(name).is_some_and(|value| value == theirs) {
            env.insert(name.to_owned(), ours.to_owned());
        }
    }
    if is_port_taken {
        let free = [("MASTER_ADDR", "127.0.0.1"), ("MASTER_PORT", "45678"), ("TORCHELASTIC_RUN_ID", "none")];
        env.extend(free.map(|(name, value)| (name.to_owned(), value.to_owned())));
    }
    env
}

/// Compares; the differences, one sentence each.
fn differences(case: &Case, answer: &Answer) -> Vec<String> {
    let mut found = Vec::new();
    match (case.plan(), &answer.error) {
        (Err(refusal), Some(stage)) => {
            let python = answer.python.clone().unwrap_or_default();
            // Names of syntax errors are PyYAML's own, and SageMaker is refused in our own words.
            let is_ours = stage == "load"
                && (refusal.python == "SyntaxError" || refusal.about == "compute_environment");
            if refusal.python != python && !is_ours {
                found.push(format!("refused with {} ({refusal}), not {python} at {stage}", refusal.python));
            }
        }
        (Err(refusal), None) => found.push(format!("refused ({refusal}), and Accelerate starts it")),
        (Ok(_), Some(stage)) => {
            found.push(format!("planned, and Accelerate refuses at {stage} with {:?}", answer.python))
        }
        (Ok(plan), None) => compare(case, &plan, answer, &mut found),
    }
    found
}

fn compare(case: &Case, plan: &Plan, answer: &Answer, found: &mut Vec<String>) {
    if let Some(ranks) = &answer.ranks
        && plan.launcher != Launcher::Torchrun
    {
        same("number of ranks", &ranks.len(), &plan.processes.len(), found);
        let options = answer.options.as_ref().expect("a group has options");
        same("max_restarts", &options.max_restarts, &plan.max_restarts, found);
        same("monitor_interval", &options.monitor_interval, &plan.monitor_interval.as_secs_f64(), found);
        for (rank, process) in ranks.iter().zip(&plan.processes) {
            same("argv", &rank.argv, &process.argv, found);
            let mut theirs = answer.env.clone();
            theirs.extend(rank.env.clone());
            same_env(case, &intended(&theirs, case.is_port_taken), &plan.env_of(process), found);
        }
        return;
    }
    let [process] = plan.processes.as_slice() else {
        return found.push(format!("{} processes, not one", plan.processes.len()));
    };
    let theirs: BTreeMap<String, String> = match plan.launcher {
        // Written by torch's own program when it starts the ranks.
        Launcher::Torchrun => answer
            .env
            .iter()
            .filter(|(name, _)| !is_ranks(name))
            .map(|(a, b)| (a.clone(), b.clone()))
            .collect(),
        // torch_xla carries them in its own options, compared below.
        Launcher::TpuPod => plan.shared_env.clone(),
        _ => answer.env.clone(),
    };
    same_env(case, &theirs, &plan.env_of(process), found);
    let argv = &process.argv;
    match (plan.launcher, &answer.told, &answer.argv) {
        (Launcher::Torchrun, Some(told), Some(script)) => compare_told(told, script, argv, found),
        (Launcher::Torchrun, Some(told), None) => compare_told(told, &["train.py".to_owned()], argv, found),
        (Launcher::Tpu, _, Some(called)) => compare_called(called, argv, found),
        (Launcher::TpuPod, _, Some(positional)) => {
            let pod = answer.pod.as_ref().expect("a pod has its options");
            compare_pod(pod, positional, argv, found);
        }
        (_, _, Some(theirs)) => same("argv", theirs, argv, found),
        _ => found.push(format!("{:?} was not recorded", plan.launcher)),
    }
}

/// Variables that torch's agent writes for each rank.
fn is_ranks(name: &str) -> bool {
    let group = [
        "GROUP_RANK",
        "GROUP_WORLD_SIZE",
        "LOCAL_WORLD_SIZE",
        "MASTER_ADDR",
        "MASTER_PORT",
        "ROLE_NAME",
        "ROLE_WORLD_SIZE",
        "WORLD_SIZE",
    ];
    group.contains(&name) || name.starts_with("TORCHELASTIC_") || name == "TORCH_NCCL_ASYNC_ERROR_HANDLING"
}

/// torchrun's arguments: every one that was recorded, and no other.
fn compare_told(
    told: &BTreeMap<String, String>,
    script: &[String],
    argv: &[String],
    found: &mut Vec<String>,
) {
    same(
        "program",
        &["<python>", "-m", "torch.distributed.run"].map(str::to_owned).as_slice(),
        &&argv[..3],
        found,
    );
    let switches = ["module", "no_python", "standalone"];
    let mut ours = BTreeMap::new();
    let mut words = argv[3..].iter().peekable();
    while let Some(name) = words.peek().and_then(|word| word.strip_prefix("--")) {
        words.next();
        let value = if switches.contains(&name) {
            "True".to_owned()
        } else {
            words.next().cloned().unwrap_or_default()
        };
        ours.insert(name.to_owned(), value);
    }
    same("told", told, &ours, found);
    same("script", &script.to_vec(), &words.cloned().collect(), found);
}

/// The function that Accelerate calls is the one that our command names.
fn compare_called(called: &[String], argv: &[String], found: &mut Vec<String>) {
    let at = argv.iter().position(|word| word == "--main_training_function").expect("it is named");
    same("function", &called[0], &argv[at + 1], found);
    let script = argv.iter().position(|word| word == "train.py").expect("the script is named");
    same("arguments", &called[1..], &argv[script + 1..], found);
}

fn compare_pod(pod: &Pod, positional: &[String], argv: &[String], found: &mut Vec<String>) {
    let end = argv.iter().position(|word| word == "--").expect("the command for the machines follows");
    same("command on the machines", positional, &argv[end + 1..], found);
    let values = |option: &str| -> Vec<String> {
        argv[..end].windows(2).filter(|pair| pair[0] == option).map(|pair| pair[1].clone()).collect()
    };
    same("pod", &vec![pod.tpu.clone()], &values("--tpu"), found);
    same("machines", &pod.vm, &values("--vm"), found);
    same("variables", &pod.env.iter().collect::<BTreeSet<_>>(), &values("--env").iter().collect(), found);
}

fn same_env(
    case: &Case,
    theirs: &BTreeMap<String, String>,
    ours: &BTreeMap<String, String>,
    found: &mut Vec<String>,
) {
    let shell = case.computer().machine.env;
    let names: BTreeSet<&String> = theirs.keys().chain(ours.keys()).collect();
    for name in names {
        let inherited = shell.get(name);
        let (theirs, ours) = (theirs.get(name).or(inherited), ours.get(name).or(inherited));
        if theirs != ours {
            found.push(format!("{name} is {ours:?}, not {theirs:?}"));
        }
    }
}

fn same<T: PartialEq + std::fmt::Debug + ?Sized>(what: &str, theirs: &T, ours: &T, found: &mut Vec<String>) {
    if theirs != ours {
        found.push(format!("{what} is {ours:?}, not {theirs:?}"));
    }
}

#[test]
fn every_recorded_launch_is_planned_as_it_was() {
    let record = record();
    assert_eq!(record.accelerate, "1.15.0");
    let mut wrong = Vec::new();
    for row in &record.rows {
        let found = differences(&row.case, &row.answer);
        wrong.extend(found.into_iter().map(|difference| format!("{}: {difference}", row.case.name)));
    }
    assert!(wrong.is_empty(), "{} differences:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn the_record_covers_every_path_and_number_of_devices() {
    let record = record();
    assert!(record.rows.len() >= 250, "{} pairs", record.rows.len());
    let started = record.rows.iter().filter(|row| row.answer.error.is_none()).count();
    assert!(started >= 250, "{started} pairs start");
    for gpus in [0, 1, 4, 8] {
        assert!(record.rows.iter().filter(|row| row.case.gpus == gpus).count() > 10, "{gpus} GPUs");
    }
    let launchers: BTreeSet<String> = record
        .rows
        .iter()
        .filter_map(|row| row.case.plan().ok())
        .map(|plan| format!("{:?}", plan.launcher))
        .collect();
    let all = ["DeepSpeed", "DeepSpeedMachines", "Mpi", "MultiGpu", "Simple", "Torchrun", "Tpu", "TpuPod"];
    assert_eq!(launchers, all.map(str::to_owned).into());
}
