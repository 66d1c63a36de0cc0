//! The door to libtorch beyond tch: what tch leaves out, as safe functions over the C++ shim beside it.
//!
//! Knows tensors and devices, nothing of models, strategies or training.

pub mod autograd;
pub mod device;
pub mod error;
mod ffi;
pub mod numerics;

pub use error::TorchError;
