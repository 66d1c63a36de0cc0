//! TPUs: torch_xla spawns a function of the script, so Accelerate itself is started with the same
//! options; on a pod torch_xla's own program reaches the machines.
//!
//! accelerate 1.15.0, `commands/launch.py`: `tpu_launcher`, `tpu_pod_launcher`; `utils/launch.py::prepare_tpu`.

use super::draft::Draft;
use crate::launch::{Launcher, Process};
use crate::layers::{Refusal, python};

/// The one command of this path; variables go into the draft.
pub(super) fn plan(draft: &mut Draft) -> Result<(Launcher, Vec<Process>), Refusal> {
    if draft.is_on("tpu_use_cluster") {
        prepare(draft);
        let argv = pod(draft);
        return Ok((Launcher::TpuPod, vec![Process { argv, ..Process::default() }]));
    }
    if draft.is_on("no_python") {
        let sentence = "`--no_python` cannot be used on a TPU, where a function of the script is called";
        return Err(Refusal::new("ValueError", sentence, "no_python"));
    }
    prepare(draft);
    draft.notes.push(
        "on a TPU Accelerate passes neither the number of processes nor the precision nor torch.compile on; torch_xla \
         uses all cores"
            .to_owned(),
    );
    let argv = single(draft);
    Ok((Launcher::Tpu, vec![Process { argv, ..Process::default() }]))
}

/// The few variables that reach a TPU.
fn prepare(draft: &mut Draft) {
    let is_bf16 = draft.get("mixed_precision").as_text() == Some("bf16");
    if is_bf16 && draft.site.packages.has_tpu {
        if draft.is_on("downcast_bf16") {
            draft.put("XLA_DOWNCAST_BF16", "1", "downcast_bf16");
        } else {
            draft.put("XLA_USE_BF16", "1", "mixed_precision");
        }
    }
    if draft.is_on("debug") {
        draft.put("ACCELERATE_DEBUG_MODE", "true", "debug");
    }
}

/// Accelerate's own launcher, told what was resolved.
fn single(draft: &Draft) -> Vec<String> {
    let mut argv: Vec<String> =
        [&draft.site.python, "-m", "accelerate.commands.launch", "--tpu"].map(str::to_owned).to_vec();
    let mut add = |parts: &[&str]| argv.extend(parts.iter().map(|part| (*part).to_owned()));
    add(&["--main_training_function", &python::str(draft.get("main_training_function"))]);
    if let Some(word) = draft.get("mixed_precision").as_text() {
        add(&["--mixed_precision", word]);
    }
    for switch in ["downcast_bf16", "debug", "module"] {
        if draft.is_on(switch) {
            add(&[&format!("--{switch}")]);
        }
    }
    argv.push(draft.script.name.clone());
    argv.extend(draft.script.arguments.iter().cloned());
    argv
}

/// torch_xla's program for pods, and the command that it runs on every machine.
fn pod(draft: &Draft) -> Vec<String> {
    let text = |argument: &str| python::str(draft.get(argument));
    let mut argv: Vec<String> =
        [&draft.site.python, "-m", "torch_xla.distributed.xla_dist", "--tpu", &text("tpu_name")]
            .map(str::to_owned)
            .to_vec();
    for machine in draft.get("tpu_vm").as_list().unwrap_or_default() {
        argv.extend(["--vm".to_owned(), python::str(machine)]);
    }
    for (name, value) in &draft.env {
        argv.extend(["--env".to_owned(), format!("{name}={value}")]);
    }
    argv.extend(["--env", "ACCELERATE_IN_TPU_POD=1", "--restart-tpuvm-pod-server", "--"].map(str::to_owned));
    argv.extend(draft.is_on("tpu_use_sudo").then(|| "sudo".to_owned()));
    argv.extend(
        [
            "accelerate-launch",
            "--tpu",
            "--no_tpu_cluster",
            "--num_machines",
            "1",
            "--mixed_precision",
            "no",
            "--dynamo_backend",
            "no",
            "--num_processes",
            &text("num_processes"),
            "--main_training_function",
            &text("main_training_function"),
        ]
        .map(str::to_owned),
    );
    argv.push(draft.script.name.clone());
    argv.extend(draft.script.arguments.iter().cloned());
    argv
}
