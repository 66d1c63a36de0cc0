//! A rank is killed at any moment: while ranks meet, compute, speak or save. The others say whom they lost and end,
//! and the run goes on from its last checkpoint with the very same losses. `make worker-kills` does it 50 times.

#![allow(clippy::print_stdout, reason = "tells the figure")]

use std::env;
use std::thread::sleep;
use std::time::{Duration, Instant};

use accel_studio::worker::{ScheduleKind, Sharded};

use crate::runs::Trial;

/// What a rank ends with that has lost another.
const LOST: i32 = 3;

/// In the ordinary test run.
const FEW: u64 = 3;

const STRATEGIES: [Sharded; 5] =
    [Sharded::Nothing, Sharded::States, Sharded::Gradients, Sharded::BetweenSteps, Sharded::Everything];

/// One kill: who, when, of how many.
#[derive(Clone, Copy, Debug)]
struct Kill {
    world: u32,
    sharded: Sharded,
    rank: usize,
    /// Counted from the start, while ranks meet; otherwise from the first step that was told.
    is_early: bool,
    after: Duration,
}

/// What came of one.
#[derive(Debug)]
struct Outcome {
    ended_in: Duration,
    went_on_from: Option<u64>,
    repeated: usize,
}

#[test]
fn whoever_is_killed_whenever_the_run_goes_on() {
    let count = env::var("WORKER_KILLS").map_or(FEW, |count| count.parse().expect("a number of kills"));
    let seed: u64 = env::var("WORKER_KILLS_SEED").map_or(1, |seed| seed.parse().expect("a seed"));
    let outcomes: Vec<Outcome> = (0..count).map(|number| outcome(kill(seed * 1_000_003 + number))).collect();
    let slowest = outcomes.iter().map(|outcome| outcome.ended_in).max().unwrap_or_default();
    let resumed = outcomes.iter().filter(|outcome| outcome.went_on_from.is_some()).count();
    let repeated: usize = outcomes.iter().map(|outcome| outcome.repeated).sum();
    println!(
        "{count} kills: all other ranks named the loss and ended, the slowest after {:.1} s; {resumed} runs went on \
         from a checkpoint, {} from the start; {repeated} steps were done again, each with the same loss to the bit",
        slowest.as_secs_f64(),
        outcomes.len() - resumed,
    );
}

/// From a number, so that a failure can be repeated.
fn kill(number: u64) -> Kill {
    let pick = |place: u64, below: u64| scramble(number.wrapping_mul(8).wrapping_add(place)) % below;
    let world = 2 + 2 * (pick(0, 3) / 2) as u32;
    Kill {
        world,
        sharded: STRATEGIES[pick(1, 5) as usize],
        rank: pick(2, u64::from(world)) as usize,
        is_early: pick(3, 4) == 0,
        after: Duration::from_millis(pick(4, 1_500)),
    }
}

/// The finalizer of SplitMix64.
fn scramble(number: u64) -> u64 {
    let number = number.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let number = (number ^ (number >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let number = (number ^ (number >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    number ^ (number >> 31)
}

fn outcome(kill: Kill) -> Outcome {
    let mut trial = Trial::new().on(kill.world, kill.sharded);
    trial.run.schedule.kind = ScheduleKind::Constant;
    trial.run.optimizer.rate = 1e-3;
    trial.run.steps = 100_000;
    trial.run.checkpoints.every = 3;
    trial.run.checkpoints.keep = 2;
    trial.run.timeout_s = 15;
    let ended_in = start_and_kill(&trial, kill);
    let (before, newest) = (trial.losses(), trial.checkpoints().last().copied());
    trial.run.steps = newest.unwrap_or(0) + 4;
    let said = trial.resume().train();
    assert_eq!(said.contains("goes on from"), newest.is_some(), "{kill:?} {said}");
    let after = trial.losses();
    let repeated: Vec<_> = before.iter().filter(|(step, _)| *step > newest.unwrap_or(0)).collect();
    for (step, loss) in repeated.iter().take(4) {
        assert!(
            after.contains(&(*step, *loss)),
            "{kill:?}: step {step} had {loss} before, {after:?} afterwards"
        );
    }
    Outcome { ended_in, went_on_from: newest, repeated: repeated.len().min(4) }
}

/// How long the others took to end.
fn start_and_kill(trial: &Trial, kill: Kill) -> Duration {
    let ranks = trial.launch().start();
    if !kill.is_early {
        ranks.wait_for(0, "step ");
    }
    sleep(kill.after);
    ranks.kill(kill.rank);
    let killed = Instant::now();
    let ended = ranks.wait();
    let took = killed.elapsed();
    for rank in ended.iter().filter(|rank| rank.rank != kill.rank) {
        assert_eq!(rank.code, Some(LOST), "{kill:?} {rank:#?}");
        let named = format!("rank {}", kill.rank);
        assert!(rank.stderr.contains("error: ") && rank.stderr.contains(&named), "{kill:?} {rank:#?}");
    }
    took
}
