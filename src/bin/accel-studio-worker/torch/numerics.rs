//! Autocast, loss scaling, the fused AdamW step, random states.

use std::ffi::c_int;
use std::ptr::null_mut;

use tch::{Device, Kind, Tensor};

use super::device::index;
use super::error::{Result, TorchError, check};
use super::ffi::{self, handle, handles};

/// Autocast, on until this is dropped; also when a panic drops it.
#[derive(Debug)]
pub struct Autocast {
    is_cuda: c_int,
    was_on: c_int,
    was_kind: c_int,
}

impl Autocast {
    /// Matrix products and the like in `kind` (`Half` or `BFloat16`) for tensors of this kind of device.
    pub fn begin(device: Device, kind: Kind) -> Result<Autocast> {
        let number = match kind {
            Kind::Half => 5,
            Kind::BFloat16 => 15,
            other => return Err(TorchError(format!("there is no autocast to {other:?}"))),
        };
        let mut guard = Autocast { is_cuda: c_int::from(device.is_cuda()), was_on: 0, was_kind: 0 };
        // SAFETY: the two places live through the call.
        check(unsafe { ffi::as_autocast(guard.is_cuda, 1, number, &mut guard.was_on, &mut guard.was_kind) })?;
        Ok(guard)
    }
}

impl Drop for Autocast {
    fn drop(&mut self) {
        let (mut on, mut kind) = (0, 0);
        // SAFETY: the two places live through the call.
        unsafe { ffi::as_autocast(self.is_cuda, self.was_on, self.was_kind, &mut on, &mut kind) };
    }
}

/// Multiplies gradients by `inverse_scale` (one number) in place; sets `found_inf` (one float) to 1 where one is
/// not finite.
pub fn unscale(gradients: &[Tensor], found_inf: &Tensor, inverse_scale: &Tensor) -> Result<()> {
    let all = handles(gradients);
    // SAFETY: `all` holds as many handles as it says, and all live through the call.
    check(unsafe { ffi::as_unscale(all.as_ptr(), all.len(), handle(found_inf), handle(inverse_scale)) })
}

/// The numbers of one AdamW step.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AdamW {
    /// Learning rate.
    pub rate: f64,
    /// Decay of the first moment.
    pub beta1: f64,
    /// Decay of the second moment.
    pub beta2: f64,
    /// Weight decay, apart from the gradient (Loshchilov and Hutter).
    pub decay: f64,
    /// Added to the root of the second moment.
    pub epsilon: f64,
}

/// Lists of equal length: parameters, their gradients, first and second moments, and how many steps each has seen
/// (one fp32 number each).
#[derive(Clone, Copy, Debug)]
pub struct Lists<'a> {
    /// fp32, changed in place.
    pub parameters: &'a [Tensor],
    /// Same kinds and shapes.
    pub gradients: &'a [Tensor],
    /// Changed in place.
    pub first: &'a [Tensor],
    /// Changed in place.
    pub second: &'a [Tensor],
    /// Counted up by one.
    pub steps: &'a [Tensor],
}

/// One AdamW step in one pass over memory.
pub fn fused_adamw(lists: Lists<'_>, numbers: AdamW) -> Result<()> {
    let count = lists.parameters.len();
    let [parameters, gradients, first, second, steps] =
        [lists.parameters, lists.gradients, lists.first, lists.second, lists.steps].map(handles);
    let lengths = [gradients.len(), first.len(), second.len(), steps.len()];
    if lengths != [count; 4] {
        return Err(TorchError(format!("{count} parameters, but lists of {lengths:?}")));
    }
    let AdamW { rate, beta1, beta2, decay, epsilon } = numbers;
    // SAFETY: five arrays of `count` handles that live through the call; the last two may be null.
    check(unsafe {
        ffi::as_fused_adamw(
            parameters.as_ptr(),
            gradients.as_ptr(),
            first.as_ptr(),
            second.as_ptr(),
            steps.as_ptr(),
            count,
            rate,
            beta1,
            beta2,
            decay,
            epsilon,
            null_mut(),
            null_mut(),
        )
    })
}

/// The state of a device's random numbers: bytes.
pub fn random_state(device: Device) -> Result<Tensor> {
    // SAFETY: plain numbers; the handle that comes back is ours.
    let state = unsafe { ffi::as_random_state(c_int::from(device.is_cuda()), index(device).unwrap_or(0)) };
    if state.is_null() {
        return Err(TorchError::last());
    }
    // SAFETY: a fresh handle that nobody else drops.
    Ok(unsafe { Tensor::from_ptr(state) })
}

/// Sets it.
pub fn set_random_state(device: Device, state: &Tensor) -> Result<()> {
    let (is_cuda, index) = (c_int::from(device.is_cuda()), index(device).unwrap_or(0));
    // SAFETY: the handle lives through the call.
    check(unsafe { ffi::as_set_random_state(is_cuda, index, handle(state)) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn autocast_ends_with_its_guard() {
        let (a, b) =
            (Tensor::ones([2, 2], (Kind::Float, Device::Cpu)), Tensor::eye(2, (Kind::Float, Device::Cpu)));
        let guard = Autocast::begin(Device::Cpu, Kind::BFloat16).expect("CPUs have it");
        assert_eq!(a.matmul(&b).kind(), Kind::BFloat16);
        drop(guard);
        assert_eq!(a.matmul(&b).kind(), Kind::Float);
        assert!(Autocast::begin(Device::Cpu, Kind::Int64).is_err());
    }

    #[test]
    fn unscaling_finds_what_is_not_finite() {
        let (found, inverse) =
            (Tensor::zeros([1], (Kind::Float, Device::Cpu)), Tensor::from_slice(&[0.5f32]));
        let gradients = [Tensor::from_slice(&[4.0f32, 2.0])];
        unscale(&gradients, &found, &inverse).expect("floats");
        assert_eq!((gradients[0].double_value(&[0]), found.double_value(&[0])), (2.0, 0.0));
        unscale(&[Tensor::from_slice(&[f32::INFINITY])], &found, &inverse).expect("floats");
        assert_eq!(found.double_value(&[0]), 1.0);
    }

    /// The first step of Adam goes by the rate against the gradient's sign, whatever its size.
    #[test]
    fn the_first_step_goes_by_the_rate() {
        let vector = |values: &[f32]| vec![Tensor::from_slice(values)];
        let (parameters, gradients) = (vector(&[1.0, 1.0]), vector(&[0.3, -20.0]));
        let (first, second, steps) = (vector(&[0.0, 0.0]), vector(&[0.0, 0.0]), vector(&[0.0]));
        let lists = Lists {
            parameters: &parameters,
            gradients: &gradients,
            first: &first,
            second: &second,
            steps: &steps,
        };
        let numbers = AdamW { rate: 0.1, beta1: 0.9, beta2: 0.999, decay: 0.0, epsilon: 1e-8 };
        fused_adamw(lists, numbers).expect("floats");
        let after = Vec::<f32>::try_from(&parameters[0]).expect("floats");
        assert!((after[0] - 0.9).abs() < 1e-6 && (after[1] - 1.1).abs() < 1e-6, "{after:?}");
        assert_eq!(steps[0].double_value(&[0]), 1.0);
    }

    #[test]
    fn random_numbers_can_be_drawn_again() {
        let draw = || Tensor::rand([4], (Kind::Float, Device::Cpu));
        let state = random_state(Device::Cpu).expect("CPUs have one");
        let before = draw();
        set_random_state(Device::Cpu, &state).expect("it was read from there");
        assert_eq!(before, draw());
    }
}
