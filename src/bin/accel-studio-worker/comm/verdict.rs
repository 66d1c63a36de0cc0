//! Why the ranks of a run end: the first that knows leaves it in the store, and all others repeat it.
//!
//! Rank 0 serves the store, so that it stays until the others have heard.

use std::time::{Duration, Instant};

use super::store::Store;
use crate::torch::error::Result;

const KEY: &str = "verdict";
/// How long rank 0 stays for the others.
const COURTESY: Duration = Duration::from_secs(3);
const PAUSE: Duration = Duration::from_millis(20);

/// What somebody has found out, where somebody has.
pub fn read(store: &Store) -> Result<Option<String>> {
    if !store.has(KEY)? {
        return Ok(None);
    }
    store.get(KEY).map(|words| Some(String::from_utf8_lossy(&words).into_owned()))
}

/// Leaves it, unless somebody was first; gives what counts.
pub fn publish(store: &Store, words: &str) -> Result<String> {
    if let Some(known) = read(store)? {
        return Ok(known);
    }
    store.set(KEY, words.as_bytes())?;
    Ok(words.to_owned())
}

/// This rank knows it.
pub fn acknowledge(store: &Store, rank: usize) -> Result<()> {
    store.set(&heard(rank), b"1")
}

/// Waits until all of these ranks know it, a few seconds at most.
pub fn stay_for(store: &Store, ranks: impl Iterator<Item = usize>) -> Result<()> {
    let deadline = Instant::now() + COURTESY;
    for rank in ranks {
        while Instant::now() < deadline && !store.has(&heard(rank))? {
            std::thread::sleep(PAUSE);
        }
    }
    Ok(())
}

fn heard(rank: usize) -> String {
    format!("heard/{rank}")
}
