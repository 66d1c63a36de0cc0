//! The shim's C functions for autograd, devices and numerics; `torch/*.cpp` says what each does.

use std::ffi::{c_char, c_int, c_void};

use tch::Tensor;
use torch_sys::C_tensor;

/// A closure of ours, called with a borrowed tensor; 0 after an error.
pub type Call = extern "C" fn(*mut c_void, *mut C_tensor) -> c_int;
/// Frees such a closure.
pub type DropClosure = extern "C" fn(*mut c_void);

unsafe extern "C" {
    pub fn as_error() -> *const c_char;
    pub fn as_set_error(text: *const c_char);
    pub fn as_keep_quiet();
    pub fn as_torch_version() -> *const c_char;

    pub fn as_backward(outputs: *const *mut C_tensor, gradients: *const *mut C_tensor, count: usize)
    -> c_int;
    pub fn as_clear_grad(leaf: *mut C_tensor) -> c_int;
    pub fn as_has_grad(leaf: *mut C_tensor) -> c_int;
    pub fn as_on_accumulated(
        leaf: *mut C_tensor,
        context: *mut c_void,
        call: Call,
        drop: DropClosure,
    ) -> c_int;
    pub fn as_on_gradient(
        tensor: *mut C_tensor,
        context: *mut c_void,
        call: Call,
        drop: DropClosure,
    ) -> c_int;
    pub fn as_resize_storage(tensor: *mut C_tensor, bytes: usize) -> c_int;

    pub fn as_load_cuda() -> c_int;
    pub fn as_device_count() -> c_int;
    pub fn as_set_device(device: c_int) -> c_int;
    pub fn as_synchronize(device: c_int) -> c_int;
    pub fn as_device_memory(device: c_int, bytes: *mut i64) -> c_int;
    pub fn as_reset_peak(device: c_int) -> c_int;
    pub fn as_side_stream(device: c_int) -> *mut c_void;
    pub fn as_side_stream_native(stream: *mut c_void) -> *mut c_void;
    pub fn as_side_stream_after_current(stream: *mut c_void) -> c_int;
    pub fn as_keep_for_side_stream(tensor: *mut C_tensor, stream: *mut c_void) -> c_int;
    pub fn as_drop_side_stream(stream: *mut c_void);
    pub fn as_mark(stream: *mut c_void) -> *mut c_void;
    pub fn as_current_after_mark(mark: *mut c_void) -> c_int;
    pub fn as_mark_is_done(mark: *mut c_void) -> c_int;
    pub fn as_drop_mark(mark: *mut c_void);

    pub fn as_autocast(
        is_cuda: c_int,
        on: c_int,
        kind: c_int,
        was_on: *mut c_int,
        was_kind: *mut c_int,
    ) -> c_int;
    pub fn as_unscale(
        gradients: *const *mut C_tensor,
        count: usize,
        found_inf: *mut C_tensor,
        inverse_scale: *mut C_tensor,
    ) -> c_int;
    pub fn as_fused_adamw(
        parameters: *const *mut C_tensor,
        gradients: *const *mut C_tensor,
        first: *const *mut C_tensor,
        second: *const *mut C_tensor,
        steps: *const *mut C_tensor,
        count: usize,
        rate: f64,
        beta1: f64,
        beta2: f64,
        decay: f64,
        epsilon: f64,
        grad_scale: *mut C_tensor,
        found_inf: *mut C_tensor,
    ) -> c_int;
    pub fn as_random_state(is_cuda: c_int, device: c_int) -> *mut C_tensor;
    pub fn as_set_random_state(is_cuda: c_int, device: c_int, state: *mut C_tensor) -> c_int;
}

/// The handle behind a tensor; an `at::Tensor*`.
pub fn handle(tensor: &Tensor) -> *mut C_tensor {
    tensor.as_ptr().cast_mut()
}

/// The handles behind several.
pub fn handles(tensors: &[Tensor]) -> Vec<*mut C_tensor> {
    tensors.iter().map(handle).collect()
}
