//! The variables that DeepSpeed's own program carries to the other machines: it reads them from a file.
//!
//! Accelerate 1.15.0 appends the whole environment to `.deepspeed_env` in the folder of the launch, where
//! tokens stay behind and the file grows with each launch. Here the same goes into a file that only this
//! user may read and that goes with the job; DeepSpeed finds it through `DS_ENV_FILE`
//! (deepspeed 0.19.8, `launcher/runner.py`).

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use crate::hardware::Machine;
use crate::launch::Plan;

/// The variable that names the file.
pub const VARIABLE: &str = "DS_ENV_FILE";

/// Characters that the file cannot carry, and Accelerate leaves such variables out
/// (`convert_dict_to_env_variables`).
const FORBIDDEN: [char; 5] = [';', '\n', '<', '>', ' '];

/// Writes the file; it is there until the handle goes.
pub fn write(plan: &Plan, machine: &Machine) -> io::Result<NamedTempFile> {
    let mut file = tempfile::Builder::new().prefix("accel-studio-").suffix(".deepspeed_env").tempfile()?;
    for path in theirs(machine).iter().filter(|path| path.is_file()) {
        file.write_all(&fs::read(path)?)?;
        file.write_all(b"\n")?;
    }
    file.write_all(lines(plan, machine).as_bytes())?;
    file.flush()?;
    Ok(file)
}

/// The files that DeepSpeed would have read, whose lines must not be lost.
fn theirs(machine: &Machine) -> Vec<PathBuf> {
    let name = machine.env.get(VARIABLE).map_or(".deepspeed_env", String::as_str);
    let folders = [machine.home.as_deref(), machine.cwd.as_deref()];
    let mut paths: Vec<PathBuf> =
        folders.into_iter().flatten().map(|folder: &Path| folder.join(name)).collect();
    paths.dedup();
    paths
}

/// All variables of the job, one to a line.
fn lines(plan: &Plan, machine: &Machine) -> String {
    let mut all = machine.env.clone();
    all.extend(plan.shared_env.clone());
    all.retain(|name, value| {
        let is_fine = |text: &String| !text.is_empty() && !text.contains(FORBIDDEN);
        is_fine(name) && is_fine(value) && name != VARIABLE
    });
    all.iter().map(|(name, value)| format!("{name}={value}\n")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::launch::Launcher;

    #[test]
    fn the_file_holds_what_accelerate_would_pass_on_and_what_was_there() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        fs::write(folder.path().join(".deepspeed_env"), "NCCL_DEBUG=INFO").expect("a file");
        let env = [("A", "1"), ("B", "two words"), ("C", ""), ("D", "x")];
        let machine = Machine {
            env: env.map(|(name, value)| (name.to_owned(), value.to_owned())).into(),
            cwd: Some(folder.path().to_owned()),
            ..Machine::default()
        };
        let mut plan = Plan::new(Launcher::DeepSpeedMachines, Vec::new());
        plan.shared_env = [("D".to_owned(), "new".to_owned())].into();
        let file = write(&plan, &machine).expect("it can be written");
        let text = fs::read_to_string(file.path()).expect("it can be read");
        assert_eq!(text, "NCCL_DEBUG=INFO\nA=1\nD=new\n");
        let path = file.path().to_owned();
        drop(file);
        assert!(!path.exists(), "it goes with the job");
    }
}
