//! One process, or one command of an MPI that starts the processes itself.
//!
//! accelerate 1.15.0, `utils/launch.py::prepare_simple_launcher_cmd_env`.

use super::draft::Draft;
use super::{devices, precision};
use crate::launch::{Launcher, Mpi, Process};
use crate::layers::{Refusal, python};
use crate::value::Value;

/// The processes of this path; variables go into the draft.
pub(super) fn plan(draft: &mut Draft) -> Result<(Launcher, Vec<Process>), Refusal> {
    draft.check_script()?;
    let mut argv = mpirun(draft)?;
    let launcher = if argv.is_empty() { Launcher::Simple } else { Launcher::Mpi };
    argv.extend(command(draft));
    use_cpu(draft);
    if draft.is_on("debug") {
        draft.put("ACCELERATE_DEBUG_MODE", "true", "debug");
    }
    devices::hide(draft)?;
    meet(draft)?;
    bind_threads(draft)?;
    let precision = precision::word(draft)?;
    precision::write(draft, &precision)?;
    precision::compile(draft)?;
    draft.put(
        "OMP_NUM_THREADS",
        python::str(draft.get("num_cpu_threads_per_process")),
        "num_cpu_threads_per_process",
    );
    if draft.is_on("enable_cpu_affinity") {
        draft.put("ACCELERATE_CPU_AFFINITY", "1", "enable_cpu_affinity");
    }
    only_text(draft)?;
    note_lonely(draft, launcher);
    Ok((launcher, vec![Process { argv, ..Process::default() }]))
}

/// The part of the command that an MPI begins with; empty without a host file.
fn mpirun(draft: &Draft) -> Result<Vec<String>, Refusal> {
    if *draft.get("mpirun_hostfile") == Value::Null {
        return Ok(Vec::new());
    }
    let Some(mpi) = &draft.site.mpi else {
        let sentence = "a host file is named, but neither mpirun nor mpiexec is on the PATH; install Open MPI, Intel MPI or MVAPICH";
        return Err(Refusal::new("OSError", sentence, "mpirun_hostfile"));
    };
    let names = ["num_processes", "num_machines"];
    let [processes, machines] = names.map(|name| draft.get(name));
    let per_machine = match processes.is_truthy() && machines.is_truthy() {
        true => python::str(&python::floor_divided(processes, machines, names)?),
        false => "1".to_owned(),
    };
    let hostfile = draft.text("mpirun_hostfile")?;
    let (program, [hosts, share, total], binding) = match mpi {
        Mpi::OpenMpi(program) => (program, ["--hostfile", "--npernode", "-n"], Some("--bind-to")),
        Mpi::Other(program) => (program, ["-f", "-ppn", "-n"], None),
    };
    let mut argv = vec![program.clone(), hosts.to_owned(), hostfile, share.to_owned(), per_machine];
    if processes.is_truthy() {
        argv.extend([total.to_owned(), python::str(processes)]);
    }
    if let Some(binding) = binding {
        let place = match draft.resolved.settings.setting("bind-to") {
            Some(_) => draft.text("bind-to")?,
            None => "socket".to_owned(),
        };
        argv.extend([binding.to_owned(), place]);
    }
    Ok(argv)
}

/// Interpreter, script and arguments.
fn command(draft: &Draft) -> Vec<String> {
    let mut argv = Vec::new();
    if !draft.is_on("no_python") {
        argv.push(draft.site.python.clone());
        argv.extend(draft.is_on("module").then(|| "-m".to_owned()));
    }
    argv.push(draft.script.name.clone());
    argv.extend(draft.script.arguments.iter().cloned());
    argv
}

/// `str(args.cpu or args.use_cpu)`: the raw value of the file travels as text.
fn use_cpu(draft: &mut Draft) {
    let (value, argument) = match draft.is_on("cpu") {
        true => (Value::Bool(true), "cpu"),
        false => (draft.get("use_cpu").clone(), "use_cpu"),
    };
    draft.put("ACCELERATE_USE_CPU", python::str(&value), argument);
}

/// Where the processes meet, where there is more than one.
fn meet(draft: &mut Draft) -> Result<(), Refusal> {
    let is_several = draft.is_above("num_machines", 1)?;
    for name in ["main_process_ip", "main_process_port"] {
        if is_several && *draft.get(name) == Value::Null {
            let sentence = format!("several machines need `{name}`, the same on all of them");
            return Err(Refusal::new("AssertionError", sentence, name));
        }
    }
    let has_others = *draft.get("num_processes") != Value::Null && draft.is_above("num_processes", 1)?;
    if !(has_others || is_several) {
        return Ok(());
    }
    let address = match draft.get("main_process_ip") {
        Value::Null => "127.0.0.1".to_owned(),
        _ => draft.text("main_process_ip")?,
    };
    let port = match draft.get("main_process_port") {
        Value::Null => "29500".to_owned(),
        port => python::str(port),
    };
    draft.put("MASTER_ADDR", address, "main_process_ip");
    draft.put("MASTER_PORT", port, "main_process_port");
    Ok(())
}

/// Intel's OpenMP gets its own settings where only CPUs train.
fn bind_threads(draft: &mut Draft) -> Result<(), Refusal> {
    let word = draft.variable("ACCELERATE_USE_CPU").unwrap_or_default().to_owned();
    match python::truth(&word) {
        Some(true) => {
            draft.set("KMP_AFFINITY", "granularity=fine,compact,1,0");
            draft.set("KMP_BLOCKTIME", "1");
            Ok(())
        }
        Some(false) => Ok(()),
        None => {
            let sentence = format!("`use_cpu` is `{word}`; write true or false");
            Err(Refusal::new("ValueError", sentence, "use_cpu"))
        }
    }
}

/// The system takes text only; one value reaches it as it is.
fn only_text(draft: &Draft) -> Result<(), Refusal> {
    draft.text("dynamo_mode").map(|_| ())
}

/// Several processes were asked for and one is started: Accelerate says nothing about it.
fn note_lonely(draft: &mut Draft, launcher: Launcher) {
    let Some(wanted) = python::integer(draft.get("num_processes")) else { return };
    if launcher == Launcher::Simple && wanted > 1 && draft.get("num_machines").as_int() == Some(1) {
        draft.notes.push(format!(
            "`num_processes` is {wanted}, and this training type starts one process; for several, choose MULTI_GPU, FSDP \
             or DEEPSPEED, or MULTI_CPU with `mpirun_hostfile`"
        ));
    }
}
