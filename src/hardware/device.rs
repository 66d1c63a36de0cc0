//! One GPU, as plain data. Every fact is optional, because drivers answer some questions and refuse others,
//! and a machine that is only planned for answers few.

use serde::{Deserialize, Serialize};

use super::Precisions;

/// One GPU, or another accelerator.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Device {
    /// Its number in the driver's order, which is that of the PCI bus.
    pub index: Option<u32>,
    /// Who makes it.
    pub vendor: Vendor,
    /// `NVIDIA H200`.
    pub name: Option<String>,
    /// `GPU-…`, by which `CUDA_VISIBLE_DEVICES` may name it.
    pub uuid: Option<String>,
    /// Why nothing more is known: the device is lost, or this user may not ask.
    pub fault: Option<String>,
    /// Its memory.
    pub memory: Option<Memory>,
    /// Compute capability, such as (9, 0); NVIDIA's only.
    #[serde(with = "capability")]
    pub capability: Option<(u32, u32)>,
    /// What it computes in, where something else than its compute capability tells; ask [`Device::precisions`].
    pub precisions: Option<Precisions>,
    /// Its place on the bus.
    pub pcie: Option<Pcie>,
    /// Its NVLinks that are up.
    pub nvlinks: Vec<NvLink>,
    /// Whether it is cut into slices, and into which; nothing for a device that cannot be.
    pub mig: Option<Mig>,
    /// True when memory errors are corrected, which costs a part of the memory of older cards.
    pub has_ecc: Option<bool>,
    /// What it draws.
    pub power: Option<Power>,
    /// Degrees Celsius.
    pub temperature: Option<u32>,
    /// Share of the last second in which it computed, in percent.
    pub utilisation: Option<u32>,
    /// Who holds its memory; nothing where that may not be asked.
    pub processes: Option<Vec<Process>>,
}

/// Who makes a device, which decides by what software it is driven.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Vendor {
    /// CUDA.
    #[default]
    Nvidia,
    /// ROCm.
    Amd,
    /// Intel's Gaudi.
    Intel,
}

/// Memory of a device, in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Memory {
    /// All of it, as the driver reports it.
    #[serde(rename = "total_bytes")]
    pub total: u64,
    /// What the driver and the firmware keep for themselves, so that no process can have it.
    #[serde(rename = "reserved_bytes", default)]
    pub reserved: Option<u64>,
    /// What nobody uses now.
    #[serde(rename = "free_bytes", default)]
    pub free: Option<u64>,
    /// What processes use now.
    #[serde(rename = "used_bytes", default)]
    pub used: Option<u64>,
}

/// A device's connection to its host.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Pcie {
    /// `00000000:1B:00.0`.
    pub bus: Option<String>,
    /// Generation in use now; idle devices fall back to 1 to save power.
    pub generation: Option<u32>,
    /// Highest generation that device and slot can do.
    pub max_generation: Option<u32>,
    /// Lanes in use now.
    pub width: Option<u32>,
    /// Most lanes that device and slot can do.
    pub max_width: Option<u32>,
}

/// One NVLink that is up.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct NvLink {
    /// Its number on the device.
    pub link: u32,
    /// Version as the driver counts them.
    pub version: Option<u32>,
    /// Bus address of what is at the other end: another GPU, or a switch.
    pub remote: Option<String>,
}

/// A device that can be cut into slices (Multi-Instance GPU).
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Mig {
    /// True when it is cut now; CUDA then sees slices only.
    pub is_enabled: bool,
    /// Its slices.
    pub instances: Vec<Instance>,
}

/// One slice of a device.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Instance {
    /// `NVIDIA H200 MIG 1g.18gb`.
    pub name: Option<String>,
    /// `MIG-…`, by which `CUDA_VISIBLE_DEVICES` names it.
    pub uuid: Option<String>,
    /// Its own memory.
    pub memory: Option<Memory>,
}

/// What a device draws, in watts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Power {
    /// Now.
    #[serde(rename = "usage_watts")]
    pub usage: Option<f64>,
    /// At most, as set now.
    #[serde(rename = "limit_watts")]
    pub limit: Option<f64>,
}

/// A process that holds memory of a device.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Process {
    /// Its number, as seen by the driver; in a container that is the host's.
    pub pid: u32,
    /// Its program.
    pub name: Option<String>,
    /// What it holds, in bytes; the driver of Windows does not tell.
    #[serde(rename = "memory_bytes")]
    pub memory: Option<u64>,
}

impl Memory {
    /// Memory of which only the size is known.
    pub fn of(total: u64) -> Memory {
        Memory { total, ..Memory::default() }
    }

    /// What one process can have at most, in bytes: all that the driver does not keep for itself. This is
    /// what PyTorch calls the total capacity. The context of CUDA still goes off it.
    pub fn usable(&self) -> u64 {
        self.total.saturating_sub(self.reserved.unwrap_or(0))
    }
}

impl Mig {
    /// The slices that CUDA may use: none while the device is whole.
    pub fn active(&self) -> &[Instance] {
        if self.is_enabled { &self.instances } else { &[] }
    }
}

/// `"9.0"`, because the number 12.10 would be 12.1.
mod capability {
    use serde::{Deserialize, Deserializer, Serializer, de};

    pub fn serialize<S: Serializer>(capability: &Option<(u32, u32)>, to: S) -> Result<S::Ok, S::Error> {
        match capability {
            Some((major, minor)) => to.collect_str(&format_args!("{major}.{minor}")),
            None => to.serialize_none(),
        }
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<(u32, u32)>, D::Error> {
        let Some(text) = Option::<String>::deserialize(from)? else { return Ok(None) };
        let pair = text.split_once('.').and_then(|(major, minor)| {
            let number = |digits: &str| digits.parse::<u32>().ok();
            Some((number(major)?, number(minor)?))
        });
        let expected = "a compute capability, such as \"9.0\"";
        pair.map(Some).ok_or_else(|| de::Error::invalid_value(de::Unexpected::Str(&text), &expected))
    }
}
