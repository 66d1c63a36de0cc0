//! What Accelerate's file decides: how many processes share the work, and who holds what.
//!
//! Plain data. [`Strategy::read`] makes it from a config's values; it knows no model and no batch, so that
//! sizes which Accelerate takes from the model stay symbolic ([`Elements`]).

mod fsdp;
mod megatron;
mod read;
mod words;
mod zero;

use serde::{Deserialize, Serialize};

/// How a job is spread over GPUs, read from a config.
#[derive(Clone, Debug, PartialEq)]
pub struct Strategy {
    /// Processes of the whole job, one GPU each.
    pub world: u64,
    /// Processes on one machine.
    pub local: u64,
    /// Mixed precision.
    pub precision: Precision,
    /// Micro-batches per optimizer step.
    pub accumulation: u64,
    /// Whether gradients are reduced at every micro-batch (`sync_each_batch`).
    pub syncs_each_batch: bool,
    /// Who holds which part of the model.
    pub sharding: Sharding,
    /// Ways that each matrix is split (tensor parallel); 1 for none.
    pub tensor: u64,
    /// Ways that each sequence is split over attention (context parallel); 1 for none.
    pub context: u64,
    /// Ways that each sequence is split (sequence parallel, Ulysses); 1 for none.
    pub sequence: u64,
    /// Stages that the layers are split into (Megatron-LM); 1 for none.
    pub pipeline: u64,
    /// Copies of the model that are each sharded over the processes of their own (`dp_replicate`, or one
    /// for each machine with HYBRID_SHARD); 1 where one copy is sharded over all.
    pub replicas: u64,
    /// Whether it trains without any GPU.
    pub is_on_cpu: bool,
    /// What the file says that the estimate does not know, one sentence each.
    pub unknown: Vec<String>,
}

/// Mixed precision.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Precision {
    /// The weights' own type everywhere.
    #[default]
    No,
    /// bf16 where it is safe.
    Bf16,
    /// fp16 where it is safe, with a loss scale.
    Fp16,
    /// fp8 matrix products.
    Fp8,
}

/// Who holds which part of the model.
#[derive(Clone, Debug, PartialEq)]
pub enum Sharding {
    /// One process.
    Single,
    /// Everybody holds everything.
    Ddp(Ddp),
    /// `FullyShardedDataParallel` (1) or `fully_shard` (2).
    Fsdp(Fsdp),
    /// DeepSpeed.
    Zero(Zero),
    /// Megatron-LM.
    Megatron(Megatron),
}

/// `DistributedDataParallel`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ddp {
    /// Gradients live in the buckets (`gradient_as_bucket_view`).
    pub has_bucket_view: bool,
}

/// FSDP.
#[derive(Clone, Debug, PartialEq)]
pub struct Fsdp {
    /// 1 or 2.
    pub version: u64,
    /// What is sharded.
    pub strategy: FsdpStrategy,
    /// Whether each layer is a unit of its own; otherwise the whole model is one.
    pub wraps_layers: bool,
    /// With SIZE_BASED_WRAP: parameters from which on a part is a unit of its own.
    pub smallest_unit: Option<u64>,
    /// Whether parameters, gradients and states live in host memory.
    pub offloads: bool,
    /// Whether one process per machine loads the weights.
    pub loads_once: bool,
    /// Whether the file turns on activation checkpointing.
    pub has_checkpointing: bool,
    /// Whether what checkpointing keeps is moved to host memory.
    pub offloads_activations: bool,
}

/// What FSDP shards.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FsdpStrategy {
    /// Everything, gathered layer by layer: FULL_SHARD, `reshard_after_forward: true`.
    Full,
    /// Parameters stay whole from forward to backward: SHARD_GRAD_OP, `reshard_after_forward: false`.
    GradOp,
    /// Nothing.
    None,
    /// Everything within a machine, nothing between machines.
    Hybrid,
    /// As SHARD_GRAD_OP within a machine.
    HybridGradOp,
}

/// DeepSpeed ZeRO; sizes in elements, as DeepSpeed counts them.
#[derive(Clone, Debug, PartialEq)]
pub struct Zero {
    /// 0 to 3.
    pub stage: u64,
    /// Where optimizer states live.
    pub optimizer_offload: Offload,
    /// Where parameters live (stage 3).
    pub parameter_offload: Offload,
    /// `reduce_bucket_size`.
    pub reduce_bucket: Elements,
    /// `allgather_bucket_size`.
    pub allgather_bucket: u64,
    /// `stage3_prefetch_bucket_size`.
    pub prefetch_bucket: Elements,
    /// `stage3_max_live_parameters`.
    pub max_live: u64,
    /// `stage3_max_reuse_distance`.
    pub max_reuse: u64,
    /// `stage3_param_persistence_threshold`.
    pub persistence: Elements,
    /// `sub_group_size`.
    pub sub_group: u64,
    /// `overlap_comm`.
    pub overlaps: bool,
    /// `contiguous_gradients`.
    pub has_contiguous_gradients: bool,
    /// `zero3_init_flag`: parameters are sharded while the model is built.
    pub shards_at_init: bool,
    /// Whether DeepSpeed's own fused optimizer steps (from the JSON's `optimizer`), not the script's.
    pub has_own_optimizer: bool,
    /// Whether gradients are summed in fp32 (`data_types.grad_accum_dtype`).
    pub sums_in_fp32: bool,
    /// `offload_optimizer.pin_memory` or `offload_param.pin_memory`: host memory that cannot be paged out.
    pub pins_memory: bool,
    /// `offload_optimizer.ratio`: the part of the states that is offloaded (stage 3), in per mille.
    pub offload_per_mille: u64,
    /// `offload_optimizer.buffer_count`: buffers between disk and optimizer.
    pub optimizer_buffers: u64,
    /// `offload_param.buffer_count`: buffers between disk and parameters.
    pub parameter_buffers: u64,
    /// `offload_param.buffer_size`: elements of each.
    pub parameter_buffer: u64,
    /// `offload_param.max_in_cpu`: elements that stay in host memory while the rest is on disk.
    pub most_in_host: u64,
}

/// A number of elements, or what Accelerate fills in for `auto` once it knows the model
/// (accelerate 1.15.0, `_prepare_deepspeed`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Elements {
    /// As written, or DeepSpeed's default.
    Fixed(u64),
    /// So many tenths of the hidden size.
    Hidden(u64),
    /// So many tenths of the hidden size's square.
    HiddenSquared(u64),
}

/// Megatron-LM; tensor, pipeline and context sizes stand in [`Strategy`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Megatron {
    /// Whether optimizer states are split over the copies of the model.
    pub has_distributed_optimizer: bool,
    /// Whether what tensor parallelism leaves whole is split along the sequence.
    pub splits_sequence: bool,
    /// What backward computes again.
    pub recompute: Recompute,
    /// Pieces of a batch that travel through the pipeline.
    pub micro_batches: u64,
    /// Ways that the experts are spread.
    pub experts: u64,
    /// Whether optimizer states live in host memory.
    pub offloads_optimizer: bool,
}

/// What Megatron-LM computes again in backward.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Recompute {
    /// Nothing.
    None,
    /// The inside of attention.
    Selective,
    /// Whole layers: what Accelerate asks for unless the file says otherwise.
    #[default]
    Full,
}

/// Where something lives.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Offload {
    /// On the GPU.
    #[default]
    None,
    /// In host memory.
    Cpu,
    /// On a disk.
    Nvme,
}

impl Elements {
    /// The number for a model of this hidden size.
    pub fn of(self, hidden: u64) -> u64 {
        match self {
            Elements::Fixed(number) => number,
            Elements::Hidden(tenths) => hidden.saturating_mul(tenths) / 10,
            Elements::HiddenSquared(tenths) => hidden.saturating_mul(hidden).saturating_mul(tenths) / 10,
        }
    }
}

impl Strategy {
    /// Machines of the job.
    pub fn machines(&self) -> u64 {
        self.world.div_ceil(self.local.max(1)).max(1)
    }

    /// Processes that share one copy of what is sharded; 1 where nothing is. Context and sequence parallel
    /// processes hold shards like all others (FSDP2's mesh `dp_shard_cp`; DeepSpeed's data parallel group
    /// with Ulysses), tensor and pipeline ones hold different parameters.
    pub fn shards(&self) -> u64 {
        let apart = self.tensor.saturating_mul(self.pipeline).saturating_mul(self.replicas).max(1);
        (self.world / apart).max(1)
    }

    /// Different micro-batches that are worked on at a time.
    pub fn batches(&self) -> u64 {
        let together = [self.tensor, self.pipeline, self.context, self.sequence];
        let together = together.iter().fold(1, |product: u64, ways| product.saturating_mul(*ways)).max(1);
        (self.world / together).max(1)
    }
}

impl FsdpStrategy {
    /// Whether whole parameters are freed after a layer's forward.
    pub fn frees(self) -> bool {
        matches!(self, FsdpStrategy::Full | FsdpStrategy::Hybrid)
    }
}

impl Fsdp {
    /// Whether a layer of so many parameters is a unit of its own.
    pub fn wraps(&self, parameters: u64) -> bool {
        self.smallest_unit.map_or(self.wraps_layers, |smallest| parameters >= smallest)
    }
}

impl Default for Strategy {
    /// One process without mixed precision: what a script is without a config.
    fn default() -> Strategy {
        Strategy {
            world: 1,
            local: 1,
            precision: Precision::No,
            accumulation: 1,
            syncs_each_batch: false,
            sharding: Sharding::Single,
            tensor: 1,
            context: 1,
            sequence: 1,
            pipeline: 1,
            replicas: 1,
            is_on_cpu: false,
            unknown: Vec::new(),
        }
    }
}

impl Default for Fsdp {
    /// Version 2, as the wizard proposes it: everything sharded, layer by layer.
    fn default() -> Fsdp {
        Fsdp {
            version: 2,
            strategy: FsdpStrategy::Full,
            wraps_layers: true,
            smallest_unit: None,
            offloads: false,
            loads_once: true,
            has_checkpointing: false,
            offloads_activations: false,
        }
    }
}

impl Zero {
    /// A stage with the settings of DeepSpeed 0.19.8 (`runtime/zero/config.py`, `offload_config.py`) under
    /// a file of Accelerate's that says nothing more.
    pub fn at(stage: u64) -> Zero {
        Zero {
            stage,
            optimizer_offload: Offload::None,
            parameter_offload: Offload::None,
            reduce_bucket: Elements::Fixed(500_000_000),
            allgather_bucket: 500_000_000,
            prefetch_bucket: Elements::Fixed(50_000_000),
            max_live: 1_000_000_000,
            max_reuse: 1_000_000_000,
            persistence: Elements::Fixed(100_000),
            sub_group: 1_000_000_000,
            overlaps: stage == 3,
            has_contiguous_gradients: true,
            shards_at_init: stage == 3,
            has_own_optimizer: false,
            sums_in_fp32: false,
            pins_memory: true,
            offload_per_mille: 1000,
            optimizer_buffers: 4,
            parameter_buffers: 5,
            parameter_buffer: 100_000_000,
            most_in_host: 1_000_000_000,
        }
    }
}

#[cfg(test)]
mod tests;

impl Sharding {
    /// Whether it turns on activation checkpointing by itself.
    pub fn has_checkpointing(&self) -> bool {
        match self {
            Sharding::Fsdp(fsdp) => fsdp.has_checkpointing,
            Sharding::Megatron(megatron) => megatron.recompute == Recompute::Full,
            Sharding::Single | Sharding::Ddp(_) | Sharding::Zero(_) => false,
        }
    }
}
