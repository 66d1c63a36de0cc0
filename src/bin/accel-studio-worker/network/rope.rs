//! Rotary positions: how fast each pair of a head's numbers turns, and the turning itself.
//!
//! Source: transformers 5.23, `modeling_rope_utils.py`. The numbers are computed in fp32 as there, since an error in
//! the last place of a frequency grows with the position.

use std::f64::consts::PI;

use tch::{Device, Kind, Tensor};

use super::error::Result;
use super::fields::Fields;

/// How a model turns queries and keys.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Rope {
    /// Numbers of a head.
    dim: i64,
    /// `rope_theta`.
    base: f64,
    /// Longest sequence that the config names.
    positions: f64,
    scaling: Scaling,
}

/// How frequencies are stretched for sequences longer than those of pretraining.
#[derive(Clone, Debug, PartialEq)]
enum Scaling {
    Default,
    Linear { factor: f64 },
    Dynamic { factor: f64 },
    Llama3 { factor: f64, low: f64, high: f64, original: f64 },
    Yarn { factor: f64, attention: f64, fast: f64, slow: f64, original: f64, is_truncated: bool },
}

/// What `rope_type` may be.
const KNOWN: &str = "`default`, `linear`, `dynamic`, `llama3` and `yarn`";

impl Rope {
    /// Reads `rope_parameters`, or `rope_scaling` and `rope_theta` as transformers 4 wrote them.
    pub(super) fn read(fields: &Fields, dim: i64, positions: f64) -> Result<Rope> {
        let stated = match fields.inside("rope_scaling", "rope_scaling.")? {
            None => fields.inside("rope_parameters", "rope_parameters.")?,
            old => old,
        };
        let base = fields.positive("rope_theta", 10_000.0)?;
        if dim % 2 != 0 {
            return Err(fields.wrong("head_dim", format!("is {dim}; rotary positions need an even number")));
        }
        let Some(stated) = stated else {
            return Ok(Rope { dim, base, positions, scaling: Scaling::Default });
        };
        for fields in [fields, &stated] {
            if fields.number("partial_rotary_factor")?.is_some_and(|factor| factor != 1.0) {
                return Err(
                    fields.wrong("partial_rotary_factor", "is not 1; the worker turns whole heads only")
                );
            }
        }
        let base = stated.positive("rope_theta", base)?;
        Ok(Rope { dim, base, positions, scaling: Scaling::read(fields, &stated, positions)? })
    }

    /// Turns per token of each pair, and what cosines and sines are multiplied by.
    fn frequencies(&self, tokens: i64) -> Result<(Vec<f32>, f64)> {
        let base = match &self.scaling {
            Scaling::Dynamic { factor } => self.stretched(*factor, tokens),
            _ => self.base,
        };
        let steps = Tensor::f_arange_start_step(0, self.dim, 2, (Kind::Float, Device::Cpu))?;
        let turning = Tensor::f_pow_scalar(base, &steps.f_div_scalar(self.dim)?)?;
        let plain = Vec::<f32>::try_from(&turning)?;
        Ok(self.scaling.applied(&plain, self.dim, base))
    }

    /// The base of a sequence longer than `max_position_embeddings`.
    fn stretched(&self, factor: f64, tokens: i64) -> f64 {
        let longest = self.positions.max(tokens as f64);
        let (dim, ratio) = (self.dim as f64, longest / self.positions);
        self.base * (factor * ratio - (factor - 1.0)).powf(dim / (dim - 2.0))
    }

    /// Cosines and sines for `tokens` positions, `[tokens, 1, dim / 2]` each.
    pub(super) fn turns(&self, tokens: i64, device: Device) -> Result<Turns> {
        let (frequencies, scale) = self.frequencies(tokens)?;
        let angles = Tensor::f_arange(tokens, (Kind::Float, Device::Cpu))?
            .f_outer(&Tensor::from_slice(&frequencies))?;
        let angles = angles.f_unsqueeze(1)?;
        let placed = |turns: Tensor| turns.f_mul_scalar(scale)?.f_to_device(device);
        let (cos, sin) = (placed(angles.f_cos()?)?, placed(angles.f_sin()?)?);
        Ok(Turns { tokens, negative_sin: sin.f_neg()?, cos, sin })
    }
}

impl Scaling {
    fn read(fields: &Fields, stated: &Fields, positions: f64) -> Result<Scaling> {
        let word = stated.word("rope_type").or_else(|| stated.word("type")).unwrap_or("default");
        // `original_max_position_embeddings` is the config's own length where it is left out
        let original = || stated.positive("original_max_position_embeddings", positions);
        match word {
            "default" => Ok(Scaling::Default),
            "linear" => Ok(Scaling::Linear { factor: stated.needed("factor")? }),
            "dynamic" => Ok(Scaling::Dynamic { factor: stated.needed("factor")? }),
            "llama3" => Ok(Scaling::Llama3 {
                factor: stated.needed("factor")?,
                low: stated.needed("low_freq_factor")?,
                high: stated.needed("high_freq_factor")?,
                original: original()?,
            }),
            "yarn" => Scaling::read_yarn(stated, original()?, positions),
            other => {
                let place = if fields.has("rope_scaling") { "rope_scaling" } else { "rope_parameters" };
                let reason = format!("asks for positions of type `{other}`; the worker computes {KNOWN}");
                Err(fields.wrong(place, reason))
            }
        }
    }

    fn read_yarn(stated: &Fields, original: f64, positions: f64) -> Result<Scaling> {
        let factor = stated.positive("factor", positions / original)?;
        let (mscale, all) = (stated.number("mscale")?, stated.number("mscale_all_dim")?);
        let inferred = match (mscale.filter(|it| *it != 0.0), all.filter(|it| *it != 0.0)) {
            (Some(mscale), Some(all)) => magnitude(factor, mscale) / magnitude(factor, all),
            _ => magnitude(factor, 1.0),
        };
        Ok(Scaling::Yarn {
            factor,
            attention: stated.number("attention_factor")?.unwrap_or(inferred),
            fast: stated.positive("beta_fast", 32.0)?,
            slow: stated.positive("beta_slow", 1.0)?,
            original,
            is_truncated: stated.flag("truncate", true),
        })
    }

    /// Frequencies from `base ^ (2i / dim)`, and the factor on cosines and sines.
    fn applied(&self, turning: &[f32], dim: i64, base: f64) -> (Vec<f32>, f64) {
        let plain = turning.iter().map(|it| 1.0 / it);
        match *self {
            Scaling::Default | Scaling::Dynamic { .. } => (plain.collect(), 1.0),
            Scaling::Linear { factor } => (plain.map(|it| it / factor as f32).collect(), 1.0),
            Scaling::Llama3 { factor, low, high, original } => {
                let scaled =
                    plain.map(|it| llama3(it, factor as f32, (low as f32, high as f32), original as f32));
                (scaled.collect(), 1.0)
            }
            Scaling::Yarn { factor, attention, fast, slow, original, is_truncated } => {
                let place =
                    |turns: f64| dim as f64 * (original / (turns * 2.0 * PI)).ln() / (2.0 * base.ln());
                let (low, high) = (place(fast), place(slow));
                let (low, high) = if is_truncated { (low.floor(), high.ceil()) } else { (low, high) };
                let (low, high) = (low.max(0.0), high.min(dim as f64 - 1.0));
                let high = if low == high { high + 0.001 } else { high };
                let mixed = turning.iter().enumerate().map(|(index, turning)| {
                    let ramp = ((index as f32 - low as f32) / (high - low) as f32).clamp(0.0, 1.0);
                    let kept = 1.0 - ramp;
                    1.0 / (factor as f32 * turning) * (1.0 - kept) + 1.0 / turning * kept
                });
                (mixed.collect(), attention)
            }
        }
    }
}

/// Yarn's correction of attention for a stretch.
fn magnitude(stretch: f64, weight: f64) -> f64 {
    if stretch <= 1.0 { 1.0 } else { 0.1 * weight * stretch.ln() + 1.0 }
}

/// Llama 3.1: long waves are stretched, short ones stay, those between are mixed.
fn llama3(frequency: f32, factor: f32, (low, high): (f32, f32), original: f32) -> f32 {
    let wave = (2.0 * PI) as f32 / frequency;
    if wave > original / low {
        return frequency / factor;
    }
    if wave < original / high {
        return frequency;
    }
    let smooth = (original / wave - low) / (high - low);
    (1.0 - smooth) * frequency / factor + smooth * frequency
}

/// Cosines and sines of one length of sequence.
#[derive(Debug)]
pub(super) struct Turns {
    /// Tokens that they were made for.
    pub tokens: i64,
    cos: Tensor,
    sin: Tensor,
    negative_sin: Tensor,
}

impl Turns {
    /// Whether they serve a sequence on a device.
    pub(super) fn serve(&self, tokens: i64, device: Device) -> bool {
        self.tokens == tokens && self.cos.device() == device
    }

    /// A second handle to the same numbers.
    pub(super) fn share(&self) -> Turns {
        let [cos, sin, negative_sin] = [&self.cos, &self.sin, &self.negative_sin].map(Tensor::shallow_clone);
        Turns { tokens: self.tokens, cos, sin, negative_sin }
    }

    /// Turns `[batch, tokens, heads, dim]`: the first half of a head's numbers are cosine parts, the second half
    /// sine parts.
    pub(super) fn turn(&self, x: &Tensor) -> Result<Tensor> {
        let halves = x.f_chunk(2, -1)?;
        let (even, odd) = (&halves[0], &halves[1]);
        let first = even.f_mul(&self.cos)?.f_addcmul(odd, &self.negative_sin)?;
        let second = odd.f_mul(&self.cos)?.f_addcmul(even, &self.sin)?;
        Ok(Tensor::f_cat(&[first, second], -1)?)
    }
}
