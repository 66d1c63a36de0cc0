//! A strategy in a few words: "FSDP 2 over 4 GPUs, all sharded, bf16".

use super::{Fsdp, FsdpStrategy, Megatron, Offload, Precision, Sharding, Strategy, Zero};
use crate::text::count;

impl Precision {
    /// As the config spells it.
    pub fn word(self) -> &'static str {
        match self {
            Precision::No => "no",
            Precision::Bf16 => "bf16",
            Precision::Fp16 => "fp16",
            Precision::Fp8 => "fp8",
        }
    }
}

impl Strategy {
    /// What a person would call it, with the number of GPUs and the precision.
    pub fn words(&self) -> String {
        let mut words = vec![format!("{} on {}", self.sharding.words(), self.gpus())];
        let axes = [("tensor", self.tensor), ("context", self.context), ("sequence", self.sequence)];
        let axes = axes.into_iter().chain([("pipeline", self.pipeline)]).filter(|(_, ways)| *ways > 1);
        words.extend(axes.map(|(axis, ways)| format!("{axis} parallel {ways}")));
        if self.replicas > 1 {
            words.push(format!("{} copies", self.replicas));
        }
        words.push(match self.precision {
            Precision::No => "no mixed precision".to_owned(),
            precision => format!("{} mixed precision", precision.word()),
        });
        if self.accumulation > 1 {
            words.push(format!("{} micro-batches per step", self.accumulation));
        }
        words.join(", ")
    }

    fn gpus(&self) -> String {
        let gpus = count(usize::try_from(self.world).unwrap_or(usize::MAX), "GPU");
        match self.machines() {
            1 => gpus,
            machines => format!("{gpus} of {machines} machines"),
        }
    }
}

impl Sharding {
    /// What a person would call it: `ZeRO-3, optimizer in host memory`.
    pub fn words(&self) -> String {
        match self {
            Sharding::Single => "one process".to_owned(),
            Sharding::Ddp(_) => "data parallel copies (DDP)".to_owned(),
            Sharding::Fsdp(fsdp) => fsdp.words(),
            Sharding::Zero(zero) => zero.words(),
            Sharding::Megatron(megatron) => megatron.words(),
        }
    }
}

impl Fsdp {
    fn words(&self) -> String {
        let what = match self.strategy {
            FsdpStrategy::Full => "all sharded",
            FsdpStrategy::GradOp => "all but weights sharded",
            FsdpStrategy::None => "nothing sharded",
            FsdpStrategy::Hybrid => "all sharded per machine",
            FsdpStrategy::HybridGradOp => "all but weights per machine",
        };
        let offload = if self.offloads { ", in host memory" } else { "" };
        format!("FSDP {}, {what}{offload}", self.version)
    }
}

impl Zero {
    fn words(&self) -> String {
        let place = |what: &str, offload: Offload| match offload {
            Offload::None => String::new(),
            Offload::Cpu => format!(", {what} in host memory"),
            Offload::Nvme => format!(", {what} on disk"),
        };
        if self.optimizer_offload == self.parameter_offload {
            return format!("ZeRO-{}{}", self.stage, place("all", self.optimizer_offload));
        }
        let optimizer = place("optimizer", self.optimizer_offload);
        let parameters = place("parameters", self.parameter_offload);
        format!("ZeRO-{}{optimizer}{parameters}", self.stage)
    }
}

impl Megatron {
    fn words(&self) -> String {
        let optimizer = if self.has_distributed_optimizer { ", optimizer sharded" } else { "" };
        format!("Megatron-LM{optimizer}")
    }
}
