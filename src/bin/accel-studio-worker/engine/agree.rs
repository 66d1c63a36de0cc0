//! One number of every rank becomes one number for all.

use tch::{Device, Kind, Tensor};

use super::error::Result;
use crate::comm::{Collective, Reduction};

/// The reduction of each rank's number over a group that communicates on `device`.
pub fn agree(group: &dyn Collective, device: Device, number: f64, how: Reduction) -> Result<f64> {
    let shared = Tensor::f_full([1], number, (Kind::Double, device))?;
    group.all_reduce(&shared, how)?.wait()?;
    Ok(shared.f_double_value(&[0])?)
}
