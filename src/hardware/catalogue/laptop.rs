//! NVIDIA's parts for laptops. Their peaks depend on the power that the maker of the laptop allows, so none are
//! given.

use super::gpu::Gpu;

const SOURCE: &str = "NVIDIA's page of GeForce laptops; memory at its fastest option";

pub(super) const GPUS: &[Gpu] = &[
    Gpu {
        name: "rtx-3060-laptop",
        title: "GeForce RTX 3060 Laptop",
        reported: &["NVIDIA GeForce RTX 3060 Laptop GPU"],
        capability: Some((8, 6)),
        memory: 6144,
        bandwidth: Some(336),
        source: SOURCE,
        ..Gpu::BLANK
    },
    Gpu {
        name: "rtx-3070-laptop",
        title: "GeForce RTX 3070 Laptop",
        reported: &["NVIDIA GeForce RTX 3070 Laptop GPU"],
        capability: Some((8, 6)),
        memory: 8192,
        bandwidth: Some(448),
        source: SOURCE,
        ..Gpu::BLANK
    },
    Gpu {
        name: "rtx-3080-laptop",
        title: "GeForce RTX 3080 Laptop",
        reported: &["NVIDIA GeForce RTX 3080 Laptop GPU"],
        capability: Some((8, 6)),
        memory: 16384,
        bandwidth: Some(448),
        source: SOURCE,
        ..Gpu::BLANK
    },
    Gpu {
        name: "rtx-4060-laptop",
        title: "GeForce RTX 4060 Laptop",
        reported: &["NVIDIA GeForce RTX 4060 Laptop GPU"],
        capability: Some((8, 9)),
        memory: 8188,
        bandwidth: Some(256),
        source: SOURCE,
        ..Gpu::BLANK
    },
    Gpu {
        name: "rtx-4070-laptop",
        title: "GeForce RTX 4070 Laptop",
        reported: &["NVIDIA GeForce RTX 4070 Laptop GPU"],
        capability: Some((8, 9)),
        memory: 8188,
        bandwidth: Some(256),
        source: SOURCE,
        ..Gpu::BLANK
    },
    Gpu {
        name: "rtx-4080-laptop",
        title: "GeForce RTX 4080 Laptop",
        reported: &["NVIDIA GeForce RTX 4080 Laptop GPU"],
        capability: Some((8, 9)),
        memory: 12282,
        bandwidth: Some(432),
        source: SOURCE,
        ..Gpu::BLANK
    },
    Gpu {
        name: "rtx-4090-laptop",
        title: "GeForce RTX 4090 Laptop",
        reported: &["NVIDIA GeForce RTX 4090 Laptop GPU"],
        capability: Some((8, 9)),
        memory: 16376,
        bandwidth: Some(576),
        source: SOURCE,
        ..Gpu::BLANK
    },
    Gpu {
        name: "rtx-5080-laptop",
        title: "GeForce RTX 5080 Laptop",
        reported: &["NVIDIA GeForce RTX 5080 Laptop GPU"],
        capability: Some((12, 0)),
        memory: 16303,
        bandwidth: Some(896),
        source: SOURCE,
        ..Gpu::BLANK
    },
    Gpu {
        name: "rtx-5090-laptop",
        title: "GeForce RTX 5090 Laptop",
        reported: &["NVIDIA GeForce RTX 5090 Laptop GPU"],
        capability: Some((12, 0)),
        memory: 24463,
        bandwidth: Some(896),
        source: SOURCE,
        ..Gpu::BLANK
    },
];
