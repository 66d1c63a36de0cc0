//! Machines as they are rented or sold whole: GPUs with what surrounds them.

use super::super::{Cores, Disk, DiskKind, Host, Interface, Machine, Ram};
use super::{gpu, of};

const AWS: &str = "AWS, Amazon EC2 instance types, accelerated computing";
const GCP: &str = "Google Cloud, accelerator-optimized machine family";
const AZURE: &str = "Microsoft Azure, GPU-accelerated sizes of virtual machines";
const LAMBDA: &str = "Lambda Cloud, on-demand instance types";

/// A node that clouds rent, or a machine that is sold whole.
#[derive(Debug)]
pub struct Shape {
    /// Its name on the command line.
    pub name: &'static str,
    /// Name of its GPUs' row.
    pub gpu: &'static str,
    /// How many GPUs it has.
    pub count: usize,
    /// Logical cores.
    pub cpus: u32,
    /// Memory in GiB.
    pub ram: u64,
    /// Local NVMe disks and the size of each in GB (powers of ten); nothing where it has none that is sure.
    pub disks: Option<(u64, u64)>,
    /// Network between nodes, all interfaces together, in Gbit/s; nothing where the seller says only "up to".
    pub network: Option<u64>,
    /// Where this stands.
    pub source: &'static str,
}

/// A row: name, GPUs, logical cores and GiB of memory, disks, network, source.
const fn shape(
    name: &'static str,
    (count, gpu): (usize, &'static str),
    (cpus, ram): (u32, u64),
    disks: Option<(u64, u64)>,
    network: Option<u64>,
    source: &'static str,
) -> Shape {
    Shape { name, gpu, count, cpus, ram, disks, network, source }
}

impl Shape {
    /// The machine, with nothing running on it.
    pub fn machine(&self) -> Machine {
        let gpu = gpu(self.gpu).expect("a test looks up the GPUs of all nodes");
        Machine { name: Some(self.name.to_owned()), host: self.host(), ..of(gpu, self.count) }
    }

    fn host(&self) -> Host {
        let disks = self.disks.map(|(count, gigabytes)| {
            let size = count.saturating_mul(gigabytes).saturating_mul(1_000_000_000);
            let mount = format!("local, {count} x {gigabytes} GB");
            Disk { mount, kind: DiskKind::Nvme, total: Some(size), free: Some(size), ..Disk::default() }
        });
        let network = self.network.map(|gigabits| Interface {
            name: "all".to_owned(),
            speed: Some(gigabits.saturating_mul(1000)),
            ..Interface::default()
        });
        Host {
            cores: Cores { logical: Some(self.cpus), ..Cores::default() },
            ram: Some(Ram { total: self.ram.saturating_mul(1 << 30), ..Ram::default() }),
            disks: disks.into_iter().collect(),
            network: network.into_iter().collect(),
            ..Host::default()
        }
    }
}

/// Every node, by seller.
pub const NODES: &[Shape] = &[
    shape("aws-p3.2xlarge", (1, "v100-16gb"), (8, 61), None, None, AWS),
    shape("aws-p3.8xlarge", (4, "v100-16gb"), (32, 244), None, Some(10), AWS),
    shape("aws-p3.16xlarge", (8, "v100-16gb"), (64, 488), None, Some(25), AWS),
    shape("aws-p3dn.24xlarge", (8, "v100-32gb"), (96, 768), Some((2, 900)), Some(100), AWS),
    shape("aws-p4d.24xlarge", (8, "a100-40gb-sxm"), (96, 1152), Some((8, 1000)), Some(400), AWS),
    shape("aws-p4de.24xlarge", (8, "a100-80gb-sxm"), (96, 1152), Some((8, 1000)), Some(400), AWS),
    shape("aws-p5.48xlarge", (8, "h100-sxm"), (192, 2048), Some((8, 3840)), Some(3200), AWS),
    shape("aws-p5e.48xlarge", (8, "h200"), (192, 2048), Some((8, 3840)), Some(3200), AWS),
    shape("aws-p5en.48xlarge", (8, "h200"), (192, 2048), Some((8, 3840)), Some(3200), AWS),
    shape("aws-p6-b200.48xlarge", (8, "b200"), (192, 2048), Some((8, 3840)), Some(3200), AWS),
    shape("aws-g4dn.xlarge", (1, "t4"), (4, 16), Some((1, 125)), None, AWS),
    shape("aws-g4dn.12xlarge", (4, "t4"), (48, 192), Some((1, 900)), Some(50), AWS),
    shape("aws-g4dn.metal", (8, "t4"), (96, 384), Some((2, 900)), Some(100), AWS),
    shape("aws-g5.xlarge", (1, "a10g"), (4, 16), Some((1, 250)), None, AWS),
    shape("aws-g5.12xlarge", (4, "a10g"), (48, 192), Some((1, 3800)), Some(40), AWS),
    shape("aws-g5.48xlarge", (8, "a10g"), (192, 768), Some((2, 3800)), Some(100), AWS),
    shape("aws-g6.xlarge", (1, "l4"), (4, 16), Some((1, 250)), None, AWS),
    shape("aws-g6.12xlarge", (4, "l4"), (48, 192), Some((4, 940)), Some(40), AWS),
    shape("aws-g6.48xlarge", (8, "l4"), (192, 768), Some((8, 940)), Some(100), AWS),
    shape("aws-g6e.xlarge", (1, "l40s"), (4, 32), Some((1, 250)), None, AWS),
    shape("aws-g6e.12xlarge", (4, "l40s"), (48, 384), Some((2, 1900)), Some(100), AWS),
    shape("aws-g6e.48xlarge", (8, "l40s"), (192, 1536), Some((4, 1900)), Some(400), AWS),
    shape("gcp-a2-highgpu-1g", (1, "a100-40gb-sxm"), (12, 85), None, Some(24), GCP),
    shape("gcp-a2-highgpu-8g", (8, "a100-40gb-sxm"), (96, 680), None, Some(100), GCP),
    shape("gcp-a2-megagpu-16g", (16, "a100-40gb-sxm"), (96, 1360), None, Some(100), GCP),
    shape("gcp-a2-ultragpu-1g", (1, "a100-80gb-sxm"), (12, 170), Some((1, 375)), Some(24), GCP),
    shape("gcp-a2-ultragpu-8g", (8, "a100-80gb-sxm"), (96, 1360), Some((8, 375)), Some(100), GCP),
    shape("gcp-a3-highgpu-8g", (8, "h100-sxm"), (208, 1872), Some((16, 375)), Some(1000), GCP),
    shape("gcp-a3-megagpu-8g", (8, "h100-sxm"), (208, 1872), Some((16, 375)), Some(1800), GCP),
    shape("gcp-a3-ultragpu-8g", (8, "h200"), (224, 2952), Some((32, 375)), Some(3600), GCP),
    shape("gcp-a4-highgpu-8g", (8, "b200"), (224, 3968), Some((32, 375)), Some(3600), GCP),
    shape("gcp-g2-standard-4", (1, "l4"), (4, 16), None, Some(10), GCP),
    shape("gcp-g2-standard-48", (4, "l4"), (48, 192), None, Some(50), GCP),
    shape("gcp-g2-standard-96", (8, "l4"), (96, 384), None, Some(100), GCP),
    shape("azure-nc4as-t4-v3", (1, "t4"), (4, 28), None, Some(8), AZURE),
    shape("azure-nc64as-t4-v3", (4, "t4"), (64, 440), None, Some(32), AZURE),
    shape("azure-nc24ads-a100-v4", (1, "a100-80gb-pcie"), (24, 220), Some((1, 960)), Some(20), AZURE),
    shape("azure-nc96ads-a100-v4", (4, "a100-80gb-pcie"), (96, 880), Some((4, 960)), Some(80), AZURE),
    shape("azure-nc40ads-h100-v5", (1, "h100-nvl"), (40, 320), Some((1, 3576)), Some(40), AZURE),
    shape("azure-nc80adis-h100-v5", (2, "h100-nvl"), (80, 640), Some((2, 3576)), Some(80), AZURE),
    shape("azure-nd40rs-v2", (8, "v100-32gb"), (40, 672), None, Some(100), AZURE),
    shape("azure-nd96asr-v4", (8, "a100-40gb-sxm"), (96, 900), None, Some(1600), AZURE),
    shape("azure-nd96amsr-a100-v4", (8, "a100-80gb-sxm"), (96, 1900), None, Some(1600), AZURE),
    shape("azure-nd96isr-h100-v5", (8, "h100-sxm"), (96, 1900), None, Some(3200), AZURE),
    shape("azure-nd96isr-h200-v5", (8, "h200"), (96, 1850), None, Some(3200), AZURE),
    shape("azure-nd96isr-mi300x-v5", (8, "mi300x"), (96, 1850), None, Some(3200), AZURE),
    shape("lambda-gpu-1x-a10", (1, "a10"), (30, 200), None, None, LAMBDA),
    shape("lambda-gpu-1x-gh200", (1, "gh200"), (64, 432), None, None, LAMBDA),
    shape("lambda-gpu-8x-a100-80gb-sxm4", (8, "a100-80gb-sxm"), (240, 1800), None, None, LAMBDA),
    shape("lambda-gpu-8x-h100-sxm5", (8, "h100-sxm"), (208, 1800), None, None, LAMBDA),
    shape(
        "dgx-a100",
        (8, "a100-80gb-sxm"),
        (256, 2048),
        Some((8, 3840)),
        Some(1600),
        "NVIDIA DGX A100 datasheet",
    ),
    shape("dgx-h100", (8, "h100-sxm"), (224, 2048), Some((8, 3840)), Some(3200), "NVIDIA DGX H100 datasheet"),
    shape("dgx-h200", (8, "h200"), (224, 2048), Some((8, 3840)), Some(3200), "NVIDIA DGX H200 datasheet"),
    shape("dgx-b200", (8, "b200"), (224, 2048), Some((8, 3840)), Some(3200), "NVIDIA DGX B200 datasheet"),
];
