//! `measure`: a few real steps of a planned training, beside what the estimate says of them.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::options::LaunchOptions;
use super::prepare::{self, Wishes};
use super::worker::launch as worker;
use super::worker::options::StepFlags;
use super::worker::run::Made;
use super::worker::{answer, run};
use super::{End, machine, preflight, streams};
use crate::hardware::{Machine, catalogue};
use crate::memory::Precision;
use crate::report::{line, measured as report};
use crate::worker::{Ask, Measured, Run};

/// Run a few real steps and say what they take, beside the estimate
///
/// The bundled worker runs the planned model at the planned shapes on this machine's devices, on random tokens:
/// memory by what it is for, tokens per second, and the share of what the devices can do. A model that does not fit is
/// run with few blocks, and the rest is a straight line, which is said.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// Config that is measured [default: the one that `launch` would use]
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,
    /// Steps that are timed, after one that is not
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=1000))]
    steps: u32,
    /// Blocks of two smaller models to run instead of the planned one [default: 2,4 where that does not fit]
    #[arg(long, value_name = "A,B", value_delimiter = ',', num_args = 1, value_parser = clap::value_parser!(u32).range(1..=1000))]
    depths: Vec<u32>,
    /// How to print
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t)]
    format: Format,
    #[command(flatten)]
    step: StepFlags,
    // Last, because their headings would stand above all that follows.
    #[command(flatten)]
    options: LaunchOptions,
}

const EXAMPLES: &str = "Examples:
  accel-studio measure fsdp.yaml --model qwen2.5-0.5b --seq-len 1024 --micro-batch 4
  accel-studio measure fsdp.yaml --model llama-3.1-8b --depths 2,4";

/// How the answer is printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people.
    #[default]
    Table,
    /// For programs.
    Json,
}

/// The depths of a model that does not fit.
const SHALLOW: [u32; 2] = [2, 4];

/// Runs the verb.
pub fn run(arguments: &Arguments) -> End {
    match measure(arguments) {
        Ok((made, measured)) => {
            let (name, estimate) = (&made.run.model.name, made.estimate.as_ref());
            let text = match arguments.format {
                Format::Table => report::table(name, &measured, estimate),
                Format::Json => report::json(name, &measured, estimate),
            };
            if streams::out(&text) { End::Clean } else { End::Failed }
        }
        Err(reasons) => {
            reasons.iter().for_each(|reason| streams::err(&line::complaint(reason)));
            End::Failed
        }
    }
}

fn measure(arguments: &Arguments) -> Result<(Made, Measured), Vec<String>> {
    let wishes =
        Wishes { config: arguments.file.clone(), machine: machine::Named::default(), honours_file: false };
    let prepared = prepare::gather(&arguments.options, &wishes).map_err(|reason| vec![reason])?;
    prepared.tell();
    let made = run::make(&prepared, &arguments.step.0)?;
    made.notes.iter().for_each(|note| streams::err(&line::complaint(note)));
    let machine = &prepared.computer.machine;
    let ask = Ask {
        depths: depths(arguments, &made, machine)?,
        device_flops: flops(&made.run, machine),
        run: made.run.clone(),
        steps: arguments.steps,
    };
    let text = serde_json::to_string(&ask).expect("plain data");
    let kept = worker::keep("measure", ".json", &text).map_err(|error| vec![error.to_string()])?;
    let path = kept.path().display().to_string();
    let mut plan = worker::ranks_of(&prepared, made.ranks, &["measure", &path])?;
    plan.kept.push(kept);
    preflight::may_start(&prepared, &plan, made.ranks.is_on_cpu)?;
    let measured = answer::ask(&plan).map_err(|reason| vec![reason])?;
    Ok((made, measured))
}

/// The planned depth, unless a person says otherwise or it is not expected to fit.
fn depths(arguments: &Arguments, made: &Made, machine: &Machine) -> Result<Vec<u32>, Vec<String>> {
    match arguments.depths.as_slice() {
        [] if fits(made, machine) => Ok(Vec::new()),
        [] => Ok(SHALLOW.to_vec()),
        [one, other] if one != other => Ok(arguments.depths.clone()),
        _ => Err(vec!["`--depths` takes two different numbers, such as `--depths 2,4`".to_owned()]),
    }
}

/// Whether the memory of a device, or a rank's share of the host's, is expected to hold it; unknown counts as yes.
fn fits(made: &Made, machine: &Machine) -> bool {
    let Some(estimate) = &made.estimate else { return true };
    let (needed, room) = match made.ranks.is_on_cpu {
        true => {
            let ram = machine.host.ram.as_ref().map(|ram| ram.available.unwrap_or_else(|| ram.usable()));
            (estimate.allocated(), ram.map(|ram| ram / u64::from(made.ranks.local.max(1))))
        }
        false => (estimate.needed(), machine.gpu_memory(None).into_iter().min()),
    };
    room.is_none_or(|room| needed <= room)
}

/// What the first GPU can do in the run's precision by its datasheet; a CPU's peak stands in none.
fn flops(run: &Run, machine: &Machine) -> Option<f64> {
    let device = machine.visible_gpus().first().copied().filter(|_| !run.layout.is_on_cpu)?;
    let peak = catalogue::row(device)?.peak;
    let teraflops = match run.layout.precision {
        Precision::Bf16 => peak.bf16,
        Precision::Fp16 => peak.fp16,
        Precision::No | Precision::Fp8 => peak.fp32,
    };
    teraflops.map(|number| number * 1e12)
}
