//! `launch`: start a training script as `accelerate launch` would, or show what that would be.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, Command, FromArgMatches as _, ValueEnum};

use super::deepspeed_env;
use super::job;
use super::job::check::{self, Premises};
use super::machine;
use super::machines;
use super::options::LaunchOptions;
use super::prepare::{self, Prepared, Wishes};
use super::streams;
use super::studio;
use super::verdict;
use super::worker::launch::{self as worker, Planned};
use super::worker::options::RunFlags;
use crate::export::{self, Asked, Engine};
use crate::launch::{Launcher, Plan, Script, interpreter, secret};
use crate::layers::{self, Origin, python};
use crate::report::{self, line};
use crate::text::all_of;

/// Start a training script exactly as `accelerate launch` would
///
/// Takes the options of `accelerate launch` 1.15, says which config it uses, and refuses before any
/// process starts what could not work. Everything after the script belongs to the script.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// Show what would be started, with the reason for every variable, and start nothing
    #[arg(long)]
    dry_run: bool,
    /// With --dry-run: how to show it [default: table]
    #[arg(long, value_name = "FORMAT", requires = "dry_run", conflicts_with = "as")]
    format: Option<Format>,
    /// With --dry-run: the command that starts the same with another engine
    #[arg(long, value_name = "ENGINE", requires = "dry_run")]
    r#as: Option<As>,
    /// Look whether this machine can take its part in a job of several, and start nothing
    #[arg(long, conflicts_with_all = ["dry_run", "tui"])]
    check: bool,
    /// Pass on what Accelerate drops from the file: rdzv_backend, same_network, enable_cpu_affinity and
    /// DeepSpeed's paths for offloading to disk
    #[arg(long)]
    honour_file: bool,
    /// Watch the job in the full-screen studio
    #[arg(long, conflicts_with = "dry_run")]
    tui: bool,
    /// Start although the config has errors or there are fewer GPUs than processes
    #[arg(long)]
    force: bool,
    /// Seconds that processes have to end by themselves before they are killed
    #[arg(long, value_name = "SECONDS", default_value_t = 30, value_parser = clap::value_parser!(u64).range(0..=86_400))]
    grace: u64,
    #[command(flatten)]
    machine: machine::Named,
    /// Train with the bundled worker instead of a script; a config may stand where the script would
    #[arg(long, conflicts_with_all = ["check", "as"])]
    worker: bool,
    /// The script, and its own arguments
    #[arg(value_name = "SCRIPT", required_unless_present_any = ["check", "worker"], num_args = 1.., trailing_var_arg = true)]
    script: Vec<String>,
    #[command(flatten)]
    run: RunFlags,
    // Last, because their headings would stand above all that follows.
    #[command(flatten)]
    options: LaunchOptions,
}

const EXAMPLES: &str = "Examples:
  accel-studio launch train.py                              with the config of this project
  accel-studio launch --config_file fsdp.yaml train.py --lr 1e-4
  accel-studio launch --dry-run train.py                    what would be started, and why
  accel-studio launch --dry-run --as torchrun train.py      a line to copy
  accel-studio launch --worker --data texts/ fsdp.yaml      with the bundled worker, without Python

Exit code: that of the job; 2 where nothing could be started.";

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Commands, and every variable with its reason
    Table,
    /// One JSON object
    Json,
    /// A script for a POSIX shell
    Shell,
    /// The variables, one to a line
    Env,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum As {
    /// torch.distributed's own launcher
    Torchrun,
    /// accelerate launch, with the config named
    Accelerate,
    /// DeepSpeed's own launcher
    Deepspeed,
    /// SLURM's srun
    Srun,
}

impl From<As> for Engine {
    fn from(name: As) -> Engine {
        match name {
            As::Torchrun => Engine::Torchrun,
            As::Accelerate => Engine::Accelerate,
            As::Deepspeed => Engine::DeepSpeed,
            As::Srun => Engine::Srun,
        }
    }
}

/// Runs the verb; the exit code is the job's.
pub fn run(arguments: &Arguments) -> ExitCode {
    if arguments.check {
        return look(arguments);
    }
    if arguments.worker {
        return train(arguments);
    }
    match plan(arguments) {
        Ok((prepared, plan)) if arguments.dry_run => show(arguments, &prepared, &plan),
        Ok((prepared, plan)) => start(arguments, &prepared, &plan),
        Err(reasons) => refuse(&reasons),
    }
}

/// Trains with the bundled worker, or shows what that would be.
fn train(arguments: &Arguments) -> ExitCode {
    match plan_run(arguments) {
        Ok((prepared, planned)) if arguments.dry_run => show_run(arguments, &prepared, &planned),
        Ok((prepared, planned)) => {
            let devices = Some(prepared.computer.machine.visible_gpus().len());
            let devices = devices.filter(|_| !planned.run.layout.is_on_cpu && !arguments.force);
            match worker::write(planned) {
                Ok(plan) => begin(arguments, &prepared, &plan, &Premises { devices, ..Premises::default() }),
                Err(reason) => refuse(&[reason]),
            }
        }
        Err(reasons) => refuse(&reasons),
    }
}

/// The run and its plan, after everything that a person should know has been said.
fn plan_run(arguments: &Arguments) -> Result<(Prepared, Planned), Vec<String>> {
    if arguments.machine.named().is_some() {
        return Err(vec![
            "the worker runs on this machine; leave `--machine` out, or ask `estimate`".to_owned(),
        ]);
    }
    if arguments.script.len() > 1 {
        let found = all_of(&arguments.script);
        return Err(vec![format!("with `--worker` there is one config and no script; found {found}")]);
    }
    let config = arguments.script.first().map(PathBuf::from);
    let wishes = Wishes { config, machine: arguments.machine.clone(), honours_file: arguments.honour_file };
    let prepared = prepare::gather(&arguments.options, &wishes).map_err(|reason| vec![reason])?;
    prepared.tell();
    let verdict = verdict::of(&prepared, &arguments.machine);
    if !verdict.errors.is_empty() && !arguments.force {
        return Err(verdict.refusals("started", None));
    }
    let planned = worker::plan(&prepared, &arguments.run)?;
    planned.plan.notes.iter().for_each(|note| streams::err(&line::complaint(note)));
    Ok((prepared, planned))
}

fn show_run(arguments: &Arguments, prepared: &Prepared, planned: &Planned) -> ExitCode {
    let run = serde_json::to_value(&planned.run).expect("a run is plain data");
    let text = match arguments.format.unwrap_or(Format::Table) {
        Format::Table => format!("{}\nThe run:\n{run:#}\n", report::plan::table(&planned.plan)),
        Format::Shell => report::plan::shell(&planned.plan),
        Format::Env => report::plan::env(&planned.plan),
        Format::Json => plan_json(prepared, &planned.plan, Some(run)),
    };
    if streams::out(&text) { ExitCode::SUCCESS } else { ExitCode::from(2) }
}

/// The plan for programs, with the run where the worker is told one.
fn plan_json(prepared: &Prepared, plan: &Plan, run: Option<serde_json::Value>) -> String {
    let notes: Vec<String> = prepared.choice.notes.iter().chain(&plan.notes).cloned().collect();
    let used = prepared.choice.used.as_ref();
    let config = used.map(|used| report::plan::Config { file: &used.source.name, kind: used.kind.word() });
    report::plan::json(plan, config, &notes, run)
}

fn refuse(reasons: &[String]) -> ExitCode {
    reasons.iter().for_each(|reason| streams::err(&line::complaint(reason)));
    ExitCode::from(2)
}

/// What a person types in the studio after `launch`: options of Accelerate's, and those of the worker.
pub fn of_words(words: &[String]) -> Result<(LaunchOptions, RunFlags), String> {
    let command = Arguments::augment_args(Command::new("launch").no_binary_name(true));
    let parsed =
        command.try_get_matches_from(words).and_then(|matches| Arguments::from_arg_matches(&matches));
    let arguments = parsed.map_err(|refusal| {
        let text = refusal.to_string();
        let first = text.lines().next().unwrap_or_default();
        first.strip_prefix("error: ").unwrap_or(first).to_owned()
    })?;
    Ok((arguments.options, arguments.run))
}

impl Arguments {
    /// With `--worker` options may stand behind the config as well: the command line with the config last.
    pub fn reordered(&self, words: &[OsString]) -> Option<Vec<OsString>> {
        let (config, rest) = words.get(words.len().checked_sub(self.script.len())?..)?.split_first()?;
        let before = &words[..words.len() - self.script.len()];
        (self.worker && !rest.is_empty()).then(|| [before, rest, std::slice::from_ref(config)].concat())
    }
}

/// Looks only at what several machines need of each other.
fn look(arguments: &Arguments) -> ExitCode {
    let wishes =
        Wishes { config: None, machine: arguments.machine.clone(), honours_file: arguments.honour_file };
    match prepare::gather(&arguments.options, &wishes) {
        Ok(prepared) => {
            prepared.tell();
            machines::run(&prepared)
        }
        Err(reason) => refuse(&[reason]),
    }
}

/// The plan, after everything that a person should know has been said; the reasons, where there is none.
fn plan(arguments: &Arguments) -> Result<(Prepared, Plan), Vec<String>> {
    if arguments.machine.named().is_some() && !arguments.dry_run {
        return Err(vec!["another machine can be planned for, not started on; add `--dry-run`".to_owned()]);
    }
    let wishes =
        Wishes { config: None, machine: arguments.machine.clone(), honours_file: arguments.honour_file };
    let prepared = prepare::gather(&arguments.options, &wishes).map_err(|reason| vec![reason])?;
    prepared.tell();
    let verdict = verdict::of(&prepared, &arguments.machine);
    let plan = prepared.plan(&script(arguments)).map_err(|refusal| refusal.to_string());
    if !verdict.errors.is_empty() && !arguments.force {
        return Err(verdict.refusals("started", plan.err().as_deref()));
    }
    let plan = plan.map_err(|refusal| vec![refusal])?;
    unheard(&prepared).iter().for_each(|note| streams::err(&line::complaint(note)));
    plan.notes.iter().for_each(|note| streams::err(&line::complaint(note)));
    Ok((prepared, plan))
}

/// What a person set and nothing hears: keys that Accelerate drops, variables that nobody reads.
fn unheard(prepared: &Prepared) -> Vec<String> {
    let ignored = &prepared.resolved.ignored;
    let is_told = |ignored: &&layers::Ignored| {
        matches!(ignored.origin, Origin::Variable(_)) || layers::DROPPED.contains(&ignored.what.as_str())
    };
    let tell = |ignored: &layers::Ignored| match &ignored.origin {
        Origin::Variable(_) => format!("the variable `{}` does nothing: {}", ignored.what, ignored.why),
        origin => {
            format!("`{}` ({origin}) does nothing: {}, or give `--honour-file`", ignored.what, ignored.why)
        }
    };
    ignored.iter().filter(is_told).map(tell).collect()
}

fn script(arguments: &Arguments) -> Script {
    let (name, rest) = arguments.script.split_first().expect("the script is required");
    Script { name: name.clone(), arguments: rest.to_vec() }
}

/// Refuses what could not work, else runs the job to its end.
fn start(arguments: &Arguments, prepared: &Prepared, plan: &Plan) -> ExitCode {
    let mut premises = premises(&script(arguments).name, prepared, plan);
    // Ranks may share a GPU where a person insists.
    premises.devices = premises.devices.filter(|_| !arguments.force);
    begin(arguments, prepared, plan, &premises)
}

fn begin(arguments: &Arguments, prepared: &Prepared, plan: &Plan, premises: &Premises) -> ExitCode {
    let refusals = check::refusals(plan, premises);
    if !refusals.is_empty() {
        return refuse(&refusals);
    }
    let run = |plan: &Plan| {
        if arguments.tui {
            let config = prepared.choice.used.as_ref().map(|used| used.path.as_path());
            return studio::watch(config, plan.clone());
        }
        job::run(plan, Duration::from_secs(arguments.grace))
    };
    if plan.launcher != Launcher::DeepSpeedMachines {
        return run(plan);
    }
    let carried = match deepspeed_env::write(plan, &prepared.computer.machine) {
        Ok(file) => file,
        Err(error) => {
            streams::err(&line::complaint(&format!(
                "the variables for the other machines cannot be written: {error}"
            )));
            return ExitCode::from(2);
        }
    };
    let mut plan = plan.clone();
    plan.shared_env.insert(deepspeed_env::VARIABLE.to_owned(), carried.path().display().to_string());
    run(&plan)
}

/// What a plan does not say of itself, for the script of this name.
pub fn premises(script: &str, prepared: &Prepared, plan: &Plan) -> Premises {
    let settings = &prepared.resolved.settings;
    let is_file = !settings.is_on("module") && !settings.is_on("no_python");
    let env = &prepared.computer.machine.env;
    let is_cpu = env.get("ACCELERATE_USE_CPU").is_some_and(|word| python::truth(word) == Some(true));
    let wants_devices = matches!(plan.launcher, Launcher::MultiGpu | Launcher::DeepSpeed) && !is_cpu;
    let devices = usize::try_from(prepared.computer.devices().0).ok();
    Premises {
        script: is_file.then(|| PathBuf::from(script)),
        python: prepared.python.clone(),
        needs_python: !settings.is_on("no_python"),
        lost: interpreter::lost_environment(&|name| env.get(name).cloned()),
        devices: devices.filter(|_| wants_devices),
    }
}

/// Said where a text is made to be executed, which hides nothing.
fn tell_secrets(script: &[String]) {
    for name in secret::shown(script).1 {
        streams::err(&line::complaint(&format!(
            "`{name}` of the script stands in this text with its value; keep it to yourself"
        )));
    }
}

fn show(arguments: &Arguments, prepared: &Prepared, plan: &Plan) -> ExitCode {
    let config = prepared.choice.used.as_ref();
    let is_for_people =
        arguments.r#as.is_none() && arguments.format.unwrap_or(Format::Table) == Format::Table;
    if !is_for_people && arguments.format != Some(Format::Env) {
        tell_secrets(&arguments.script);
    }
    let text = match (arguments.r#as, arguments.format.unwrap_or(Format::Table)) {
        (Some(engine), _) => {
            let script = script(arguments);
            let asked = Asked {
                config: config.map(|used| used.path.as_path()),
                given: &arguments.options.given,
                script: &script,
            };
            match export::command(plan, asked, engine.into()) {
                Ok(command) => command + "\n",
                Err(reason) => return refuse(&[reason]),
            }
        }
        (None, Format::Table) => report::plan::table(plan),
        (None, Format::Shell) => report::plan::shell(plan),
        (None, Format::Env) => report::plan::env(plan),
        (None, Format::Json) => plan_json(prepared, plan, None),
    };
    if streams::out(&text) { ExitCode::SUCCESS } else { ExitCode::from(2) }
}
