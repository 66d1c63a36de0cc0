//! What surrounds the GPUs, as plain data: processors, memory, disks, network.
//!
//! Every fact is optional, because systems and containers hide some of them.

use serde::{Deserialize, Serialize};

/// The machine around its GPUs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Host {
    /// `Linux 6.8`.
    pub system: Option<String>,
    /// `AMD EPYC 9654 96-Core Processor`.
    pub processor: Option<String>,
    /// Its processors' cores.
    pub cores: Cores,
    /// Its NUMA nodes: memory and cores that are near each other.
    pub numa: Vec<Node>,
    /// Its memory.
    pub ram: Option<Ram>,
    /// Its swap; nothing where there is none.
    pub swap: Option<Swap>,
    /// Its disks, each once, by where they are mounted.
    pub disks: Vec<Disk>,
    /// Its network interfaces, the loopback aside.
    pub network: Vec<Interface>,
}

/// How many cores there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Cores {
    /// Real ones.
    pub physical: Option<u32>,
    /// As the system counts them: two for a core that runs two threads.
    pub logical: Option<u32>,
    /// Those that this process may use, where a container or a batch system gives it fewer.
    pub available: Option<u32>,
}

/// A NUMA node.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Node {
    /// Its number.
    pub index: u32,
    /// Its logical cores.
    pub cores: Option<u32>,
    /// Its memory, in bytes.
    #[serde(rename = "ram_bytes")]
    pub ram: Option<u64>,
}

/// Memory of the host, in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Ram {
    /// All of it.
    #[serde(rename = "total_bytes")]
    pub total: u64,
    /// What a new process can have without swapping.
    #[serde(rename = "available_bytes", default)]
    pub available: Option<u64>,
    /// What the container or the batch system allows, where it allows less than all.
    #[serde(rename = "limit_bytes", default)]
    pub limit: Option<u64>,
}

/// Swap of the host, in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Swap {
    /// All of it.
    #[serde(rename = "total_bytes")]
    pub total: u64,
    /// What is free.
    #[serde(rename = "free_bytes", default)]
    pub free: Option<u64>,
}

/// A file system that files can be put in.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Disk {
    /// Where it is mounted.
    pub mount: String,
    /// `/dev/nvme0n1p1`.
    pub device: Option<String>,
    /// `ext4`.
    pub file_system: Option<String>,
    /// What it is made of.
    pub kind: DiskKind,
    /// All of it, in bytes.
    #[serde(rename = "total_bytes")]
    pub total: Option<u64>,
    /// What a person may still fill, in bytes.
    #[serde(rename = "free_bytes")]
    pub free: Option<u64>,
}

/// What a disk is made of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum DiskKind {
    /// Flash behind NVMe: fit for offloading.
    Nvme,
    /// Flash behind SATA, or behind what does not tell more.
    Ssd,
    /// Spinning.
    Hdd,
    /// In another machine.
    Network,
    /// The system does not tell, as with virtual disks.
    #[default]
    Unknown,
}

/// A network interface.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Interface {
    /// `eth0`, `ib0`.
    pub name: String,
    /// Its addresses, without the length of the prefix.
    pub addresses: Vec<String>,
    /// True when a cable is in it and it is switched on.
    pub is_up: Option<bool>,
    /// Megabits a second.
    #[serde(rename = "speed_mbit")]
    pub speed: Option<u64>,
    /// True for InfiniBand.
    pub is_infiniband: bool,
}

impl Ram {
    /// What processes of this machine can have together at most, in bytes.
    pub fn usable(&self) -> u64 {
        self.limit.map_or(self.total, |limit| limit.min(self.total))
    }
}

impl DiskKind {
    /// The word that stands in JSON and in tables.
    pub fn word(self) -> &'static str {
        match self {
            DiskKind::Nvme => "nvme",
            DiskKind::Ssd => "ssd",
            DiskKind::Hdd => "hdd",
            DiskKind::Network => "network",
            DiskKind::Unknown => "unknown",
        }
    }
}
