//! Collectives among GPUs by NCCL, on a stream beside the one that computes.
//!
//! A collective is queued and its work is a mark on the stream: waiting orders the computing stream behind it and
//! never blocks the host. What never ends is seen by the guard.

mod guard;
pub mod library;

use std::ffi::{c_int, c_void};
use std::sync::Arc;
use std::time::{Duration, Instant};

use tch::{Device, Kind, Tensor};

use super::deadline::within;
use super::store::Store;
use super::watch::Watch;
use super::{Collective, CommError, Pending, Reduction, Result, Work};
use crate::torch::device::{self, Mark, SideStream};
use guard::Guard;
use library::{Comm, Library, UniqueId};

/// What all groups of a process share: one library, and one stream, so that collectives of several groups are in
/// the same order on every rank (NCCL, "Using multiple NCCL communicators concurrently").
#[derive(Clone)]
pub struct Line {
    library: Arc<Library>,
    stream: Arc<SideStream>,
    device: Device,
    timeout: Duration,
    watch: Option<Arc<Watch>>,
}

impl Line {
    /// A line of this device.
    pub fn open(
        library: Arc<Library>,
        device: Device,
        timeout: Duration,
        watch: Option<Arc<Watch>>,
    ) -> std::result::Result<Line, String> {
        let stream = Arc::new(SideStream::new(device).map_err(|error| error.0)?);
        Ok(Line { library, stream, device, timeout, watch })
    }
}

/// A communicator, which any thread may hold: calls on it are made one at a time by the rank's own program.
#[derive(Clone, Copy)]
struct Handle(Comm);

// SAFETY: NCCL's communicators may be used from any thread, one call at a time; abort and the question for errors
// also beside others (NCCL, "Thread safety", "Fault tolerance").
unsafe impl Send for Handle {}
// SAFETY: as above.
unsafe impl Sync for Handle {}

/// A group of ranks over NCCL.
pub struct Nccl {
    line: Line,
    comm: Handle,
    guard: Guard,
    rank: usize,
    size: usize,
}

impl Nccl {
    /// Returns when all ranks of the group have met; the first leaves the group's id in the store.
    pub fn meet(line: &Line, store: &Store, name: &str, rank: usize, size: usize) -> Result<Nccl> {
        let failed = |why| CommError { doing: "meeting over NCCL", rank, why };
        let key = format!("nccl/{name}");
        if rank == 0 {
            let id = line.library.unique_id().map_err(failed)?;
            store.set(&key, &id.0).map_err(|error| failed(error.0))?;
        }
        let bytes = store.get(&key).map_err(|error| failed(error.0))?;
        let id = bytes.try_into().map_err(|_| failed(format!("the id of group {name} is cut short")))?;
        Nccl::join(line, UniqueId(id), rank, size)
    }

    /// One process by itself, to see whether NCCL works on its GPU at all.
    pub fn alone(line: &Line) -> Result<Nccl> {
        let id = line.library.unique_id();
        let id = id.map_err(|why| CommError { doing: "meeting over NCCL", rank: 0, why })?;
        Nccl::join(line, id, 0, 1)
    }

    /// NCCL waits for absent ranks without end: hence on a thread, which is left behind after the timeout.
    fn join(line: &Line, id: UniqueId, rank: usize, size: usize) -> Result<Nccl> {
        let failed = |why| CommError { doing: "meeting over NCCL", rank, why };
        let (library, device) = (Arc::clone(&line.library), line.device);
        let init = move || {
            device::make_current(device).map_err(|error| error.0)?;
            library.init(id, int(rank), int(size)).map(Handle)
        };
        let late = || failed(format!("the GPUs have not met within {} s", line.timeout.as_secs_f64()));
        let comm = within(line.timeout, init).ok_or_else(late)?;
        let comm = comm.map_err(failed)?;
        let guard = Guard::begin(line.clone(), comm, rank);
        Ok(Nccl { line: line.clone(), comm, guard, rank, size })
    }

    /// Queues a collective behind what the computing stream holds now, and keeps its tensors until it is done.
    fn queue(
        &self,
        doing: &'static str,
        tensors: [&Tensor; 2],
        call: impl FnOnce(c_int, *mut c_void) -> c_int,
    ) -> Result<Work> {
        let failed = |why| CommError { doing, rank: self.rank, why };
        let kind = self.number(tensors).map_err(failed)?;
        let stream = &self.line.stream;
        stream.wait_for_current().map_err(|error| failed(error.0))?;
        self.line.library.check(call(kind, stream.native())).map_err(failed)?;
        for tensor in tensors {
            stream.keep(tensor).map_err(|error| failed(error.0))?;
        }
        let mark = Arc::new(stream.mark().map_err(|error| failed(error.0))?);
        self.guard.expect(doing, Arc::clone(&mark));
        Ok(Box::new(Queued { mark, doing, rank: self.rank }))
    }

    /// NCCL's number for the tensors' kind. It would read past their ends if they were not what it is told.
    fn number(&self, tensors: [&Tensor; 2]) -> std::result::Result<c_int, String> {
        let [one, other] = tensors;
        if one.kind() != other.kind() {
            return Err(format!("{:?} and {:?} are not of one kind", one.kind(), other.kind()));
        }
        for tensor in tensors {
            if tensor.device() != self.line.device || !tensor.is_contiguous() {
                let (is, must) = (tensor.device(), self.line.device);
                return Err(format!(
                    "a tensor must be contiguous on {must:?}, and is not, or lies on {is:?}"
                ));
            }
        }
        match one.kind() {
            Kind::Int8 => Ok(0),
            Kind::Uint8 => Ok(1),
            Kind::Int => Ok(2),
            Kind::Int64 => Ok(4),
            Kind::Half => Ok(6),
            Kind::Float => Ok(7),
            Kind::Double => Ok(8),
            Kind::BFloat16 => Ok(9),
            other => Err(format!("NCCL does not know {other:?}")),
        }
    }

    /// `whole` must hold one part for each rank.
    fn parts(&self, doing: &'static str, part: &Tensor, whole: &Tensor) -> Result<usize> {
        if whole.numel() == part.numel() * self.size {
            return Ok(part.numel());
        }
        let (whole, part, size) = (whole.numel(), part.numel(), self.size);
        let why = format!("{whole} elements are not {size} parts of {part}");
        Err(CommError { doing, rank: self.rank, why })
    }
}

/// NCCL's number for a reduction (nccl.h, `ncclRedOp_t`).
fn operation(how: Reduction) -> c_int {
    match how {
        Reduction::Sum => 0,
        Reduction::Max => 2,
        Reduction::Min => 3,
    }
}

impl Collective for Nccl {
    fn rank(&self) -> usize {
        self.rank
    }

    fn size(&self) -> usize {
        self.size
    }

    fn name(&self) -> &'static str {
        "nccl"
    }

    fn all_reduce(&self, tensor: &Tensor, how: Reduction) -> Result<Work> {
        let (data, count, how) = (tensor.data_ptr(), tensor.numel(), operation(how));
        self.queue("all-reduce", [tensor, tensor], |kind, stream| {
            // SAFETY: `queue` has seen that the memory is contiguous, of this kind and on this device, and keeps it.
            unsafe { (self.line.library.all_reduce)(data, data, count, kind, how, self.comm.0, stream) }
        })
    }

    fn reduce_scatter(&self, part: &Tensor, whole: &Tensor, how: Reduction) -> Result<Work> {
        let count = self.parts("reduce-scatter", part, whole)?;
        let (from, to, how) = (whole.data_ptr(), part.data_ptr(), operation(how));
        self.queue("reduce-scatter", [part, whole], |kind, stream| {
            // SAFETY: as above, and `whole` has `size` times as many elements as `part`.
            unsafe { (self.line.library.reduce_scatter)(from, to, count, kind, how, self.comm.0, stream) }
        })
    }

    fn all_gather(&self, whole: &Tensor, part: &Tensor) -> Result<Work> {
        let count = self.parts("all-gather", part, whole)?;
        let (from, to) = (part.data_ptr(), whole.data_ptr());
        self.queue("all-gather", [part, whole], |kind, stream| {
            // SAFETY: as above.
            unsafe { (self.line.library.all_gather)(from, to, count, kind, self.comm.0, stream) }
        })
    }

    fn broadcast(&self, tensor: &Tensor, root: usize) -> Result<Work> {
        let (data, count, root) = (tensor.data_ptr(), tensor.numel(), int(root));
        self.queue("broadcast", [tensor, tensor], |kind, stream| {
            // SAFETY: as above.
            unsafe { (self.line.library.broadcast)(data, data, count, kind, root, self.comm.0, stream) }
        })
    }

    /// The host waits here, unlike for all others.
    fn barrier(&self) -> Result<()> {
        let failed = |why| CommError { doing: "barrier", rank: self.rank, why };
        let token = Tensor::f_zeros([1], (Kind::Float, self.line.device));
        let token = token.map_err(|error| failed(error.to_string()))?;
        self.all_reduce(&token, Reduction::Sum)?.wait()?;
        let (start, mark) = (Instant::now(), self.line.stream.mark().map_err(|error| failed(error.0))?);
        while !mark.is_done().map_err(|error| failed(error.0))? {
            if start.elapsed() > self.line.timeout {
                return Err(failed(format!(
                    "not all ranks came within {} s",
                    self.line.timeout.as_secs_f64()
                )));
            }
            std::thread::sleep(Duration::from_micros(100));
        }
        Ok(())
    }
}

impl Drop for Nccl {
    fn drop(&mut self) {
        let library = &self.line.library;
        let has_failed = self.guard.end() || std::thread::panicking();
        // SAFETY: dropped once, and the guard has ended. After a failure others may never answer: abort waits for
        // nobody.
        unsafe {
            if has_failed { (library.comm_abort)(self.comm.0) } else { (library.comm_destroy)(self.comm.0) }
        };
    }
}

struct Queued {
    mark: Arc<Mark>,
    doing: &'static str,
    rank: usize,
}

impl Pending for Queued {
    fn wait(self: Box<Self>) -> Result<()> {
        let (doing, rank) = (self.doing, self.rank);
        self.mark.hold_current().map_err(|error| CommError { doing, rank, why: error.0 })
    }
}

/// Ranks are far below the limits of C's int.
fn int(rank: usize) -> c_int {
    c_int::try_from(rank).unwrap_or(c_int::MAX)
}
