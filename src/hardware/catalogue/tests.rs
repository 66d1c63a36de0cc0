//! Rows are plausible, names lead to them, and what is unknown is told with what may be meant.

use std::collections::BTreeSet;

use super::super::{Precisions, Reach, Support};
use super::*;

#[test]
fn there_are_enough_of_all_kinds() {
    assert!(gpus().count() >= 60, "{}", gpus().count());
    assert!(NODES.len() >= 40, "{}", NODES.len());
    let mut names: BTreeSet<String> = BTreeSet::new();
    let aliases = gpus().flat_map(|gpu| gpu.aliases.iter().chain(gpu.reported).map(|name| plain(name)));
    let own = gpus().map(|gpu| gpu.name.to_owned()).chain(NODES.iter().map(|node| node.name.to_owned()));
    own.for_each(|name| assert!(names.insert(name.clone()), "{name} twice"));
    for gpu in gpus() {
        assert_eq!(plain(gpu.name), gpu.name, "people type it as it stands");
        assert_eq!(super::gpu(gpu.name).map(|found| found.name), Some(gpu.name));
    }
    for alias in aliases {
        assert!(super::gpu(&alias).is_some(), "{alias}");
    }
}

#[test]
fn no_name_means_two_gpus() {
    let mut seen: Vec<(String, &str)> = Vec::new();
    for gpu in gpus() {
        let mut names: BTreeSet<String> =
            gpu.aliases.iter().chain(gpu.reported).map(|name| plain(name)).collect();
        names.insert(gpu.name.to_owned());
        for name in names {
            let other = seen.iter().find(|(known, _)| *known == name);
            assert!(other.is_none(), "{name} means {} and {}", gpu.name, other.map_or("", |(_, gpu)| gpu));
            seen.push((name, gpu.name));
        }
    }
}

#[test]
fn memory_is_that_of_real_cards() {
    for gpu in gpus() {
        let gibibytes = gpu.memory as f64 / 1024.0;
        assert!((5.0..300.0).contains(&gibibytes), "{}: {gibibytes} GiB", gpu.name);
        if let Some(usable) = gpu.usable {
            let share = usable as f64 / gpu.memory as f64;
            assert!((0.97..1.0).contains(&share), "{}: {share} of it is usable", gpu.name);
        }
        let bandwidth = gpu.bandwidth.expect("it is known for all so far");
        assert!((200..10_000).contains(&bandwidth), "{}", gpu.name);
        let emptied = gibibytes * 1.074 / f64::from(bandwidth);
        assert!((0.004..0.1).contains(&emptied), "{}: read once in {emptied} s", gpu.name);
    }
}

#[test]
fn fewer_bits_are_never_slower() {
    for gpu in gpus() {
        let peak = gpu.peak;
        let ladder = [peak.fp32, peak.tf32, peak.bf16, peak.fp8];
        let known: Vec<f64> = ladder.into_iter().flatten().collect();
        assert!(known.is_sorted(), "{}: {known:?}", gpu.name);
        assert!(known.iter().all(|peak| (5.0..10_000.0).contains(peak)), "{}: {known:?}", gpu.name);
        let precisions = gpu.precisions().expect("what it computes in is known");
        for (peak, support) in
            [(peak.bf16, precisions.bf16), (peak.fp8, precisions.fp8), (peak.tf32, precisions.tf32)]
        {
            assert!(
                peak.is_none() || support == Support::Native,
                "{}: a peak in what it cannot do",
                gpu.name
            );
        }
    }
}

#[test]
fn every_figure_has_its_source() {
    for gpu in gpus() {
        assert!(gpu.source.len() > 10 && gpu.title.len() > 6, "{}", gpu.name);
        assert!(gpu.capability.is_some() != gpu.precisions.is_some(), "{}: one of them tells", gpu.name);
    }
    assert!(NODES.iter().all(|node| node.source.len() > 10));
}

#[test]
fn links_are_as_fast_as_their_generation() {
    for gpu in gpus() {
        let Some(link) = gpu.link else { continue };
        let each = link.bandwidth / f64::from(link.links);
        assert!((28.0..=128.0).contains(&each), "{}: {each} GB/s for each link", gpu.name);
    }
}

#[test]
fn nodes_have_gpus_that_are_known() {
    for node in NODES {
        let machine = node.machine();
        assert_eq!(machine.gpus.devices().len(), node.count, "{}", node.name);
        let each = node.ram / node.count as u64;
        assert!((15..=600).contains(&each), "{}: {each} GiB of memory for each GPU", node.name);
        assert!(node.cpus >= 4 && node.cpus as usize >= 2 * node.count, "{}", node.name);
        assert_eq!(super::machine(node.name), Ok(machine), "its name leads to it");
    }
}

#[test]
fn names_are_read_kindly() {
    let found = |name: &str| machine(name).ok().and_then(|machine| machine.name);
    assert_eq!(found("8xh100-sxm").as_deref(), Some("8xh100-sxm"));
    assert_eq!(found("8 x NVIDIA H100 80GB HBM3").as_deref(), Some("8xh100-sxm"));
    assert_eq!(found("4xA100-40GB").as_deref(), Some("4xa100-40gb-sxm"));
    assert_eq!(found("RTX 4090").as_deref(), Some("rtx-4090"));
    assert_eq!(found("geforce rtx 4090").as_deref(), Some("rtx-4090"));
    assert_eq!(found("AWS p4d.24xlarge").as_deref(), Some("aws-p4d.24xlarge"));
    let node = machine("aws-p4d.24xlarge").expect("it is known");
    assert_eq!(node.host.ram.map(|ram| ram.total), Some(1152 << 30));
    assert_eq!(node.host.disks[0].free, Some(8_000_000_000_000));
}

#[test]
fn what_is_meant_is_told() {
    let reason = |name: &str| machine(name).expect_err("there is none");
    assert!(
        reason("8xh100").contains("did you mean `h100-sxm`, `h100-pcie`, `h100-nvl`"),
        "{}",
        reason("8xh100")
    );
    assert!(reason("h100-smx").contains("did you mean `h100-sxm`?"), "{}", reason("h100-smx"));
    assert!(reason("p4d.24xlarge").contains("`aws-p4d.24xlarge`"));
    assert!(reason("abacus").contains("probe --list"));
    assert!(reason("0xh100-sxm").contains("1 to 128"));
    assert!(reason("99999999999999999999999xh100-sxm").contains("1 to 128"));
    assert!(reason("").contains("no known machine ``"));
}

#[test]
fn a_machine_of_a_name_has_what_its_row_says() {
    let eight = machine("8xh100-sxm").expect("it is known");
    let device = &eight.gpus.devices()[7];
    assert_eq!((device.index, device.capability), (Some(7), Some((9, 0))));
    assert_eq!(device.memory.map(|memory| memory.usable()), Some(81008 << 20));
    assert_eq!(device.precisions(), Some(Precisions::of((9, 0))));
    let Gpus::Listed { topology, .. } = &eight.gpus else { panic!("GPUs are listed") };
    assert_eq!(topology.slowest(), Some(Reach::NvLink(18)));
    let Gpus::Listed { topology, .. } = machine("2xrtx-4090").expect("it is known").gpus else {
        panic!("GPUs are listed")
    };
    assert_eq!(topology.slowest(), None, "cards without NVLink may sit anywhere");
    assert_eq!(row(device).map(|gpu| gpu.name), Some("h100-sxm"), "the driver's name leads back");
}
