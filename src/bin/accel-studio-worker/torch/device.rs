//! Which devices there are, their memory, and streams beside the current one.

use std::ffi::{CStr, c_int, c_void};

use tch::{Device, Tensor};

use super::error::{Result, TorchError, check};
use super::ffi::{self, handle};

/// The version of the libtorch that was compiled against: `2.11.0`.
pub fn version() -> String {
    // SAFETY: a static text.
    unsafe { CStr::from_ptr(ffi::as_torch_version()) }.to_string_lossy().into_owned()
}

/// Loads libtorch's CUDA half. Must be the first thing that a process does with libtorch when it may use a GPU:
/// the first answer to "is there CUDA?" is kept for good.
pub fn load_cuda() -> Result<()> {
    // SAFETY: no arguments; libtorch's own initialisers run.
    check(unsafe { ffi::as_load_cuda() })
}

/// GPUs that libtorch sees; 0 without its CUDA half or without a driver.
pub fn count() -> usize {
    // SAFETY: no arguments.
    usize::try_from(unsafe { ffi::as_device_count() }).unwrap_or(0)
}

/// Makes a GPU this thread's current one; nothing to do for the CPU.
pub fn make_current(device: Device) -> Result<()> {
    index(device).map_or(Ok(()), |device| {
        // SAFETY: plain numbers.
        check(unsafe { ffi::as_set_device(device) })
    })
}

/// Waits until a device has done all that was asked of it; the CPU always has.
pub fn synchronize(device: Device) -> Result<()> {
    index(device).map_or(Ok(()), |device| {
        // SAFETY: plain numbers.
        check(unsafe { ffi::as_synchronize(device) })
    })
}

/// A GPU's memory in bytes, as the allocator and the driver tell it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Memory {
    /// Held by tensors now.
    pub allocated: u64,
    /// Held by tensors at most, since the last [`reset_peak`].
    pub peak: u64,
    /// Held by the allocator now.
    pub reserved: u64,
    /// Held by the allocator at most, since the last [`reset_peak`].
    pub reserved_peak: u64,
    /// Free on the device, also for other processes.
    pub free: u64,
    /// Of the whole device.
    pub total: u64,
}

/// The memory of a GPU; an error for the CPU.
pub fn memory(device: Device) -> Result<Memory> {
    let device = index(device).ok_or_else(|| TorchError("the CPU keeps no statistics".to_owned()))?;
    let mut bytes = [0i64; 6];
    // SAFETY: the array has the six places that the shim fills.
    check(unsafe { ffi::as_device_memory(device, bytes.as_mut_ptr()) })?;
    let [allocated, peak, reserved, reserved_peak, free, total] =
        bytes.map(|n| u64::try_from(n).unwrap_or(0));
    Ok(Memory { allocated, peak, reserved, reserved_peak, free, total })
}

/// Starts a new reading of the peaks.
pub fn reset_peak(device: Device) -> Result<()> {
    index(device).map_or(Ok(()), |device| {
        // SAFETY: plain numbers.
        check(unsafe { ffi::as_reset_peak(device) })
    })
}

/// A GPU's number.
pub fn index(device: Device) -> Option<c_int> {
    match device {
        Device::Cuda(index) => c_int::try_from(index).ok(),
        _ => None,
    }
}

/// A stream of a GPU beside the current one, on which communication runs while the GPU computes.
#[derive(Debug)]
pub struct SideStream(*mut c_void);

// SAFETY: libtorch's streams and events are handles that any thread may use; ordering is the caller's.
unsafe impl Send for SideStream {}
// SAFETY: as above.
unsafe impl Sync for SideStream {}

impl SideStream {
    /// A stream of the pool of libtorch, with high priority.
    pub fn new(device: Device) -> Result<SideStream> {
        let device = index(device).ok_or_else(|| TorchError("the CPU has no streams".to_owned()))?;
        // SAFETY: plain numbers.
        let stream = unsafe { ffi::as_side_stream(device) };
        if stream.is_null() { Err(TorchError::last()) } else { Ok(SideStream(stream)) }
    }

    /// The `cudaStream_t`.
    pub fn native(&self) -> *mut c_void {
        // SAFETY: the handle is ours.
        unsafe { ffi::as_side_stream_native(self.0) }
    }

    /// What is queued here from now on comes after what the current stream holds.
    pub fn wait_for_current(&self) -> Result<()> {
        // SAFETY: the handle is ours.
        check(unsafe { ffi::as_side_stream_after_current(self.0) })
    }

    /// The point that what is queued here so far leads up to.
    pub fn mark(&self) -> Result<Mark> {
        // SAFETY: the handle is ours.
        let mark = unsafe { ffi::as_mark(self.0) };
        if mark.is_null() { Err(TorchError::last()) } else { Ok(Mark(mark)) }
    }

    /// The tensor's memory is not used again before this stream has passed this point.
    pub fn keep(&self, tensor: &Tensor) -> Result<()> {
        // SAFETY: both handles live through the call.
        check(unsafe { ffi::as_keep_for_side_stream(handle(tensor), self.0) })
    }
}

impl Drop for SideStream {
    fn drop(&mut self) {
        // SAFETY: dropped once.
        unsafe { ffi::as_drop_side_stream(self.0) }
    }
}

/// A point on a stream that the GPU reaches at some time.
#[derive(Debug)]
pub struct Mark(*mut c_void);

// SAFETY: as for the stream.
unsafe impl Send for Mark {}
// SAFETY: as for the stream.
unsafe impl Sync for Mark {}

impl Mark {
    /// What the current stream is given from now on comes after this point.
    pub fn hold_current(&self) -> Result<()> {
        // SAFETY: the handle is ours.
        check(unsafe { ffi::as_current_after_mark(self.0) })
    }

    /// Whether the GPU is past it.
    pub fn is_done(&self) -> Result<bool> {
        // SAFETY: the handle is ours.
        match unsafe { ffi::as_mark_is_done(self.0) } {
            1 => Ok(true),
            0 => Ok(false),
            _ => Err(TorchError::last()),
        }
    }
}

impl Drop for Mark {
    fn drop(&mut self) {
        // SAFETY: dropped once.
        unsafe { ffi::as_drop_mark(self.0) }
    }
}
