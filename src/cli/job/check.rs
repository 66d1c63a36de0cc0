//! What would make a job fail before it has begun, said before the first process starts.

use std::path::{Path, PathBuf};

use super::summary;
use crate::launch::{Launcher, Plan, host, interpreter};
use crate::text;

/// What a plan does not say of itself.
#[derive(Clone, Debug, Default)]
pub struct Premises {
    /// The script, where it is a file that Python reads.
    pub script: Option<PathBuf>,
    /// The Python that runs it; none where another program does, or where none was found.
    pub python: Option<PathBuf>,
    /// True where Python is needed.
    pub needs_python: bool,
    /// An environment that is said to be active and has no Python: the variable and its folder.
    pub lost: Option<(&'static str, PathBuf)>,
    /// How many devices there are for ranks that want one each; none where that cannot be known or does
    /// not matter.
    pub devices: Option<usize>,
}

/// Everything that would make the job fail, one sentence each.
pub fn refusals(plan: &Plan, premises: &Premises) -> Vec<String> {
    let checks = [
        interpreter_missing(premises),
        script_missing(plan, premises),
        torch_missing(premises),
        too_few_devices(plan, premises),
        port_taken(plan),
        logs_unwritable(plan),
    ];
    checks.into_iter().flatten().collect()
}

fn interpreter_missing(premises: &Premises) -> Option<String> {
    if !premises.needs_python {
        return None;
    }
    match &premises.python {
        None => Some(format!(
            "there is no Python on the search path; activate the environment that has Accelerate, \
             or start another program with `--no_python`{}",
            lost(premises)
        )),
        Some(python) if python.components().count() > 1 && !interpreter::is_program(python) => {
            Some(format!("the interpreter {} is not there or may not be run", python.display()))
        }
        Some(_) => None,
    }
}

fn script_missing(plan: &Plan, premises: &Premises) -> Option<String> {
    let script = premises.script.as_ref()?;
    let folder = plan.cwd.clone().unwrap_or_default();
    let path = folder.join(script);
    if path.is_file() || path.join("__main__.py").is_file() {
        return None;
    }
    if path.is_dir() {
        return Some(in_folder(script, &path));
    }
    let neighbours = path.parent().and_then(|folder| {
        let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
        std::fs::read_dir(folder).ok()
    });
    let names: Vec<String> = neighbours
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| entry.file_name().into_string().ok())
        .collect();
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let scripts = names.iter().map(String::as_str).filter(|name| name.ends_with(".py"));
    let hint = match text::nearest(name, scripts) {
        Some(near) => format!("; did you mean {}?", script.with_file_name(near).display()),
        None => "; check the name and the folder you are in".to_owned(),
    };
    Some(format!("the script {} is not there{hint}", script.display()))
}

/// Python runs a folder only by its `__main__.py`.
fn in_folder(script: &Path, path: &Path) -> String {
    let entries = std::fs::read_dir(path).into_iter().flatten().flatten();
    let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
    let mut scripts: Vec<String> = names.filter(|name| name.ends_with(".py")).collect();
    scripts.sort();
    let advice = match scripts.as_slice() {
        [] => "name the script to start".to_owned(),
        [one] => format!("did you mean {}?", script.join(one).display()),
        several => format!("name one of its scripts: {}", text::all_of(&several[..several.len().min(5)])),
    };
    format!("{} is a folder, not a script; {advice}", script.display())
}

/// Names of files first, which takes no time; Python itself has the last word.
fn torch_missing(premises: &Premises) -> Option<String> {
    let python = premises.python.as_ref().filter(|_| premises.needs_python)?;
    if interpreter::version(python, "torch").is_some() || host::has_package(python, "torch") != Some(false) {
        return None;
    }
    Some(format!(
        "{} has no torch; activate the environment that has it, or install it there with `{} -m pip install torch`{}",
        python.display(),
        python.display(),
        lost(premises)
    ))
}

/// What explains why another Python was taken than the person has in mind.
fn lost(premises: &Premises) -> String {
    premises.lost.as_ref().map_or_else(String::new, |(variable, folder)| {
        format!("; `{variable}` names {}, where there is no Python", folder.display())
    })
}

fn too_few_devices(plan: &Plan, premises: &Premises) -> Option<String> {
    let (devices, processes) = (premises.devices?, plan.processes.len());
    if processes <= devices {
        return None;
    }
    let there = match devices {
        0 => "none is seen".to_owned(),
        1 => "there is 1".to_owned(),
        count => format!("there are {count}"),
    };
    let what = text::count(processes, "process");
    let otherwise = if devices == 0 {
        "; to train on the CPU, set the variable `ACCELERATE_USE_CPU=1`, or add `--force` where the script itself \
         asks for it with `Accelerator(cpu=True)`"
    } else {
        "; set `num_processes` to the number of GPUs"
    };
    Some(format!("{what} want a GPU each, and {there}{otherwise}"))
}

/// Rank 0 of a group listens there. A free one in place of a taken one is the plan's business.
fn port_taken(plan: &Plan) -> Option<String> {
    if !matches!(plan.launcher, Launcher::MultiGpu | Launcher::DeepSpeed) {
        return None;
    }
    let first = plan.processes.iter().find(|process| process.rank == 0)?;
    let port: u16 = plan.env_of(first).get("MASTER_PORT")?.parse().ok()?;
    if !host::is_port_taken(port) {
        return None;
    }
    let holder = host::port_holder(port).map_or_else(|| "another program".to_owned(), |holder| holder.says());
    Some(format!(
        "port {port} is used by {holder}; set `main_process_port` to another one, or to 0 for any free one"
    ))
}

fn logs_unwritable(plan: &Plan) -> Option<String> {
    let folder = plan.log_dir.as_ref()?;
    let is_fine = summary::is_writable(folder);
    (!is_fine).then(|| {
        format!("logs cannot be written to {}; name another folder with `--log_dir`", folder.display())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::launch::Process;

    fn plan(ranks: u32) -> Plan {
        let process = |rank| Process { rank, local_rank: rank, ..Process::default() };
        Plan::new(Launcher::MultiGpu, (0..ranks).map(process).collect())
    }

    fn one(plan: &Plan, premises: &Premises) -> String {
        let refusals = refusals(plan, premises);
        assert_eq!(refusals.len(), 1, "{refusals:?}");
        refusals.into_iter().next().expect("there is one")
    }

    #[test]
    fn nothing_is_refused_without_a_reason() {
        let premises = Premises { devices: Some(2), ..Premises::default() };
        assert_eq!(refusals(&plan(2), &premises), Vec::<String>::new());
    }

    #[test]
    fn a_missing_script_has_a_neighbour() {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join("train.py"), "").expect("a file");
        let mut plan = plan(1);
        plan.cwd = Some(folder.path().to_owned());
        let premises = |script: &str| Premises { script: Some(script.into()), ..Premises::default() };
        assert!(one(&plan, &premises("trian.py")).contains("did you mean train.py?"));
        assert!(one(&plan, &premises("other.py")).contains("check the name"));
        assert!(refusals(&plan, &premises("train.py")).is_empty());
        std::fs::create_dir(folder.path().join("src")).expect("a folder");
        assert_eq!(one(&plan, &premises("src")), "src is a folder, not a script; name the script to start");
        std::fs::write(folder.path().join("src/main.py"), "").expect("a file");
        assert!(one(&plan, &premises("src")).ends_with("did you mean src/main.py?"));
        std::fs::write(folder.path().join("src/__main__.py"), "").expect("a file");
        assert!(refusals(&plan, &premises("src")).is_empty(), "Python runs such a folder");
    }

    #[test]
    fn devices_are_counted() {
        let premises = |devices| Premises { devices: Some(devices), ..Premises::default() };
        assert!(one(&plan(4), &premises(2)).contains("4 processes want a GPU each, and there are 2;"));
        assert!(one(&plan(2), &premises(0)).contains("ACCELERATE_USE_CPU=1"));
    }

    #[test]
    fn a_taken_port_names_who_has_it() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = listener.local_addr().expect("bound").port();
        let mut plan = plan(2);
        plan.shared_env = [("MASTER_PORT".to_owned(), port.to_string())].into();
        assert!(one(&plan, &Premises::default()).starts_with(&format!("port {port} is used by ")));
        plan.launcher = Launcher::Simple;
        assert!(refusals(&plan, &Premises::default()).is_empty());
    }

    #[test]
    fn a_python_must_be_there_where_one_is_needed() {
        let premises = Premises { needs_python: true, ..Premises::default() };
        assert!(one(&plan(1), &premises).contains("no Python"));
        let premises = Premises { python: Some("/no/such/python".into()), ..premises };
        assert!(one(&plan(1), &premises).contains("/no/such/python"));
    }
}
