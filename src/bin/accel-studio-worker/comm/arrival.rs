//! The roll call at the start: each rank leaves where it is in the store, and waits for the words of all others.

use std::collections::HashSet;
use std::net::UdpSocket;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use tch::Device;

use super::deadline::within;
use super::seat::Seat;
use super::store::Store;
use super::{CommError, Result, verdict};
use crate::torch::TorchError;

/// Between two looks at the store.
const PAUSE: Duration = Duration::from_millis(10);

/// What a rank says of itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Arrival {
    /// Its machine's name.
    pub host: String,
    /// Its process.
    pub pid: u32,
    /// `cpu`, or which GPU of the machine: what `CUDA_VISIBLE_DEVICES` calls it, else its number.
    pub device: String,
    /// Whether it can speak over NCCL.
    pub has_nccl: bool,
}

impl Arrival {
    /// This process.
    pub fn here(device: Device, has_nccl: bool) -> Arrival {
        let visible = std::env::var("CUDA_VISIBLE_DEVICES").ok();
        let host = sysinfo::System::host_name().unwrap_or_else(|_| "a machine without a name".to_owned());
        Arrival { host, pid: std::process::id(), device: name_of(device, visible.as_deref()), has_nccl }
    }
}

/// Two processes may each see one GPU, their first, and yet have different ones.
fn name_of(device: Device, visible: Option<&str>) -> String {
    let Device::Cuda(index) = device else { return "cpu".to_owned() };
    let named = visible.and_then(|list| list.split(',').nth(index)).map(str::trim);
    named.filter(|name| !name.is_empty()).map_or_else(|| index.to_string(), str::to_owned)
}

/// All ranks that have met, by rank.
pub struct Arrivals {
    /// Through which they met.
    pub store: Arc<Store>,
    /// What each said.
    pub all: Vec<Arrival>,
    rank: usize,
}

impl Arrivals {
    /// Returns when every rank has left its word.
    ///
    /// # Errors
    /// Names the ranks that have not arrived within `timeout`.
    pub fn meet(seat: &Seat, here: Arrival, timeout: Duration) -> Result<Arrivals> {
        let deadline = Instant::now() + timeout;
        let store = Arc::new(open(seat, timeout)?);
        let failed = |error: TorchError| failed(seat.rank, lost_store(seat, &error));
        let words = serde_json::to_vec(&here).expect("plain words become JSON");
        store.set(&key(seat.rank), &words).map_err(failed)?;
        let missing = wait_for_all(&store, seat.size, deadline).map_err(failed)?;
        if !missing.is_empty() {
            let why = part(&store, seat, &missing, &not_arrived(&missing, seat, timeout)).map_err(failed)?;
            return Err(CommError { doing: DOING, rank: seat.rank, why });
        }
        let all: std::result::Result<Vec<Arrival>, TorchError> =
            (0..seat.size).map(|rank| said(&store, rank)).collect();
        Ok(Arrivals { all: all.map_err(failed)?, store, rank: seat.rank })
    }

    /// How many are on this rank's machine.
    pub fn local_size(&self) -> usize {
        self.all.iter().filter(|other| other.host == self.all[self.rank].host).count()
    }

    /// Whether every rank has a GPU to itself, which NCCL asks for, and has NCCL.
    pub fn can_speak_nccl(&self) -> bool {
        let gpus: HashSet<(&str, &str)> =
            self.all.iter().map(|rank| (rank.host.as_str(), rank.device.as_str())).collect();
        gpus.len() == self.all.len() && self.all.iter().all(|rank| rank.has_nccl && rank.device != "cpu")
    }

    /// Which network Gloo takes: the interface that the person names (the first of `GLOO_SOCKET_IFNAME`), this
    /// machine's own loopback where all ranks are on it, else the address from which rank 0 is reached.
    pub fn way(&self, seat: &Seat) -> String {
        let named = std::env::var("GLOO_SOCKET_IFNAME").ok();
        if let Some(name) =
            named.as_deref().and_then(|names| names.split(',').next()).filter(|name| !name.is_empty())
        {
            return name.to_owned();
        }
        let is_one_machine =
            self.local_size() == seat.size && seat.local_size.is_none_or(|local| local == seat.size);
        if is_one_machine { "@127.0.0.1".to_owned() } else { toward(seat).unwrap_or_default() }
    }
}

/// This machine's address on the way to rank 0. Connecting a datagram socket sends nothing: the system only chooses.
fn toward(seat: &Seat) -> Option<String> {
    let address = (seat.address.host.as_str(), seat.address.port);
    let sockets = ["0.0.0.0:0", "[::]:0"].into_iter().filter_map(|any| UdpSocket::bind(any).ok());
    let mut ways = sockets.filter_map(|socket| {
        socket.connect(address).ok()?;
        socket.local_addr().ok()
    });
    let way = ways.find(|way| !way.ip().is_loopback() && !way.ip().is_unspecified())?;
    Some(format!("@{}", way.ip()))
}

const DOING: &str = "meeting the other ranks";

fn failed(rank: usize, why: String) -> CommError {
    CommError { doing: DOING, rank, why }
}

fn key(rank: usize) -> String {
    format!("arrived/{rank}")
}

fn open(seat: &Seat, timeout: Duration) -> Result<Store> {
    let (host, port) = (&seat.address.host, seat.address.port);
    if seat.rank == 0 && !seat.has_agent {
        return Store::serve(&seat.address, timeout, None).map_err(|error| {
            let why = format!(
                "rank 0 cannot listen on port {port}, where the ranks meet: {error}; set `MASTER_PORT` to a free one"
            );
            failed(0, why)
        });
    }
    let address = seat.address.clone();
    let joined = within(timeout, move || Store::join(&address, timeout));
    joined.unwrap_or_else(|| Err(TorchError("no answer".to_owned()))).map_err(|error| {
        let seconds = timeout.as_secs_f64();
        let who = if seat.has_agent { "torchrun" } else { "rank 0" };
        let why = format!(
            "{who} has not arrived within {seconds} s: nothing answers at {host}:{port} ({error}); start it, or \
             correct `MASTER_ADDR` and `MASTER_PORT`"
        );
        failed(seat.rank, why)
    })
}

fn lost_store(seat: &Seat, error: &TorchError) -> String {
    let (host, port) = (&seat.address.host, seat.address.port);
    format!("rank 0, which serves the meeting place at {host}:{port}, is gone: {error}")
}

/// Leaves who is missing for the others, whose patience ends at other moments; rank 0 stays until they have heard.
fn part(
    store: &Store,
    seat: &Seat,
    missing: &[usize],
    words: &str,
) -> std::result::Result<String, TorchError> {
    let words = verdict::publish(store, words)?;
    verdict::acknowledge(store, seat.rank)?;
    if seat.rank == 0 {
        verdict::stay_for(store, (1..seat.size).filter(|rank| !missing.contains(rank)))?;
    }
    Ok(words)
}

/// Looks for one rank after the other, so that large worlds do not ask for everybody at each look.
fn wait_for_all(
    store: &Store,
    size: usize,
    deadline: Instant,
) -> std::result::Result<Vec<usize>, TorchError> {
    let mut missing = Vec::new();
    for rank in 0..size {
        while !store.has(&key(rank))? {
            if Instant::now() >= deadline || verdict::read(store)?.is_some() {
                missing.push(rank);
                break;
            }
            std::thread::sleep(PAUSE);
        }
    }
    Ok(missing)
}

fn said(store: &Store, rank: usize) -> std::result::Result<Arrival, TorchError> {
    let words = store.get(&key(rank))?;
    serde_json::from_slice(&words).map_err(|error| {
        TorchError(format!(
            "rank {rank} says of itself what cannot be read ({error}); is it another version?"
        ))
    })
}

/// `rank 2 has not arrived within 30 s: …`
fn not_arrived(missing: &[usize], seat: &Seat, timeout: Duration) -> String {
    let who = match missing {
        [one] => format!("rank {one} has"),
        several => {
            let list: Vec<String> = several.iter().map(usize::to_string).collect();
            format!("ranks {} have", list.join(", "))
        }
    };
    let (seconds, size) = (timeout.as_secs_f64(), seat.size);
    let (host, port) = (&seat.address.host, seat.address.port);
    format!(
        "{who} not arrived within {seconds} s: of {size} ranks {} met at {host}:{port}; see why the others did not \
         start, or start fewer",
        size - missing.len()
    )
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;
    use std::os::fd::IntoRawFd;

    use super::super::store::Address;
    use super::*;

    #[test]
    fn gpus_that_each_process_calls_its_first_are_told_apart() {
        let first = Device::Cuda(0);
        assert_eq!(name_of(first, Some("3")), "3");
        assert_eq!(name_of(Device::Cuda(1), Some("GPU-a, GPU-b")), "GPU-b");
        assert_eq!((name_of(first, None), name_of(Device::Cpu, None)), ("0".to_owned(), "cpu".to_owned()));
    }

    /// As under torchrun, which serves one store for all attempts of a job.
    #[test]
    fn ranks_meet_in_a_store_that_the_launcher_serves() {
        let timeout = Duration::from_secs(30);
        let own = TcpListener::bind("127.0.0.1:0").expect("the loopback device is there");
        let port = own.local_addr().expect("it is bound").port();
        let address = Address { host: "127.0.0.1".to_owned(), port, prefix: String::new() };
        let _agent = Store::serve(&address, timeout, Some(own.into_raw_fd())).expect("the socket is bound");
        for attempt in 0..2 {
            let meet = |rank: usize| {
                let address = Address { prefix: format!("attempt{attempt}/"), ..address.clone() };
                let seat = Seat { rank, size: 2, has_agent: true, address, ..Seat::alone() };
                let here = Arrival { pid: attempt, ..Arrival::here(Device::Cpu, false) };
                move || Arrivals::meet(&seat, here, timeout).expect("both arrive").all
            };
            let second = std::thread::spawn(meet(1));
            let (first, second) = (meet(0)(), second.join().expect("it does not panic"));
            assert_eq!(first, second);
            assert!(first.iter().all(|arrival| arrival.pid == attempt), "{first:?}");
        }
    }

    #[test]
    fn whoever_is_missing_is_named() {
        let seat = Seat { size: 4, ..Seat::alone() };
        let words = |missing: &[usize]| not_arrived(missing, &seat, Duration::from_millis(1500));
        assert!(
            words(&[2])
                .starts_with("rank 2 has not arrived within 1.5 s: of 4 ranks 3 met at 127.0.0.1:29500")
        );
        assert!(words(&[1, 3]).starts_with("ranks 1, 3 have not arrived"));
    }
}
