//! What can be changed to need less memory: one row each, with what it costs and who says so.
//!
//! Levers of one axis exclude each other; one of each axis may be pulled at once.

use super::Situation;
use crate::memory::{Lora, Offload, Optimizer, Precision, Quantised, Sharding, StepKind, Strategy};
use crate::model::Dtype;
use crate::value::Value;

/// One thing to change.
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    /// A key of Accelerate's file.
    Config {
        /// Its dotted path.
        key: &'static str,
        /// What to write.
        value: Value,
    },
    /// A thing of the workload (`memory::WORKLOAD_FIELDS`), which the script decides.
    Workload {
        /// Its name.
        name: &'static str,
        /// Its value.
        value: String,
    },
    /// Micro-batches per step, which the script decides.
    Accumulation(u64),
}

/// A way to need less.
pub struct Lever {
    /// Levers of one axis exclude each other.
    pub axis: Axis,
    /// As an instruction: "shard everything with FSDP 2".
    pub title: &'static str,
    /// What it costs, with the source.
    pub cost: &'static str,
    /// For ranking: how much longer a step takes, or what it changes in the result, in rough per cent.
    pub weight: u32,
    /// What to change; `None` where it does not apply or changes nothing.
    pub(super) changes: fn(&Situation, &Strategy) -> Option<Vec<Change>>,
}

/// What a lever is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Axis {
    /// How the optimizer steps.
    Step,
    /// Formats of numbers.
    Precision,
    /// The head and the loss.
    Loss,
    /// States of the optimizer.
    Optimizer,
    /// Sequences at once.
    Batch,
    /// Who holds what.
    Sharding,
    /// What is kept for backward.
    Checkpointing,
    /// What is trained.
    Adapters,
}

pub(super) const AXES: [Axis; 8] = [
    Axis::Step,
    Axis::Precision,
    Axis::Loss,
    Axis::Optimizer,
    Axis::Batch,
    Axis::Sharding,
    Axis::Checkpointing,
    Axis::Adapters,
];

pub(super) const LEVERS: &[Lever] = &[
    Lever {
        axis: Axis::Step,
        title: "step the optimizer with `fused=True`",
        cost: "nothing: one kernel, no copy of a state (PyTorch on AdamW)",
        weight: 0,
        changes: |it, _| {
            let helps = matches!(it.work.optimizer, Optimizer::AdamW) && it.work.step == StepKind::Foreach;
            helps.then(|| vec![workload("step", "fused")])
        },
    },
    Lever {
        axis: Axis::Precision,
        title: "train in bf16 mixed precision",
        cost: "nothing from Ampere on; fewer digits (Micikevicius et al. 2018)",
        weight: 1,
        changes: |_, strategy| {
            (strategy.precision == Precision::No).then(|| vec![config("mixed_precision", "bf16")])
        },
    },
    Lever {
        axis: Axis::Loss,
        title: "compute head and loss together (Liger kernels, `use_liger_kernel` of the Trainer)",
        cost: "hardly any time; not for every model (Hsu et al. 2024)",
        weight: 4,
        changes: |it, _| {
            let is_text = it.card.vocabulary > 1 && !it.work.has_fused_loss;
            is_text.then(|| vec![workload("fused_loss", "true")])
        },
    },
    Lever {
        axis: Axis::Optimizer,
        title: "keep the optimizer's states in 8 bits (bitsandbytes)",
        cost: "no time, as good in its paper (Dettmers et al. 2022); a package",
        weight: 6,
        changes: |it, strategy| {
            let is_whole = matches!(strategy.sharding, Sharding::Single | Sharding::Ddp(_));
            (is_whole && it.work.optimizer == Optimizer::AdamW)
                .then(|| vec![workload("optimizer", "adamw-8bit")])
        },
    },
    Lever {
        axis: Axis::Batch,
        title: "halve the micro-batch and accumulate twice as often",
        cost: "a few per cent: smaller products keep a GPU less busy",
        weight: 3,
        changes: |it, strategy| smaller(it, strategy, 2),
    },
    Lever {
        axis: Axis::Batch,
        title: "take a quarter of the micro-batch and accumulate four times as often",
        cost: "a few per cent: smaller products keep a GPU less busy",
        weight: 7,
        changes: |it, strategy| smaller(it, strategy, 4),
    },
    Lever {
        axis: Axis::Batch,
        title: "train one sequence at a time and accumulate the rest",
        cost: "a few per cent: smaller products keep a GPU less busy",
        weight: 12,
        changes: |it, strategy| smaller(it, strategy, it.work.micro_batch),
    },
    Lever {
        axis: Axis::Sharding,
        title: "shard gradients and optimizer states with FSDP 2",
        cost: "no more traffic than copies (Rajbhandari et al. 2020, section 7)",
        weight: 5,
        changes: |_, strategy| fsdp(strategy, false, false),
    },
    Lever {
        axis: Axis::Sharding,
        title: "shard everything with FSDP 2",
        cost: "half as much traffic again (Rajbhandari et al. 2020, section 7)",
        weight: 10,
        changes: |_, strategy| fsdp(strategy, true, false),
    },
    Lever {
        axis: Axis::Sharding,
        title: "shard everything with ZeRO-3 instead of a lower stage",
        cost: "half as much traffic again (Rajbhandari et al. 2020, section 7)",
        weight: 10,
        changes: |it, strategy| zero(it, strategy, 3, Offload::None, Offload::None),
    },
    Lever {
        axis: Axis::Sharding,
        title: "keep and step the optimizer in host memory (ZeRO offload)",
        cost: "gradients and weights cross PCIe in each step (Ren et al. 2021)",
        weight: 60,
        changes: |it, strategy| zero(it, strategy, stage(strategy).clamp(2, 3), Offload::Cpu, Offload::None),
    },
    Lever {
        axis: Axis::Sharding,
        title: "shard everything with FSDP 2 and keep it in host memory",
        cost: "weights cross PCIe in each layer, the CPU steps: far slower",
        weight: 90,
        changes: |_, strategy| fsdp(strategy, true, true),
    },
    Lever {
        axis: Axis::Sharding,
        title: "keep parameters and optimizer in host memory (ZeRO-3)",
        cost: "weights cross PCIe in each layer, the CPU steps: far slower",
        weight: 90,
        changes: |it, strategy| zero(it, strategy, 3, Offload::Cpu, Offload::Cpu),
    },
    Lever {
        axis: Axis::Checkpointing,
        title: "compute layers again in backward (activation checkpointing)",
        cost: "one more forward pass, a third more time (Chen et al. 2016)",
        weight: 30,
        changes: checkpointing,
    },
    Lever {
        axis: Axis::Adapters,
        title: "train adapters instead of all parameters (LoRA, rank 16, all linear layers)",
        cost: "another method, worse where much is new (Biderman et al. 2024)",
        weight: 150,
        changes: |it, _| adapters(it, None),
    },
    Lever {
        axis: Axis::Adapters,
        title: "train adapters over a base in 4 bits (QLoRA, rank 16)",
        cost: "another method, slower than LoRA (Dettmers et al. 2023)",
        weight: 190,
        changes: |it, strategy| {
            let is_whole = matches!(strategy.sharding, Sharding::Single | Sharding::Ddp(_));
            adapters(it, Some(Quantised { bits: 4, is_prepared: true })).filter(|_| is_whole)
        },
    },
];

fn config(key: &'static str, value: impl Into<Value>) -> Change {
    Change::Config { key, value: value.into() }
}

fn workload(name: &'static str, value: &str) -> Change {
    Change::Workload { name, value: value.to_owned() }
}

fn smaller(it: &Situation, strategy: &Strategy, parts: u64) -> Option<Vec<Change>> {
    let micro_batch = it.work.micro_batch / parts.max(1);
    let is_even = parts > 1 && micro_batch > 0 && micro_batch * parts == it.work.micro_batch;
    let steps = strategy.accumulation.checked_mul(parts)?;
    let in_file = matches!(strategy.sharding, Sharding::Zero(_));
    let accumulate = if in_file {
        config("deepspeed_config.gradient_accumulation_steps", i64::try_from(steps).ok()?)
    } else {
        Change::Accumulation(steps)
    };
    // Batch and steps stand together in DeepSpeed's own file, which is left alone.
    (is_even && it.deepspeed.is_none())
        .then(|| vec![workload("micro_batch", &micro_batch.to_string()), accumulate])
}

/// FSDP 2 in place of copies, or with another setting.
fn fsdp(strategy: &Strategy, frees: bool, offloads: bool) -> Option<Vec<Change>> {
    let is_same = match &strategy.sharding {
        Sharding::Fsdp(now) => {
            now.version == 2 && (now.strategy.frees() || !frees) && now.offloads == offloads
        }
        Sharding::Ddp(_) => false,
        _ => true,
    };
    if is_same || strategy.world < 2 || strategy.tensor > 1 {
        return None;
    }
    let mut changes = vec![
        config("distributed_type", "FSDP"),
        config("fsdp_config.fsdp_version", 2),
        config("fsdp_config.fsdp_reshard_after_forward", frees),
        config("fsdp_config.fsdp_auto_wrap_policy", "TRANSFORMER_BASED_WRAP"),
        config("fsdp_config.fsdp_cpu_ram_efficient_loading", true),
        config("fsdp_config.fsdp_state_dict_type", "SHARDED_STATE_DICT"),
    ];
    if offloads {
        changes.push(config("fsdp_config.fsdp_offload_params", true));
    }
    Some(changes)
}

/// A stage and places of ZeRO for a config that is DeepSpeed's, or for a single GPU, which has nobody to
/// share with. A DeepSpeed file of its own is left alone: its keys stand elsewhere.
fn zero(
    it: &Situation,
    strategy: &Strategy,
    stage: u64,
    optimizer: Offload,
    parameters: Offload,
) -> Option<Vec<Change>> {
    let (is_new, is_single) = match &strategy.sharding {
        Sharding::Zero(now) => {
            let is_same = now.stage >= stage && now.optimizer_offload == optimizer;
            (!(is_same && now.parameter_offload == parameters), false)
        }
        Sharding::Single => (optimizer != Offload::None, true),
        _ => (false, false),
    };
    if !is_new || it.deepspeed.is_some() {
        return None;
    }
    let mut changes = vec![
        config("distributed_type", "DEEPSPEED"),
        config("deepspeed_config.zero_stage", i64::try_from(stage).ok()?),
        config("deepspeed_config.offload_optimizer_device", word(optimizer)),
        config("deepspeed_config.zero3_init_flag", stage == 3),
    ];
    if stage == 3 {
        changes.push(config("deepspeed_config.offload_param_device", word(parameters)));
        changes.push(config("deepspeed_config.zero3_save_16bit_model", true));
    }
    if is_single {
        changes.push(config("num_processes", 1));
    }
    if strategy.precision == Precision::No && it.work.weights != Dtype::F32 {
        changes.push(config("mixed_precision", "bf16"));
    }
    Some(changes)
}

fn word(offload: Offload) -> &'static str {
    match offload {
        Offload::None => "none",
        Offload::Cpu => "cpu",
        Offload::Nvme => "nvme",
    }
}

fn stage(strategy: &Strategy) -> u64 {
    match &strategy.sharding {
        Sharding::Zero(zero) => zero.stage,
        _ => 2,
    }
}

/// In Accelerate's file where FSDP is used, else in the script.
fn checkpointing(it: &Situation, strategy: &Strategy) -> Option<Vec<Change>> {
    match &strategy.sharding {
        _ if it.work.has_checkpointing || strategy.sharding.has_checkpointing() => None,
        Sharding::Fsdp(_) => Some(vec![config("fsdp_config.fsdp_activation_checkpointing", true)]),
        Sharding::Megatron(_) => None,
        _ => Some(vec![workload("checkpointing", "true")]),
    }
}

fn adapters(it: &Situation, base: Option<Quantised>) -> Option<Vec<Change>> {
    let is_better = match &it.work.lora {
        None => true,
        Some(Lora { base: None, .. }) => base.is_some(),
        Some(_) => false,
    };
    let mut changes = vec![workload("lora_rank", "16"), workload("lora_targets", "all-linear")];
    if base.is_some() {
        changes.push(workload("lora_base_bits", "4"));
    }
    is_better.then_some(changes)
}
