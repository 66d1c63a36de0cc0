//! `doctor`: everything that training needs, each with where it is and which version.

use std::path::Path;
use std::time::Duration;

use clap::{Args, ValueEnum};

use super::streams::{self, Colour};
use super::worker::{self, shown};
use super::{End, machine};
use crate::hardware::{Gpus, Machine, Unseen};
use crate::launch::interpreter;
use crate::report::checks::{self, Check};
use crate::report::pretty::Look;
use crate::worker::elf;
use crate::worker::locate::{self, Kit, Libtorch, PassedOver, Search, Worker};

/// Say what is installed here for training, where, and which version
///
/// Driver, GPUs, CUDA, libtorch, NCCL, the bundled worker, Python and its packages. What is not there is no
/// fault, because nobody needs all of it; what is there and cannot work is.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// How to print
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t)]
    format: Format,
    /// When to use colour
    #[arg(long, value_name = "WHEN", default_value = "auto")]
    color: Colour,
}

const EXAMPLES: &str = "Examples:
  accel-studio doctor                  what is here, and what to do about the rest
  accel-studio doctor --format json    the same for programs; docs/json.md describes it

Exit code: 0 nothing is wrong, 1 something is there that cannot work, 2 nothing could be said.";

/// How the answer is printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people.
    #[default]
    Table,
    /// For programs.
    Json,
}

/// What the worker gets to say what it sees: it loads libtorch for that.
const PATIENCE: Duration = Duration::from_secs(20);

/// Packages that scripts train with, and who needs them.
const PACKAGES: [(&str, &str); 3] = [
    ("accelerate", "scripts that `launch` starts need it: pip install accelerate"),
    ("torch", "scripts that `launch` starts need it: pip install torch"),
    ("deepspeed", "scripts need it for configs with `distributed_type: DEEPSPEED`: pip install deepspeed"),
];

/// Runs the verb.
pub fn run(arguments: &Arguments) -> End {
    let checks = look(&machine::this());
    let text = match arguments.format {
        Format::Json => checks::json(&checks),
        Format::Table => {
            let colour = streams::is_coloured(arguments.color);
            checks::table(&checks, Look { width: streams::width(), colour })
        }
    };
    match (streams::out(&text), checks::is_bad(&checks)) {
        (false, _) => End::Failed,
        (true, true) => End::Found,
        (true, false) => End::Clean,
    }
}

fn look(machine: &Machine) -> Vec<Check> {
    let (workers, torches) = worker::around(machine, |around| {
        let workers = locate::worker(around);
        let path = workers.found.as_ref().map(|worker| worker.path.clone());
        (workers, locate::libtorch(around, path.as_deref()))
    });
    let answer = match (&workers.found, &torches.found) {
        (Some(worker), Some(torch)) => {
            let kit = Kit { worker: worker.path.clone(), libraries: torch.libraries() };
            Some(worker::ask(&kit, &["probe", "--json"], PATIENCE))
        }
        _ => None,
    };
    let mut checks = vec![driver(machine), gpus(machine), libtorch(&torches, machine)];
    checks.extend(torches.found.as_ref().map(|torch| cuda(torch, machine)));
    checks.push(nccl(torches.found.as_ref(), answer.as_ref()));
    checks.push(found_worker(&workers, answer.as_ref(), machine));
    checks.extend(python(machine));
    checks
}

fn driver(machine: &Machine) -> Check {
    match &machine.gpus {
        Gpus::Listed { driver, cuda, .. } => {
            let version = driver.clone().unwrap_or_else(|| "of unknown version".to_owned());
            let cuda = cuda.as_ref().map(|cuda| format!(", runs CUDA up to {cuda}")).unwrap_or_default();
            Check::good("driver", version + &cuda)
        }
        Gpus::Unseen(reason @ (Unseen::NoDriver | Unseen::Amd)) => Check::absent("driver", reason.sentence()),
        Gpus::Unseen(reason) => Check::bad("driver", reason.sentence()),
    }
}

fn gpus(machine: &Machine) -> Check {
    let devices = machine.gpus.devices();
    let faults: Vec<String> = devices.iter().filter_map(|device| device.fault.clone()).collect();
    match (devices.is_empty(), faults.is_empty()) {
        (true, _) => Check::absent("GPUs", "none can be seen: the bundled worker trains on the CPUs"),
        (false, true) => Check::good("GPUs", machine.gpus.summary()),
        (false, false) => Check::bad("GPUs", format!("{}; {}", machine.gpus.summary(), faults.join("; "))),
    }
}

fn libtorch(search: &Search<Libtorch>, machine: &Machine) -> Check {
    let check = match &search.found {
        Some(torch) => {
            let words = format!("{} in {} ({})", torch.version, shown(&torch.folder, machine), torch.by);
            Check::good("libtorch", words)
        }
        None => Check::absent("libtorch", "the bundled worker needs it, and none is to be found"),
    };
    let advice = search.found.is_none().then(locate::libtorch_missing);
    with_passed_over(check, &search.passed_over, advice)
}

/// What a person named and cannot be taken is a fault; what merely lies around is not.
fn with_passed_over(check: Check, passed_over: &[PassedOver], advice: Option<String>) -> Check {
    let told: Vec<String> = passed_over.iter().map(|passed| format!("passed over {passed}")).collect();
    let says = [vec![check.says.clone()], told].concat().join("; ");
    let named = passed_over.iter().find(|passed| passed.by.starts_with('`'));
    let check = match named {
        Some(_) => Check::bad(check.name.clone(), says),
        None => Check { says, ..check },
    };
    let unset = named.map(|passed| format!("unset {} or name another place in it", passed.by));
    match advice.or(unset) {
        Some(advice) => check.advise(advice),
        None => check,
    }
}

/// What libtorch brings for GPUs, told by which libraries lie beside it.
fn cuda(torch: &Libtorch, machine: &Machine) -> Check {
    let Some(release) = &torch.cuda else {
        return Check::absent("CUDA", "libtorch was built without it: the worker trains on the CPUs");
    };
    let library = torch.libraries().join("libtorch_cuda.so");
    let linkage = elf::linkage(&library).unwrap_or_default();
    let is_nvidias = |name: &&str| name.starts_with("libcu") || name.starts_with("libnccl");
    let absent: Vec<&str> = linkage.absent(&library).into_iter().filter(is_nvidias).collect();
    let has_gpus = !machine.gpus.devices().is_empty();
    match (library.is_file() && absent.is_empty(), has_gpus) {
        (true, _) => match too_old(&machine.gpus, release) {
            Some(words) => Check::bad("CUDA", words).advise("update the driver"),
            None => Check::good("CUDA", format!("runtime {release}, with libtorch")),
        },
        (false, true) => Check::bad(
            "CUDA",
            format!("there are GPUs, and of the runtime {release} only the part for CPUs is with libtorch"),
        )
        .advise("install all of it for the worker: pip install torch==2.11.0"),
        (false, false) => {
            Check::absent("CUDA", format!("of the runtime {release} only the part for CPUs is with libtorch"))
        }
    }
}

/// A driver for older releases of CUDA than libtorch's: only the number before the point counts, because minor
/// releases run on each other's drivers (CUDA Compatibility, "minor version compatibility").
fn too_old(gpus: &Gpus, release: &str) -> Option<String> {
    let Gpus::Listed { cuda: Some(most), .. } = gpus else { return None };
    let major = |text: &str| text.split('.').next().and_then(|major| major.parse::<u32>().ok());
    (major(most)? < major(release)?)
        .then(|| format!("libtorch is built for CUDA {release}, and the driver runs up to {most}"))
}

type Answer = Result<serde_json::Value, String>;

/// As the worker loads it; else as it lies beside libtorch.
fn nccl(torch: Option<&Libtorch>, answer: Option<&Answer>) -> Check {
    if let Some(Ok(answer)) = answer
        && let Some(version) = answer.get("nccl").and_then(serde_json::Value::as_str)
    {
        return Check::good("NCCL", format!("{version}, as the worker loads it"));
    }
    let packages = torch.and_then(|torch| torch.folder.parent());
    let beside = packages.and_then(|folder| packaged(folder, "nvidia_nccl_"));
    match beside {
        Some(version) => Check::good("NCCL", format!("{version}, beside libtorch; not loaded to see")),
        None => {
            Check::absent("NCCL", "not to be found; ranks on GPUs need it, ranks on CPUs speak over Gloo")
        }
    }
}

/// The version of the first package whose name begins so.
fn packaged(folder: &Path, prefix: &str) -> Option<String> {
    std::fs::read_dir(folder).ok()?.flatten().find_map(|entry| {
        let name = entry.file_name().into_string().ok()?;
        let (_, version) = name.strip_prefix(prefix)?.strip_suffix(".dist-info")?.split_once('-')?;
        Some(version.to_owned())
    })
}

fn found_worker(search: &Search<Worker>, answer: Option<&Answer>, machine: &Machine) -> Check {
    let Some(worker) = &search.found else {
        let check =
            Check::absent("worker", "not to be found; `launch --worker`, `preflight` and `measure` need it");
        return with_passed_over(check, &search.passed_over, Some(locate::worker_missing()));
    };
    let place = format!("{} ({})", shown(&worker.path, machine), worker.by);
    let check = match answer {
        Some(Ok(_)) => Check::good("worker", format!("{place}, starts")),
        Some(Err(reason)) => Check::bad("worker", format!("{place}: {reason}"))
            .advise("build it again: cargo build --release --features torch"),
        None => Check::absent("worker", format!("{place}; it cannot start without libtorch")),
    };
    with_passed_over(check, &search.passed_over, None)
}

fn python(machine: &Machine) -> Vec<Check> {
    let Some(python) = interpreter::python(&|name| machine.env.get(name).cloned()) else {
        return vec![Check::absent(
            "Python",
            "not to be found; scripts need it, the bundled worker does not",
        )];
    };
    let release = interpreter::own_folders(&python).iter().find_map(|folder| {
        let name = folder.parent()?.file_name()?.to_str()?;
        name.strip_prefix("python").filter(|release| release.contains('.')).map(str::to_owned)
    });
    let release = release.map(|release| format!("{release}, ")).unwrap_or_default();
    let mut checks = vec![Check::good("Python", format!("{release}{}", shown(&python, machine)))];
    checks.extend(PACKAGES.iter().map(|(name, need)| match interpreter::version(&python, name) {
        Some(version) if version.is_empty() => Check::good(*name, "of unknown version"),
        Some(version) => Check::good(*name, version),
        None => Check::absent(*name, format!("not installed for this Python; {need}")),
    }));
    checks
}
