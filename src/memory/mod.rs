//! Peak memory of one training step: pure arithmetic on a model, a workload and a strategy.
//!
//! Bytes are those that PyTorch's allocator counts as allocated, per GPU, unless a name says
//! otherwise. Every formula names its source. Nothing here reads a file, asks a GPU or knows a screen.

mod activations;
mod band;
mod ddp;
mod estimate;
mod fields;
mod fsdp1;
mod fsdp2;
mod host;
mod lora;
mod loss;
mod megatron;
mod mode;
mod optimizer;
mod parallel;
mod peak;
mod single;
pub mod solve;
mod step;
mod strategy;
mod units;
mod verdict;
mod workload;
mod zero;

pub use estimate::{Band, Breakdown, Category, Estimate, Host, MemoryError, Moment, Phase};
pub use fields::{WORKLOAD_FIELDS, WorkloadField, WorkloadKind};
pub use peak::estimate;
pub use strategy::{
    Ddp, Elements, Fsdp, FsdpStrategy, Megatron, Offload, Precision, Recompute, Sharding, Strategy, Zero,
};
pub use verdict::Verdict;
pub use workload::{Attention, Lora, Optimizer, Padding, Quantised, StepKind, Workload};
