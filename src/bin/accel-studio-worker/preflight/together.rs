//! All ranks at once: how fast they reduce tensors of growing size, and how far apart their clocks are.

use std::time::{Instant, SystemTime, UNIX_EPOCH};

use accel_studio::worker::AllReduce;
use tch::{Device, Kind, Tensor};

use crate::comm::{CommError, Reduction, Result, World};
use crate::torch::{TorchError, device};

/// Bytes per rank, small to large; the largest only where there is a GPU.
const SIZES: [i64; 5] = [1 << 10, 1 << 16, 1 << 20, 1 << 24, 1 << 28];
/// A size that took longer is the last.
const ENOUGH: f64 = 0.2;
const TIMES: u32 = 4;
/// Questions for the time; the fastest answer counts.
const QUESTIONS: usize = 8;

/// Each size's time on the slowest rank.
pub fn all_reduces(world: &World) -> Result<Vec<AllReduce>> {
    let largest = if world.device.is_cuda() { SIZES.len() } else { SIZES.len() - 1 };
    let mut measured: Vec<AllReduce> = Vec::new();
    for bytes in &SIZES[..largest] {
        // All ranks know the slowest one's time, and stop at the same size.
        if world.size == 1 || measured.last().is_some_and(|last| last.seconds > ENOUGH) {
            break;
        }
        let seconds = slowest(world, time(world, *bytes)?)?;
        let (ranks, bytes) = (world.size as f64, bytes.unsigned_abs());
        let bus = bytes as f64 / seconds * 2.0 * (ranks - 1.0) / ranks;
        measured.push(AllReduce { bytes, seconds, bus });
    }
    Ok(measured)
}

fn time(world: &World, bytes: i64) -> Result<f64> {
    let tensor = Tensor::f_ones([bytes / 4], (Kind::Float, world.device)).map_err(|error| CommError {
        doing: "all-reduce",
        rank: world.rank,
        why: TorchError::from(error).0,
    })?;
    // Minima stay what they are, however often they are taken.
    let once = || world.all.all_reduce(&tensor, Reduction::Min).and_then(|work| work.wait());
    once()?;
    settle(world)?;
    world.all.barrier()?;
    let start = Instant::now();
    for _ in 0..TIMES {
        once()?;
    }
    settle(world)?;
    Ok(start.elapsed().as_secs_f64() / f64::from(TIMES))
}

fn settle(world: &World) -> Result<()> {
    let failed = |error: TorchError| CommError { doing: "all-reduce", rank: world.rank, why: error.0 };
    device::synchronize(world.device).map_err(failed)
}

fn slowest(world: &World, seconds: f64) -> Result<f64> {
    let tensor = Tensor::from_slice(&[seconds]).to_device(world.device);
    world.all.all_reduce(&tensor, Reduction::Max)?.wait()?;
    Ok(tensor.to_device(Device::Cpu).double_value(&[0]))
}

/// How far this rank's clock is ahead of rank 0's, and by how much that may be wrong: rank 0 answers with its time
/// through the store, one rank after the other.
pub fn clock(world: &World) -> Result<(f64, f64)> {
    let Some(store) = &world.store else { return Ok((0.0, 0.0)) };
    let failed = |error: TorchError| CommError {
        doing: "comparing clocks",
        rank: world.rank,
        why: format!(
            "rank 0, through which all ranks meet, or the rank that is asked does not answer: {}",
            error.0
        ),
    };
    let mut best = (0.0, f64::INFINITY);
    let asked = if world.rank == 0 { 1..world.size } else { world.rank..world.rank + 1 };
    for rank in asked {
        for question in 0..QUESTIONS {
            let (ask, answer) =
                (format!("clock/{rank}/{question}/ask"), format!("clock/{rank}/{question}/answer"));
            if world.rank == 0 {
                store.get(&ask).map_err(failed)?;
                store.set(&answer, now().to_string().as_bytes()).map_err(failed)?;
                continue;
            }
            let before = now();
            store.set(&ask, b"?").map_err(failed)?;
            let told = store.get(&answer).map_err(failed)?;
            let after = now();
            let theirs: f64 = String::from_utf8_lossy(&told).parse().unwrap_or(f64::NAN);
            // The first question waits until rank 0 has done with the ranks before.
            if after - before < best.1 * 2.0 {
                best = (f64::midpoint(before, after) - theirs, (after - before) / 2.0);
            }
        }
    }
    Ok(if world.rank == 0 { (0.0, 0.0) } else { best })
}

/// Seconds since 1970 by this machine's clock.
fn now() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0.0, |since| since.as_secs_f64())
}
