//! One rank's device by itself: its memory, its matrix products, its copies from and to the host.

use std::time::{Duration, Instant};

use accel_studio::text;
use accel_studio::worker::{Look, Matmul, Trouble};
use tch::{Device, Kind, TchError, Tensor};

use crate::torch::{TorchError, device};

/// How long a speed is measured.
const SPAN: Duration = Duration::from_millis(150);
/// Taken and read back on a GPU unless the run needs more, and at most on a CPU, whose memory others use too.
const TAKEN: u64 = 256 << 20;
/// Of a copy between host and GPU.
const COPIED: i64 = 64 << 20;

/// Precisions by the names of Accelerate.
const PRECISIONS: [(&str, Kind); 3] = [("fp32", Kind::Float), ("bf16", Kind::BFloat16), ("fp16", Kind::Half)];

/// A rank that measures, and what it finds wrong.
pub struct Bench {
    /// Where.
    pub device: Device,
    /// Among all.
    pub rank: usize,
    /// So far.
    pub troubles: Vec<Trouble>,
}

impl Bench {
    /// What goes wrong here forbids a run.
    fn bad(&mut self, look: Look, says: String) {
        self.troubles.push(Trouble { rank: Some(self.rank), look, forbids_a_run: true, says });
    }

    /// Allocates what the run is estimated to need, or a good part; gives how much was written and read back.
    pub fn memory(&mut self, free: Option<u64>, estimated: Option<u64>) -> u64 {
        let wanted = if self.device.is_cuda() { estimated.unwrap_or(0).max(TAKEN) } else { TAKEN };
        let wanted = free.map_or(wanted, |free| wanted.min(free / 10 * 9));
        match fill(self.device, wanted) {
            Ok(true) => return wanted,
            Ok(false) => {
                let (name, size) = (name(self.device), text::bytes(wanted));
                self.bad(
                    Look::Memory,
                    format!("{name} gives back other bytes than were written ({size} were): it is broken"),
                );
            }
            Err(error) => {
                let (name, size) = (name(self.device), text::bytes(wanted));
                let why = TorchError::from(error).0;
                self.bad(
                    Look::Memory,
                    format!("{name} does not give {size} of memory, though it is free: {why}"),
                );
            }
        }
        0
    }

    /// Matrix products in every precision: whether they are right, and how fast.
    pub fn matmuls(&mut self) -> Vec<Matmul> {
        let size: usize = if self.device.is_cuda() { 4096 } else { 512 };
        let mut measured = Vec::new();
        for (precision, kind) in PRECISIONS {
            match check_product(self.device, kind).and_then(|right| Ok((right, self.speed(kind, size)?))) {
                Ok((true, tflops)) => measured.push(Matmul { precision: precision.to_owned(), size, tflops }),
                Ok((false, _)) => {
                    let name = name(self.device);
                    self.bad(
                        Look::Matmul,
                        format!("{name} multiplies {precision} matrices wrongly: it is broken"),
                    );
                }
                Err(error) => {
                    let name = name(self.device);
                    let why = error.to_string();
                    let why = why.lines().next().unwrap_or_default();
                    self.bad(Look::Matmul, format!("{name} does not multiply {precision} matrices: {why}"));
                }
            }
        }
        measured
    }

    /// 10^12 operations per second.
    fn speed(&self, kind: Kind, size: usize) -> Result<f64, TchError> {
        let side = i64::try_from(size).expect("sizes are small");
        let make = || {
            Tensor::f_rand([side, side], (Kind::Float, self.device)).and_then(|matrix| matrix.f_to_kind(kind))
        };
        let (a, b) = (make()?, make()?);
        let once = || a.f_matmul(&b).map(drop);
        let seconds = self.time(once)?;
        let operations = 2.0 * (size as f64).powi(3);
        Ok(operations / seconds / 1e12)
    }

    /// Seconds of one call, after one to warm up.
    fn time(&self, once: impl Fn() -> Result<(), TchError>) -> Result<f64, TchError> {
        let settle = || device::synchronize(self.device).map_err(|error| TchError::Torch(error.0));
        once().and_then(|()| settle())?;
        let (start, mut times) = (Instant::now(), 0);
        while start.elapsed() < SPAN {
            once().and_then(|()| settle())?;
            times += 1;
        }
        Ok(start.elapsed().as_secs_f64() / f64::from(times))
    }

    /// Bytes per second to the device and back from it; none on a CPU.
    pub fn copies(&mut self) -> (Option<f64>, Option<f64>) {
        if !self.device.is_cuda() {
            return (None, None);
        }
        match self.copy_speeds() {
            Ok((to, from)) => (Some(to), Some(from)),
            Err(error) => {
                let name = name(self.device);
                let why = TorchError::from(error).0;
                self.bad(Look::Copy, format!("copies between the host and {name} fail: {why}"));
                (None, None)
            }
        }
    }

    /// Through memory that cannot be swapped out, as data loaders use it.
    fn copy_speeds(&self) -> Result<(f64, f64), TchError> {
        let host = Tensor::f_ones([COPIED], (Kind::Uint8, Device::Cpu))?.f_pin_memory(self.device)?;
        let mut near = Tensor::f_zeros([COPIED], (Kind::Uint8, self.device))?;
        let mut back = host.f_zeros_like()?.f_pin_memory(self.device)?;
        let (mut to, mut from) = (f64::INFINITY, f64::INFINITY);
        for _ in 0..5 {
            to = to.min(self.timed(|| near.f_copy_(&host).map(drop))?);
            from = from.min(self.timed(|| back.f_copy_(&near).map(drop))?);
        }
        let bytes = COPIED as f64;
        Ok((bytes / to, bytes / from))
    }

    fn timed(&self, mut once: impl FnMut() -> Result<(), TchError>) -> Result<f64, TchError> {
        let start = Instant::now();
        once()?;
        device::synchronize(self.device).map_err(|error| TchError::Torch(error.0))?;
        Ok(start.elapsed().as_secs_f64())
    }
}

/// `cuda:1`, `cpu`.
pub fn name(device: Device) -> String {
    match device {
        Device::Cuda(index) => format!("cuda:{index}"),
        _ => "cpu".to_owned(),
    }
}

/// Whether so many bytes hold what is written into them; in chunks, as a run takes them.
fn fill(device: Device, bytes: u64) -> Result<bool, TchError> {
    let mut chunks = Vec::new();
    let mut left = i64::try_from(bytes).unwrap_or(i64::MAX);
    while left > 0 {
        let size = left.min(1 << 28);
        let value = i64::try_from(chunks.len() % 251).expect("it is below 251");
        chunks.push((Tensor::f_full([size], value, (Kind::Uint8, device))?, value));
        left -= size;
    }
    for (chunk, value) in &chunks {
        let (smallest, largest) = chunk.f_aminmax(0, false)?;
        if smallest.f_int64_value(&[])? != *value || largest.f_int64_value(&[])? != *value {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Sums of at most 256 of -1, 0 and 1: every precision has them exactly, whatever the order.
fn check_product(device: Device, kind: Kind) -> Result<bool, TchError> {
    let whole = |range: i64| {
        Tensor::f_arange(256 * 256, (Kind::Int64, Device::Cpu))?.f_remainder(range)?.f_view([256, 256])
    };
    let a = whole(7)?.f_remainder(3)?.f_sub_scalar(1)?;
    let b = whole(11)?.f_remainder(3)?.f_sub_scalar(1)?;
    let expected = a.f_matmul(&b)?;
    let there = |matrix: &Tensor| matrix.f_to_device(device).and_then(|matrix| matrix.f_to_kind(kind));
    let got = there(&a)?.f_matmul(&there(&b)?)?.f_to_device(Device::Cpu)?.f_to_kind(Kind::Int64)?;
    Ok(got == expected)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sound_cpu_has_no_troubles() {
        let mut bench = Bench { device: Device::Cpu, rank: 0, troubles: Vec::new() };
        assert_eq!(bench.memory(Some(1 << 22), None), (1 << 22) / 10 * 9);
        let matmuls = bench.matmuls();
        assert_eq!(bench.troubles, []);
        let precisions: Vec<&str> = matmuls.iter().map(|matmul| matmul.precision.as_str()).collect();
        assert_eq!(precisions, ["fp32", "bf16", "fp16"]);
        assert!(matmuls.iter().all(|matmul| matmul.tflops > 0.0), "{matmuls:?}");
        assert_eq!(bench.copies(), (None, None));
    }
}
