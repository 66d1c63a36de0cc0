//! How much memory is in use now, and how much was at most since the last look.
//!
//! On a GPU libtorch's allocator knows; on a CPU the kernel does (proc(5): `VmRSS`, `VmHWM`, and 5 written to
//! `clear_refs` begins a new `VmHWM`).

use std::fs;

use accel_studio::worker::Counted;
use tch::Device;

use super::error::{MeasureError, Result};
use crate::torch::device;

/// The memory of one rank.
#[derive(Clone, Copy, Debug)]
pub struct Gauge {
    device: Device,
}

impl Gauge {
    /// Where this rank computes.
    pub fn new(device: Device) -> Gauge {
        Gauge { device }
    }

    /// What is counted on a device.
    pub fn counted(device: Device) -> Counted {
        if device.is_cuda() { Counted::Allocated } else { Counted::Resident }
    }

    /// Bytes in use now.
    pub fn now(&self) -> Result<u64> {
        if self.device.is_cuda() {
            device::synchronize(self.device)?;
            return Ok(device::memory(self.device)?.allocated);
        }
        status("VmRSS:")
    }

    /// Bytes in use at most since [`Gauge::reset`].
    pub fn peak(&self) -> Result<u64> {
        if self.device.is_cuda() {
            device::synchronize(self.device)?;
            return Ok(device::memory(self.device)?.peak);
        }
        status("VmHWM:")
    }

    /// Begins a new peak.
    pub fn reset(&self) -> Result<()> {
        if self.device.is_cuda() {
            return Ok(device::reset_peak(self.device)?);
        }
        fs::write("/proc/self/clear_refs", "5").map_err(|error| MeasureError::Memory(error.to_string()))
    }
}

/// `cpu`, `cuda:1`.
pub fn name(device: Device) -> String {
    device::index(device).map_or_else(|| "cpu".to_owned(), |index| format!("cuda:{index}"))
}

fn status(field: &str) -> Result<u64> {
    let text =
        fs::read_to_string("/proc/self/status").map_err(|error| MeasureError::Memory(error.to_string()))?;
    let line = text.lines().find_map(|line| line.strip_prefix(field));
    let kib = line.and_then(|line| line.trim().strip_suffix(" kB")).and_then(|kib| kib.parse::<u64>().ok());
    kib.map(|kib| kib * 1024)
        .ok_or_else(|| MeasureError::Memory(format!("no `{field}` in /proc/self/status")))
}
