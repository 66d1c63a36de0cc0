//! The processes of a group: ranks on this machine, or one command that hands the group to torch.
//!
//! torch 2.11: `launcher/api.py`, `elastic/agent/server/local_elastic_agent.py::_start_workers`.

use super::draft::Draft;
use super::meeting::Told;
use super::torchrun::Torchrun;
use crate::launch::{Launcher, Process, Reason, Tee};
use crate::layers::{Refusal, python};
use crate::value::Value;

/// The signals that torchrun passes on.
const SIGNALS: &str = "SIGTERM,SIGINT,SIGHUP,SIGQUIT";

/// What follows from torchrun's arguments.
pub(super) struct Group {
    pub launcher: Launcher,
    pub processes: Vec<Process>,
    pub max_restarts: u32,
    pub monitor_interval: Value,
    pub log_dir: Value,
    pub tee: Tee,
}

/// The processes of a group; variables that all share go into the draft.
pub(super) fn group(draft: &mut Draft, told: Told, launcher: Launcher) -> Result<Group, Refusal> {
    copy_in_capitals(draft);
    let torchrun = Torchrun { draft, told };
    let machines = torchrun.machines()?;
    let max_restarts = torchrun.check_restarts()?;
    let count = torchrun.processes()?;
    torchrun.check_rendezvous()?;
    let is_standalone = torchrun.is_on("standalone");
    let backend = torchrun.text("rdzv_backend")?;
    let tee = torchrun.tee()?;
    let (monitor_interval, log_dir) = (torchrun.get("monitor_interval"), torchrun.get("log_dir"));
    let (address, port) = match (is_standalone, backend.as_str()) {
        (true, _) => ("127.0.0.1".to_owned(), (draft.site.free_port)().to_string()),
        (false, "static") => torchrun.endpoint()?,
        (false, _) => Default::default(),
    };
    let is_torchs = torchrun.is_torchs(machines);
    let options = torchrun.options();
    let (role, run) = (python::str(&torchrun.get("role")), python::str(&torchrun.get("rdzv_id")));
    if count > 1 && draft.variable("OMP_NUM_THREADS").is_none() {
        draft.set("OMP_NUM_THREADS", "1");
    }
    if machines > 1 && *draft.get("main_process_ip") == Value::Null && draft.is_above("num_machines", 1)? {
        draft.notes.push(
            "several machines need `main_process_ip`; without it the job waits for a machine called None"
                .to_owned(),
        );
    }
    if is_torchs {
        let python = draft.site.python.clone();
        let mut argv = vec![python, "-m".to_owned(), "torch.distributed.run".to_owned()];
        argv.extend(options);
        argv.push(draft.script.name.clone());
        argv.extend(draft.script.arguments.iter().cloned());
        let processes = vec![Process { argv, ..Process::default() }];
        return Ok(Group {
            launcher: Launcher::Torchrun,
            processes,
            max_restarts,
            monitor_interval,
            log_dir,
            tee,
        });
    }
    let restarts = max_restarts.to_string();
    share_group(
        draft,
        &[
            ("ROLE_NAME", &role),
            ("MASTER_ADDR", &address),
            ("MASTER_PORT", &port),
            ("TORCHELASTIC_RUN_ID", &run),
            ("TORCHELASTIC_MAX_RESTARTS", &restarts),
        ],
        count,
    );
    let processes = (0..count).map(|rank| worker(draft, rank)).collect();
    explain_ranks(draft);
    Ok(Group { launcher, processes, max_restarts, monitor_interval, log_dir, tee })
}

/// The part of a group's variables that is the same for all.
fn share_group(draft: &mut Draft, named: &[(&str, &str)], count: u32) {
    let count = count.to_string();
    for (variable, value) in named {
        let argument = match *variable {
            "MASTER_PORT" => "main_process_port",
            "ROLE_NAME" => "role",
            "TORCHELASTIC_MAX_RESTARTS" => "max_restarts",
            _ => "",
        };
        draft.put(variable, *value, argument);
    }
    for variable in ["LOCAL_WORLD_SIZE", "WORLD_SIZE", "ROLE_WORLD_SIZE"] {
        draft.put(variable, count.clone(), "num_processes");
    }
    draft.put("GROUP_WORLD_SIZE", "1", "num_machines");
    draft.set("GROUP_RANK", "0");
    draft.set("TORCHELASTIC_RESTART_COUNT", "0");
    // Accelerate's launcher is torch's agent and keeps the store; ours leaves that to the first rank.
    draft.set("TORCHELASTIC_USE_AGENT_STORE", "False");
    draft.set("TORCHELASTIC_SIGNALS_TO_HANDLE", SIGNALS);
    if draft.variable("TORCH_NCCL_ASYNC_ERROR_HANDLING").is_none() {
        draft.set("TORCH_NCCL_ASYNC_ERROR_HANDLING", "1");
    }
}

/// One process of a group on one machine.
fn worker(draft: &Draft, rank: u32) -> Process {
    let number = rank.to_string();
    let env = ["RANK", "LOCAL_RANK", "ROLE_RANK"].map(|variable| (variable.to_owned(), number.clone()));
    let mut argv = Vec::new();
    let fill = |text: &String| substitute(text, &number);
    if !draft.is_on("no_python") {
        let python = draft.computer.machine.env.get("PYTHON_EXEC").unwrap_or(&draft.site.python);
        argv.extend([python.clone(), "-u".to_owned()]);
        argv.extend(draft.is_on("module").then(|| "-m".to_owned()));
        argv.push(fill(&draft.script.name));
    } else {
        argv.push(draft.script.name.clone());
    }
    argv.extend(draft.script.arguments.iter().map(fill));
    Process { rank, local_rank: rank, argv, env: env.into() }
}

fn explain_ranks(draft: &mut Draft) {
    for variable in ["RANK", "LOCAL_RANK", "ROLE_RANK"] {
        let reason = draft.reason(variable, "0", "");
        draft.reasons.push(reason);
    }
}

/// `${local_rank}` and `$local_rank` in an argument, and `$$` for a dollar sign
/// (`torch/distributed/elastic/utils/api.py`, Python's `Template.safe_substitute`).
fn substitute(text: &str, local_rank: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        out.push_str(&rest[..at]);
        let after = &rest[at + 1..];
        if let Some(after) = after.strip_prefix('$') {
            out.push('$');
            rest = after;
        } else if let Some(after) = after.strip_prefix("{local_rank}") {
            out.push_str(local_rank);
            rest = after;
        } else if let Some(after) = after.strip_prefix("local_rank").filter(|after| !continues_name(after)) {
            out.push_str(local_rank);
            rest = after;
        } else {
            out.push('$');
            rest = after;
        }
    }
    out + rest
}

fn continues_name(after: &str) -> bool {
    after.starts_with(|char: char| char.is_ascii_alphanumeric() || char == '_')
}

/// Accelerate writes every variable of the shell a second time under its name in capitals before torch
/// starts (`patch_environment`), so that `http_proxy` becomes `HTTP_PROXY`.
fn copy_in_capitals(draft: &mut Draft) {
    let env = &draft.computer.machine.env;
    let copies: Vec<(String, String)> = env
        .iter()
        .map(|(name, value)| (name.to_uppercase(), name, value))
        .filter(|(capitals, name, _)| capitals != *name && !env.contains_key(capitals))
        .map(|(capitals, _, value)| (capitals, value.clone()))
        .collect();
    for (name, value) in copies {
        if draft.env.contains_key(&name) {
            continue;
        }
        let reason = draft.reason(&name, &value, "");
        let sentence =
            "Accelerate writes each variable of the shell a second time under its name in capitals.";
        draft.reasons.push(Reason { sentence: sentence.to_owned(), ..reason });
        draft.env.insert(name, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_local_rank_is_filled_in_as_torch_does() {
        assert_eq!(substitute("--out=${local_rank}.txt", "3"), "--out=3.txt");
        assert_eq!(substitute("$local_rank $local_ranks $HOME $$5 $", "1"), "1 $local_ranks $HOME $5 $");
    }
}
