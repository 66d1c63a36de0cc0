//! All ranks of a run: who they are, on which device this one computes, and the groups they speak in.
//!
//! By torchrun's contract, hence also under torchrun, mpirun and srun; one process where nobody started more.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tch::Device;

use super::arrival::{Arrival, Arrivals};
use super::deadline::within;
use super::gloo::{Gloo, Meeting};
use super::local::Local;
use super::mixed::Mixed;
use super::nccl::library::Library;
use super::nccl::{Line, Nccl};
use super::seat::Seat;
use super::staged::Staged;
use super::store::Store;
use super::watch::Watch;
use super::watched::Watched;
use super::{Collective, CommError, Result, verdict};
use crate::torch::{TorchError, device};

/// What a run asks of its world.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wish {
    /// Groups that each hold a whole copy of the model between them; 1 where all ranks share one copy.
    pub replicas: usize,
    /// Whether it computes on the CPU even where there is a GPU.
    pub is_on_cpu: bool,
    /// How long the others may take to arrive, and a collective to end.
    pub timeout: Duration,
}

/// All ranks, as one of them sees it.
pub struct World {
    /// Among all, from 0.
    pub rank: usize,
    /// How many ranks there are.
    pub size: usize,
    /// Among those of this machine.
    pub local_rank: usize,
    /// How many are on this machine.
    pub local_size: usize,
    /// Where this rank computes.
    pub device: Device,
    /// Why that is the CPU, where a GPU was not ruled out by the run.
    pub why_cpu: Option<String>,
    /// Everybody.
    pub all: Arc<dyn Collective>,
    /// Those that hold one copy of the model between them: consecutive ranks.
    pub shard: Arc<dyn Collective>,
    /// Those that hold the same part of it, one from each shard group.
    pub replica: Arc<dyn Collective>,
    /// Where ranks leave words for each other; none for one process.
    pub store: Option<Arc<Store>>,
    watch: Option<Arc<Watch>>,
    timeout: Duration,
}

impl World {
    /// One process by itself.
    pub fn alone(device: Device) -> World {
        let local: Arc<dyn Collective> = Arc::new(Local);
        World {
            rank: 0,
            size: 1,
            local_rank: 0,
            local_size: 1,
            device,
            why_cpu: None,
            all: Arc::clone(&local),
            shard: Arc::clone(&local),
            replica: local,
            store: None,
            watch: None,
            timeout: Duration::ZERO,
        }
    }

    /// Tells the others why this rank ends before its time, so that they can say it too. Returns when they have
    /// heard, or after a few seconds.
    pub fn farewell(&self, reason: &str) {
        if let Some(watch) = &self.watch {
            watch.farewell(reason);
        }
    }

    /// The words of every rank, by rank, on every rank. A name may be used once.
    ///
    /// # Errors
    /// A rank has left nothing within the world's timeout, or the store is gone.
    pub fn gather(&self, name: &str, words: &str) -> Result<Vec<String>> {
        let Some(store) = &self.store else { return Ok(vec![words.to_owned()]) };
        let gather = Gather { store, rank: self.rank, name, deadline: Instant::now() + self.timeout };
        let failed = |error: TorchError| {
            let error = CommError { doing: "gathering what all ranks say", rank: self.rank, why: error.0 };
            self.watch.as_ref().map_or(error.clone(), |watch| watch.explain(error))
        };
        gather.leave(words).map_err(failed)?;
        (0..self.size).map(|rank| gather.of(rank).map_err(failed)).collect()
    }

    /// The world that this process was started into. Returns when all ranks have met.
    ///
    /// # Errors
    /// An environment that contradicts itself, a world that `replicas` does not divide, ranks that have not arrived
    /// in time: those are named.
    pub fn from_environment(wish: Wish) -> Result<World> {
        let seat = Seat::read(&|name| std::env::var(name).ok()).map_err(|why| failed(0, why))?;
        refuse_uneven(&seat, wish.replicas)?;
        let (device, why_cpu) = choose(wish.is_on_cpu, seat.local_rank);
        device::make_current(device).map_err(|error| failed(seat.rank, error.0))?;
        if seat.size == 1 {
            return Ok(World { why_cpu, ..World::alone(device) });
        }
        let nccl = device.is_cuda().then(Library::load).and_then(std::result::Result::ok);
        let arrivals = Arrivals::meet(&seat, Arrival::here(device, nccl.is_some()), wish.timeout)?;
        let watch = Watch::begin(&seat, wish.timeout)?;
        let nccl = nccl.filter(|_| arrivals.can_speak_nccl());
        let line =
            nccl.map(|library| Line::open(library, device, patience(wish.timeout), Some(Arc::clone(&watch))));
        let line = line.transpose().map_err(|why| failed(seat.rank, why))?;
        let (arrivals, timeout) = (Arc::new(arrivals), patience(wish.timeout));
        let meeting =
            Rendezvous { seat: seat.clone(), arrivals: Arc::clone(&arrivals), device, timeout, line };
        // Gloo gives a rank that dies here several times its timeout.
        let groups = within(timeout, move || meeting.groups(wish.replicas));
        let late =
            || failed(seat.rank, format!("the groups have not met within {} s", timeout.as_secs_f64()));
        let groups = groups.unwrap_or_else(|| Err(late())).map_err(|error| watch.explain(error))?;
        let groups = groups.watched(&watch, seat.rank);
        Ok(World {
            rank: seat.rank,
            size: seat.size,
            local_rank: seat.local_rank,
            local_size: arrivals.local_size(),
            device,
            why_cpu,
            all: groups.all,
            shard: groups.shard,
            replica: groups.replica,
            store: Some(Arc::clone(&arrivals.store)),
            watch: Some(watch),
            timeout: wish.timeout,
        })
    }
}

fn failed(rank: usize, why: String) -> CommError {
    CommError { doing: "meeting the other ranks", rank, why }
}

fn refuse_uneven(seat: &Seat, replicas: usize) -> Result<()> {
    if replicas > 0 && seat.size.is_multiple_of(replicas) {
        return Ok(());
    }
    let size = seat.size;
    Err(failed(
        seat.rank,
        format!(
            "{size} processes cannot be {replicas} equal groups: start a multiple of {replicas}, or change it"
        ),
    ))
}

/// The GPU of a rank, or the CPU and why. Ranks beyond the last GPU share from the first one on.
fn choose(is_on_cpu: bool, local_rank: usize) -> (Device, Option<String>) {
    if is_on_cpu {
        return (Device::Cpu, None);
    }
    if let Err(error) = device::load_cuda() {
        return (Device::Cpu, Some(format!("libtorch's CUDA half cannot be loaded: {error}")));
    }
    match device::count() {
        0 => (Device::Cpu, Some("libtorch sees no GPU: none is there, or its driver is too old".to_owned())),
        count => (Device::Cuda(local_rank % count), None),
    }
}

/// The three groups of a rank.
struct Groups {
    all: Arc<dyn Collective>,
    shard: Arc<dyn Collective>,
    replica: Arc<dyn Collective>,
}

/// What every group of a rank is made from.
struct Rendezvous {
    seat: Seat,
    arrivals: Arc<Arrivals>,
    device: Device,
    timeout: Duration,
    line: Option<Line>,
}

impl Rendezvous {
    /// All of them, from a thread whose current GPU is the rank's.
    fn groups(&self, replicas: usize) -> Result<Groups> {
        device::make_current(self.device).map_err(|error| failed(self.seat.rank, error.0))?;
        Groups::meet(self, replicas)
    }

    /// NCCL where every rank has a GPU to itself, beside Gloo for what is in host memory; else Gloo for both.
    fn group(&self, name: &str, rank: usize, size: usize) -> Result<Arc<dyn Collective>> {
        let (store, way) = (&self.arrivals.store, self.arrivals.way(&self.seat));
        let host = Gloo::meet(store, Meeting { name, rank, size, timeout: self.timeout, way: &way })?;
        Ok(match &self.line {
            Some(line) => Arc::new(Mixed { gpu: Nccl::meet(line, store, name, rank, size)?, host }),
            None if self.device == Device::Cpu => Arc::new(host),
            None => Arc::new(Staged(host)),
        })
    }
}

impl Groups {
    fn meet(meeting: &Rendezvous, replicas: usize) -> Result<Groups> {
        let seat = &meeting.seat;
        let share = seat.size / replicas;
        let all = meeting.group("all", seat.rank, seat.size)?;
        let group = |kind: &str, number: usize, rank, size| match size {
            1 => Ok(Arc::new(Local) as Arc<dyn Collective>),
            size if size == seat.size => Ok(Arc::clone(&all)),
            size => meeting.group(&format!("{kind}{number}"), rank, size),
        };
        let (copy, part) = (seat.rank / share, seat.rank % share);
        let shard = group("shard", copy, part, share)?;
        let replica = group("replica", part, copy, replicas)?;
        Ok(Groups { all, shard, replica })
    }

    /// A group of one never waits for anybody.
    fn watched(self, watch: &Arc<Watch>, rank: usize) -> Groups {
        let watched = |group: Arc<dyn Collective>, name| match group.size() {
            1 => group,
            _ => Arc::new(Watched::new(group, name, Arc::clone(watch), rank)) as Arc<dyn Collective>,
        };
        Groups {
            all: watched(self.all, "all"),
            shard: watched(self.shard, "shard"),
            replica: watched(self.replica, "replica"),
        }
    }
}

/// A collective gives up a little before the run's timeout, so that there is time to find out who is missing.
fn patience(timeout: Duration) -> Duration {
    timeout - (timeout / 4).min(Duration::from_secs(3))
}

/// Words that every rank leaves for every other.
struct Gather<'a> {
    store: &'a Store,
    rank: usize,
    name: &'a str,
    deadline: Instant,
}

impl Gather<'_> {
    fn leave(&self, words: &str) -> std::result::Result<(), TorchError> {
        self.store.set(&self.key(self.rank), words.as_bytes())
    }

    /// Asks again and again instead of waiting in the store, to hear when it is known why all end.
    fn of(&self, rank: usize) -> std::result::Result<String, TorchError> {
        while !self.store.has(&self.key(rank))? {
            if Instant::now() > self.deadline || verdict::read(self.store)?.is_some() {
                return Err(TorchError(format!("rank {rank} has said nothing of `{}`", self.name)));
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        self.store.get(&self.key(rank)).map(|words| String::from_utf8_lossy(&words).into_owned())
    }

    fn key(&self, rank: usize) -> String {
        format!("said/{}/{rank}", self.name)
    }
}
