//! All that a launch is planned from, asked of this computer: config, layers, interpreter, packages.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::options::LaunchOptions;
use super::which_config::{self, Choice, Kind, Used};
use super::{machine, streams};
use crate::document::{Document, Format};
use crate::hardware::{Machine, Vendor};
use crate::launch::{self, Mpi, Packages, Plan, Ranks, Script, Site, host, interpreter};
use crate::layers::{self, Accelerator, Computer, Layers, Refusal, Resolved};
use crate::report::line;
use crate::value::Value;

/// A launch before it is planned.
pub struct Prepared {
    /// The config, and what to say about it.
    pub choice: Choice,
    /// This computer, or the one that was named.
    pub computer: Computer,
    /// What counts.
    pub resolved: Resolved,
    /// The interpreter that runs the script, where one was found.
    pub python: Option<PathBuf>,
    honours_file: bool,
    is_elsewhere: bool,
}

/// What a person wishes beyond the options of `accelerate launch`.
#[derive(Clone, Debug, Default)]
pub struct Wishes {
    /// A config named otherwise than by `--config_file`.
    pub config: Option<PathBuf>,
    /// The machine to plan for.
    pub machine: machine::Named,
    /// Passes on what Accelerate drops from the file.
    pub honours_file: bool,
}

/// Gathers what there is; the reason, where a named file cannot be read.
pub fn gather(options: &LaunchOptions, wishes: &Wishes) -> Result<Prepared, String> {
    let machine = match wishes.machine.named() {
        Some(named) => in_this_shell(named?),
        None => machine::this(),
    };
    let named = wishes.config.as_deref().or_else(|| options.text("--config_file").map(Path::new));
    let choice = which_config::choose(named, options.has("--cpu"), &machine)?;
    Ok(resolve(choice, machine, options, wishes.honours_file))
}

/// The same for a job that runs on other machines: this shell's variables for training do not go there,
/// and neither its packages nor its ports count.
pub fn elsewhere(options: &LaunchOptions, wishes: &Wishes) -> Result<Prepared, String> {
    let mut prepared = gather(options, wishes)?;
    let env = &mut prepared.computer.machine.env;
    launch::variables(env, None).iter().for_each(|variable| drop(env.remove(&variable.name)));
    env.remove("PYTHONPATH");
    Ok(Prepared {
        is_elsewhere: true,
        ..resolve(prepared.choice, prepared.computer.machine, options, wishes.honours_file)
    })
}

/// The same for a config that is being edited.
pub fn of_text(text: &str, path: Option<&Path>, options: &LaunchOptions) -> Prepared {
    let name = path.map_or_else(|| "new config".to_owned(), |path| path.display().to_string());
    let document = Document::parse(text, Format::of(&name));
    let source = layers::Source { name, document };
    let used = Used { path: path.unwrap_or(Path::new("")).to_owned(), kind: Kind::Named, source };
    let choice = Choice { used: Some(used), notes: Vec::new() };
    resolve(choice, machine::this(), options, false)
}

fn resolve(choice: Choice, machine: Machine, options: &LaunchOptions, honours_file: bool) -> Prepared {
    let python = interpreter::python(&|name| machine.env.get(name).cloned());
    let computer = Computer { accelerator: accelerator(&machine), machine };
    let layers = Layers {
        source: choice.used.as_ref().map(|used| used.source.clone()),
        given: options.given.clone(),
        computer: computer.clone(),
        honours_file,
    };
    let resolved = layers::resolve(&layers);
    Prepared { choice, computer, resolved, python, honours_file, is_elsewhere: false }
}

/// A machine that is planned for from here: this shell's variables count, and its own above them.
fn in_this_shell(mut machine: Machine) -> Machine {
    let own = std::mem::take(&mut machine.env);
    machine.env = machine::this().env;
    machine.env.extend(own);
    machine
}

impl Prepared {
    /// Plans the job, or says why Accelerate would not start it.
    pub fn plan(&self, script: &Script) -> Result<Plan, Refusal> {
        if self.is_elsewhere {
            return self.plan_with_all(script);
        }
        launch::plan(&self.resolved, &self.computer, &self.site(), script)
    }

    /// Plans ranks of a program that is not Python's.
    pub fn plan_ranks(&self, script: &Script, ranks: Ranks) -> Result<Plan, Refusal> {
        if let Some(refusal) = &self.resolved.refusal {
            return Err(refusal.clone());
        }
        launch::plan_ranks(&self.resolved, &self.computer, &self.site(), script, ranks)
    }

    /// This computer.
    fn site(&self) -> Site<'_> {
        let python = self.python.as_deref();
        Site {
            python: python.map_or_else(|| "python".to_owned(), |python| python.display().to_string()),
            folder: self.computer.machine.cwd.clone(),
            packages: python.map(packages).unwrap_or_default(),
            mpi: self.mpi(),
            is_port_taken: &host::is_port_taken,
            port_holder: &|port| host::port_holder(port).map(|holder| holder.says()),
            free_port: &host::free_port,
            honours_file: self.honours_file,
        }
    }

    /// Plans the job as if all that it needs were installed here.
    pub fn plan_with_all(&self, script: &Script) -> Result<Plan, Refusal> {
        launch::plan(&self.resolved, &self.computer, &self.site_elsewhere(), script)
    }

    /// Another machine, which is taken to have what the job needs.
    fn site_elsewhere(&self) -> Site<'_> {
        let packages = Packages { deepspeed: Some("0.19.8".to_owned()), has_fp8: true, has_tpu: true };
        Site {
            python: "python".to_owned(),
            folder: None,
            packages,
            mpi: Some(Mpi::OpenMpi("mpirun".to_owned())),
            is_port_taken: &|_| false,
            port_holder: &|_| None,
            free_port: &|| 29_500,
            honours_file: self.honours_file,
        }
    }

    /// The MPI on the search path; it is only asked where a host file is named.
    fn mpi(&self) -> Option<Mpi> {
        if *self.resolved.settings.get("mpirun_hostfile") == Value::Null {
            return None;
        }
        let path = self.computer.machine.env.get("PATH")?;
        let is_there = |name: &&str| interpreter::on_path_named(path, &[name]).is_some();
        let program = ["mpirun", "mpiexec"].into_iter().find(is_there)?;
        let asked = Command::new(program).arg("--version").stdin(Stdio::null()).output().ok()?;
        let is_open = String::from_utf8_lossy(&asked.stdout).contains("Open MPI");
        Some(if is_open { Mpi::OpenMpi(program.to_owned()) } else { Mpi::Other(program.to_owned()) })
    }

    /// Says on standard error which config is used and what else a person should know.
    pub fn tell(&self) {
        for note in &self.choice.notes {
            streams::err(&line::complaint(note));
        }
    }
}

fn packages(python: &Path) -> Packages {
    let has = |name: &str| interpreter::version(python, name).is_some();
    Packages {
        deepspeed: interpreter::version(python, "deepspeed"),
        has_fp8: ["torchao", "transformer_engine", "msamp"].into_iter().any(has),
        has_tpu: has("torch_xla")
            && ["/dev/accel0", "/dev/vfio/0"].iter().any(|path| Path::new(path).exists()),
    }
}

/// Gaudi is the one accelerator beside GPUs that the probe knows.
fn accelerator(machine: &Machine) -> Option<(Accelerator, u32)> {
    let devices = machine.gpus.devices();
    let gaudis = devices.iter().filter(|device| device.vendor == Vendor::Intel).count();
    (gaudis > 0).then(|| (Accelerator::Hpu, u32::try_from(gaudis).unwrap_or(u32::MAX)))
}
