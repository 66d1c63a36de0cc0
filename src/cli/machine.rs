//! This machine, as the rooms below may know it.

use crate::hardware::{Machine, nvml};

/// Environment and GPUs of the process that runs now. Variables that are not text are left out.
pub fn this() -> Machine {
    let env = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .collect();
    Machine {
        env,
        home: std::env::home_dir(),
        cwd: std::env::current_dir().ok(),
        gpus: nvml::probe(),
        ..Machine::default()
    }
}
