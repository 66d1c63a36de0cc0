//! The machine that a verb works for: this one, one from a file, or one from the catalogue.

use std::ffi::OsString;
use std::path::Path;

use crate::document::Stored;
use crate::hardware::{Gpus, Machine, nvml, system};

/// Names another library than the system's `libnvidia-ml.so.1`: for drivers in unusual places, and for tests.
const LIBRARY: &str = "ACCEL_STUDIO_NVML";

/// Environment, GPUs and host of the process that runs now. Variables that are not text are left out.
pub fn this() -> Machine {
    let env = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .collect();
    Machine {
        env,
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

/// The machine that a person named: a file that `probe --save` wrote.
pub fn named(name: &str) -> Result<Machine, String> {
    let stored = Stored::read(Path::new(name)).map_err(|error| error.to_string())?;
    let mut machine = Machine::parse(stored.document().text())
        .map_err(|reason| format!("`{name}` describes no machine: {reason}"))?;
    machine.name = machine.name.or_else(|| Some(name.to_owned()));
    Ok(placed(machine))
}
