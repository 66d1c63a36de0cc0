//! What the machine offers: plain data that tests write by hand and only [`nvml`] asks for.
//!
//! A machine without GPUs, or with a broken driver, is a fact to show, never an error. This room
//! knows nothing of configs.

pub mod nvml;

use std::collections::BTreeMap;

/// A machine as a room may know it: handed in, never asked for behind anyone's back.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Machine {
    /// Environment variables.
    pub env: BTreeMap<String, String>,
    /// Its GPUs.
    pub gpus: Gpus,
}

/// The GPUs of a machine.
#[derive(Clone, Debug, PartialEq)]
pub enum Gpus {
    /// The driver answered; the list may be empty.
    Listed {
        /// Version of the driver, such as `580.65.06`.
        driver: Option<String>,
        /// All devices in the driver's order.
        devices: Vec<Device>,
    },
    /// None can be seen, and why.
    Unseen(Unseen),
}

/// One GPU. Every fact is optional because drivers answer some questions and refuse others.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Device {
    /// `NVIDIA H200`.
    pub name: Option<String>,
    /// `GPU-…`, by which `CUDA_VISIBLE_DEVICES` may name it.
    pub uuid: Option<String>,
    /// Its memory.
    pub memory: Option<Memory>,
    /// Compute capability, such as (9, 0).
    pub capability: Option<(u32, u32)>,
}

/// Memory of a device, in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Memory {
    /// All of it.
    pub total: u64,
    /// What nobody uses now.
    pub free: u64,
}

/// Why no GPU can be seen.
#[derive(Clone, Debug, PartialEq, Eq)]
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
        Machine { env: env.into_iter().collect(), gpus: Gpus::Listed { driver: None, devices } }
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
        assert_eq!(Gpus::Listed { driver: None, devices: mixed }.summary(), "2 GPUs");
    }
}
