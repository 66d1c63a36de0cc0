//! Processes and machines: how many there are, and whether the numbers fit together.

use super::sample::yaml;
use super::{Facts, Findings, Rule};
use crate::finding::Severity;
use crate::text::count;
use crate::value::Value;

pub(super) const RULES: &[Rule] =
    &[MISSING, WORD, TYPE_NO, SINGLE, FEWER_THAN_MACHINES, REMAINDER, RANK, ONE_DEVICE, DEVICES];

const MISSING: Rule = Rule {
    name: "processes/missing",
    says: "the number of processes is not in the file",
    severity: Severity::Warning,
    why: "Since 0.34 `accelerate launch` refuses every type but 'NO' when neither the file nor the command line says \
          how many processes to start. Many people leave the number to the command line on purpose.",
    bad: yaml("distributed_type: MULTI_GPU\nnum_processes: -1\n"),
    good: yaml("distributed_type: MULTI_GPU\nnum_processes: 4\n"),
    check: missing,
    ..Rule::BLANK
};

fn missing(facts: &Facts, found: &mut Findings) {
    let Some(kind) = facts.local_type().filter(|_| facts.is_typed()) else { return };
    let is_counted =
        facts.starts_per_device() || facts.starts_by_hosts() || facts.config.flag("use_cpu") == Some(true);
    let is_left_out = match facts.get("num_processes") {
        None => kind != "NO" && facts.is_left_out("num_processes"),
        Some(Value::Null) => is_counted,
        Some(number) => number.as_int() == Some(-1),
    };
    if is_left_out {
        let place = match facts.entry("num_processes") {
            Some(_) => facts.value_place("num_processes"),
            None => facts.key_place("distributed_type"),
        };
        let machines = if facts.machines() > 1 { " over all machines" } else { "" };
        found
            .report(place, format!("`num_processes` is not set, and {kind} cannot start without it"))
            .advise(format!(
                "write the number of processes{machines}, or pass `--num_processes` at every launch"
            ));
    }
}

const WORD: Rule = Rule {
    name: "processes/word",
    says: "a number of processes that torch counts by itself",
    severity: Severity::Hint,
    why: "On one machine the launcher hands `num_processes` to torch unread, and torch knows gpu, cpu, xpu and auto: one \
          process for each device. Accelerate itself knows none of these words, so several machines, `use_cpu` and \
          other launchers fail on them.",
    bad: yaml("num_processes: gpu\n"),
    good: yaml("num_processes: 8\n"),
    check: word,
    ..Rule::BLANK
};

fn word(facts: &Facts, found: &mut Findings) {
    let Some(word) = facts.get("num_processes").and_then(Value::as_text) else { return };
    if facts.starts_per_device() && facts.machines() == 1 && ["gpu", "cpu", "xpu", "auto"].contains(&word) {
        found
            .report(
                facts.value_place("num_processes"),
                format!("`{word}` is a word of torch, not of Accelerate"),
            )
            .advise("write the number, or leave it out and pass `--num_processes`");
    }
}

const TYPE_NO: Rule = Rule {
    name: "processes/type-no",
    says: "several processes or machines with a type that starts one process",
    severity: Severity::Warning,
    why: "With `distributed_type: 'NO'` the launcher starts one process on this machine, whatever `num_processes` and \
          `num_machines` say.",
    bad: yaml("distributed_type: 'NO'\nnum_processes: 8\n"),
    good: yaml("distributed_type: MULTI_GPU\nnum_processes: 8\n"),
    check: type_no,
    ..Rule::BLANK
};

fn type_no(facts: &Facts, found: &mut Findings) {
    let is_mpi = facts.is_set("mpirun_config.mpirun_hostfile");
    if facts.local_type() != Some("NO") || is_mpi {
        return;
    }
    for (key, noun) in [("num_processes", "process"), ("num_machines", "machine")] {
        let Some(number) = facts.config.int(key).filter(|number| *number > 1 && facts.is_set(key)) else {
            continue;
        };
        let nouns = if noun == "process" { "processes" } else { "machines" };
        found
            .report(facts.value_place(key), format!("{number} {nouns}, but type NO starts one process"))
            .relate(facts.value_place("distributed_type"), "no distribution")
            .advise("write the type that you want, such as `distributed_type: MULTI_GPU`, or 1 here");
    }
}

const SINGLE: Rule = Rule {
    name: "processes/single",
    says: "a distributed type with one process",
    severity: Severity::Warning,
    why: "With one process nothing is distributed: no gradients are exchanged and no parameters are split. The flag \
          `--multi_gpu` even refuses it, the file does not.",
    bad: yaml("distributed_type: MULTI_GPU\nnum_processes: 1\n"),
    good: yaml("distributed_type: 'NO'\nnum_processes: 1\n"),
    check: single,
    ..Rule::BLANK
};

fn single(facts: &Facts, found: &mut Findings) {
    let Some(kind) = facts.local_type().filter(|kind| *kind == "FSDP" || facts.is_multi_device()) else {
        return;
    };
    if facts.processes() != Some(1) || facts.machines() > 1 {
        return;
    }
    let finding = found
        .report(facts.value_place("num_processes"), format!("{kind} with one process distributes nothing"));
    finding.relate(facts.value_place("distributed_type"), "meant for several");
    if kind == "FSDP" {
        finding.advise("write the number of your GPUs; with one there is nothing to split");
        finding.severity = Severity::Hint;
    } else {
        finding.advise("write the number of your GPUs, or `distributed_type: 'NO'`");
        finding.offer("write `distributed_type: 'NO'`", vec![facts.write("distributed_type", "NO")]);
    }
}

const FEWER_THAN_MACHINES: Rule = Rule {
    name: "processes/fewer-than-machines",
    says: "fewer processes than machines",
    severity: Severity::Error,
    why: "`num_processes` counts the processes of all machines together. Fewer than machines leaves none for each: \
          torch refuses to start zero workers.",
    bad: yaml(
        "num_machines: 4\nmachine_rank: 0\nmain_process_ip: 10.0.0.1\nmain_process_port: 29500\nnum_processes: 2\n",
    ),
    good: yaml(
        "num_machines: 4\nmachine_rank: 0\nmain_process_ip: 10.0.0.1\nmain_process_port: 29500\nnum_processes: 8\n",
    ),
    check: fewer_than_machines,
    ..Rule::BLANK
};

fn fewer_than_machines(facts: &Facts, found: &mut Findings) {
    let Some(processes) = facts.processes().filter(|_| facts.starts_per_device()) else { return };
    let machines = facts.machines();
    if processes < machines {
        let total = processes * machines;
        found
            .report(
                facts.value_place("num_processes"),
                format!(
                    "{} for {machines} machines: none is left for each",
                    count(usize::try_from(processes).unwrap_or(usize::MAX), "process")
                ),
            )
            .relate(facts.value_place("num_machines"), "so many machines")
            .advise(format!("write the total over all machines: {total} if you want {processes} on each"))
            .offer(format!("write {total}"), vec![facts.write("num_processes", total)]);
    }
}

const REMAINDER: Rule = Rule {
    name: "processes/remainder",
    says: "processes that do not divide among the machines",
    severity: Severity::Warning,
    why: "The launcher divides `num_processes` by `num_machines` and drops the remainder without a word: fewer \
          processes run than the file says.",
    bad: yaml(
        "num_machines: 2\nmachine_rank: 0\nmain_process_ip: 10.0.0.1\nmain_process_port: 29500\nnum_processes: 7\n",
    ),
    good: yaml(
        "num_machines: 2\nmachine_rank: 0\nmain_process_ip: 10.0.0.1\nmain_process_port: 29500\nnum_processes: 8\n",
    ),
    check: remainder,
    ..Rule::BLANK
};

fn remainder(facts: &Facts, found: &mut Findings) {
    let machines = facts.machines();
    let is_many = |processes: &i64| *processes >= machines && processes % machines != 0;
    let is_divided = facts.starts_per_device() || facts.starts_by_hosts();
    if let Some(processes) = facts.processes().filter(is_many).filter(|_| is_divided) {
        let (each, left) = (processes / machines, processes % machines);
        found
            .report(
                facts.value_place("num_processes"),
                format!("{processes} processes do not divide among {machines} machines: {left} will not run"),
            )
            .relate(facts.value_place("num_machines"), "so many machines")
            .advise(format!("write a multiple of {machines}; as it stands each machine starts {each}"));
    }
}

const RANK: Rule = Rule {
    name: "processes/machine-rank",
    says: "a machine number beyond the number of machines",
    severity: Severity::Error,
    why: "Machines are numbered from 0. A number that is too large loads, and then every machine waits for one that \
          does not exist until the rendezvous times out.",
    bad: yaml(
        "num_machines: 2\nmachine_rank: 2\nmain_process_ip: 10.0.0.1\nmain_process_port: 29500\nnum_processes: 16\n",
    ),
    good: yaml(
        "num_machines: 2\nmachine_rank: 1\nmain_process_ip: 10.0.0.1\nmain_process_port: 29500\nnum_processes: 16\n",
    ),
    check: rank,
    ..Rule::BLANK
};

fn rank(facts: &Facts, found: &mut Findings) {
    let machines = facts.machines();
    if !facts.starts_per_device() || machines < 2 {
        return;
    }
    if let Some(rank) = facts.config.int("machine_rank").filter(|rank| *rank >= machines) {
        let last = machines - 1;
        found
            .report(
                facts.value_place("machine_rank"),
                format!("there is no machine {rank}: {machines} machines are numbered 0 to {last}"),
            )
            .relate(facts.value_place("num_machines"), "so many machines")
            .advise("write the number of this machine, counted from 0, or pass `--machine_rank`");
    }
}

const ONE_DEVICE: Rule = Rule {
    name: "gpu-ids/one",
    says: "one device for a type that needs several",
    severity: Severity::Error,
    why: "On one machine the launcher refuses MULTI_GPU and its kin when `gpu_ids` names a single device.",
    bad: yaml("gpu_ids: '0'\n"),
    good: yaml("gpu_ids: '0,1'\n"),
    check: one_device,
    ..Rule::BLANK
};

fn one_device(facts: &Facts, found: &mut Findings) {
    let is_alone = facts.device_ids().is_some_and(|ids| ids.len() == 1);
    if is_alone && facts.is_multi_device() && facts.machines() <= 1 {
        let kind = facts.local_type().unwrap_or_default();
        found
            .report(
                facts.value_place("gpu_ids"),
                format!("{kind} needs at least two devices, `gpu_ids` names one"),
            )
            .relate(facts.value_place("distributed_type"), "meant for several")
            .advise("name at least two devices, write `all`, or use `distributed_type: 'NO'`");
    }
}

const DEVICES: Rule = Rule {
    name: "gpu-ids/count",
    says: "as many devices as processes are not named",
    severity: Severity::Warning,
    why: "Nobody compares `gpu_ids` with `num_processes`. With more processes than devices several share one, which \
          NCCL refuses; with fewer the remaining devices stay idle.",
    bad: yaml("num_processes: 4\ngpu_ids: '0,1,2'\n"),
    good: yaml("num_processes: 3\ngpu_ids: '0,1,2'\n"),
    check: devices,
    ..Rule::BLANK
};

fn devices(facts: &Facts, found: &mut Findings) {
    let is_spread = facts.starts_per_device() || facts.starts_by_hosts();
    let (Some(ids), Some(processes)) = (facts.device_ids().filter(|_| is_spread), facts.processes()) else {
        return;
    };
    let (each, named) = (processes / facts.machines(), ids.len() as i64);
    if each == 0 || each == named {
        return;
    }
    let effect = if each > named { "several processes would share a device" } else { "the others stay idle" };
    found
        .report(
            facts.value_place("gpu_ids"),
            format!("`gpu_ids` names {}, but {each} run on each machine", count(ids.len(), "device")),
        )
        .relate(facts.value_place("num_processes"), format!("{processes} in all"))
        .advise(format!("name one device for each process on a machine; as it stands {effect}"));
}

impl Facts<'_> {
    /// True where the type is a word: an unquoted NO is a finding of its own.
    fn is_typed(&self) -> bool {
        self.get("distributed_type").is_some_and(|kind| kind.as_text().is_some())
    }

    /// The devices that `gpu_ids` names; `None` for all of them.
    fn device_ids(&self) -> Option<Vec<String>> {
        let text = self.get("gpu_ids")?.as_text()?;
        let ids: Vec<String> = text.split(',').map(|id| id.trim().to_owned()).collect();
        ids.iter().all(|id| id.parse::<u32>().is_ok()).then_some(ids)
    }
}
