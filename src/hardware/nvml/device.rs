//! What NVML says of one device. A question that is refused leaves the other answers.

use nvml_wrapper::enum_wrappers::device::TemperatureSensor;
use nvml_wrapper::enums::device::UsedGpuMemory;
use nvml_wrapper::error::NvmlError;
use nvml_wrapper::struct_wrappers::device::ProcessInfo;
use nvml_wrapper::{Device as Handle, Nvml};

use super::super::{Device, Instance, Memory, Mig, Pcie, Power, Precisions, Process};
use super::links;

/// Longest name of a process that is asked for, in bytes.
const LONGEST_NAME: usize = 256;

/// Most slices that a device can be cut into: seven on all cards so far, and room for more.
const MOST_SLICES: u32 = 64;

/// What is known of a device; one that is lost or forbidden still counts, with the reason.
pub(super) fn described(nvml: &Nvml, index: u32, handle: Result<&Handle, &NvmlError>) -> Device {
    let numbered = Device { index: Some(index), ..Device::default() };
    let handle = match handle {
        Err(error) => return Device { fault: Some(fault(error)), ..numbered },
        Ok(handle) => handle,
    };
    // A device can be lost after its handle was given out; then every question is answered like this one.
    match handle.name() {
        Err(error @ NvmlError::GpuLost) => Device { fault: Some(fault(&error)), ..numbered },
        name => facts(nvml, handle, Device { name: name.ok(), ..numbered }),
    }
}

fn fault(error: &NvmlError) -> String {
    match error {
        NvmlError::GpuLost => {
            "it is lost: it no longer answers on the bus; restart the machine and read `dmesg` for Xid errors"
                .to_owned()
        }
        NvmlError::NoPermission => "this user may not ask it; look at /dev/nvidia*".to_owned(),
        other => format!("the driver does not answer for it: {other}"),
    }
}

fn facts(nvml: &Nvml, handle: &Handle, known: Device) -> Device {
    let seen = handle.cuda_compute_capability().ok();
    let capability = seen.and_then(|seen| Some((seen.major.try_into().ok()?, seen.minor.try_into().ok()?)));
    Device {
        uuid: handle.uuid().ok(),
        memory: memory(handle),
        capability,
        precisions: capability.map(Precisions::of),
        pcie: Some(pcie(handle)),
        nvlinks: links::active(handle),
        mig: mig(handle),
        has_ecc: handle.is_ecc_enabled().ok().map(|mode| mode.currently_enabled),
        power: power(handle),
        temperature: handle.temperature(TemperatureSensor::Gpu).ok(),
        utilisation: handle.utilization_rates().ok().map(|rates| rates.gpu),
        processes: handle.running_compute_processes().ok().map(|running| processes(nvml, &running)),
        ..known
    }
}

/// Needs driver 510, the first with `nvmlDeviceGetMemoryInfo_v2`.
fn memory(handle: &Handle) -> Option<Memory> {
    let memory = handle.memory_info().ok()?;
    Some(Memory {
        total: memory.total,
        reserved: Some(memory.reserved),
        free: Some(memory.free),
        used: Some(memory.used),
    })
}

fn pcie(handle: &Handle) -> Pcie {
    Pcie {
        bus: handle.pci_info().ok().map(|info| info.bus_id),
        generation: handle.current_pcie_link_gen().ok(),
        max_generation: handle.max_pcie_link_gen().ok(),
        width: handle.current_pcie_link_width().ok(),
        max_width: handle.max_pcie_link_width().ok(),
    }
}

/// Nothing for a device that cannot be cut: it refuses the question.
fn mig(handle: &Handle) -> Option<Mig> {
    let is_enabled = handle.mig_mode().ok()?.current == 1;
    let count = if is_enabled { handle.mig_device_count().unwrap_or(0).min(MOST_SLICES) } else { 0 };
    let slices = (0..count).filter_map(|index| handle.mig_device_by_index(index).ok());
    let instances = slices
        .map(|slice| Instance { name: slice.name().ok(), uuid: slice.uuid().ok(), memory: memory(&slice) })
        .collect();
    Some(Mig { is_enabled, instances })
}

/// NVML counts in milliwatts.
fn power(handle: &Handle) -> Option<Power> {
    let watts = |milliwatts: u32| f64::from(milliwatts) / 1000.0;
    let usage = handle.power_usage().ok().map(watts);
    let limit = handle.enforced_power_limit().ok().map(watts);
    (usage.is_some() || limit.is_some()).then_some(Power { usage, limit })
}

fn processes(nvml: &Nvml, running: &[ProcessInfo]) -> Vec<Process> {
    let described = |process: &ProcessInfo| Process {
        pid: process.pid,
        name: nvml.sys_process_name(process.pid, LONGEST_NAME).ok().filter(|name| !name.is_empty()),
        memory: match process.used_gpu_memory {
            UsedGpuMemory::Used(bytes) => Some(bytes),
            UsedGpuMemory::Unavailable => None,
        },
    };
    running.iter().map(described).collect()
}
