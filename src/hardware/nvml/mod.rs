//! The door to NVIDIA's management library: which GPUs there are, in milliseconds.
//!
//! Every question is asked by itself, because old drivers and sliced devices refuse some of them. It asks and
//! never sets.

mod device;
mod links;

use std::ffi::OsStr;
use std::path::Path;

use nvml_wrapper::error::NvmlError;
use nvml_wrapper::{Nvml, cuda_driver_version_major, cuda_driver_version_minor};

use super::{Gpus, Unseen};

/// Where NVIDIA's driver in the kernel shows itself, in containers too.
const KERNEL: &str = "/proc/driver/nvidia/version";

/// The device through which AMD's GPUs compute.
const AMD: &str = "/dev/kfd";

/// Asks the driver of this machine.
pub fn probe() -> Gpus {
    match listed(Nvml::init()) {
        Gpus::Unseen(Unseen::NoDriver) => Gpus::Unseen(absent(Path::new("/"))),
        gpus => gpus,
    }
}

/// Why there is no library.
fn absent(root: &Path) -> Unseen {
    let exists = |path: &str| root.join(path.trim_start_matches('/')).exists();
    match () {
        () if exists(KERNEL) => Unseen::NoLibrary,
        () if exists(AMD) => Unseen::Amd,
        () => Unseen::NoDriver,
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_library_has_several_reasons() {
        let root = tempfile::tempdir().expect("a temporary folder can be made");
        let make = |path: &str| {
            let path = root.path().join(path.trim_start_matches('/'));
            std::fs::create_dir_all(path).expect("folders can be made");
        };
        assert_eq!(absent(root.path()), Unseen::NoDriver);
        make(AMD);
        assert_eq!(absent(root.path()), Unseen::Amd);
        make(KERNEL);
        assert_eq!(
            absent(root.path()),
            Unseen::NoLibrary,
            "a container on a machine of both is started anew"
        );
    }
}
