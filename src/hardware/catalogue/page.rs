//! The page of known machines, written from the rows: `docs/gpus.md`.

use std::fmt::Write as _;

use super::super::PRECISION_SOURCE;
use super::gpu::Gpu;
use super::{NODES, Shape, gpus};
use crate::text::bytes;

const HEAD: &str = "# Machines to plan for

`--machine NAME` plans for a machine that is not here: `rtx-4090` is one such GPU, `8xh100-sxm` is eight, and
`aws-p4d.24xlarge` is a node with its processors, memory and disks. `--machine FILE` takes a machine that
`accel-studio probe --save FILE` has written; [machine.md](machine.md) describes the file. This page is written
from the rows in `src/hardware/catalogue/`.

* **memory** is what the driver reports (`nvidia-smi`), in MiB. For AMD and Intel it is the vendor's figure.
* **usable** is the least that PyTorch was seen to report as its capacity, in MiB: what processes can have. Drivers
  differ by up to 300 MiB. Where none was found, plans take all of the memory.
* **cc** is NVIDIA's compute capability. It tells the formats: fp16 begins with 5.3 (and is slow in
  6.1), bf16 and tf32 with 8.0 (before, bf16 works by emulation, slowly), fp8 with 8.9.
* **bandwidth** is the memory's, in GB/s; **links** are NVLink's or Infinity Fabric's, both directions together, in
  GB/s. `8xNAME` takes for granted that links marked with a star join all GPUs, as in the machines sold with them;
  others join pairs, where a bridge is plugged in, and are not taken for granted.
* Peaks are dense, in TFLOP/s, with sums in fp32. An empty cell means: not confirmed, or not there.

Sources of the formats: SOURCE.

## GPUs
| name | GPU | cc | memory | usable | bandwidth | fp32 | tf32 | bf16 | fp16 | fp8 | links | source |
|---|---|---|---|---|---|---|---|---|---|---|---|---|
";

const NODES_HEAD: &str = "
## Nodes
Memory is in GiB, disks are local NVMe, the network is that between nodes, all interfaces together. Clouds change
their offers; what a running node says of itself (`accel-studio probe`) is better.

| name | GPUs | logical cores | memory | disks | network | source |
|---|---|---|---|---|---|---|
";

/// The page.
pub fn page() -> String {
    let mut page = HEAD.replace("SOURCE", PRECISION_SOURCE);
    gpus().for_each(|gpu| page += &row(gpu));
    page += NODES_HEAD;
    NODES.iter().for_each(|node| page += &node_row(node));
    page
}

/// The names, one line each, for a terminal.
pub fn list() -> String {
    let width =
        gpus().map(|gpu| gpu.name.len()).chain(NODES.iter().map(|node| node.name.len())).max().unwrap_or(0);
    let mut list = "GPUs, alone or as in 8xh100-sxm\n".to_owned();
    for gpu in gpus() {
        let memory = bytes(gpu.device().memory.map_or(0, |memory| memory.usable()));
        let _ = writeln!(list, "  {:width$}  {memory:>9}  {}", gpu.name, gpu.title);
    }
    list += "\nNodes\n";
    for node in NODES {
        let _ = writeln!(
            list,
            "  {:width$}  {} x {}, {} GiB of memory",
            node.name, node.count, node.gpu, node.ram
        );
    }
    list
}

fn row(gpu: &Gpu) -> String {
    let number = |number: Option<f64>| number.map(|number| number.to_string()).unwrap_or_default();
    let capability = gpu.capability.map(|(major, minor)| format!("{major}.{minor}")).unwrap_or_default();
    let links = gpu.link.map(|link| format!("{}{}", link.bandwidth, if link.is_switched { "*" } else { "" }));
    let cells = [
        format!("`{}`", gpu.name),
        gpu.title.to_owned(),
        capability,
        gpu.memory.to_string(),
        gpu.usable.map(|usable| usable.to_string()).unwrap_or_default(),
        gpu.bandwidth.map(|bandwidth| bandwidth.to_string()).unwrap_or_default(),
        number(gpu.peak.fp32),
        number(gpu.peak.tf32),
        number(gpu.peak.bf16),
        number(gpu.peak.fp16),
        number(gpu.peak.fp8),
        links.unwrap_or_default(),
        gpu.source.to_owned(),
    ];
    format!("| {} |\n", cells.join(" | "))
}

fn node_row(node: &Shape) -> String {
    let disks = node.disks.map(|(count, gigabytes)| format!("{count} × {gigabytes} GB")).unwrap_or_default();
    let network = node.network.map(|gigabits| format!("{gigabits} Gbit/s")).unwrap_or_default();
    let gpus = format!("{} × `{}`", node.count, node.gpu);
    format!(
        "| `{}` | {gpus} | {} | {} | {disks} | {network} | {} |\n",
        node.name, node.cpus, node.ram, node.source
    )
}
