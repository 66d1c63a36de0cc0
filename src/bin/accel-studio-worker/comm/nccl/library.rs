//! NCCL's plain C interface, loaded where the library is; nothing is linked and no header is needed.

use std::ffi::{CStr, c_char, c_int, c_void};
use std::mem::ManuallyDrop;
use std::path::PathBuf;
use std::sync::Arc;

use libloading::Library as Loaded;

/// What the library is called on every Linux.
const NAME: &str = "libnccl.so.2";

/// `ncclUniqueId`: how the ranks of a group find each other.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct UniqueId(pub [u8; 128]);

/// `ncclComm_t`.
pub type Comm = *mut c_void;
/// `cudaStream_t`.
pub type Stream = *mut c_void;

type OneToOne = unsafe extern "C" fn(*const c_void, *mut c_void, usize, c_int, c_int, Comm, Stream) -> c_int;
type Gather = unsafe extern "C" fn(*const c_void, *mut c_void, usize, c_int, Comm, Stream) -> c_int;

/// The functions that the worker uses (nccl.h of 2.28; unchanged since 2.4).
pub struct Library {
    get_version: unsafe extern "C" fn(*mut c_int) -> c_int,
    get_unique_id: unsafe extern "C" fn(*mut UniqueId) -> c_int,
    get_error_string: unsafe extern "C" fn(c_int) -> *const c_char,
    get_async_error: unsafe extern "C" fn(Comm, *mut c_int) -> c_int,
    comm_init_rank: unsafe extern "C" fn(*mut Comm, c_int, UniqueId, c_int) -> c_int,
    pub(super) comm_destroy: unsafe extern "C" fn(Comm) -> c_int,
    pub(super) comm_abort: unsafe extern "C" fn(Comm) -> c_int,
    pub(super) all_reduce: OneToOne,
    pub(super) reduce_scatter: OneToOne,
    pub(super) broadcast: OneToOne,
    pub(super) all_gather: Gather,
    /// Never unloaded: a unique id is served by a thread of NCCL's own, which nobody can end.
    _loaded: ManuallyDrop<Loaded>,
}

/// `ncclInProgress`: no error yet.
const IN_PROGRESS: c_int = 7;

impl Library {
    /// Loads it: the one that libtorch has loaded, the system's or that of `LD_LIBRARY_PATH`, else the one of the
    /// package beside libtorch.
    ///
    /// # Errors
    /// The loader's reason for each place.
    pub fn load() -> Result<Arc<Library>, String> {
        let places = [Some(PathBuf::from(NAME)), beside_libtorch()];
        let mut reasons = Vec::new();
        for place in places.into_iter().flatten() {
            // SAFETY: NCCL's initialisers only read the environment and prepare logging.
            match unsafe { Loaded::new(&place) } {
                Ok(loaded) => return Library::with(loaded).map(Arc::new),
                Err(error) => reasons.push(error.to_string()),
            }
        }
        Err(reasons.join("; "))
    }

    fn with(loaded: Loaded) -> Result<Library, String> {
        /// A function by its name, as the type of the place that it is put into.
        macro_rules! function {
            ($name:literal) => {
                // SAFETY: the type is that of nccl.h for this name, and `_loaded` outlives every use.
                *unsafe { loaded.get(concat!($name, "\0").as_bytes()) }.map_err(|error| error.to_string())?
            };
        }
        Ok(Library {
            get_version: function!("ncclGetVersion"),
            get_unique_id: function!("ncclGetUniqueId"),
            get_error_string: function!("ncclGetErrorString"),
            get_async_error: function!("ncclCommGetAsyncError"),
            comm_init_rank: function!("ncclCommInitRank"),
            comm_destroy: function!("ncclCommDestroy"),
            comm_abort: function!("ncclCommAbort"),
            all_reduce: function!("ncclAllReduce"),
            reduce_scatter: function!("ncclReduceScatter"),
            broadcast: function!("ncclBroadcast"),
            all_gather: function!("ncclAllGather"),
            _loaded: ManuallyDrop::new(loaded),
        })
    }

    /// `2.28.9`.
    pub fn version(&self) -> Result<String, String> {
        let mut code = 0;
        // SAFETY: the place lives through the call.
        self.check(unsafe { (self.get_version)(&mut code) })?;
        // nccl.h, `NCCL_VERSION`: since 2.9 with four digits after the major number.
        Ok(format!("{}.{}.{}", code / 10_000, code % 10_000 / 100, code % 100))
    }

    /// A fresh meeting place, for one rank to make and all to be told.
    pub fn unique_id(&self) -> Result<UniqueId, String> {
        let mut id = UniqueId([0; 128]);
        // SAFETY: the place has the size that nccl.h says.
        self.check(unsafe { (self.get_unique_id)(&mut id) })?;
        Ok(id)
    }

    /// Returns when all ranks of the group have called it; on the thread's current device.
    pub fn init(&self, id: UniqueId, rank: c_int, size: c_int) -> Result<Comm, String> {
        let mut comm = std::ptr::null_mut();
        // SAFETY: the place lives through the call.
        self.check(unsafe { (self.comm_init_rank)(&mut comm, size, id, rank) })?;
        Ok(comm)
    }

    /// What has gone wrong on the group since its last collective was queued.
    pub fn async_error(&self, comm: Comm) -> Result<(), String> {
        let mut state = 0;
        // SAFETY: the group is alive, and the place lives through the call.
        self.check(unsafe { (self.get_async_error)(comm, &mut state) })?;
        if state == IN_PROGRESS { Ok(()) } else { self.check(state) }
    }

    /// `ncclSuccess`, or its words.
    pub fn check(&self, code: c_int) -> Result<(), String> {
        if code == 0 {
            return Ok(());
        }
        // SAFETY: NCCL gives a static text for every number.
        let words = unsafe { CStr::from_ptr((self.get_error_string)(code)) };
        Err(format!("NCCL says: {} (`NCCL_DEBUG=INFO` tells more)", words.to_string_lossy()))
    }
}

/// `site-packages/nvidia/nccl/lib/`, seen from `site-packages/torch/lib/`, where this process has libtorch from.
fn beside_libtorch() -> Option<PathBuf> {
    let maps = std::fs::read_to_string("/proc/self/maps").ok()?;
    let path = maps.lines().filter_map(|line| line.find('/').map(|at| &line[at..]));
    let torch = path.map(PathBuf::from).find(|path| path.ends_with("libtorch_cpu.so"))?;
    let packages = torch.parent()?.parent()?.parent()?;
    Some(packages.join("nvidia/nccl/lib").join(NAME)).filter(|path| path.exists())
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    /// Runs wherever NCCL is, also without a GPU; says so where it is not.
    #[test]
    fn nccl_tells_its_version_and_makes_meeting_places() {
        let library = match Library::load() {
            Ok(library) => library,
            Err(reason) => {
                let _ = writeln!(std::io::stderr(), "SKIPPED: no NCCL here: {reason}");
                return;
            }
        };
        let version = library.version().expect("it needs no GPU");
        assert!(version.starts_with("2.") && version.split('.').count() == 3, "{version}");
        let ids = [library.unique_id(), library.unique_id()].map(|id| id.expect("it needs no GPU").0);
        assert_ne!(ids[0], ids[1]);
        assert!(library.check(4).expect_err("`ncclInvalidArgument`").contains("invalid argument"));
    }
}
