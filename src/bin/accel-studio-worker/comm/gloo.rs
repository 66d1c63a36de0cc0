//! libtorch's own Gloo: collectives over TCP, for CPUs, and for several ranks on one GPU.

use std::ffi::{c_int, c_void};
use std::time::Duration;

use tch::Tensor;

use super::store::{Store, milliseconds, text};
use super::{Collective, CommError, Pending, Reduction, Result, Work, failed, ffi};
use crate::torch::TorchError;
use crate::torch::error::check;

/// c10d's number for a reduction (`Types.hpp`, `ReduceOp::RedOpType`).
fn number(how: Reduction) -> c_int {
    match how {
        Reduction::Sum => 0,
        Reduction::Min => 3,
        Reduction::Max => 4,
    }
}

/// Threads that carry data for one group.
const THREADS: c_int = 2;

/// A group of ranks over Gloo.
#[derive(Debug)]
pub struct Gloo {
    group: *mut c_void,
    rank: usize,
    size: usize,
}

// SAFETY: libtorch's process groups guard themselves with locks.
unsafe impl Send for Gloo {}
// SAFETY: as above.
unsafe impl Sync for Gloo {}

/// Who meets whom, and how.
#[derive(Clone, Copy, Debug)]
pub struct Meeting<'a> {
    /// Names the group in the store; the same on all its ranks.
    pub name: &'a str,
    /// This process's place in the group.
    pub rank: usize,
    /// How many there are.
    pub size: usize,
    /// How long a collective may take.
    pub timeout: Duration,
    /// An interface (`eth0`), `@host`, or empty for what this machine's name resolves to.
    pub way: &'a str,
}

impl Gloo {
    /// Returns when all ranks of the group have met.
    pub fn meet(store: &Store, meeting: Meeting<'_>) -> Result<Gloo> {
        let Meeting { rank, size, .. } = meeting;
        let error = failed("meeting the other ranks", rank);
        let (name, way) =
            (text(&store.key(meeting.name)).map_err(&error)?, text(meeting.way).map_err(&error)?);
        let timeout = milliseconds(meeting.timeout);
        // SAFETY: the texts live through the call; the group takes its own share of the store.
        let group = unsafe {
            ffi::as_gloo(store.pointer(), name.as_ptr(), int(rank), int(size), timeout, way.as_ptr(), THREADS)
        };
        if group.is_null() { Err(error(TorchError::last())) } else { Ok(Gloo { group, rank, size }) }
    }

    fn started(&self, doing: &'static str, work: *mut c_void) -> Result<Work> {
        if work.is_null() {
            return Err(failed(doing, self.rank)(TorchError::last()));
        }
        Ok(Box::new(GlooWork { work, doing, rank: self.rank }))
    }
}

impl Collective for Gloo {
    fn rank(&self) -> usize {
        self.rank
    }

    fn size(&self) -> usize {
        self.size
    }

    fn name(&self) -> &'static str {
        "gloo"
    }

    fn all_reduce(&self, tensor: &Tensor, how: Reduction) -> Result<Work> {
        // SAFETY: c10d keeps its own share of the tensor until the work is done.
        self.started("all-reduce", unsafe {
            ffi::as_all_reduce(self.group, tensor.as_ptr().cast_mut(), number(how))
        })
    }

    fn reduce_scatter(&self, part: &Tensor, whole: &Tensor, how: Reduction) -> Result<Work> {
        let (part, whole) = (part.as_ptr().cast_mut(), whole.as_ptr().cast_mut());
        // SAFETY: as above.
        self.started("reduce-scatter", unsafe {
            ffi::as_reduce_scatter(self.group, part, whole, number(how))
        })
    }

    fn all_gather(&self, whole: &Tensor, part: &Tensor) -> Result<Work> {
        let (part, whole) = (part.as_ptr().cast_mut(), whole.as_ptr().cast_mut());
        // SAFETY: as above.
        self.started("all-gather", unsafe { ffi::as_all_gather(self.group, whole, part) })
    }

    fn broadcast(&self, tensor: &Tensor, root: usize) -> Result<Work> {
        // SAFETY: as above.
        self.started("broadcast", unsafe {
            ffi::as_broadcast(self.group, tensor.as_ptr().cast_mut(), int(root))
        })
    }

    fn barrier(&self) -> Result<()> {
        // SAFETY: the group is ours.
        self.started("barrier", unsafe { ffi::as_barrier(self.group) })?.wait()
    }
}

impl Drop for Gloo {
    fn drop(&mut self) {
        // SAFETY: dropped once.
        unsafe { ffi::as_drop_group(self.group) }
    }
}

struct GlooWork {
    work: *mut c_void,
    doing: &'static str,
    rank: usize,
}

// SAFETY: a work handle is reference-counted and guarded by libtorch.
unsafe impl Send for GlooWork {}

impl Pending for GlooWork {
    fn wait(mut self: Box<Self>) -> Result<()> {
        let work = std::mem::replace(&mut self.work, std::ptr::null_mut());
        // SAFETY: the handle was ours and is given up here.
        check(unsafe { ffi::as_wait(work) }).map_err(|error| CommError {
            doing: self.doing,
            rank: self.rank,
            why: error.0,
        })
    }
}

impl Drop for GlooWork {
    fn drop(&mut self) {
        if !self.work.is_null() {
            // SAFETY: nobody has waited, so the handle is still ours.
            unsafe { ffi::as_drop_work(self.work) }
        }
    }
}

/// Ranks are far below the limits of C's int.
fn int(rank: usize) -> c_int {
    c_int::try_from(rank).unwrap_or(c_int::MAX)
}
