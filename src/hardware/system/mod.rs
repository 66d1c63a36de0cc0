//! The door to the system: processors, memory, disks and network of this machine, in milliseconds.
//!
//! It asks and never changes anything. Network file systems are not asked: one whose server is gone would
//! never answer. What only Linux tells lies in `linux.rs`.

mod linux;

use std::collections::BTreeMap;
use std::path::Path;
use std::thread;

use sysinfo::{
    CpuRefreshKind, DiskKind as Kind, DiskRefreshKind, Disks, InterfaceOperationalState as State,
    MemoryRefreshKind, Networks, RefreshKind, System,
};

use super::{Cores, Disk, DiskKind, Host, Interface, Ram, Swap};

/// Smallest file system that is told of, in bytes: boot partitions and the like are no place for a training.
const SMALLEST_DISK: u64 = 1 << 30;

/// File systems that other machines serve, by how their types begin.
const SERVED: [&str; 8] = ["lustre", "gpfs", "beegfs", "ceph", "wekafs", "fuse.", "9p", "virtiofs"];

/// Asks the system.
pub fn probe() -> Host {
    let wanted = RefreshKind::nothing()
        .with_cpu(CpuRefreshKind::nothing())
        .with_memory(MemoryRefreshKind::everything());
    let system = System::new_with_specifics(wanted).ok();
    let root = Path::new("/");
    Host {
        system: name(),
        processor: system.as_ref().and_then(processor),
        cores: cores(system.as_ref()),
        numa: linux::nodes(root),
        ram: system.as_ref().and_then(|system| ram(system, linux::limit(root))),
        swap: system.as_ref().and_then(swap),
        disks: disks(),
        network: network(root),
    }
}

/// `Linux 6.8.0`, `Darwin 24.1.0`.
fn name() -> Option<String> {
    let kernel = System::kernel_version().ok()?;
    let system = if cfg!(target_os = "linux") { "Linux".to_owned() } else { System::name().ok()? };
    Some(format!("{system} {kernel}"))
}

fn processor(system: &System) -> Option<String> {
    let brand = system.cpus().first()?.brand().trim();
    (!brand.is_empty()).then(|| brand.to_owned())
}

fn cores(system: Option<&System>) -> Cores {
    let number = |cores: usize| u32::try_from(cores).ok().filter(|cores| *cores > 0);
    Cores {
        physical: System::physical_core_count().ok().and_then(number),
        logical: system.and_then(|system| number(system.cpus().len())),
        available: thread::available_parallelism().ok().and_then(|cores| number(cores.get())),
    }
}

fn ram(system: &System, limit: Option<u64>) -> Option<Ram> {
    let total = Some(system.total_memory()).filter(|total| *total > 0)?;
    let limit = limit.filter(|limit| *limit < total);
    Some(Ram { total, available: Some(system.available_memory()), limit })
}

fn swap(system: &System) -> Option<Swap> {
    let total = Some(system.total_swap()).filter(|total| *total > 0)?;
    Some(Swap { total, free: Some(system.free_swap()) })
}

/// Each device once, where it is mounted nearest to the root: containers mount single files of it too.
fn disks() -> Vec<Disk> {
    let wanted = DiskRefreshKind::nothing().with_kind().with_storage();
    let Ok(listed) = Disks::new_with_refreshed_list_specifics(wanted) else { return Vec::new() };
    let mut by_device: BTreeMap<String, Disk> = BTreeMap::new();
    for disk in &listed {
        if disk.is_read_only() || disk.total_space() < SMALLEST_DISK {
            continue;
        }
        let disk = described(disk);
        let device = shared(&disk);
        let is_nearer = |there: &Disk| disk.mount.len() < there.mount.len();
        if by_device.get(&device).is_none_or(is_nearer) {
            by_device.insert(device, disk);
        }
    }
    let mut disks: Vec<Disk> = by_device.into_values().collect();
    disks.sort_by(|a, b| a.mount.cmp(&b.mount));
    disks
}

/// What several mounts may share the space of: the device, or a pool of ZFS with all that lies in it.
fn shared(disk: &Disk) -> String {
    let device = disk.device.clone().unwrap_or_default();
    match disk.file_system.as_deref() {
        Some("zfs") => device.split('/').next().unwrap_or_default().to_owned(),
        _ => device,
    }
}

fn described(disk: &sysinfo::Disk) -> Disk {
    let device = disk.name().to_string_lossy().into_owned();
    let file_system = disk.file_system().to_string_lossy().into_owned();
    let kind = match disk.kind() {
        _ if SERVED.iter().any(|served| file_system.starts_with(served)) => DiskKind::Network,
        _ if device.starts_with("/dev/nvme") => DiskKind::Nvme,
        Kind::SSD => DiskKind::Ssd,
        // Virtual disks call themselves spinning because nobody told them otherwise.
        Kind::HDD if !device.starts_with("/dev/vd") => DiskKind::Hdd,
        _ => DiskKind::Unknown,
    };
    Disk {
        mount: disk.mount_point().to_string_lossy().into_owned(),
        device: Some(device),
        file_system: Some(file_system),
        kind,
        total: Some(disk.total_space()),
        free: Some(disk.available_space()),
    }
}

/// Interfaces with an address or a device behind them, and the adapters of InfiniBand and its kin.
fn network(root: &Path) -> Vec<Interface> {
    let Ok(listed) = Networks::new_with_refreshed_list() else { return Vec::new() };
    let mut interfaces: Vec<Interface> = listed
        .iter()
        .filter_map(|(name, data)| Some((name.to_str()?, data)))
        .filter(|(name, _)| !linux::is_loopback(root, name))
        .map(|(name, data)| Interface {
            name: name.to_owned(),
            addresses: addresses(data),
            is_up: match data.operational_state() {
                State::Up => Some(true),
                State::Down | State::NotPresent | State::LowerLayerDown | State::Dormant => Some(false),
                _ => None,
            },
            speed: data.transmit_link_speed().map(|bits| bits / 1_000_000).filter(|speed| *speed > 0),
            is_infiniband: linux::is_infiniband(root, name),
        })
        .filter(|interface| !interface.addresses.is_empty() || linux::has_device(root, &interface.name))
        .collect();
    interfaces.sort_by(|a, b| a.name.cmp(&b.name));
    interfaces.extend(linux::adapters(root));
    interfaces
}

/// Link-local addresses of IPv6 are left out: every interface has one, and it leads nowhere.
fn addresses(data: &sysinfo::NetworkData) -> Vec<String> {
    let is_local = |address: &std::net::IpAddr| match address {
        std::net::IpAddr::V4(_) => false,
        std::net::IpAddr::V6(address) => address.is_unicast_link_local(),
    };
    let all = data.ip_networks().iter().map(|network| network.addr);
    let mut addresses: Vec<String> =
        all.filter(|address| !is_local(address)).map(|address| address.to_string()).collect();
    addresses.sort();
    addresses
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_machine_has_cores_and_memory() {
        let host = probe();
        assert!(host.cores.available.is_some_and(|cores| cores > 0), "{host:?}");
        let ram = host.ram.expect("every machine has memory");
        assert!(ram.usable() > 1 << 28 && ram.usable() <= ram.total, "{ram:?}");
        assert!(host.network.iter().all(|interface| interface.name != "lo"), "{host:?}");
    }

    #[test]
    fn a_pool_counts_once() {
        let disk = |device: &str, file_system: &str| Disk {
            device: Some(device.into()),
            file_system: Some(file_system.into()),
            ..Disk::default()
        };
        assert_eq!(shared(&disk("tank/home/ada", "zfs")), "tank");
        assert_eq!(shared(&disk("/dev/nvme0n1p1", "ext4")), "/dev/nvme0n1p1");
    }
}
