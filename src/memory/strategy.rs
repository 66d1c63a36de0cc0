//! What Accelerate's file decides: how many processes share the work, and who holds what.

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
    /// What the file says that the estimate does not know, one sentence each.
    pub unknown: Vec<String>,
}

/// Mixed precision.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
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
    /// Whether parameters, gradients and states live in host memory.
    pub offloads: bool,
    /// Whether one process per machine loads the weights.
    pub loads_once: bool,
    /// Whether the file turns on activation checkpointing.
    pub has_checkpointing: bool,
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
    pub reduce_bucket: u64,
    /// `allgather_bucket_size`.
    pub allgather_bucket: u64,
    /// `stage3_prefetch_bucket_size`.
    pub prefetch_bucket: u64,
    /// `stage3_max_live_parameters`.
    pub max_live: u64,
    /// `stage3_max_reuse_distance`.
    pub max_reuse: u64,
    /// `stage3_param_persistence_threshold`.
    pub persistence: u64,
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
