//! The lines about what surrounds the GPUs.

use super::Page;
use super::table::{self, numbers, words};
use crate::hardware::{Cores, Disk, DiskKind, Host, Interface, Node};
use crate::text::{bytes, count};

pub(super) fn tell(host: &Host, page: &mut Page) {
    let told =
        [("System", host.system.clone()), ("Processor", host.processor.clone()), ("Cores", cores(host))];
    for (label, words) in told {
        words.iter().for_each(|words| page.entry(label, words));
    }
    memory(host).iter().for_each(|words| page.entry("Memory", words));
    page.lines("Disks", disks(&host.disks));
    page.lines("Network", network(&host.network));
}

/// "96 cores, 192 threads in 2 NUMA nodes; 16 of them for this process".
fn cores(host: &Host) -> Option<String> {
    let Cores { physical, logical, available } = host.cores;
    let mut parts = Vec::new();
    parts.extend(physical.map(|cores| count(cores as usize, "core")));
    parts.extend(logical.map(|threads| count(threads as usize, "thread")));
    if parts.is_empty() {
        return None;
    }
    let mut told = parts.join(", ");
    if host.numa.len() > 1 {
        told += &format!(" in {}{}", count(host.numa.len(), "NUMA node"), share(&host.numa));
    }
    if let Some(available) = available.filter(|available| Some(*available) != logical) {
        told += &format!("; {} for this process", count(available as usize, "thread"));
    }
    Some(told)
}

/// " of 96 threads and 377.4 GiB", where all nodes are alike in this.
fn share(nodes: &[Node]) -> String {
    let first = nodes.first().and_then(|node| Some((node.cores?, node.ram?)));
    let is_even = nodes.iter().all(|node| node.cores == nodes[0].cores);
    match first {
        Some((cores, ram)) if is_even => {
            format!(" of {} and about {}", count(cores as usize, "thread"), bytes(ram))
        }
        _ => String::new(),
    }
}

fn memory(host: &Host) -> Option<String> {
    let ram = host.ram?;
    let mut told = size(ram.total);
    told += &ram.available.map(|available| format!(", {} available", size(available))).unwrap_or_default();
    if let Some(limit) = ram.limit {
        told += &format!("; this process may use {} at most (control group)", size(limit));
    }
    if let Some(swap) = host.swap {
        told += &format!("; swap {}", bytes(swap.total));
        told += &swap.free.map(|free| format!(", {} free", bytes(free))).unwrap_or_default();
    }
    Some(told)
}

/// Memory is counted in GiB up to where nobody does: 1152 GiB say more than 1.1 TiB.
fn size(number: u64) -> String {
    match number >> 30 {
        gibibytes @ 1024..10_000 => format!("{gibibytes} GiB"),
        _ => bytes(number),
    }
}

fn disks(disks: &[Disk]) -> Vec<String> {
    let columns = [words(""), words(""), words(""), numbers(""), numbers("")];
    let rows: Vec<Vec<String>> = disks
        .iter()
        .map(|disk| {
            let kind = if disk.kind == DiskKind::Unknown { "" } else { disk.kind.word() };
            let free = disk.free.map(|free| format!("{} free", bytes(free)));
            vec![
                disk.mount.clone(),
                kind.to_owned(),
                disk.file_system.clone().unwrap_or_default(),
                disk.total.map(bytes).unwrap_or_default(),
                free.unwrap_or_default(),
            ]
        })
        .collect();
    table::lines(&columns, &rows)
}

fn network(interfaces: &[Interface]) -> Vec<String> {
    let columns = [words(""), words(""), words(""), words(""), words("")];
    let rows: Vec<Vec<String>> = interfaces
        .iter()
        .map(|interface| {
            let state = interface.is_up.map(|is_up| if is_up { "up" } else { "down" });
            vec![
                interface.name.clone(),
                state.unwrap_or_default().to_owned(),
                interface.speed.map(speed).unwrap_or_default(),
                if interface.is_infiniband { "InfiniBand".to_owned() } else { String::new() },
                addresses(&interface.addresses),
            ]
        })
        .collect();
    table::lines(&columns, &rows)
}

/// Two at most; machines with many are known to their owners.
fn addresses(all: &[String]) -> String {
    let shown = all.iter().take(2).map(String::as_str).collect::<Vec<_>>().join(" ");
    match all.len() {
        0..=2 => shown,
        more => format!("{shown} and {} more", more - 2),
    }
}

/// Megabits a second.
fn speed(megabits: u64) -> String {
    if megabits < 1000 {
        return format!("{megabits} Mbit/s");
    }
    let gigabits = format!("{:.1}", megabits as f64 / 1000.0);
    format!("{} Gbit/s", gigabits.strip_suffix(".0").unwrap_or(&gigabits))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cores_of_a_batch_job_are_told_apart() {
        let node = |index| Node { index, cores: Some(96), ram: Some(405_240_000_000) };
        let cores = Cores { physical: Some(96), logical: Some(192), available: Some(16) };
        let host = Host { cores, numa: vec![node(0), node(1)], ..Host::default() };
        assert_eq!(
            super::cores(&host).as_deref(),
            Some(
                "96 cores, 192 threads in 2 NUMA nodes of 96 threads and about 377.4 GiB; 16 threads for this process"
            )
        );
        assert_eq!(super::cores(&Host::default()), None);
    }

    #[test]
    fn speeds_are_told_in_the_unit_that_fits() {
        assert_eq!(
            (speed(100), speed(2500), speed(400_000)),
            ("100 Mbit/s".into(), "2.5 Gbit/s".into(), "400 Gbit/s".into())
        );
    }
}
