//! Weights before training. A tensor's numbers follow from the run's seed and the tensor's name alone: they are the
//! same on every rank, for every number of ranks, and whatever was drawn before.

use std::f32::consts::TAU;
use std::hash::Hasher;

use fnv::FnvHasher;
use tch::Tensor;

use super::unit::{Entry, Init, Unit};

/// A unit's flat tensor, fp32, on the CPU, without padding.
pub(super) fn initial(unit: &Unit, seed: u64) -> Tensor {
    let mut flat = vec![0.0_f32; usize::try_from(unit.numel).unwrap_or(0)];
    for entry in &unit.entries {
        let from = usize::try_from(entry.offset).unwrap_or(0);
        let numbers = &mut flat[from..][..usize::try_from(entry.numel()).unwrap_or(0)];
        match entry.init {
            Init::Zeros => {}
            Init::Ones => numbers.fill(1.0),
            Init::Normal { deviation, zero_row } => {
                draw(numbers, deviation as f32, seed_of(entry, seed));
                clear(numbers, entry, zero_row);
            }
        }
    }
    Tensor::from_slice(&flat)
}

fn clear(numbers: &mut [f32], entry: &Entry, row: Option<i64>) {
    let Some(row) = row.and_then(|row| usize::try_from(row).ok()) else { return };
    let width = entry.shape.last().map_or(0, |width| usize::try_from(*width).unwrap_or(0));
    numbers[row * width..][..width].fill(0.0);
}

fn seed_of(entry: &Entry, seed: u64) -> u64 {
    let mut hasher = FnvHasher::default();
    hasher.write_u64(seed);
    hasher.write(entry.name.as_bytes());
    hasher.finish()
}

/// Normal deviates in pairs (Box and Muller 1958).
fn draw(numbers: &mut [f32], deviation: f32, seed: u64) {
    let mut state = seed;
    for pair in numbers.chunks_mut(2) {
        let bits = next(&mut state);
        // 24 bits each, as many as fp32 holds; the first is never 0, whose logarithm has no end
        let (first, second) = ((bits >> 40) + 1, (bits >> 8) & 0xff_ffff);
        let (first, second) = (first as f32 / 16_777_216.0, second as f32 / 16_777_216.0);
        let (radius, angle) = (deviation * (-2.0 * first.ln()).sqrt(), TAU * second);
        pair[0] = radius * angle.cos();
        if let Some(other) = pair.get_mut(1) {
            *other = radius * angle.sin();
        }
    }
}

/// SplitMix64 (Steele, Lea and Flood 2014).
fn next(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut bits = *state;
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}
