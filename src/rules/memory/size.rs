//! Whether a step of training fits the GPUs, the memory of the machine and its disks.

use super::super::hardware::{FOUR_A100, TWO_H100};
use super::super::sample::{yaml, yaml_beside};
use super::super::{Facts, Findings, Rule};
use crate::finding::Severity;
use crate::hardware::DiskKind;
use crate::memory::{Estimate, Verdict};
use crate::text::bytes;

/// Two processes that share everything, layer by layer.
const SHARDED: &str = "distributed_type: FSDP\nnum_processes: 2\nmixed_precision: bf16\nfsdp_config:\n  fsdp_version: 2\n  fsdp_auto_wrap_policy: TRANSFORMER_BASED_WRAP\n  fsdp_activation_checkpointing: true\n";

/// The same with parameters and states in RAM.
const IN_RAM: &str = "distributed_type: FSDP\nnum_processes: 2\nmixed_precision: bf16\nfsdp_config:\n  fsdp_version: 2\n  fsdp_auto_wrap_policy: TRANSFORMER_BASED_WRAP\n  fsdp_activation_checkpointing: true\n  fsdp_offload_params: true\n";

/// A config whose DeepSpeed file offloads.
const OFFLOADED: &str =
    "distributed_type: DEEPSPEED\nnum_processes: 2\ndeepspeed_config:\n  deepspeed_config_file: ds.json\n";

const TO_DISK: &str = r#"{"bf16": {"enabled": true}, "train_micro_batch_size_per_gpu": 1,
 "zero_optimization": {"stage": 3, "offload_optimizer": {"device": "nvme", "nvme_path": "/local"}}}
"#;

const TO_RAM: &str = r#"{"bf16": {"enabled": true}, "train_micro_batch_size_per_gpu": 1,
 "zero_optimization": {"stage": 3, "offload_optimizer": {"device": "cpu"}}}
"#;

pub(in crate::rules) const RULES: &[Rule] = &[TOO_LARGE, CLOSE, HOST, DISK];

const TOO_LARGE: Rule = Rule {
    name: "memory/does-not-fit",
    says: "a step of the training needs more memory than a GPU has",
    severity: Severity::Error,
    why: "The estimate follows what PyTorch allocates in a step: weights, gradients, optimizer states, what is kept \
          for backward, logits, buffers. Even the lower end of its band is more than the smallest GPU of the job \
          has, so training ends with `CUDA out of memory` in one of the first two steps.",
    bad: yaml("num_processes: 4\nmixed_precision: bf16\n").on(FOUR_A100).training("llama-3.1-8b", 4096),
    good: yaml("num_processes: 4\nmixed_precision: bf16\n").on(FOUR_A100).training("smollm2-135m", 1024),
    check: too_large,
    ..Rule::BLANK
};

fn too_large(facts: &Facts, found: &mut Findings) {
    if let Some((estimate, capacity)) = judged(facts, Verdict::TooLarge) {
        let (low, _) = estimate.range();
        let message = format!("a GPU needs about {}, and has {}", bytes(estimate.needed()), bytes(capacity));
        found.report(facts.spread_place(), message).advise(format!(
            "{}at least {} are needed; `accel-studio estimate --solve fit` lists what to change, the cheapest first",
            worst(&estimate),
            bytes(low)
        ));
    }
}

const CLOSE: Rule = Rule {
    name: "memory/may-not-fit",
    says: "a step of the training may need more memory than a GPU has",
    severity: Severity::Warning,
    why: "The size of the GPU lies within the band of the estimate: whether it fits depends on fragmentation, on the \
          longest sequence of the data, on versions of libraries.",
    bad: yaml(SHARDED).on(TWO_H100).training("llama-3.1-8b", 1024),
    good: yaml(SHARDED).on(TWO_H100).training("llama-3.2-1b", 1024),
    check: close,
    ..Rule::BLANK
};

fn close(facts: &Facts, found: &mut Findings) {
    if let Some((estimate, capacity)) = judged(facts, Verdict::Close) {
        let (low, high) = estimate.range();
        let message = format!(
            "a GPU needs about {} ({} to {}), and has {}",
            bytes(estimate.needed()),
            bytes(low),
            bytes(high),
            bytes(capacity)
        );
        found.report(facts.spread_place(), message).advise(format!(
            "{}try one step with the longest sequences before a long run, or make room: `accel-studio estimate \
             --solve fit`",
            worst(&estimate)
        ));
    }
}

const HOST: Rule = Rule {
    name: "memory/host-ram",
    says: "loading or offloading needs more RAM than the machine has",
    severity: Severity::Error,
    why: "What is offloaded to the CPU lives in RAM, for all processes of the machine together, and each process loads \
          the whole model unless the config says otherwise. Where RAM ends, the kernel kills a process without a word.",
    bad: yaml(IN_RAM).on(TWO_H100.with_ram(64)).training("llama-3.1-8b", 512),
    good: yaml(IN_RAM).on(TWO_H100.with_ram(512)).training("llama-3.1-8b", 512),
    check: host,
    ..Rule::BLANK
};

fn host(facts: &Facts, found: &mut Findings) {
    let Some(ram) = facts.machine.and_then(|machine| machine.host.ram) else { return };
    let Some(needed) = facts.estimate().map(|estimate| estimate.host.ram()) else { return };
    if needed > ram.usable() {
        found
            .report(
                facts.spread_place(),
                format!("a machine needs about {} of RAM, and has {}", bytes(needed), bytes(ram.usable())),
            )
            .advise("offload less, load the weights once for all processes, or take more machines");
    }
}

const DISK: Rule = Rule {
    name: "memory/nvme-space",
    says: "offloading to disk needs more space than the machine's NVMe disks have",
    severity: Severity::Warning,
    why: "ZeRO-Infinity keeps optimizer states and parameters in files. DeepSpeed finds out that the disk is full in \
          the middle of the first step.",
    bad: yaml_beside(OFFLOADED, TO_DISK)
        .on(TWO_H100.with_ram(512).with_disk(10))
        .training("llama-3.1-8b", 512),
    good: yaml_beside(OFFLOADED, TO_RAM)
        .on(TWO_H100.with_ram(512).with_disk(10))
        .training("llama-3.1-8b", 512),
    check: disk,
    ..Rule::BLANK
};

fn disk(facts: &Facts, found: &mut Findings) {
    let disks = facts.machine.into_iter().flat_map(|machine| &machine.host.disks);
    let nvme = disks.filter(|disk| disk.kind == DiskKind::Nvme);
    let Some(most) = nvme.filter_map(|disk| disk.free.or(disk.total)).max() else { return };
    let Some(needed) = facts.estimate().map(|estimate| estimate.host.nvme) else { return };
    if needed > most {
        found
            .report(
                facts.spread_place(),
                format!("about {} go to disk, and the emptiest NVMe disk has {}", bytes(needed), bytes(most)),
            )
            .advise("offload to the CPU, free some space, or take more machines");
    }
}

/// The estimate, where it gives this verdict for the smallest GPU of the job, whose bytes stand beside it.
fn judged(facts: &Facts, verdict: Verdict) -> Option<(Estimate, u64)> {
    let used = facts.local_processes().unwrap_or(1);
    let ids = facts.config.text("gpu_ids");
    let capacity = facts.machine?.gpu_memory(ids.as_deref()).into_iter().take(used).min()?;
    let estimate = facts.estimate()?;
    (estimate.verdict(capacity) == verdict).then_some((estimate, capacity))
}

/// "worst in the optimizer's step; ".
fn worst(estimate: &Estimate) -> String {
    estimate.peak().map_or_else(String::new, |peak| format!("worst {}; ", peak.phase.says()))
}
