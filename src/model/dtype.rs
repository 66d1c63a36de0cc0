//! Number formats of tensors.

/// The format of a tensor's numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Dtype {
    /// 64-bit float.
    F64,
    /// 32-bit float.
    F32,
    /// 16-bit float with 8 bits of exponent.
    Bf16,
    /// 16-bit float with 5 bits of exponent.
    F16,
    /// 8-bit float.
    F8,
    /// 8-bit integer.
    I8,
    /// 4-bit integer or float (QLoRA's NF4).
    I4,
}

impl Dtype {
    /// Bits of one number.
    pub fn bits(self) -> u64 {
        match self {
            Dtype::F64 => 64,
            Dtype::F32 => 32,
            Dtype::Bf16 | Dtype::F16 => 16,
            Dtype::F8 | Dtype::I8 => 8,
            Dtype::I4 => 4,
        }
    }

    /// Bytes of `count` numbers, rounded up.
    pub fn bytes(self, count: u64) -> u64 {
        let bits = u128::from(count) * u128::from(self.bits());
        u64::try_from(bits.div_ceil(8)).unwrap_or(u64::MAX)
    }

    /// As people write it: `bf16`.
    pub fn word(self) -> &'static str {
        match self {
            Dtype::F64 => "fp64",
            Dtype::F32 => "fp32",
            Dtype::Bf16 => "bf16",
            Dtype::F16 => "fp16",
            Dtype::F8 => "fp8",
            Dtype::I8 => "int8",
            Dtype::I4 => "int4",
        }
    }
}
