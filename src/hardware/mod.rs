//! What the machine offers: plain data that tests write by hand and only [`nvml`] and [`system`] ask for.
//!
//! A machine without GPUs, or with a broken driver, is a fact to show, never an error. This room
//! knows nothing of configs.

pub mod catalogue;
pub mod live;
pub mod nvml;
pub mod system;

mod device;
mod host;
mod precision;
mod saved;
mod topology;
pub mod visible;

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

pub use device::{Device, Instance, Memory, Mig, NvLink, Pcie, Power, Process, Vendor};
pub use host::{Cores, Disk, DiskKind, Host, Interface, Node, Ram, Swap};
pub use precision::{Precisions, SOURCE as PRECISION_SOURCE, Support};
pub use saved::VARIABLES;
pub use topology::{Reach, Topology};
pub use visible::{View, Visible};

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
    /// The kernel has the driver, but its library is out of sight: a container that was started without it.
    NoLibrary,
    /// There are GPUs of AMD, which are not asked.
    Amd,
    /// The library is there, the driver in the kernel is not.
    NotLoaded,
    /// The library and the kernel's driver are of different versions.
    Mismatch,
    /// This user may not ask.
    Forbidden,
    /// The driver lacks questions that every driver since 2011 answers, or is not NVIDIA's.
    TooOld,
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
            Unseen::NoLibrary => {
                "the NVIDIA driver runs, but its library is not to be found here; start the container \
                 with `--gpus all` (Docker) or `--nv` (Apptainer)"
                    .to_owned()
            }
            Unseen::Amd => {
                "no NVIDIA driver is installed here, and AMD's is not asked; name the machine, such as \
                 `--machine 8xmi300x`"
                    .to_owned()
            }
            Unseen::NotLoaded => "the NVIDIA driver is installed but not loaded; try `nvidia-smi`".to_owned(),
            Unseen::Mismatch => {
                "the NVIDIA library and the loaded driver are of different versions; restart the machine"
                    .to_owned()
            }
            Unseen::Forbidden => "this user may not ask the NVIDIA driver; look at /dev/nvidia*".to_owned(),
            Unseen::TooOld => {
                "the NVIDIA library does not answer what is asked of it: the driver is too old; update it"
                    .to_owned()
            }
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

#[cfg(test)]
mod tests {
    use super::*;

    fn gpus(count: usize) -> Gpus {
        Gpus::listed(vec![Device { name: Some("NVIDIA H200".into()), ..Device::default() }; count])
    }

    #[test]
    fn a_summary_names_what_all_have_in_common() {
        assert_eq!(gpus(8).summary(), "8 × NVIDIA H200");
        assert_eq!(Machine::default().gpus.summary(), "no GPU");
        let mixed = vec![Device { name: Some("A".into()), ..Device::default() }, Device::default()];
        assert_eq!(Gpus::listed(mixed).summary(), "2 GPUs");
    }
}
