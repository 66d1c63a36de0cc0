//! Who is to blame when a collective fails: a thread of every rank says again and again that it lives and what it
//! does; whoever misses somebody compares.
//!
//! The thread has a connection to the store of its own, so that it speaks also while its rank waits.

use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::roll::{self, Sign};
use super::seat::Seat;
use super::store::Store;
use super::{CommError, Result, verdict};
use crate::torch::TorchError;

/// Between two signs of life.
pub const BEAT: Duration = Duration::from_millis(400);
/// A store that has not answered for so long hangs.
const SILENCE: Duration = Duration::from_secs(3);
/// How long the roll may take to be called, beyond its own patience.
const ANSWER: Duration = Duration::from_secs(8);

/// One rank's view of the others.
pub struct Watch {
    rank: usize,
    size: usize,
    state: Arc<Mutex<State>>,
    asks: Sender<Ask>,
}

/// What the rank does, and what its thread has seen.
struct State {
    sign: Sign,
    since: Instant,
    answered: Instant,
    verdict: Option<String>,
}

/// A rank's thread shall find out who is missing, unless the reason is known already.
struct Ask {
    known: Option<String>,
    answer: Sender<String>,
}

impl Watch {
    /// Begins to say that this rank lives.
    pub fn begin(seat: &Seat, timeout: Duration) -> Result<Arc<Watch>> {
        let store = Store::join(&seat.address, timeout).map_err(|error| CommError {
            doing: "meeting the other ranks",
            rank: seat.rank,
            why: gone(&error),
        })?;
        let now = Instant::now();
        let state = State { sign: Sign::default(), since: now, answered: now, verdict: None };
        let state = Arc::new(Mutex::new(state));
        let (asks, orders) = channel();
        let (rank, size) = (seat.rank, seat.size);
        let thread = Thread { store, rank, size, state: Arc::clone(&state) };
        std::thread::spawn(move || thread.live(&orders));
        Ok(Arc::new(Watch { rank, size, state, asks }))
    }

    /// This rank now waits for a collective: `all-reduce 17 of shard`.
    pub fn waits(&self, doing: &str, group: &str) {
        let mut state = lock(&self.state);
        state.sign.joined += 1;
        state.sign.waits_in = Some(format!("{doing} {} of `{group}`", state.sign.joined));
        state.since = Instant::now();
    }

    /// It goes on.
    pub fn goes_on(&self) {
        let mut state = lock(&self.state);
        state.sign.waits_in = None;
        state.since = Instant::now();
    }

    /// Who is to blame for a collective that failed. Takes a few seconds; every rank gives the same answer.
    pub fn explain(&self, error: CommError) -> CommError {
        let why = self.verdict(None).unwrap_or_else(|| gone(&TorchError("it does not answer".to_owned())));
        let why = format!("{why} ({})", error.why);
        CommError { doing: error.doing, rank: self.rank, why }
    }

    /// Whether somebody knows already why all end.
    pub fn has_verdict(&self) -> bool {
        lock(&self.state).verdict.is_some()
    }

    /// This rank ends for a reason of its own, which the others shall repeat.
    pub fn farewell(&self, reason: &str) {
        self.verdict(Some(format!("rank {} ended: {reason}", self.rank)));
    }

    /// What is known, if the store still answers.
    fn verdict(&self, known: Option<String>) -> Option<String> {
        let (hangs, heard) = {
            let state = lock(&self.state);
            (state.answered.elapsed() > SILENCE, state.verdict.clone())
        };
        if heard.is_some() {
            return heard;
        }
        let (answer, verdict) = channel();
        self.asks.send(Ask { known, answer }).ok()?;
        verdict.recv_timeout(if hangs { SILENCE } else { ANSWER }).ok()
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        if std::thread::panicking() && self.size > 1 {
            self.farewell("it panicked");
        }
    }
}

fn gone(error: &TorchError) -> String {
    format!("rank 0, through which all ranks meet, is gone or hangs: {error}")
}

fn lock(state: &Mutex<State>) -> std::sync::MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The side that lives on a thread of its own.
struct Thread {
    store: Store,
    rank: usize,
    size: usize,
    state: Arc<Mutex<State>>,
}

impl Thread {
    /// Ends with the watch.
    fn live(&self, orders: &Receiver<Ask>) {
        let mut lost = None;
        loop {
            match orders.recv_timeout(BEAT) {
                Ok(Ask { known, answer }) => {
                    let words = lost.clone().map_or_else(|| self.decide(known), Err);
                    let words = words.unwrap_or_else(|error| gone(&error));
                    lock(&self.state).verdict = Some(words.clone());
                    let _ = answer.send(words);
                }
                Err(RecvTimeoutError::Timeout) if lost.is_none() => lost = self.beat().err(),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    }

    /// Says that this rank lives, and hears whether somebody knows why all end.
    fn beat(&self) -> std::result::Result<(), TorchError> {
        let sign = {
            let mut state = lock(&self.state);
            state.sign.beats += 1;
            state.sign.seconds = state.since.elapsed().as_secs_f64();
            state.sign.clone()
        };
        roll::leave(&self.store, self.rank, &sign)?;
        let heard = verdict::read(&self.store)?;
        if heard.is_some() {
            verdict::acknowledge(&self.store, self.rank)?;
        }
        let mut state = lock(&self.state);
        state.answered = Instant::now();
        state.verdict = state.verdict.take().or(heard);
        Ok(())
    }

    /// Finds out, tells the others, and on rank 0 stays until they have heard.
    fn decide(&self, known: Option<String>) -> std::result::Result<String, TorchError> {
        let (words, silent) = match (known, verdict::read(&self.store)?) {
            (_, Some(heard)) => (heard, Vec::new()),
            (Some(known), None) => (verdict::publish(&self.store, &known)?, Vec::new()),
            (None, None) => {
                let seen = roll::call(&self.store, self.rank, self.size, || self.beat())?;
                (verdict::publish(&self.store, &seen.words())?, seen.silent())
            }
        };
        verdict::acknowledge(&self.store, self.rank)?;
        if self.rank == 0 {
            verdict::stay_for(&self.store, (1..self.size).filter(|rank| !silent.contains(rank)))?;
        }
        Ok(words)
    }
}
