//! Which number formats a device computes in, from its compute capability.

use serde::{Deserialize, Serialize};

use super::Device;

/// How a device computes in a format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Support {
    /// In hardware, at speed.
    Native,
    /// It works, but through another format or in a few units only: slower than fp32 as a rule.
    Emulated,
    /// Not at all.
    No,
}

/// The formats that training knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct Precisions {
    /// Half precision, five bits of exponent.
    pub fp16: Support,
    /// Half precision, eight bits of exponent.
    pub bf16: Support,
    /// fp32 with shortened products.
    pub tf32: Support,
    /// Eight bits.
    pub fp8: Support,
}

/// Where the thresholds stand.
pub const SOURCE: &str = "CUDA C++ Programming Guide, \"Compute Capabilities\"; torch.cuda.is_bf16_supported; \
                          accelerate.utils.check_cuda_fp8_capability";

/// fp16 arithmetic begins with 5.3: "Compute Capabilities", feature table, half-precision operations.
const FP16: (u32, u32) = (5, 3);

/// Pascal's cards for desktops have it for show: 2 steps of fp16 a cycle beside 128 of fp32 (the same guide,
/// "Throughput of Native Arithmetic Instructions").
const SLOW_FP16: (u32, u32) = (6, 1);

/// bf16 and tf32 begin with 8.0: the same table; before, PyTorch widens each bf16 step to fp32.
const BF16: (u32, u32) = (8, 0);

/// fp8 begins with 8.9, where Accelerate's `check_cuda_fp8_capability` draws its line too.
const FP8: (u32, u32) = (8, 9);

impl Precisions {
    /// What a compute capability can do.
    pub fn of(capability: (u32, u32)) -> Precisions {
        let since = |first, before| if capability >= first { Support::Native } else { before };
        Precisions {
            fp16: if capability == SLOW_FP16 { Support::Emulated } else { since(FP16, Support::Emulated) },
            bf16: since(BF16, Support::Emulated),
            tf32: since(BF16, Support::No),
            fp8: since(FP8, Support::No),
        }
    }
}

impl Device {
    /// What it computes in: as it was told, else by its compute capability.
    pub fn precisions(&self) -> Option<Precisions> {
        self.precisions.or_else(|| self.capability.map(Precisions::of))
    }
}

impl Support {
    /// The word that stands in JSON and in tables.
    pub fn word(self) -> &'static str {
        match self {
            Support::Native => "native",
            Support::Emulated => "emulated",
            Support::No => "no",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Support::{Emulated, Native, No};
    use super::*;

    #[test]
    fn each_generation_adds_its_formats() {
        let formats = |capability| {
            let can = Precisions::of(capability);
            [can.fp16, can.bf16, can.tf32, can.fp8]
        };
        assert_eq!(formats((5, 2)), [Emulated, Emulated, No, No], "Maxwell");
        assert_eq!(formats((6, 0)), [Native, Emulated, No, No], "P100");
        assert_eq!(formats((6, 1)), [Emulated, Emulated, No, No], "GTX 1080");
        assert_eq!(formats((7, 5)), [Native, Emulated, No, No], "Turing");
        assert_eq!(formats((8, 6)), [Native, Native, Native, No], "Ampere");
        assert_eq!(formats((8, 9)), [Native; 4], "Ada");
        assert_eq!(formats((12, 0)), [Native; 4], "Blackwell of desktops");
        assert_eq!(Device::default().precisions(), None, "nothing is guessed");
    }
}
