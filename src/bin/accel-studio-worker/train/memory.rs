//! The most memory that this rank has had in use.

use tch::Device;

use crate::torch::device;

/// In bytes: what the allocator held of the GPU, or the process's largest resident size, where the system tells it.
pub fn peak(device: Device) -> Option<u64> {
    match device {
        Device::Cuda(_) => device::memory(device).ok().map(|memory| memory.reserved_peak),
        _ => resident(),
    }
}

/// `VmHWM` of Linux, in KiB there (proc(5)).
fn resident() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix(" kB")?.parse::<u64>().ok().map(|kib| kib * 1024)
}
