//! `probe`: what this worker has to compute with, and why it has no more.

use std::process::ExitCode;

use clap::Args;
use serde_json::{Value, json};
use tch::Device;

use super::print;
use crate::comm::nccl::library::Library;
use crate::torch::device;

/// Tells what libtorch, its CUDA half and NCCL offer here.
#[derive(Args, Debug)]
pub struct Probe {
    /// Print one JSON object instead of lines
    #[arg(long)]
    json: bool,
}

impl Probe {
    /// Looks, and says it.
    pub fn run(&self) -> ExitCode {
        let seen = look();
        if self.json {
            print(&seen.to_string());
        } else {
            for (name, value) in seen.as_object().into_iter().flatten() {
                print(&format!(
                    "{name}: {}",
                    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
                ));
            }
        }
        ExitCode::SUCCESS
    }
}

/// libtorch's CUDA half comes first: it keeps the first answer to whether there is one.
fn look() -> Value {
    let cuda = device::load_cuda();
    let devices: Vec<Value> = (0..device::count()).map(gpu).collect();
    let nccl = Library::load().and_then(|library| library.version());
    json!({
        "worker": env!("CARGO_PKG_VERSION"),
        "libtorch": device::version(),
        "cuda": cuda.is_ok(),
        "cuda_why_not": cuda.err().map(|error| error.0),
        "devices": devices,
        "nccl": nccl.as_ref().ok(),
        "nccl_why_not": nccl.as_ref().err(),
        "threads": tch::get_num_threads(),
    })
}

fn gpu(index: usize) -> Value {
    let memory = device::memory(Device::Cuda(index));
    json!({
        "name": format!("cuda:{index}"),
        "memory_total": memory.as_ref().ok().map(|memory| memory.total),
        "memory_free": memory.as_ref().ok().map(|memory| memory.free),
        "why_not": memory.err().map(|error| error.0),
    })
}
