//! Whether libtorch does on a device what the worker asks of it beyond tch: each check by numbers known beforehand.

use std::sync::mpsc::channel;
use std::time::Duration;

use tch::{Device, Kind, Tensor};

use crate::comm::nccl::library::Library;
use crate::comm::nccl::{Line, Nccl};
use crate::torch::device::SideStream;
use crate::torch::numerics::{AdamW, Autocast, Lists, fused_adamw, random_state, set_random_state, unscale};
use crate::torch::{TorchError, autograd, device};

use super::collectives::{self, Wrong};

/// What was seen, or what is wrong.
type Outcome = Result<String, TorchError>;

/// A check of a device, by name.
pub type Check = (&'static str, fn(Device) -> Outcome);

const EVERYWHERE: [Check; 6] = [
    ("gradient hooks", hooks),
    ("storages that shrink and grow", storages),
    ("autocast", autocast),
    ("loss scale", scale),
    ("fused AdamW", adamw),
    ("random numbers drawn again", random),
];

const ON_GPUS: [Check; 3] = [
    ("memory statistics", memory),
    ("a stream beside the computing one", stream),
    ("NCCL with one rank", nccl),
];

/// The checks that a device allows.
pub fn checks(device: Device) -> impl Iterator<Item = Check> {
    EVERYWHERE.into_iter().chain(ON_GPUS.into_iter().filter(move |_| device.is_cuda()))
}

fn wrong<T>(words: impl Into<String>) -> Result<T, TorchError> {
    Err(TorchError(words.into()))
}

fn numbers(tensor: &Tensor) -> Result<Vec<f64>, TorchError> {
    Ok(Vec::<f64>::try_from(tensor.f_detach()?.f_to_device(Device::Cpu)?.f_to_kind(Kind::Double)?)?)
}

fn expect(what: &str, got: &Tensor, expected: &[f64], tolerance: f64) -> Result<(), TorchError> {
    let got = numbers(got)?;
    let near = |(a, b): (&f64, &f64)| (a - b).abs() <= tolerance;
    if got.len() == expected.len() && got.iter().zip(expected).all(near) {
        return Ok(());
    }
    wrong(format!("{what} is {got:?}, which must be {expected:?}"))
}

/// d/dx of (2x)² is 8x; 4x between.
fn hooks(device: Device) -> Outcome {
    let (tell, heard) = channel();
    let x = Tensor::from_slice(&[3.0f32]).f_to_device(device)?.f_set_requires_grad(true)?;
    let leaf = tell.clone();
    autograd::on_accumulated(&x, move |leaf_tensor| {
        leaf.send(("leaf", leaf_tensor.grad())).map_err(|error| error.to_string())
    })?;
    let y = &x * 2.0;
    autograd::on_gradient(&y, move |gradient| {
        tell.send(("between", gradient.shallow_clone())).map_err(|error| error.to_string())
    })?;
    autograd::backward(&(&y * &y), &Tensor::f_ones([1], (Kind::Float, device))?)?;
    let heard: Vec<(&str, Tensor)> = heard.try_iter().collect();
    let [(first, between), (second, leaf)] = heard.as_slice() else {
        return wrong(format!("{} gradients were heard of instead of 2", heard.len()));
    };
    if (*first, *second) != ("between", "leaf") {
        return wrong("gradients are heard of in the wrong order");
    }
    expect("the gradient between", between, &[12.0], 0.0)?;
    expect("the leaf's gradient", leaf, &[24.0], 0.0)?;
    autograd::clear_grad(&x)?;
    if autograd::grad(&x).is_some() {
        wrong("a gradient cannot be dropped")
    } else {
        Ok("heard in order".to_owned())
    }
}

fn storages(device: Device) -> Outcome {
    let x = Tensor::from_slice(&[1.0f32, 2.0, 3.0]).f_to_device(device)?;
    let view = x.f_narrow(0, 1, 2)?;
    autograd::resize_storage(&x, 0)?;
    autograd::resize_storage(&x, 12)?;
    x.data().f_copy_(&Tensor::from_slice(&[4.0f32, 5.0, 6.0]))?;
    expect("a view of what came back", &view, &[5.0, 6.0], 0.0)?;
    Ok("views stay".to_owned())
}

fn autocast(device: Device) -> Outcome {
    let one = Tensor::f_eye(8, (Kind::Float, device))?;
    for kind in [Kind::BFloat16, Kind::Half] {
        let guard = Autocast::begin(device, kind)?;
        let product = one.f_matmul(&one)?;
        drop(guard);
        if product.kind() != kind || one.f_matmul(&one)?.kind() != Kind::Float {
            return wrong(format!("products under autocast to {kind:?} are {:?}", product.kind()));
        }
    }
    Ok("bf16 and fp16".to_owned())
}

fn scale(device: Device) -> Outcome {
    let on = |values: &[f32]| Tensor::from_slice(values).f_to_device(device);
    let (found, inverse) = (on(&[0.0])?, on(&[0.5])?);
    let gradients = [on(&[4.0, 2.0])?];
    unscale(&gradients, &found, &inverse)?;
    expect("an unscaled gradient", &gradients[0], &[2.0, 1.0], 0.0)?;
    expect("the sign for no overflow", &found, &[0.0], 0.0)?;
    unscale(&[on(&[f32::INFINITY])?], &found, &inverse)?;
    expect("the sign for an overflow", &found, &[1.0], 0.0)?;
    Ok("overflows are found".to_owned())
}

/// The first step goes by the rate against the gradient's sign, after decay by rate × decay.
fn adamw(device: Device) -> Outcome {
    let list = |values: &[f32]| Ok::<_, TorchError>([Tensor::from_slice(values).f_to_device(device)?]);
    let (parameters, gradients) = (list(&[1.0, 1.0])?, list(&[0.3, -20.0])?);
    let (first, second, steps) = (list(&[0.0, 0.0])?, list(&[0.0, 0.0])?, list(&[0.0])?);
    let lists = Lists {
        parameters: &parameters,
        gradients: &gradients,
        first: &first,
        second: &second,
        steps: &steps,
    };
    fused_adamw(lists, AdamW { rate: 0.1, beta1: 0.9, beta2: 0.999, decay: 0.5, epsilon: 1e-8 })?;
    expect("a parameter after a step", &parameters[0], &[0.85, 1.05], 1e-6)?;
    expect("the first moment", &first[0], &[0.03, -2.0], 1e-6)?;
    expect("the count of steps", &steps[0], &[1.0], 0.0)?;
    Ok("as Loshchilov and Hutter have it".to_owned())
}

fn random(device: Device) -> Outcome {
    let draw = || Tensor::f_rand([4], (Kind::Float, device));
    let state = random_state(device)?;
    let before = numbers(&draw()?)?;
    set_random_state(device, &state)?;
    expect("a second draw", &draw()?, &before, 0.0)?;
    Ok("the same ones".to_owned())
}

fn memory(device: Device) -> Outcome {
    device::reset_peak(device)?;
    let before = device::memory(device)?;
    let taken = Tensor::f_zeros([32 << 20], (Kind::Uint8, device))?;
    let during = device::memory(device)?;
    drop(taken);
    let after = device::memory(device)?;
    let grew = during.allocated - before.allocated.min(during.allocated);
    if grew != 32 << 20 || after.allocated != before.allocated || after.peak < during.allocated {
        return wrong(format!("32 MiB were taken and given back: {before:?}, {during:?}, {after:?}"));
    }
    Ok(format!(
        "{} of {} free",
        accel_studio::text::bytes(after.free),
        accel_studio::text::bytes(after.total)
    ))
}

fn stream(device: Device) -> Outcome {
    let stream = SideStream::new(device)?;
    let work = Tensor::f_ones([1024, 1024], (Kind::Float, device))?;
    stream.wait_for_current()?;
    stream.keep(&work)?;
    let mark = stream.mark()?;
    mark.hold_current()?;
    device::synchronize(device)?;
    if stream.native().is_null() || !mark.is_done()? {
        return wrong("a mark that the device has passed is not seen as done");
    }
    Ok("marks are passed".to_owned())
}

fn nccl(device: Device) -> Outcome {
    let library = Library::load().map_err(TorchError)?;
    let version = library.version().map_err(TorchError)?;
    let line = Line::open(library, device, Duration::from_secs(30), None).map_err(TorchError)?;
    let group = Nccl::alone(&line).map_err(|error| TorchError(error.to_string()))?;
    match collectives::check(&group, device) {
        Ok(count) => Ok(format!("{count} right collectives over NCCL {version}")),
        Err(Wrong::Number(words)) => Err(TorchError(words)),
        Err(Wrong::Lost(error)) => Err(TorchError(error.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sound_cpu_passes_every_check() {
        for (name, look) in checks(Device::Cpu) {
            assert!(look(Device::Cpu).is_ok(), "{name}: {:?}", look(Device::Cpu));
        }
    }

    #[test]
    fn another_number_is_wrong() {
        let error = expect("a sum", &Tensor::from_slice(&[1.0f32]), &[2.0], 0.5).expect_err("1 is not 2");
        assert_eq!(error.0, "a sum is [1.0], which must be [2.0]");
    }
}
