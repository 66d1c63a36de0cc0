//! How many GPUs there are, which of them are used, and whether they fit together.

use super::super::sample::yaml;
use super::super::{Facts, Findings, Rule};
use super::{FOUR_A100, TWO_V100, WITHOUT_GPU, called};
use crate::finding::{Place, Severity};
use crate::hardware::Device;
use crate::text::{all_of, count};

pub(in crate::rules) const RULES: &[Rule] = &[NO_GPU, UNKNOWN_ID, SLICES, TOO_FEW, IDLE, MIXED];

const NO_GPU: Rule = Rule {
    name: "hardware/no-gpu",
    says: "the training type needs a GPU, and the machine has none",
    severity: Severity::Error,
    why: "Without a GPU, Accelerate forgets about the other processes of MULTI_GPU: each trains the whole model alone \
          on the CPU, and nobody says so. FSDP and DeepSpeed stop in every worker with a RuntimeError.",
    bad: yaml("distributed_type: MULTI_GPU\n").on(WITHOUT_GPU),
    good: yaml("distributed_type: 'NO'\nnum_processes: 1\nuse_cpu: true\n").on(WITHOUT_GPU),
    check: no_gpu,
    ..Rule::BLANK
};

fn no_gpu(facts: &Facts, found: &mut Findings) {
    let is_without = facts.machine.is_some_and(|machine| machine.gpus.devices().is_empty());
    if facts.wants_gpus() && is_without && facts.gpus().is_some() {
        let kind = facts.local_type().unwrap_or_default();
        found
            .report(
                facts.value_place("distributed_type"),
                format!("{kind} needs GPUs, and this machine has none"),
            )
            .advise("name the machine that trains with `--machine`, or train on the CPU: `use_cpu: true`");
    }
}

const UNKNOWN_ID: Rule = Rule {
    name: "hardware/unknown-gpu-id",
    says: "`gpu_ids` names a GPU that the machine does not have",
    severity: Severity::Error,
    why: "Accelerate hands `gpu_ids` to the driver in CUDA_VISIBLE_DEVICES. The driver stops reading at the first \
          number that is no device: that one and all after it stay invisible, and several processes share what is \
          left, which NCCL refuses.",
    bad: yaml("gpu_ids: \"2,4\"\n").on(FOUR_A100),
    good: yaml("gpu_ids: \"2,3\"\n").on(FOUR_A100),
    check: unknown_id,
    ..Rule::BLANK
};

fn unknown_id(facts: &Facts, found: &mut Findings) {
    let (Some(machine), Some(ids)) = (facts.machine, facts.chosen_ids()) else { return };
    let devices = machine.gpus.devices().len();
    let unknown: Vec<String> = ids
        .iter()
        .filter(|id| usize::try_from(**id).map_or(true, |id| id >= devices))
        .map(ToString::to_string)
        .collect();
    if devices > 0 && facts.wants_gpus() && !unknown.is_empty() {
        found
            .report(
                facts.value_place("gpu_ids"),
                format!("there is no GPU {}: the machine has {}", all_of(unknown), count(devices, "GPU")),
            )
            .advise(format!("count from 0: the last one is {}", devices - 1));
    }
}

const TOO_FEW: Rule = Rule {
    name: "hardware/too-few-gpus",
    says: "more processes than GPUs on a machine",
    severity: Severity::Error,
    why: "The launcher starts the processes without a word. Accelerate then gives them the GPUs in turn (1.15, \
          `PartialState.set_device`), so two share one, and NCCL stops at the first exchange: duplicate GPU detected.",
    bad: yaml("num_processes: 8\n").on(FOUR_A100),
    good: yaml("num_processes: 4\n").on(FOUR_A100),
    check: too_few,
    ..Rule::BLANK
};

fn too_few(facts: &Facts, found: &mut Findings) {
    let (Some(gpus), Some(processes)) = (facts.gpus(), facts.local_processes()) else { return };
    if !facts.wants_gpus() || gpus.is_empty() || processes <= gpus.len() {
        return;
    }
    let where_ = if facts.machines() > 1 { " on each machine" } else { "" };
    let message = format!("{}{where_} for {}", count(processes, "process"), count(gpus.len(), "GPU"));
    let finding = found.report(facts.value_place("num_processes"), message);
    let total = gpus.len() * usize::try_from(facts.machines()).unwrap_or(1);
    finding.advise(format!("write `num_processes: {total}`, one process for each GPU"));
    if facts.chosen_ids().is_some() {
        finding.relate(facts.value_place("gpu_ids"), "the GPUs of the job");
    }
}

const IDLE: Rule = Rule {
    name: "hardware/idle-gpus",
    says: "fewer processes than GPUs",
    severity: Severity::Hint,
    why: "Each process uses one GPU; the rest have nothing to do.",
    bad: yaml("num_processes: 2\n").on(FOUR_A100),
    good: yaml("num_processes: 2\ngpu_ids: \"0,1\"\n").on(FOUR_A100),
    check: idle,
    ..Rule::BLANK
};

fn idle(facts: &Facts, found: &mut Findings) {
    let (Some(gpus), Some(processes)) = (facts.gpus(), facts.local_processes()) else { return };
    if facts.wants_gpus() && processes < gpus.len() {
        let idle = count(gpus.len() - processes, "GPU");
        found
            .report(facts.value_place("num_processes"), format!("{idle} of {} have no process", gpus.len()))
            .advise("name the GPUs of this job in `gpu_ids`, or start more processes");
    }
}

const MIXED: Rule = Rule {
    name: "hardware/mixed-gpus",
    says: "the GPUs of a job differ",
    severity: Severity::Warning,
    why: "Every process gets the same share of model and batch. The smallest GPU decides what fits, and all wait for \
          the slowest at every step.",
    bad: yaml("num_processes: 6\n").on(TWO_V100).and_another(FOUR_A100),
    good: yaml("num_processes: 2\n").on(TWO_V100),
    check: mixed,
    ..Rule::BLANK
};

fn mixed(facts: &Facts, found: &mut Findings) {
    let (Some(gpus), Some(processes)) = (facts.gpus(), facts.local_processes()) else { return };
    let used: Vec<&Device> = gpus.into_iter().take(processes).collect();
    let Some(first) = used.first() else { return };
    let Some(other) = used.iter().find(|device| device.name != first.name) else { return };
    if facts.wants_gpus() {
        let message = format!("the job would run on different GPUs: {} and {}", called(first), called(other));
        found
            .report(used_place(facts), message)
            .advise("choose equal ones with `gpu_ids`; otherwise the smallest and slowest decides for all");
    }
}

const SLICES: Rule = Rule {
    name: "hardware/gpu-slices",
    says: "several processes on slices of a GPU",
    severity: Severity::Error,
    why: "With MIG a process sees one slice alone, and slices cannot exchange data by NCCL (MIG user guide, \
          \"Application considerations\"): a job of several processes cannot start on them.",
    bad: yaml("num_processes: 4\n").on(FOUR_A100).sliced(),
    good: yaml("distributed_type: 'NO'\nnum_processes: 1\n").on(FOUR_A100).sliced(),
    check: slices,
    ..Rule::BLANK
};

fn slices(facts: &Facts, found: &mut Findings) {
    let (Some(gpus), Some(processes)) = (facts.gpus(), facts.local_processes()) else { return };
    let is_sliced = |device: &&Device| device.mig.as_ref().is_some_and(|mig| mig.is_enabled);
    if facts.wants_gpus() && processes > 1 && gpus.iter().take(processes).any(is_sliced) {
        found
            .report(used_place(facts), "slices of a GPU (MIG) cannot work together")
            .advise("start one process on one slice, or turn MIG off: `sudo nvidia-smi -mig 0`");
    }
}

/// Where the file says which GPUs are used.
fn used_place(facts: &Facts) -> Place {
    let key = if facts.chosen_ids().is_some() { "gpu_ids" } else { "num_processes" };
    facts.value_place(key)
}
