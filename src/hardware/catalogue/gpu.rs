//! What is known of a kind of GPU.

use super::super::{Device, Memory, NvLink, Precisions, Vendor};

/// One kind of GPU. Peaks and bandwidths are the vendor's, memory is what its driver reports.
#[derive(Debug)]
pub struct Gpu {
    /// Its name on the command line.
    pub name: &'static str,
    /// Its name for people.
    pub title: &'static str,
    /// Other names that people use for it.
    pub aliases: &'static [&'static str],
    /// The names that drivers report.
    pub reported: &'static [&'static str],
    /// Who makes it.
    pub vendor: Vendor,
    /// Compute capability; NVIDIA's only.
    pub capability: Option<(u32, u32)>,
    /// What it computes in, where no compute capability tells.
    pub precisions: Option<Precisions>,
    /// Memory as the driver reports it (`nvidia-smi`), in MiB.
    pub memory: u64,
    /// The least that PyTorch was seen to report as its capacity, in MiB: what processes can have. Drivers
    /// differ by up to 300 MiB. Nothing where no report was found.
    pub usable: Option<u64>,
    /// Bandwidth of its memory, in GB/s (powers of ten).
    pub bandwidth: Option<u32>,
    /// Its peaks.
    pub peak: Peak,
    /// NVLink, or what its maker has in its place; nothing where it has only the bus.
    pub link: Option<Link>,
    /// Where the peaks, the bandwidth and the links stand.
    pub source: &'static str,
}

/// Dense peaks in TFLOP/s, without sparsity, with sums in fp32 where the source tells them apart.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Peak {
    /// Outside of the matrix units.
    pub fp32: Option<f64>,
    /// In the matrix units.
    pub tf32: Option<f64>,
    /// In the matrix units.
    pub bf16: Option<f64>,
    /// In the matrix units, or outside on GPUs that have none.
    pub fp16: Option<f64>,
    /// In the matrix units.
    pub fp8: Option<f64>,
}

/// Links from GPU to GPU.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Link {
    /// All of them in both directions, in GB/s.
    pub bandwidth: f64,
    /// How many there are.
    pub links: u32,
    /// True where machines are sold in which switches, or links from each to each, join all GPUs; false for
    /// bridges between pairs, which may be missing.
    pub is_switched: bool,
}

impl Gpu {
    /// A row in which nothing stands.
    pub(super) const BLANK: Gpu = Gpu {
        name: "",
        title: "",
        aliases: &[],
        reported: &[],
        vendor: Vendor::Nvidia,
        capability: None,
        precisions: None,
        memory: 0,
        usable: None,
        bandwidth: None,
        peak: Peak { fp32: None, tf32: None, bf16: None, fp16: None, fp8: None },
        link: None,
        source: "",
    };

    /// A device of this kind, of which nobody uses anything.
    pub fn device(&self) -> Device {
        let total = mebibytes(self.memory);
        let reserved = self.usable.map(|usable| total.saturating_sub(mebibytes(usable)));
        let nvlinks = match self.link {
            Some(link) if link.is_switched => {
                (0..link.links).map(|link| NvLink { link, ..NvLink::default() }).collect()
            }
            _ => Vec::new(),
        };
        Device {
            vendor: self.vendor,
            name: Some(self.reported.first().unwrap_or(&self.title).to_string()),
            memory: Some(Memory { total, reserved, free: None, used: None }),
            capability: self.capability,
            precisions: self.precisions(),
            nvlinks,
            ..Device::default()
        }
    }

    /// What it computes in.
    pub fn precisions(&self) -> Option<Precisions> {
        self.precisions.or_else(|| self.capability.map(Precisions::of))
    }
}

fn mebibytes(number: u64) -> u64 {
    number.saturating_mul(1 << 20)
}

impl Peak {
    /// Without matrix units for bf16: Pascal, Volta, Turing.
    pub(super) const fn old(fp32: f64, fp16: f64) -> Peak {
        Peak { fp32: Some(fp32), tf32: None, bf16: None, fp16: Some(fp16), fp8: None }
    }

    /// The same with matrix units for bf16: AMD before fp8.
    pub(super) const fn with_bf16(self, bf16: f64) -> Peak {
        Peak { bf16: Some(bf16), ..self }
    }

    /// bf16 as fast as fp16, no fp8: Ampere.
    pub(super) const fn ampere(fp32: f64, tf32: f64, half: f64) -> Peak {
        Peak { fp32: Some(fp32), tf32: Some(tf32), bf16: Some(half), fp16: Some(half), fp8: None }
    }

    /// With fp8: Ada, Hopper, Blackwell.
    pub(super) const fn full(fp32: f64, tf32: f64, half: f64, fp8: f64) -> Peak {
        Peak { fp32: Some(fp32), tf32: Some(tf32), bf16: Some(half), fp16: Some(half), fp8: Some(fp8) }
    }
}

impl Link {
    /// Links that join all GPUs of the machines that are sold with it.
    pub(super) const fn switched(bandwidth: f64, links: u32) -> Option<Link> {
        Some(Link { bandwidth, links, is_switched: true })
    }

    /// A bridge between two cards, or a mesh that does not join each with each.
    pub(super) const fn bridged(bandwidth: f64, links: u32) -> Option<Link> {
        Some(Link { bandwidth, links, is_switched: false })
    }
}
