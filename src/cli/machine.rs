//! The machine that a verb works for: this one, one from a file, or one from the catalogue.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use clap::Args;

use crate::document::Stored;
use crate::hardware::{Gpus, Machine, catalogue, nvml, system};
use crate::settings::Found;

/// Names another library than the system's `libnvidia-ml.so.1`: for drivers in unusual places, and for tests.
const LIBRARY: &str = "ACCEL_STUDIO_NVML";

/// The argument that names another machine; verbs flatten it into their own.
#[derive(Args, Clone, Debug, Default)]
pub struct Named {
    /// The machine to plan for: a file of `probe --save`, or a name such as 8xh100-sxm
    #[arg(long, value_name = "FILE|NAME")]
    machine: Option<String>,
}

impl Named {
    /// The machine that the person named, if any.
    pub fn named(&self) -> Option<Result<Machine, String>> {
        self.machine.as_deref().map(|name| named(name, Path::new("")))
    }

    /// The machine that the person named, else the one that the project's settings name: there a file is
    /// meant as seen from the settings' own folder.
    pub fn named_or_set(&self, found: &Found) -> Option<Result<Machine, String>> {
        self.named().or_else(|| {
            let name = found.settings.machine.as_deref()?;
            let path = found.path.as_deref()?;
            let folder = path.parent().unwrap_or(Path::new(""));
            Some(named(name, folder).map_err(|reason| format!("{}: `machine`: {reason}", path.display())))
        })
    }
}

/// The variables of this process that are text.
pub fn environment() -> BTreeMap<String, String> {
    std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .collect()
}

/// Environment, GPUs and host of the process that runs now. Variables that are not text are left out.
pub fn this() -> Machine {
    Machine {
        env: environment(),
        gpus: gpus(std::env::var_os(LIBRARY)),
        host: system::probe(),
        ..placed(Machine::default())
    }
}

fn gpus(library: Option<OsString>) -> Gpus {
    match library.filter(|path| !path.is_empty()) {
        Some(path) => nvml::probe_through(&path),
        None => nvml::probe(),
    }
}

/// Gives a machine the home and the folder of this process, which no file tells.
fn placed(machine: Machine) -> Machine {
    Machine { home: std::env::home_dir(), cwd: std::env::current_dir().ok(), ..machine }
}

/// A file where there is one of that name or where the name is that of a file, else a row of the catalogue.
pub fn named(name: &str, folder: &Path) -> Result<Machine, String> {
    let path = folder.join(name);
    let is_file = path.is_file() || name.ends_with(".json") || name.contains(['/', '\\']);
    let machine = if is_file { read(&path, name) } else { catalogue::machine(name) };
    machine.map(placed)
}

fn read(path: &PathBuf, name: &str) -> Result<Machine, String> {
    let stored = Stored::read(path).map_err(|error| error.to_string())?;
    let machine = Machine::parse(stored.document().text())
        .map_err(|reason| format!("`{}` describes no machine: {reason}", path.display()))?;
    Ok(Machine { name: machine.name.or_else(|| Some(name.to_owned())), ..machine })
}
