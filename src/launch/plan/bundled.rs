//! Ranks of the bundled worker. They meet as torch.distributed's static rendezvous has it (torch 2.11,
//! `elastic/rendezvous/static_tcp_rendezvous.py`), also over several machines: each machine starts its own.

use num_traits::ToPrimitive as _;

use super::draft::Draft;
use super::torchrun::Torchrun;
use super::{Script, devices, meeting};
use crate::launch::{Launcher, Plan, Process, Site};
use crate::layers::{Computer, Refusal, Resolved, python};
use crate::value::Value;

/// How many ranks there are, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ranks {
    /// Of the whole job.
    pub world: u32,
    /// On each machine.
    pub local: u32,
    /// Whether they stay on the CPUs.
    pub is_on_cpu: bool,
}

/// Plans ranks of a program that reads `RANK`, `WORLD_SIZE`, `MASTER_ADDR` and their kin and nothing else.
///
/// # Errors
/// What is wrong with ports and addresses, with the words of [`super::plan`].
pub fn plan_ranks(
    resolved: &Resolved,
    computer: &Computer,
    site: &Site,
    script: &Script,
    ranks: Ranks,
) -> Result<Plan, Refusal> {
    let mut draft = Draft::new(resolved, computer, site, script);
    if !ranks.is_on_cpu {
        devices::hide(&mut draft)?;
    }
    draft.put("OMP_NUM_THREADS", threads(&draft, ranks), "num_cpu_threads_per_process");
    let launcher = if ranks.world > 1 { Launcher::MultiGpu } else { Launcher::Simple };
    let first = if ranks.world > 1 { meet(&mut draft, ranks)? } else { 0 };
    let processes = (0..ranks.local).map(|local| process(&draft, first + local, local, ranks)).collect();
    let mut plan = Plan::new(launcher, processes);
    let torchrun = Torchrun { draft: &draft, told: Vec::new() };
    plan.max_restarts = torchrun.check_restarts()?;
    plan.tee = torchrun.tee()?;
    plan.log_dir = torchrun.get("log_dir").as_text().map(Into::into);
    let shell = &computer.machine.env;
    plan.shared_env = draft.env.into_iter().filter(|(name, value)| shell.get(name) != Some(value)).collect();
    (plan.reasons, plan.notes) = (draft.reasons, draft.notes);
    Ok(plan)
}

/// What a person says; else a fair share of the cores: threads of libtorch that wait for each other's cores cost a
/// factor of twelve (measured with two ranks on two cores).
fn threads(draft: &Draft, ranks: Ranks) -> String {
    let option = "num_cpu_threads_per_process";
    if !matches!(draft.origin(option), crate::layers::Origin::Default) {
        return python::str(draft.get(option));
    }
    let cores = draft.computer.machine.host.cores;
    let free = [cores.available, cores.physical.or(cores.logical)].into_iter().flatten().min().unwrap_or(1);
    (free / ranks.local.max(1)).max(1).to_string()
}

/// Sets where the ranks meet; the first rank of this machine.
fn meet(draft: &mut Draft, ranks: Ranks) -> Result<u32, Refusal> {
    let mut port = meeting::port(draft);
    let machines = ranks.world / ranks.local.max(1);
    if meeting::is_port_taken(draft, &port)? {
        meeting::fall_back(draft, &mut Vec::new(), &port);
        port = Value::int((draft.site.free_port)());
    }
    let (machine, address) = if machines > 1 { place(draft, machines)? } else { (0, "127.0.0.1".to_owned()) };
    draft.put("MASTER_ADDR", address, "main_process_ip");
    draft.put("MASTER_PORT", python::str(&port), "main_process_port");
    draft.put("WORLD_SIZE", ranks.world.to_string(), "num_processes");
    draft.put("LOCAL_WORLD_SIZE", ranks.local.to_string(), "num_processes");
    draft.put("GROUP_WORLD_SIZE", machines.to_string(), "num_machines");
    draft.put("GROUP_RANK", machine.to_string(), "machine_rank");
    for variable in ["RANK", "LOCAL_RANK"] {
        let first = if variable == "RANK" { machine * ranks.local } else { 0 };
        let reason = draft.reason(variable, &first.to_string(), "");
        draft.reasons.push(reason);
    }
    Ok(machine * ranks.local)
}

/// The number of this machine, and the address of the first.
fn place(draft: &Draft, machines: u32) -> Result<(u32, String), Refusal> {
    let refuse = |sentence: String, about: &str| Err(Refusal::new("ValueError", sentence, about));
    if *draft.get("main_process_ip") == Value::Null {
        let sentence =
            "several machines need `main_process_ip`: the address of the first, the same on all of them";
        return refuse(sentence.to_owned(), "main_process_ip");
    }
    let told = python::str(draft.get("machine_rank"));
    let number = python::int(&told).and_then(|number| number.to_u32()).filter(|number| *number < machines);
    match number {
        Some(machine) => Ok((machine, draft.text("main_process_ip")?)),
        None => refuse(
            format!("`machine_rank` is {told}; {machines} machines have the numbers 0 to {}", machines - 1),
            "machine_rank",
        ),
    }
}

fn process(draft: &Draft, rank: u32, local_rank: u32, ranks: Ranks) -> Process {
    let numbers = [("RANK", rank), ("LOCAL_RANK", local_rank)];
    let env = numbers.map(|(variable, number)| (variable.to_owned(), number.to_string()));
    let argv = std::iter::once(&draft.script.name).chain(&draft.script.arguments).cloned().collect();
    let env = if ranks.world > 1 { env.into() } else { Default::default() };
    Process { rank, local_rank, argv, env }
}
