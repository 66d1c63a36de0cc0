//! DeepSpeed: ranks on one machine, or DeepSpeed's own program for several.
//!
//! accelerate 1.15.0, `utils/launch.py::prepare_deepspeed_cmd_env` and `commands/launch.py::deepspeed_launcher`.

use super::draft::Draft;
use super::ranks::{self, Group};
use super::{devices, meeting, precision, sharding};
use crate::launch::{Launcher, Process, Tee, contract};
use crate::layers::{Origin, Refusal, python};
use crate::value::Value;

/// The processes of this path; variables go into the draft.
pub(super) fn plan(draft: &mut Draft) -> Result<Group, Refusal> {
    let fields = fields(draft)?;
    if draft.site.packages.deepspeed.is_none() {
        let sentence =
            "DeepSpeed is not installed in the interpreter's environment; run `pip install deepspeed`";
        return Err(Refusal::new("ImportError", sentence, "distributed_type"));
    }
    let port = meeting::port(draft);
    let launcher = match draft.get("deepspeed_multinode_launcher") {
        Value::Null => "pdsh".to_owned(),
        other => python::str(other),
    };
    let has_program = draft.is_above("num_machines", 1)? && launcher != "standard";
    let argv = if has_program { Some(program(draft, &launcher, &port)?) } else { None };
    let mut told = if has_program { Vec::new() } else { meeting::tell(draft, &port)? };
    if meeting::is_port_taken(draft, &port)? {
        meeting::fall_back(draft, &mut told, &port);
    }
    draft.check_script()?;
    if draft.is_on("debug") {
        draft.put("ACCELERATE_DEBUG_MODE", "true", "debug");
    }
    devices::hide(draft)?;
    let precision = precision::word(draft)?;
    draft.set("PYTHONPATH", python_path(draft));
    precision::write(draft, &precision)?;
    draft.put("ACCELERATE_CONFIG_DS_FIELDS", fields, "");
    draft.put("ACCELERATE_USE_DEEPSPEED", "true", "use_deepspeed");
    draft.carry(contract::DEEPSPEED);
    if draft.is_on("enable_cpu_affinity") {
        draft.put("ACCELERATE_CPU_AFFINITY", "1", "enable_cpu_affinity");
    }
    sharding::mesh(draft)?;
    carry_dropped(draft);
    note_threads(draft);
    devices::switch_nccl(draft);
    match argv {
        Some(argv) => Ok(handed_over(draft, argv)),
        None => ranks::group(draft, told, Launcher::DeepSpeed),
    }
}

/// The keys of the file's section, for the worker to find a second voice in DeepSpeed's own file.
fn fields(draft: &Draft) -> Result<String, Refusal> {
    let mut fields = draft.resolved.deepspeed_fields.clone();
    if let Some(section) = draft.resolved.settings.setting("deepspeed_config") {
        let kind = section.value.kind();
        let sentence = format!("`deepspeed_config` must be a section of keys, and it is {kind}");
        return Err(Refusal::new("AttributeError", sentence, "deepspeed_config"));
    }
    if draft.resolved.is_precision_from_file() {
        fields.push("mixed_precision".to_owned());
    }
    Ok(fields.join(",").to_lowercase())
}

/// DeepSpeed's own program and its options.
fn program(draft: &Draft, launcher: &str, port: &Value) -> Result<Vec<String>, Refusal> {
    let text = |argument: &str| python::str(draft.get(argument));
    let mut argv = vec!["deepspeed".to_owned(), "--hostfile".to_owned(), text("deepspeed_hostfile")];
    let mut add = |parts: &[&str]| argv.extend(parts.iter().map(|part| (*part).to_owned()));
    if launcher == "nossh" {
        check_nossh(draft)?;
        add(&["--node_rank", &text("machine_rank"), "--no_ssh"]);
    } else {
        add(&["--no_local_rank", "--launcher", launcher]);
    }
    if *draft.get("deepspeed_exclusion_filter") != Value::Null {
        add(&["--exclude", &text("deepspeed_exclusion_filter")]);
    } else if *draft.get("deepspeed_inclusion_filter") != Value::Null {
        add(&["--include", &text("deepspeed_inclusion_filter")]);
    } else {
        add(&["--num_gpus", &meeting::share(draft)?]);
    }
    if draft.is_on("main_process_ip") {
        add(&["--master_addr", &text("main_process_ip")]);
    }
    add(&["--master_port", &python::str(port)]);
    draft.check_script()?;
    if draft.is_on("module") {
        add(&["--module"]);
    } else if draft.is_on("no_python") {
        add(&["--no_python"]);
    }
    argv.push(draft.script.name.clone());
    argv.extend(draft.script.arguments.iter().cloned());
    Ok(argv)
}

/// This launcher came with DeepSpeed 0.14.5.
fn check_nossh(draft: &Draft) -> Result<(), Refusal> {
    let version = draft.site.packages.deepspeed.as_deref().unwrap_or_default();
    let numbers: Vec<u32> = version.split('.').map_while(|part| part.parse().ok()).collect();
    if numbers.as_slice() >= [0, 14, 5].as_slice() {
        return Ok(());
    }
    let sentence = format!("the launcher nossh needs DeepSpeed 0.14.5, and {version} is installed");
    Err(Refusal::new("ValueError", sentence, "deepspeed_multinode_launcher"))
}

/// The folder of the launch behind what the shell says.
fn python_path(draft: &Draft) -> String {
    let said = draft.computer.machine.env.get("PYTHONPATH").map_or("", String::as_str);
    let folder = draft.folder();
    let parts: Vec<&str> = said.split(':').filter(|part| !part.is_empty()).chain([folder.as_str()]).collect();
    parts.join(":")
}

/// The paths for offloading to disk, which Accelerate's launcher forgets in every release.
fn carry_dropped(draft: &mut Draft) {
    if draft.site.honours_file {
        draft.carry(contract::DEEPSPEED_DROPPED);
        return;
    }
    for carrier in contract::DEEPSPEED_DROPPED {
        if *draft.get(carrier.argument) != Value::Null && draft.variable(carrier.variable).is_none() {
            draft.notes.push(format!(
                "accelerate launch drops `{}` ({}); `--honour-file` passes it on",
                carrier.argument,
                draft.origin(carrier.argument)
            ));
        }
    }
}

/// On this path the option does not become `OMP_NUM_THREADS`; torch sets 1 for several processes.
fn note_threads(draft: &mut Draft) {
    let option = "num_cpu_threads_per_process";
    if matches!(draft.origin(option), Origin::Flag(_)) {
        draft.notes.push(format!(
            "accelerate launch does not pass `--{option}` on to DeepSpeed; set the variable `OMP_NUM_THREADS` instead"
        ));
    }
}

/// DeepSpeed's program reaches the other machines itself and takes the variables from a file.
fn handed_over(draft: &mut Draft, argv: Vec<String>) -> Group {
    draft.notes.push(
        "DeepSpeed's program carries all variables of this shell to the other machines, tokens as well"
            .to_owned(),
    );
    Group {
        launcher: Launcher::DeepSpeedMachines,
        processes: vec![Process { argv, ..Process::default() }],
        max_restarts: 0,
        monitor_interval: Value::Null,
        log_dir: Value::Null,
        tee: Tee::Unsaid,
    }
}
