//! What a preflight saw: each rank's device and its measured speed, the ranks together, and whatever is wrong.
//!
//! Rank 0 of `accel-studio-worker preflight --json` prints one [`Health`]. Sizes are bytes, speeds bytes per second,
//! times seconds.

use serde::{Deserialize, Serialize};

/// All that was seen.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Health {
    /// `2.11.0`.
    pub libtorch: String,
    /// What carries collectives: `nccl`, `gloo`, or `local` for one process.
    pub backend: String,
    /// Every rank, in order.
    pub ranks: Vec<RankHealth>,
    /// All-reduces of growing size among all ranks; empty for one process.
    pub all_reduces: Vec<AllReduce>,
    /// What is wrong or odd, the worst first; empty when all is well.
    pub troubles: Vec<Trouble>,
    /// How long it all took.
    pub seconds: f64,
}

impl Health {
    /// Whether a run may be started; oddities do not forbid it.
    pub fn is_healthy(&self) -> bool {
        !self.troubles.iter().any(|trouble| trouble.forbids_a_run)
    }
}

/// One rank by itself.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RankHealth {
    /// Among all.
    pub rank: usize,
    /// Its machine's name.
    pub host: String,
    /// Its process.
    pub pid: u32,
    /// `cuda:1` or `cpu`.
    pub device: String,
    /// Why it computes on the CPU, where a GPU was not ruled out.
    pub why_cpu: Option<String>,
    /// Memory of the device; of the machine for a CPU.
    pub memory_total: Option<u64>,
    /// What of it is free, also for other processes, before the preflight took any.
    pub memory_free: Option<u64>,
    /// How much was allocated, written and read back at once.
    pub allocated: u64,
    /// Matrix products by precision; one that the device cannot do is left out and is a trouble.
    pub matmuls: Vec<Matmul>,
    /// From host memory to the device; none on a CPU.
    pub to_device: Option<f64>,
    /// From the device to host memory; none on a CPU.
    pub from_device: Option<f64>,
    /// How far this rank's clock is ahead of rank 0's.
    pub clock_ahead: f64,
    /// How far that may be wrong: half of the fastest round trip to the store.
    pub clock_uncertainty: f64,
}

/// How fast matrices are multiplied in one precision.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Matmul {
    /// `fp32`, `bf16` or `fp16`.
    pub precision: String,
    /// Rows and columns of both square matrices.
    pub size: usize,
    /// 10^12 floating-point operations per second, a multiplication and an addition counted as two.
    pub tflops: f64,
}

/// All ranks reduce one tensor.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AllReduce {
    /// Of the tensor on each rank.
    pub bytes: u64,
    /// Of one all-reduce, on the slowest rank.
    pub seconds: f64,
    /// Bytes per second that each link carries in a ring: `bytes / seconds * 2 (n - 1) / n`, as NCCL's tests count.
    pub bus: f64,
}

/// What was looked at when something was wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Look {
    /// Which device a rank has.
    Device,
    /// Allocating memory, and reading back what was written.
    Memory,
    /// The memory that is free against what the run is estimated to need.
    Estimate,
    /// Matrix products: their numbers, or one rank far slower than the others.
    Matmul,
    /// Copies between host and device.
    Copy,
    /// The numbers that collectives give, or that they end at all.
    Collectives,
    /// Clocks of ranks.
    Clock,
}

/// One thing that is wrong or odd.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trouble {
    /// Whose; none where it cannot be told.
    pub rank: Option<usize>,
    /// Where it was seen.
    pub look: Look,
    /// Whether no run may be started until it is repaired.
    pub forbids_a_run: bool,
    /// One sentence: what, where, why, what to do.
    pub says: String,
}
