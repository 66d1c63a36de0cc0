//! From an Accelerate strategy to who holds what in the worker: one scale from "everybody holds everything" to
//! "everybody holds a share", since DDP, ZeRO and FSDP are points on it.

use serde::{Deserialize, Serialize};

use crate::memory::{Fsdp, FsdpStrategy, Offload, Precision, Sharding, Strategy, Zero};

/// What is split between the ranks of a group; each step includes the ones before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sharded {
    /// One process, DDP, ZeRO-0, NO_SHARD: gradients are all-reduced.
    Nothing,
    /// ZeRO-1: optimizer states.
    States,
    /// ZeRO-2: gradients too; each rank keeps the reduction of its own share.
    Gradients,
    /// SHARD_GRAD_OP: parameters too, but they stay whole from forward to backward.
    BetweenSteps,
    /// ZeRO-3, FULL_SHARD: parameters are whole only while their unit computes.
    Everything,
}

/// How a run is spread over processes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Layout {
    /// Processes of the whole run.
    pub world: u32,
    /// What is split.
    pub sharded: Sharded,
    /// Groups that each hold a whole copy between them (HYBRID_SHARD); 1 where all ranks share one copy. Divides
    /// `world`; with `Sharded::Nothing` it means nothing.
    pub replicas: u32,
    /// `no`, `bf16` or `fp16`: autocast over fp32 masters.
    pub precision: Precision,
    /// Micro-batches per optimizer step.
    pub accumulation: u32,
    /// Whether gradients are reduced at every micro-batch, not only at the last.
    pub syncs_each_batch: bool,
    /// Whether optimizer states live in host memory, where the step is computed.
    pub offloads_states: bool,
    /// Whether the shards of parameters live in host memory between uses.
    pub offloads_parameters: bool,
    /// Whether each block's activations are computed again in backward.
    pub has_checkpointing: bool,
    /// Bytes of gradients that DDP reduces at once.
    pub bucket_bytes: u64,
    /// Largest norm of the whole gradient; larger ones are scaled down.
    pub clipping: Option<f64>,
    /// Whether it runs on CPUs even where there are GPUs.
    pub is_on_cpu: bool,
}

/// PyTorch's default `bucket_cap_mb`.
pub(super) const BUCKET: u64 = 25 << 20;

impl Layout {
    /// The layout of a strategy, or every reason why the worker cannot follow it.
    pub fn of(strategy: &Strategy) -> Result<Layout, Vec<String>> {
        let mut layout = Layout {
            world: narrow(strategy.world),
            sharded: Sharded::Nothing,
            replicas: narrow(strategy.replicas),
            precision: strategy.precision,
            accumulation: narrow(strategy.accumulation),
            syncs_each_batch: strategy.syncs_each_batch,
            offloads_states: false,
            offloads_parameters: false,
            has_checkpointing: false,
            bucket_bytes: BUCKET,
            clipping: None,
            is_on_cpu: strategy.is_on_cpu,
        };
        let mut refused = refusals(strategy);
        match &strategy.sharding {
            Sharding::Single | Sharding::Ddp(_) => {}
            Sharding::Fsdp(fsdp) => layout.follow_fsdp(fsdp),
            Sharding::Zero(zero) => refused.extend(layout.follow_zero(zero)),
            Sharding::Megatron(_) => refused.push("Megatron-LM's own model and engine".to_owned()),
        }
        if refused.is_empty() { Ok(layout) } else { Err(refused) }
    }

    /// Ranks that share one copy of the model.
    pub fn shard_group(&self) -> u32 {
        self.world / self.replicas.max(1)
    }

    fn follow_fsdp(&mut self, fsdp: &Fsdp) {
        self.sharded = match fsdp.strategy {
            FsdpStrategy::Full | FsdpStrategy::Hybrid => Sharded::Everything,
            FsdpStrategy::GradOp | FsdpStrategy::HybridGradOp => Sharded::BetweenSteps,
            FsdpStrategy::None => Sharded::Nothing,
        };
        self.offloads_states = fsdp.offloads;
        self.offloads_parameters = fsdp.offloads;
        self.has_checkpointing = fsdp.has_checkpointing;
    }

    fn follow_zero(&mut self, zero: &Zero) -> Vec<String> {
        self.sharded = match zero.stage {
            0 => Sharded::Nothing,
            1 => Sharded::States,
            2 => Sharded::Gradients,
            _ => Sharded::Everything,
        };
        self.offloads_states = zero.optimizer_offload == Offload::Cpu;
        self.offloads_parameters = zero.parameter_offload == Offload::Cpu;
        [zero.optimizer_offload, zero.parameter_offload]
            .contains(&Offload::Nvme)
            .then(|| "offloading to disk (`nvme`)".to_owned())
            .into_iter()
            .collect()
    }
}

/// What no strategy of the worker does.
fn refusals(strategy: &Strategy) -> Vec<String> {
    let sizes = [
        (strategy.tensor, "tensor parallelism"),
        (strategy.context, "context parallelism"),
        (strategy.sequence, "sequence parallelism"),
        (strategy.pipeline, "pipeline parallelism"),
    ];
    let mut refused: Vec<String> = sizes
        .iter()
        .filter(|(size, _)| *size > 1)
        .map(|(size, what)| format!("{what} ({size} ways)"))
        .collect();
    if strategy.precision == Precision::Fp8 {
        refused.push("fp8".to_owned());
    }
    if strategy.replicas == 0 || !strategy.world.is_multiple_of(strategy.replicas) {
        refused.push(format!("{} processes in {} equal groups", strategy.world, strategy.replicas));
    }
    refused
}

fn narrow(count: u64) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}
