//! The door to NVIDIA's management library: which GPUs there are, in milliseconds.
//!
//! Every question is asked by itself, because old drivers and sliced devices refuse some of them.

use std::ffi::OsStr;

use nvml_wrapper::Nvml;
use nvml_wrapper::error::NvmlError;

use super::{Device, Gpus, Memory, Topology, Unseen};

/// Asks the driver of this machine.
pub fn probe() -> Gpus {
    listed(Nvml::init())
}

/// Asks through another library than the system's: for drivers in unusual places, and for tests.
pub fn probe_through(library: &OsStr) -> Gpus {
    listed(Nvml::builder().lib_path(library).init())
}

fn listed(nvml: Result<Nvml, NvmlError>) -> Gpus {
    let counted = nvml.and_then(|nvml| Ok((nvml.device_count()?, nvml)));
    match counted {
        Err(error) => Gpus::Unseen(unseen(error)),
        Ok((count, nvml)) => Gpus::Listed {
            driver: nvml.sys_driver_version().ok(),
            cuda: None,
            topology: Topology::default(),
            devices: (0..count).map(|index| device(&nvml, index)).collect(),
        },
    }
}

/// What is known of a device; one that is lost or forbidden still counts, without facts.
fn device(nvml: &Nvml, index: u32) -> Device {
    let Ok(device) = nvml.device_by_index(index) else { return Device::default() };
    let memory = device.memory_info().map(|memory| Memory {
        total: memory.total,
        reserved: Some(memory.reserved),
        free: Some(memory.free),
        used: Some(memory.used),
    });
    let capability = device.cuda_compute_capability();
    Device {
        name: device.name().ok(),
        uuid: device.uuid().ok(),
        memory: memory.ok(),
        capability: capability
            .ok()
            .and_then(|seen| Some((seen.major.try_into().ok()?, seen.minor.try_into().ok()?))),
        ..Device::default()
    }
}

fn unseen(error: NvmlError) -> Unseen {
    match error {
        NvmlError::LibloadingError(_) | NvmlError::LibraryNotFound => Unseen::NoDriver,
        NvmlError::DriverNotLoaded => Unseen::NotLoaded,
        NvmlError::LibRmVersionMismatch => Unseen::Mismatch,
        NvmlError::NoPermission => Unseen::Forbidden,
        other => Unseen::Other(other.to_string()),
    }
}
