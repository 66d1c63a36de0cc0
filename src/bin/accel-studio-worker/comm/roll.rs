//! The roll call: signs of life of all ranks, read twice and compared.

use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use super::store::Store;
use super::verdict;
use super::watch::BEAT;
use crate::torch::TorchError;
use crate::torch::error::Result;

/// A rank that has said nothing for so long, while the others spoke twice, is silent. Several beats, because a busy
/// machine delays some.
const PATIENCE: Duration = Duration::from_millis(1600);
/// On a machine that is busier still, so long.
const LIMIT: Duration = Duration::from_millis(4800);

/// What a rank says of itself, again and again.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Sign {
    /// How often it has spoken.
    pub beats: u64,
    /// Collectives that it has waited for, this one included.
    pub joined: u64,
    /// `all-reduce 17 of shard`; none while it computes.
    pub waits_in: Option<String>,
    /// For how many seconds it has done so.
    pub seconds: f64,
}

/// One rank before and after.
#[derive(Clone, Debug)]
struct Seen {
    rank: usize,
    before: Option<Sign>,
    after: Option<Sign>,
}

impl Seen {
    fn spoke(&self) -> u64 {
        let beats = |sign: &Option<Sign>| sign.as_ref().map_or(0, |sign| sign.beats);
        beats(&self.after).saturating_sub(beats(&self.before))
    }
}

/// What the roll call gave.
#[derive(Clone, Debug)]
pub struct Roll {
    rank: usize,
    seen: Vec<Seen>,
    seconds: f64,
    heard: Option<String>,
}

/// Leaves a sign of life.
pub fn leave(store: &Store, rank: usize, sign: &Sign) -> Result<()> {
    store.set(&key(rank), &serde_json::to_vec(sign).expect("plain words become JSON"))
}

/// Reads all signs until everybody has spoken, or those who have not had their time. `beat` is this rank's own.
pub fn call(store: &Store, rank: usize, size: usize, beat: impl Fn() -> Result<()>) -> Result<Roll> {
    let start = Instant::now();
    let others = (0..size).filter(|other| *other != rank);
    let seen: Result<Vec<Seen>> =
        others.map(|rank| Ok(Seen { rank, before: sign(store, rank)?, after: None })).collect();
    let mut roll = Roll { rank, seen: seen?, seconds: 0.0, heard: None };
    loop {
        std::thread::sleep(BEAT);
        beat()?;
        for seen in &mut roll.seen {
            seen.after = sign(store, seen.rank)?;
        }
        roll.heard = verdict::read(store)?;
        roll.seconds = start.elapsed().as_secs_f64();
        if roll.heard.is_some() || roll.is_over(start.elapsed()) {
            return Ok(roll);
        }
    }
}

fn sign(store: &Store, rank: usize) -> Result<Option<Sign>> {
    if !store.has(&key(rank))? {
        return Ok(None);
    }
    let words = store.get(&key(rank))?;
    serde_json::from_slice(&words).map(Some).map_err(|error| TorchError(format!("rank {rank}: {error}")))
}

fn key(rank: usize) -> String {
    format!("sign/{rank}")
}

impl Roll {
    fn is_over(&self, elapsed: Duration) -> bool {
        let speak_twice = self.seen.iter().filter(|seen| seen.spoke() > 0).all(|seen| seen.spoke() >= 2);
        self.silent().is_empty() || elapsed >= LIMIT || (elapsed >= PATIENCE && speak_twice)
    }

    /// Those who said nothing.
    pub fn silent(&self) -> Vec<usize> {
        self.seen.iter().filter(|seen| seen.spoke() == 0).map(|seen| seen.rank).collect()
    }

    /// One sentence for all.
    pub fn words(&self) -> String {
        if let Some(heard) = &self.heard {
            return heard.clone();
        }
        let silent: Vec<&Seen> = self.seen.iter().filter(|seen| seen.spoke() == 0).collect();
        let busy: Vec<&Seen> = self.seen.iter().filter(|seen| is_busy(seen)).collect();
        match (silent.is_empty(), busy.is_empty()) {
            (false, _) => format!(
                "{} gone or hangs{}; see its own output for the reason",
                are(&silent),
                silent.first().map_or_else(String::new, |seen| last_words(seen))
            ),
            (true, false) => {
                format!(
                    "{} alive but has not joined{}",
                    are(&busy),
                    busy.first().map_or_else(String::new, |seen| last_words(seen))
                )
            }
            (true, true) => format!(
                "all ranks are alive and wait for each other, as rank {} sees it: the network between them, or \
                 ranks that issue different collectives",
                self.rank
            ),
        }
    }
}

fn is_busy(seen: &Seen) -> bool {
    seen.after.as_ref().is_some_and(|sign| sign.waits_in.is_none())
}

/// `rank 2 is`, `ranks 1, 2 are`.
fn are(several: &[&Seen]) -> String {
    match several {
        [one] => format!("rank {} is", one.rank),
        _ => {
            let list: Vec<String> = several.iter().map(|seen| seen.rank.to_string()).collect();
            format!("ranks {} are", list.join(", "))
        }
    }
}

fn last_words(seen: &Seen) -> String {
    let Some(sign) = &seen.after else { return " (it has never said anything)".to_owned() };
    match &sign.waits_in {
        Some(doing) => format!(" (last heard of in {doing})"),
        None => format!(
            " (last heard of busy by itself for {:.1} s, after {} collectives)",
            sign.seconds, sign.joined
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sign(beats: u64, waits_in: Option<&str>) -> Option<Sign> {
        Some(Sign { beats, joined: 17, waits_in: waits_in.map(str::to_owned), seconds: 31.0 })
    }

    fn roll(seen: &[(usize, Option<Sign>, Option<Sign>)]) -> Roll {
        let seen = seen.iter().cloned().map(|(rank, before, after)| Seen { rank, before, after }).collect();
        Roll { rank: 0, seen, seconds: 2.0, heard: None }
    }

    #[test]
    fn who_says_nothing_is_named_with_its_last_words() {
        let waits = Some("all-reduce 17 of `all`");
        let roll = roll(&[(1, sign(5, waits), sign(8, waits)), (2, sign(5, waits), sign(5, waits))]);
        assert_eq!(roll.silent(), [2]);
        assert!(
            roll.words().starts_with("rank 2 is gone or hangs (last heard of in all-reduce 17 of `all`)")
        );
        assert!(roll.is_over(PATIENCE) && !roll.is_over(BEAT));
    }

    /// On a busy machine one more beat of the living is waited for.
    #[test]
    fn nobody_is_silent_before_the_others_have_spoken_twice() {
        let slow = roll(&[(1, sign(5, None), sign(6, None)), (2, sign(5, None), sign(5, None))]);
        assert!(!slow.is_over(PATIENCE) && slow.is_over(LIMIT));
    }

    #[test]
    fn who_lives_but_stays_away_is_named() {
        let waits = Some("all-reduce 17 of `all`");
        let away = roll(&[(1, sign(5, waits), sign(8, waits)), (3, sign(5, None), sign(8, None))]);
        assert!(away.is_over(BEAT));
        assert!(away.words().contains("rank 3 is alive but has not joined"), "{}", away.words());
        assert!(away.words().contains("busy by itself for 31.0 s, after 17 collectives"));
        let all = roll(&[(1, sign(5, waits), sign(8, waits))]);
        assert!(all.words().contains("all ranks are alive"));
    }
}
