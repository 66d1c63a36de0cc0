//! The door to NVIDIA's management library: which GPUs there are, in milliseconds.
//!
//! Every question is asked by itself, because old drivers and sliced devices refuse some of them. It asks and
//! never sets.

mod device;
mod links;

use std::ffi::OsStr;

use nvml_wrapper::error::NvmlError;
use nvml_wrapper::{Nvml, cuda_driver_version_major, cuda_driver_version_minor};

use super::{Gpus, Unseen};

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
    let (count, nvml) = match counted {
        Err(error) => return Gpus::Unseen(unseen(error)),
        Ok(counted) => counted,
    };
    let handles: Vec<_> = (0..count).map(|index| nvml.device_by_index(index)).collect();
    let mut devices = Vec::new();
    for (index, handle) in (0..count).zip(&handles) {
        devices.push(device::described(&nvml, index, handle.as_ref()));
    }
    let topology = links::topology(&handles, &devices);
    let cuda = nvml.sys_cuda_driver_version().ok().filter(|version| *version > 0);
    Gpus::Listed {
        driver: nvml.sys_driver_version().ok(),
        cuda: cuda.map(|version| {
            format!("{}.{}", cuda_driver_version_major(version), cuda_driver_version_minor(version))
        }),
        devices,
        topology,
    }
}

fn unseen(error: NvmlError) -> Unseen {
    match error {
        NvmlError::LibloadingError(_) | NvmlError::LibraryNotFound => Unseen::NoDriver,
        NvmlError::DriverNotLoaded => Unseen::NotLoaded,
        NvmlError::LibRmVersionMismatch => Unseen::Mismatch,
        NvmlError::NoPermission => Unseen::Forbidden,
        NvmlError::FailedToLoadSymbol(_) | NvmlError::FunctionNotFound => Unseen::TooOld,
        other => Unseen::Other(other.to_string()),
    }
}
