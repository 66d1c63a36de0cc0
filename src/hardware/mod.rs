//! What the machine offers: plain data that tests write by hand and only [`nvml`] asks for.
//!
//! A machine without GPUs, or with a broken driver, is a fact to show, never an error. This room
//! knows nothing of configs.

pub mod nvml;

mod device;
mod host;
mod precision;
mod saved;
mod topology;

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

pub use device::{Device, Instance, Memory, Mig, NvLink, Pcie, Power, Process, Vendor};
pub use host::{Cores, Disk, DiskKind, Host, Interface, Node, Ram, Swap};
pub use precision::{Precisions, SOURCE as PRECISION_SOURCE, Support};
pub use saved::VARIABLES;
pub use topology::{Reach, Topology};

/// A machine as a room may know it: handed in, never asked for behind anyone's back.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(try_from = "saved::Form", into = "saved::Form")]
pub struct Machine {
    /// What it is called, where it is another than this one: `8xh100-sxm`.
    pub name: Option<String>,
    /// Environment variables.
    pub env: BTreeMap<String, String>,
    /// The person's home; never written to a file.
    pub home: Option<PathBuf>,
    /// Where the program was started; never written to a file.
    pub cwd: Option<PathBuf>,
    /// Its GPUs.
    pub gpus: Gpus,
    /// What surrounds them.
    pub host: Host,
}

/// The GPUs of a machine.
#[derive(Clone, Debug, PartialEq)]
pub enum Gpus {
    /// The driver answered; the list may be empty.
    Listed {
        /// Version of the driver, such as `580.65.06`.
        driver: Option<String>,
        /// Newest release of CUDA that the driver runs, such as `13.0`.
        cuda: Option<String>,
        /// All devices in the driver's order.
        devices: Vec<Device>,
        /// How they reach each other; empty where nobody asked.
        topology: Topology,
    },
    /// None can be seen, and why.
    Unseen(Unseen),
}

/// Why no GPU can be seen.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Unseen {
    /// The driver's library is not installed.
    NoDriver,
    /// The library is there, the driver in the kernel is not.
    NotLoaded,
    /// The library and the kernel's driver are of different versions.
    Mismatch,
    /// This user may not ask.
    Forbidden,
    /// Something else, in the driver's words.
    Other(String),
}

impl Default for Gpus {
    fn default() -> Gpus {
        Gpus::Unseen(Unseen::NoDriver)
    }
}

impl Unseen {
    /// What is the matter and what to do, one sentence in lower case.
    pub fn sentence(&self) -> String {
        match self {
            Unseen::NoDriver => "no NVIDIA driver is installed here".to_owned(),
            Unseen::NotLoaded => "the NVIDIA driver is installed but not loaded; try `nvidia-smi`".to_owned(),
            Unseen::Mismatch => {
                "the NVIDIA library and the loaded driver are of different versions; restart the machine"
                    .to_owned()
            }
            Unseen::Forbidden => "this user may not ask the NVIDIA driver; look at /dev/nvidia*".to_owned(),
            Unseen::Other(words) => format!("the NVIDIA driver does not answer: {words}"),
        }
    }
}

impl Gpus {
    /// Devices of which nothing but themselves is known.
    pub fn listed(devices: Vec<Device>) -> Gpus {
        Gpus::Listed { driver: None, cuda: None, devices, topology: Topology::default() }
    }

    /// The devices; none where none can be seen.
    pub fn devices(&self) -> &[Device] {
        match self {
            Gpus::Listed { devices, .. } => devices,
            Gpus::Unseen(_) => &[],
        }
    }

    /// A few words for a status line: "8 × NVIDIA H200", "no GPU".
    pub fn summary(&self) -> String {
        let devices = self.devices();
        let Some(first) = devices.first() else { return "no GPU".to_owned() };
        let is_uniform = devices.iter().all(|device| device.name == first.name);
        match &first.name {
            Some(name) if is_uniform => format!("{} × {name}", devices.len()),
            _ => crate::text::count(devices.len(), "GPU"),
        }
    }
}

impl Machine {
    /// The GPUs that a process started here would see: `CUDA_VISIBLE_DEVICES` hides the rest.
    ///
    /// As the CUDA programming guide has it: names are indices or beginnings of a UUID, and the
    /// first that fits no device ends the list.
    pub fn visible_gpus(&self) -> Vec<&Device> {
        let devices = self.gpus.devices();
        match self.env.get("CUDA_VISIBLE_DEVICES") {
            None => devices.iter().collect(),
            Some(list) => list.split(',').map_while(|name| find(devices, name.trim())).collect(),
        }
    }
}

fn find<'a>(devices: &'a [Device], name: &str) -> Option<&'a Device> {
    let is_named = |device: &&Device| {
        name.starts_with("GPU-") && device.uuid.as_ref().is_some_and(|uuid| uuid.starts_with(name))
    };
    match name.parse::<usize>() {
        Ok(index) => devices.get(index),
        Err(_) => devices.iter().find(is_named),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn machine(count: usize, visible: Option<&str>) -> Machine {
        let device = |index| Device {
            name: Some("NVIDIA H200".into()),
            uuid: Some(format!("GPU-{index}aaa-bbb")),
            ..Device::default()
        };
        let devices = (0..count).map(device).collect();
        let env = visible.map(|list| ("CUDA_VISIBLE_DEVICES".to_owned(), list.to_owned()));
        Machine { env: env.into_iter().collect(), gpus: Gpus::listed(devices), ..Machine::default() }
    }

    #[test]
    fn the_environment_hides_devices() {
        assert_eq!(machine(4, None).visible_gpus().len(), 4);
        assert_eq!(machine(4, Some("0, 2")).visible_gpus().len(), 2);
        assert_eq!(machine(4, Some("")).visible_gpus().len(), 0);
        assert_eq!(machine(4, Some("-1")).visible_gpus().len(), 0);
        assert_eq!(machine(4, Some("1,9,2")).visible_gpus().len(), 1, "the list ends at the first stranger");
        assert_eq!(machine(4, Some("GPU-2aaa,GPU-3")).visible_gpus().len(), 2);
        assert_eq!(Machine::default().visible_gpus().len(), 0);
    }

    #[test]
    fn a_summary_names_what_all_have_in_common() {
        assert_eq!(machine(8, None).gpus.summary(), "8 × NVIDIA H200");
        assert_eq!(Machine::default().gpus.summary(), "no GPU");
        let mixed = vec![Device { name: Some("A".into()), ..Device::default() }, Device::default()];
        assert_eq!(Gpus::listed(mixed).summary(), "2 GPUs");
    }
}
