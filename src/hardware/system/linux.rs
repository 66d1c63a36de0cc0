//! What Linux tells in `/sys` and `/proc`: NUMA nodes, limits of containers and batch systems, InfiniBand.
//!
//! On other systems the files are missing and nothing is told.

use std::fs;
use std::path::{Path, PathBuf};

use super::super::{Interface, Node};

/// `ARPHRD_LOOPBACK` and `ARPHRD_INFINIBAND` of Linux's `if_arp.h`, as `/sys/class/net/…/type` has them.
const LOOPBACK: &str = "772";
const INFINIBAND: &str = "32";

/// The NUMA nodes in the order of their numbers.
pub(super) fn nodes(root: &Path) -> Vec<Node> {
    let folder = root.join("sys/devices/system/node");
    let mut nodes: Vec<Node> = names(&folder)
        .filter_map(|name| {
            let index = name.strip_prefix("node")?.parse().ok()?;
            let node = folder.join(&name);
            let cores = read(node.join("cpulist")).and_then(|list| count(&list));
            Some(Node { index, cores, ram: read(node.join("meminfo")).and_then(|text| total(&text)) })
        })
        .collect();
    nodes.sort_by_key(|node| node.index);
    nodes
}

/// How many numbers a list such as `0-31,64-95` holds.
fn count(list: &str) -> Option<u32> {
    let mut sum = 0_u32;
    for part in list.trim().split(',').filter(|part| !part.is_empty()) {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        let (first, last) = (first.parse::<u32>().ok()?, last.parse::<u32>().ok()?);
        sum = sum.checked_add(last.checked_sub(first)?.checked_add(1)?)?;
    }
    Some(sum)
}

/// `Node 0 MemTotal:       65842412 kB`, in bytes.
fn total(meminfo: &str) -> Option<u64> {
    let line = meminfo.lines().find(|line| line.contains("MemTotal:"))?;
    line.split_whitespace().rev().nth(1)?.parse::<u64>().ok()?.checked_mul(1024)
}

/// What the control groups of this process, or of what it runs in, allow it at most, in bytes.
pub(super) fn limit(root: &Path) -> Option<u64> {
    let groups = read(root.join("proc/self/cgroup"))?;
    let limits = groups.lines().filter_map(|line| {
        let (_, rest) = line.split_once(':')?;
        let (controllers, group) = rest.split_once(':')?;
        let (mount, file) = match controllers {
            "" => ("sys/fs/cgroup", "memory.max"),
            _ if controllers.split(',').any(|name| name == "memory") => {
                ("sys/fs/cgroup/memory", "memory.limit_in_bytes")
            }
            _ => return None,
        };
        let mount = root.join(mount);
        let group = mount.join(group.trim_start_matches('/'));
        // A container sees the path that the host knows, which its own mount does not have.
        let ways = group.ancestors().take_while(|folder| folder.starts_with(&mount));
        ways.filter_map(|folder| read(folder.join(file))?.trim().parse::<u64>().ok()).min()
    });
    limits.min()
}

pub(super) fn is_loopback(root: &Path, name: &str) -> bool {
    is_type(root, name, LOOPBACK) || (!cfg!(target_os = "linux") && name.starts_with("lo"))
}

pub(super) fn is_infiniband(root: &Path, name: &str) -> bool {
    is_type(root, name, INFINIBAND)
}

/// True when real or virtual hardware is behind an interface, and not only software.
pub(super) fn has_device(root: &Path, name: &str) -> bool {
    root.join("sys/class/net").join(name).join("device").exists()
}

fn is_type(root: &Path, name: &str, number: &str) -> bool {
    read(root.join("sys/class/net").join(name).join("type")).is_some_and(|text| text.trim() == number)
}

/// The first port of each adapter that does remote memory access: InfiniBand, RoCE, AWS's EFA.
pub(super) fn adapters(root: &Path) -> Vec<Interface> {
    let folder = root.join("sys/class/infiniband");
    let mut adapters: Vec<Interface> = names(&folder)
        .map(|name| {
            let port = folder.join(&name).join("ports/1");
            let state = read(port.join("state"));
            let layer = read(port.join("link_layer"));
            Interface {
                is_up: state.map(|state| state.contains("ACTIVE")),
                speed: read(port.join("rate")).and_then(|rate| megabits(&rate)),
                is_infiniband: layer.is_some_and(|layer| layer.trim() == "InfiniBand"),
                name,
                ..Interface::default()
            }
        })
        .collect();
    adapters.sort_by(|a, b| a.name.cmp(&b.name));
    adapters
}

/// `400 Gb/sec (4X NDR)`, `2.5 Gb/sec (1X SDR)`.
fn megabits(rate: &str) -> Option<u64> {
    let gigabits: f64 =
        rate.strip_suffix('\n').unwrap_or(rate).split(" Gb/sec").next()?.trim().parse().ok()?;
    (0.0..1e6).contains(&gigabits).then_some((gigabits * 1000.0).round() as u64)
}

fn names(folder: &Path) -> impl Iterator<Item = String> + use<> {
    let entries = fs::read_dir(folder).into_iter().flatten();
    entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok())
}

fn read(path: PathBuf) -> Option<String> {
    fs::read_to_string(path).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn root(files: &[(&str, &str)]) -> tempfile::TempDir {
        let root = tempfile::tempdir().expect("a temporary folder can be made");
        for (name, text) in files {
            let path = root.path().join(name);
            fs::create_dir_all(path.parent().expect("it lies in a folder")).expect("folders can be made");
            fs::write(path, text).expect("a file can be written");
        }
        root
    }

    #[test]
    fn nodes_are_counted_and_weighed() {
        let node = "sys/devices/system/node/node";
        let root = root(&[
            (&format!("{node}1/cpulist"), "32-63,96-127\n"),
            (&format!("{node}1/meminfo"), "Node 1 MemTotal:       65842412 kB\nNode 1 MemFree: 1 kB\n"),
            (&format!("{node}0/cpulist"), "0\n"),
            ("sys/devices/system/node/possible", "0-1\n"),
        ]);
        let nodes = nodes(root.path());
        assert_eq!(nodes[0], Node { index: 0, cores: Some(1), ram: None });
        assert_eq!(nodes[1], Node { index: 1, cores: Some(64), ram: Some(65_842_412 * 1024) });
        assert_eq!(nodes.len(), 2);
        assert_eq!((count("3-1"), count("0-4294967295")), (None, None), "nonsense is not counted");
    }

    #[test]
    fn the_tightest_limit_on_the_way_up_counts() {
        let job = "sys/fs/cgroup/system.slice/slurmstepd.scope/job_7";
        let step = root(&[
            ("proc/self/cgroup", "0::/system.slice/slurmstepd.scope/job_7/step_0/user/task_0\n"),
            (&format!("{job}/memory.max"), "68719476736\n"),
            (&format!("{job}/step_0/user/task_0/memory.max"), "max\n"),
        ]);
        assert_eq!(limit(step.path()), Some(64 << 30));
        let docker = root(&[
            ("proc/self/cgroup", "5:cpu:/docker/a\n4:memory:/docker/a\n"),
            ("sys/fs/cgroup/memory/memory.limit_in_bytes", "1073741824\n"),
            ("sys/fs/cgroup/memory.max", "1\n"),
        ]);
        assert_eq!(limit(docker.path()), Some(1 << 30));
        assert_eq!(limit(root(&[]).path()), None);
    }

    #[test]
    fn adapters_tell_their_speed() {
        let port = "sys/class/infiniband/mlx5_0/ports/1";
        let root = root(&[
            (&format!("{port}/rate"), "400 Gb/sec (4X NDR)\n"),
            (&format!("{port}/state"), "4: ACTIVE\n"),
            (&format!("{port}/link_layer"), "InfiniBand\n"),
            ("sys/class/infiniband/rdmap0/ports/1/state", "1: DOWN\n"),
            ("sys/class/net/lo/type", "772\n"),
        ]);
        let adapters = adapters(root.path());
        assert_eq!((adapters[0].speed, adapters[0].is_up), (Some(400_000), Some(true)));
        assert!(adapters[0].is_infiniband && !adapters[1].is_infiniband);
        assert_eq!(adapters[1].is_up, Some(false));
        assert!(is_loopback(root.path(), "lo") && !is_infiniband(root.path(), "lo"));
        assert_eq!(megabits("2.5 Gb/sec (1X SDR)\n"), Some(2500));
    }
}
