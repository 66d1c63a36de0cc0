//! `export`: the same job as a file for a cluster, for other machines, or for a container.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::options::LaunchOptions;
use super::prepare::{self, Prepared, Wishes};
use super::{End, machine, streams, verdict};
use crate::document::{Document, FileError, Format, Overwrite, Stored};
use crate::export::{self, Asked, Config, Export, File, Flavour, Job, NOWHERE};
use crate::launch::{self, Fate, Plan, Script, secret};
use crate::layers::{Given, flags, python};
use crate::report::line;
use crate::schema::Release;
use crate::value::Value;

/// Write a job as a file for SLURM, Kubernetes, MPI, torchrun or Docker
///
/// Takes the options of `accelerate launch` 1.15 and the same configs as `launch`. What cannot be carried
/// over is said in the file and on standard error; nothing is started.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// What to write
    #[arg(value_name = "FORMAT")]
    format: Kind,
    /// Where to write [default: standard output]
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Replace the file where there is one, and write one although the config has errors
    #[arg(long)]
    force: bool,
    /// With kubernetes: the object [default: Job for one machine, else PyTorchJob]
    #[arg(long, value_name = "KIND", ignore_case = true)]
    kind: Option<Object>,
    /// With kubernetes and dockerfile: the image
    #[arg(long, value_name = "NAME")]
    image: Option<String>,
    /// With mpi: which one
    #[arg(long, value_name = "MPI", default_value = "openmpi")]
    flavour: Mpi,
    /// With env: as `export` lines for a shell
    #[arg(long)]
    shell: bool,
    /// Pass on what Accelerate drops from the file
    #[arg(long)]
    honour_file: bool,
    #[command(flatten)]
    machine: machine::Named,
    /// The script, and its own arguments
    #[arg(value_name = "SCRIPT", required = true, num_args = 1.., trailing_var_arg = true)]
    script: Vec<String>,
    // Last, because their headings would stand above all that follows.
    #[command(flatten)]
    options: LaunchOptions,
}

const EXAMPLES: &str = "Examples:
  accel-studio export slurm --config_file fsdp.yaml -o job.sbatch train.py --lr 1e-4
  accel-studio export kubernetes --image registry.example/train:1 train.py
  accel-studio export mpi train.py                  an mpirun line with the variables of each rank
  accel-studio export torchrun train.py             one command per machine
  accel-studio export env train.py                  variables alone";

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Kind {
    /// A batch script
    Slurm,
    /// A manifest
    Kubernetes,
    /// A script with one command of an MPI
    Mpi,
    /// A script with one command per machine
    Torchrun,
    /// Variables alone
    Env,
    /// What builds an image that runs the job
    Dockerfile,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Object {
    /// Of Kubeflow's training operator, version 1
    #[value(name = "pytorchjob")]
    PyTorchJob,
    /// Of Kubeflow Trainer, version 2
    #[value(name = "trainjob")]
    TrainJob,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Mpi {
    /// Open MPI
    Openmpi,
    /// Intel MPI, MPICH, MVAPICH
    Intel,
}

/// Runs the verb.
pub fn run(arguments: &Arguments) -> End {
    match export(arguments) {
        Ok(export) => {
            for loss in &export.losses {
                streams::err(&line::complaint(&format!("not carried over: {loss}")));
            }
            for name in secrets(arguments) {
                let says = format!(
                    "`{name}` of the script stands in the file with its value; let the cluster's own secrets carry it"
                );
                streams::err(&line::complaint(&says));
            }
            write(arguments, &export.text)
        }
        Err(reasons) => {
            reasons.iter().for_each(|reason| streams::err(&line::complaint(reason)));
            End::Failed
        }
    }
}

fn export(arguments: &Arguments) -> Result<Export, Vec<String>> {
    let wishes =
        Wishes { config: None, machine: arguments.machine.clone(), honours_file: arguments.honour_file };
    let first = prepare::elsewhere(&arguments.options, &wishes).map_err(|reason| vec![reason])?;
    first.tell();
    let verdict = verdict::of(&first, &arguments.machine);
    let made = make(arguments, &wishes, &first, verdict.release);
    if verdict.errors.is_empty() {
        return made.map_err(|reason| vec![reason]);
    }
    if arguments.force {
        verdict.errors.iter().for_each(|error| streams::err(&line::complaint(error)));
        return made.map_err(|reason| vec![reason]);
    }
    Err(verdict.refusals("written", made.err().as_deref()))
}

fn make(
    arguments: &Arguments,
    wishes: &Wishes,
    first: &Prepared,
    release: Release,
) -> Result<Export, String> {
    let mut words = arguments.script.iter();
    let script =
        Script { name: words.next().cloned().unwrap_or_default(), arguments: words.cloned().collect() };
    let mut notes = left_behind();
    let mut options = arguments.options.clone();
    let asked = adapt(first, &mut options, &mut notes);
    let plans = plans(&asked, wishes, first, &script, arguments.format == Kind::Torchrun)?;
    let prepared = prepare::elsewhere(&asked, wishes)?;
    let used = prepared.choice.used.as_ref();
    let job = Job {
        asked: Asked { config: used.map(|used| used.path.as_path()), given: &options.given, script: &script },
        config: used.map(|used| Config { name: &used.source.name, text: used.source.document.text() }),
        settings: &prepared.resolved.settings,
        plans: &plans,
        notes: &notes,
        release,
    };
    export::file(&job, &file(arguments))
}

/// Names of secrets among the script's arguments; a file of variables holds none of them.
fn secrets(arguments: &Arguments) -> Vec<String> {
    if arguments.format == Kind::Env { Vec::new() } else { secret::shown(&arguments.script).1 }
}

fn file(arguments: &Arguments) -> File {
    match arguments.format {
        Kind::Slurm => File::Slurm,
        Kind::Mpi => File::Mpi(match arguments.flavour {
            Mpi::Openmpi => Flavour::OpenMpi,
            Mpi::Intel => Flavour::Intel,
        }),
        Kind::Torchrun => File::Torchrun,
        Kind::Env => File::Env(arguments.shell),
        Kind::Dockerfile => File::Dockerfile(arguments.image.clone()),
        Kind::Kubernetes => {
            let kind = match arguments.kind {
                None => export::Kind::Fitting,
                Some(Object::PyTorchJob) => export::Kind::PyTorchJob,
                Some(Object::TrainJob) => export::Kind::TrainJob,
            };
            File::Kubernetes(kind, arguments.image.clone())
        }
    }
}

/// Variables of this shell that the job would get here and will not get there.
fn left_behind() -> Vec<String> {
    let environment = machine::environment();
    let variables = launch::variables(&environment, None);
    let has_path = environment.get("PYTHONPATH").is_some_and(|path| !path.is_empty());
    let path = has_path.then(|| {
        "`PYTHONPATH` of this shell, whose folders are no folders there; install those modules there, or set it in the file"
            .to_owned()
    });
    let is_left = |variable: &&launch::Variable| !matches!(variable.fate, Fate::Unread(_));
    variables
        .iter()
        .filter(is_left)
        .map(|variable| {
            format!("`{}` of this shell; set it in the file where the job needs it", variable.name)
        })
        .chain(path)
        .collect()
}

/// Adds the options that other machines need: to what is exported those that change the job, and to the
/// answer also what only stands for an address.
fn adapt(prepared: &Prepared, options: &mut LaunchOptions, notes: &mut Vec<String>) -> LaunchOptions {
    let settings = &prepared.resolved.settings;
    let is_several = python::integer(settings.get("num_machines")).is_some_and(|machines| machines > 1);
    let devices = settings.get("gpu_ids").as_text().unwrap_or("all");
    if devices != "all" {
        notes.push(format!("`gpu_ids` ({devices}): the machines' own scheduler chooses devices"));
        give(options, "--gpu_ids", Value::text("all"));
    }
    let starter = settings.get("deepspeed_multinode_launcher");
    if settings.is_on("use_deepspeed") && is_several && starter.as_text() != Some("standard") {
        notes.push(
            "DeepSpeed's own way to reach other machines over ssh: each machine starts its part (`standard`)"
                .to_owned(),
        );
        give(options, "--deepspeed_multinode_launcher", Value::text("standard"));
    }
    let mut asked = options.clone();
    if is_several && *settings.get("main_process_ip") == Value::Null {
        give(&mut asked, "--main_process_ip", Value::text(NOWHERE));
    }
    if is_several && *settings.get("main_process_port") == Value::Null {
        give(&mut asked, "--main_process_port", Value::int(29_500));
    }
    asked
}

fn give(options: &mut LaunchOptions, flag: &str, value: Value) {
    let row = flags::rows().find(|row| row.flag == flag).expect("the option exists");
    options.given.retain(|given| given.row.flag != flag);
    options.given.push(Given { row, value });
}

/// The plan of the first machine; for `torchrun` of each, of which several thousand are a slip.
fn plans(
    asked: &LaunchOptions,
    wishes: &Wishes,
    first: &Prepared,
    script: &Script,
    is_each: bool,
) -> Result<Vec<Plan>, String> {
    let machines = python::integer(first.resolved.settings.get("num_machines")).unwrap_or(1).max(1);
    let is_several = machines > 1;
    let machines = if is_each { machines } else { 1 };
    if machines > 4096 {
        return Err(format!("`num_machines` is {machines}; files are written for up to 4096 machines"));
    }
    (0..machines)
        .map(|machine| {
            let mut asked = asked.clone();
            if is_several {
                give(&mut asked, "--machine_rank", Value::int(machine));
            }
            let mut plan =
                prepare::elsewhere(&asked, wishes)?.plan(script).map_err(|refusal| refusal.to_string())?;
            // The folder of this launch is no folder there; Python finds what lies beside the script.
            plan.shared_env.remove("PYTHONPATH");
            Ok(plan)
        })
        .collect()
}

fn write(arguments: &Arguments, text: &str) -> End {
    let Some(path) = arguments.output.as_ref().filter(|path| path.as_os_str() != "-") else {
        return if streams::out(text) { End::Clean } else { End::Failed };
    };
    let document = Document::parse(text, Format::Yaml);
    let overwrite = if arguments.force { Overwrite::Force } else { Overwrite::Refuse };
    let reason = match Stored::new(path, document.clone()).save(&document, overwrite) {
        Ok(()) => {
            streams::err(&format!("Wrote {}.\n", path.display()));
            return End::Clean;
        }
        Err(FileError::Exists(path)) => {
            format!("`{}` is there already; choose another with -o, or add --force", path.display())
        }
        Err(error) => error.to_string(),
    };
    streams::err(&line::complaint(&reason));
    End::Failed
}
