//! Accelerators of AMD and Intel. Their matrix units and links have other names; the figures mean the same.

use super::super::{Precisions, Support, Vendor};
use super::gpu::{Gpu, Link, Peak};

/// CDNA 2, by AMD's table "Data types and precision support" of ROCm: matrix units for fp16 and bf16.
const CDNA2: Precisions =
    Precisions { fp16: Support::Native, bf16: Support::Native, tf32: Support::No, fp8: Support::No };

/// CDNA 3 adds fp8 and tf32; `torch.cuda.is_tf32_supported` names its targets `gfx94` and `gfx95`.
const CDNA3: Precisions =
    Precisions { fp16: Support::Native, bf16: Support::Native, tf32: Support::Native, fp8: Support::Native };

/// CDNA 4 has no units for tf32 any more; libraries put it together from bf16.
const CDNA4: Precisions = Precisions { tf32: Support::Emulated, ..CDNA3 };

/// Gaudi 2 and 3 compute in all of them, by Intel's Gaudi documentation, "Supported data types".
const GAUDI: Precisions = CDNA3;

pub(super) const GPUS: &[Gpu] = &[
    Gpu {
        name: "mi210",
        title: "AMD Instinct MI210",
        reported: &["AMD Instinct MI210"],
        vendor: Vendor::Amd,
        precisions: Some(CDNA2),
        memory: 65536,
        usable: Some(65520),
        bandwidth: Some(1638),
        peak: Peak::old(22.6, 181.0).with_bf16(181.0),
        link: Link::bridged(300.0, 3),
        source: "AMD Instinct MI210 datasheet",
        ..Gpu::BLANK
    },
    Gpu {
        name: "mi250x",
        title: "AMD Instinct MI250X (one of its two dies)",
        aliases: &["mi250x-gcd"],
        reported: &["AMD Instinct MI250X"],
        vendor: Vendor::Amd,
        precisions: Some(CDNA2),
        memory: 65536,
        usable: Some(65520),
        bandwidth: Some(1638),
        peak: Peak::old(23.9, 191.5).with_bf16(191.5),
        source: "AMD Instinct MI250X datasheet, halved: each die is a device of its own",
        ..Gpu::BLANK
    },
    Gpu {
        name: "mi300x",
        title: "AMD Instinct MI300X",
        reported: &["AMD Instinct MI300X"],
        vendor: Vendor::Amd,
        precisions: Some(CDNA3),
        memory: 196_608,
        usable: Some(196_592),
        bandwidth: Some(5300),
        peak: Peak::full(163.4, 653.7, 1307.4, 2614.9),
        link: Link::bridged(896.0, 7),
        source: "AMD Instinct MI300X datasheet",
        ..Gpu::BLANK
    },
    Gpu {
        name: "mi325x",
        title: "AMD Instinct MI325X",
        reported: &["AMD Instinct MI325X"],
        vendor: Vendor::Amd,
        precisions: Some(CDNA3),
        memory: 262_144,
        bandwidth: Some(6000),
        peak: Peak::full(163.4, 653.7, 1307.4, 2614.9),
        link: Link::bridged(896.0, 7),
        source: "AMD Instinct MI325X datasheet",
        ..Gpu::BLANK
    },
    Gpu {
        name: "mi355x",
        title: "AMD Instinct MI355X",
        reported: &["AMD Instinct MI355X"],
        vendor: Vendor::Amd,
        precisions: Some(CDNA4),
        memory: 294_912,
        bandwidth: Some(8000),
        source: "AMD GPU specifications of ROCm, MI355X: 288 GiB; AMD Instinct MI355X datasheet",
        ..Gpu::BLANK
    },
    Gpu {
        name: "gaudi2",
        title: "Intel Gaudi 2",
        aliases: &["gaudi-2", "hl-225"],
        vendor: Vendor::Intel,
        precisions: Some(GAUDI),
        memory: 98304,
        bandwidth: Some(2460),
        peak: Peak { fp32: None, tf32: None, bf16: Some(432.0), fp16: None, fp8: Some(865.0) },
        source: "Intel Gaudi 3 AI accelerator, Hot Chips 2024, table of generations; Gaudi 2 whitepaper",
        ..Gpu::BLANK
    },
    Gpu {
        name: "gaudi3",
        title: "Intel Gaudi 3",
        aliases: &["gaudi-3", "hl-325l"],
        vendor: Vendor::Intel,
        precisions: Some(GAUDI),
        memory: 131_072,
        bandwidth: Some(3670),
        peak: Peak { fp32: None, tf32: None, bf16: Some(1835.0), fp16: None, fp8: Some(1835.0) },
        source: "Intel Gaudi 3 AI accelerator, Hot Chips 2024",
        ..Gpu::BLANK
    },
];
