//! NVIDIA's cards for desktops.

use super::gpu::{Gpu, Link, Peak};

const PASCAL: &str = "NVIDIA's page of the card";
const TURING: &str = "NVIDIA Turing architecture whitepaper, reference clocks";
const AMPERE: &str = "NVIDIA Ampere GA102 architecture whitepaper";
const ADA: &str = "NVIDIA Ada GPU architecture whitepaper";
const AMPERE_RATIOS: &str =
    "NVIDIA's page of the card; peaks by cores and boost clock, in the ratios of the GA102 whitepaper";
const ADA_RATIOS: &str =
    "NVIDIA's page of the card; peaks by cores and boost clock, in the ratios of the Ada whitepaper";
const BLACKWELL_PAGE: &str = "NVIDIA's page of the card";
const BLACKWELL: &str = "NVIDIA RTX Blackwell GPU architecture whitepaper";

pub(super) const GPUS: &[Gpu] = &[
    Gpu {
        name: "gtx-1080-ti",
        title: "GeForce GTX 1080 Ti",
        reported: &["NVIDIA GeForce GTX 1080 Ti", "GeForce GTX 1080 Ti"],
        capability: Some((6, 1)),
        memory: 11264,
        usable: Some(11178),
        bandwidth: Some(484),
        peak: Peak { fp32: Some(11.3), ..Gpu::BLANK.peak },
        source: PASCAL,
        ..Gpu::BLANK
    },
    Gpu {
        name: "rtx-2060",
        title: "GeForce RTX 2060",
        reported: &["NVIDIA GeForce RTX 2060", "GeForce RTX 2060"],
        capability: Some((7, 5)),
        memory: 6144,
        bandwidth: Some(336),
        peak: Peak::old(6.5, 25.8),
        source: TURING,
        ..Gpu::BLANK
    },
    Gpu {
        name: "rtx-2070",
        title: "GeForce RTX 2070",
        reported: &["NVIDIA GeForce RTX 2070", "GeForce RTX 2070"],
        capability: Some((7, 5)),
        memory: 8192,
        bandwidth: Some(448),
        peak: Peak::old(7.5, 29.9),
        source: TURING,
        ..Gpu::BLANK
    },
    Gpu {
        name: "rtx-2080",
        title: "GeForce RTX 2080",
        reported: &["NVIDIA GeForce RTX 2080", "GeForce RTX 2080"],
        capability: Some((7, 5)),
        memory: 8192,
        bandwidth: Some(448),
        peak: Peak::old(10.1, 40.3),
        link: Link::bridged(50.0, 1),
        source: TURING,
        ..Gpu::BLANK
    },
    Gpu {
        name: "rtx-2080-ti",
        title: "GeForce RTX 2080 Ti",
        reported: &["NVIDIA GeForce RTX 2080 Ti", "GeForce RTX 2080 Ti"],
        capability: Some((7, 5)),
        memory: 11264,
        usable: Some(11019),
        bandwidth: Some(616),
        peak: Peak::old(13.4, 53.8),
        link: Link::bridged(100.0, 2),
        source: TURING,
        ..Gpu::BLANK
    },
    Gpu {
        name: "rtx-3060",
        title: "GeForce RTX 3060",
        reported: &["NVIDIA GeForce RTX 3060", "GeForce RTX 3060"],
        capability: Some((8, 6)),
        memory: 12288,
        usable: Some(11931),
        bandwidth: Some(360),
        peak: Peak::ampere(12.7, 12.7, 25.5),
        source: AMPERE_RATIOS,
        ..Gpu::BLANK
    },
    Gpu {
        name: "rtx-3060-ti",
        title: "GeForce RTX 3060 Ti",
        reported: &["NVIDIA GeForce RTX 3060 Ti", "GeForce RTX 3060 Ti"],
        capability: Some((8, 6)),
        memory: 8192,
        bandwidth: Some(448),
        peak: Peak::ampere(16.2, 16.2, 32.4),
        source: AMPERE_RATIOS,
        ..Gpu::BLANK
    },
    Gpu {
        name: "rtx-3070",
        title: "GeForce RTX 3070",
        reported: &["NVIDIA GeForce RTX 3070", "GeForce RTX 3070"],
        capability: Some((8, 6)),
        memory: 8192,
        bandwidth: Some(448),
        peak: Peak::ampere(20.3, 20.3, 40.6),
        source: AMPERE,
        ..Gpu::BLANK
    },
    Gpu {
        name: "rtx-3070-ti",
        title: "GeForce RTX 3070 Ti",
        reported: &["NVIDIA GeForce RTX 3070 Ti", "GeForce RTX 3070 Ti"],
        capability: Some((8, 6)),
        memory: 8192,
        bandwidth: Some(608),
        peak: Peak::ampere(21.7, 21.7, 43.5),
        source: AMPERE_RATIOS,
        ..Gpu::BLANK
    },
    Gpu {
        name: "rtx-3080",
        title: "GeForce RTX 3080",
        reported: &["NVIDIA GeForce RTX 3080", "GeForce RTX 3080"],
        capability: Some((8, 6)),
        memory: 10240,
        bandwidth: Some(760),
        peak: Peak::ampere(29.8, 29.8, 59.5),
        source: AMPERE,
        ..Gpu::BLANK
    },
    Gpu {
        name: "rtx-3080-ti",
        title: "GeForce RTX 3080 Ti",
        reported: &["NVIDIA GeForce RTX 3080 Ti", "GeForce RTX 3080 Ti"],
        capability: Some((8, 6)),
        memory: 12288,
        bandwidth: Some(912),
        peak: Peak::ampere(34.1, 34.1, 68.2),
        source: AMPERE_RATIOS,
        ..Gpu::BLANK
    },
    Gpu {
        name: "rtx-3090",
        title: "GeForce RTX 3090",
        reported: &["NVIDIA GeForce RTX 3090", "GeForce RTX 3090"],
        capability: Some((8, 6)),
        memory: 24576,
        usable: Some(24259),
        bandwidth: Some(936),
        peak: Peak::ampere(35.6, 35.6, 71.0),
        link: Link::bridged(112.5, 4),
        source: AMPERE,
        ..Gpu::BLANK
    },
    Gpu {
        name: "rtx-3090-ti",
        title: "GeForce RTX 3090 Ti",
        reported: &["NVIDIA GeForce RTX 3090 Ti", "GeForce RTX 3090 Ti"],
        capability: Some((8, 6)),
        memory: 24564,
        bandwidth: Some(1008),
        peak: Peak::ampere(40.0, 40.0, 80.0),
        link: Link::bridged(112.5, 4),
        source: AMPERE_RATIOS,
        ..Gpu::BLANK
    },
    Gpu {
        name: "rtx-4060",
        title: "GeForce RTX 4060",
        reported: &["NVIDIA GeForce RTX 4060"],
        capability: Some((8, 9)),
        memory: 8188,
        bandwidth: Some(272),
        peak: Peak::full(15.1, 15.1, 30.2, 60.5),
        source: ADA_RATIOS,
        ..Gpu::BLANK
    },
    Gpu {
        name: "rtx-4060-ti",
        title: "GeForce RTX 4060 Ti",
        reported: &["NVIDIA GeForce RTX 4060 Ti"],
        capability: Some((8, 9)),
        memory: 8188,
        bandwidth: Some(288),
        peak: Peak::full(22.1, 22.1, 44.1, 88.3),
        source: ADA_RATIOS,
        ..Gpu::BLANK
    },
    Gpu {
        name: "rtx-4070",
        title: "GeForce RTX 4070",
        reported: &["NVIDIA GeForce RTX 4070"],
        capability: Some((8, 9)),
        memory: 12282,
        bandwidth: Some(504),
        peak: Peak::full(29.1, 29.1, 58.3, 116.6),
        source: ADA_RATIOS,
        ..Gpu::BLANK
    },
    Gpu {
        name: "rtx-4070-super",
        title: "GeForce RTX 4070 SUPER",
        reported: &["NVIDIA GeForce RTX 4070 SUPER"],
        capability: Some((8, 9)),
        memory: 12282,
        bandwidth: Some(504),
        peak: Peak::full(35.5, 35.5, 71.0, 141.9),
        source: ADA_RATIOS,
        ..Gpu::BLANK
    },
    Gpu {
        name: "rtx-4070-ti",
        title: "GeForce RTX 4070 Ti",
        reported: &["NVIDIA GeForce RTX 4070 Ti"],
        capability: Some((8, 9)),
        memory: 12282,
        bandwidth: Some(504),
        peak: Peak::full(40.1, 40.1, 80.2, 160.4),
        source: ADA,
        ..Gpu::BLANK
    },
    Gpu {
        name: "rtx-4070-ti-super",
        title: "GeForce RTX 4070 Ti SUPER",
        reported: &["NVIDIA GeForce RTX 4070 Ti SUPER"],
        capability: Some((8, 9)),
        memory: 16376,
        usable: Some(15934),
        bandwidth: Some(672),
        peak: Peak::full(44.1, 44.1, 88.2, 176.4),
        source: ADA_RATIOS,
        ..Gpu::BLANK
    },
    Gpu {
        name: "rtx-4080",
        title: "GeForce RTX 4080",
        reported: &["NVIDIA GeForce RTX 4080"],
        capability: Some((8, 9)),
        memory: 16376,
        usable: Some(16049),
        bandwidth: Some(717),
        peak: Peak::full(48.7, 48.7, 97.5, 194.9),
        source: ADA,
        ..Gpu::BLANK
    },
    Gpu {
        name: "rtx-4080-super",
        title: "GeForce RTX 4080 SUPER",
        reported: &["NVIDIA GeForce RTX 4080 SUPER"],
        capability: Some((8, 9)),
        memory: 16376,
        bandwidth: Some(736),
        peak: Peak::full(52.2, 52.2, 104.4, 208.9),
        source: ADA_RATIOS,
        ..Gpu::BLANK
    },
    Gpu {
        name: "rtx-4090",
        title: "GeForce RTX 4090",
        reported: &["NVIDIA GeForce RTX 4090"],
        capability: Some((8, 9)),
        memory: 24564,
        usable: Some(24207),
        bandwidth: Some(1008),
        peak: Peak::full(82.6, 82.6, 165.2, 330.3),
        source: ADA,
        ..Gpu::BLANK
    },
    Gpu {
        name: "rtx-5060-ti",
        title: "GeForce RTX 5060 Ti",
        aliases: &["rtx-5060-ti-16gb"],
        reported: &["NVIDIA GeForce RTX 5060 Ti"],
        capability: Some((12, 0)),
        memory: 16311,
        usable: Some(15841),
        bandwidth: Some(448),
        source: BLACKWELL_PAGE,
        ..Gpu::BLANK
    },
    Gpu {
        name: "rtx-5070",
        title: "GeForce RTX 5070",
        reported: &["NVIDIA GeForce RTX 5070"],
        capability: Some((12, 0)),
        memory: 12227,
        bandwidth: Some(672),
        peak: Peak::full(30.9, 30.9, 61.7, 123.5),
        source: BLACKWELL,
        ..Gpu::BLANK
    },
    Gpu {
        name: "rtx-5070-ti",
        title: "GeForce RTX 5070 Ti",
        reported: &["NVIDIA GeForce RTX 5070 Ti"],
        capability: Some((12, 0)),
        memory: 16303,
        bandwidth: Some(896),
        peak: Peak::full(43.9, 43.9, 87.9, 175.8),
        source: BLACKWELL,
        ..Gpu::BLANK
    },
    Gpu {
        name: "rtx-5080",
        title: "GeForce RTX 5080",
        reported: &["NVIDIA GeForce RTX 5080"],
        capability: Some((12, 0)),
        memory: 16303,
        bandwidth: Some(960),
        peak: Peak::full(56.3, 56.3, 112.6, 225.1),
        source: BLACKWELL,
        ..Gpu::BLANK
    },
    Gpu {
        name: "rtx-5090",
        title: "GeForce RTX 5090",
        reported: &["NVIDIA GeForce RTX 5090"],
        capability: Some((12, 0)),
        memory: 32607,
        usable: Some(32122),
        bandwidth: Some(1792),
        peak: Peak::full(104.8, 104.8, 209.5, 419.0),
        source: BLACKWELL,
        ..Gpu::BLANK
    },
];
