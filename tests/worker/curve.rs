//! The worker learns as a script with Accelerate and transformers does: the same first weights, tokens and numbers give
//! the same losses (`make oracle-worker` records them).

use std::fs;
use std::path::{Path, PathBuf};

use accel_studio::worker::{Optimizer, Run, Schedule, Sharded};
use serde::Deserialize;

use crate::runs::Trial;

/// What the script was told and what it saw.
#[derive(Deserialize)]
struct Answer {
    sequence: u32,
    sequences: u32,
    steps: u64,
    accumulation: u32,
    clipping: Option<f64>,
    schedule: Schedule,
    optimizer: Optimizer,
    losses: Vec<f64>,
    gradient_norms: Vec<f64>,
}

/// A recorded training, for the worker.
struct Recorded {
    folder: PathBuf,
    answer: Answer,
}

impl Recorded {
    fn read(name: &str) -> Recorded {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/worker/curve").join(name);
        let text = fs::read_to_string(folder.join("answer.json")).expect("it is committed");
        Recorded { folder, answer: serde_json::from_str(&text).expect("it was recorded") }
    }

    fn trial(&self, world: u32, sharded: Sharded) -> Trial {
        let mut trial = Trial::new().on(world, sharded);
        self.tell(&mut trial.run);
        trial
    }

    fn tell(&self, run: &mut Run) {
        let (answer, folder) = (&self.answer, &self.folder);
        let config = fs::read_to_string(folder.join("config.json")).expect("it is committed");
        run.model.config = serde_json::from_str(&config).expect("it was recorded");
        run.model.weights = Some(folder.clone());
        run.data.files = vec![folder.join("tokens.bin")];
        run.data.evaluation = 0.0;
        run.layout.accumulation = answer.accumulation;
        run.layout.clipping = answer.clipping;
        run.batch.micro = answer.sequences / answer.accumulation / run.layout.world;
        run.batch.sequence = answer.sequence;
        run.optimizer = answer.optimizer;
        run.schedule = answer.schedule;
        run.steps = answer.steps;
        run.checkpoints.every = 0;
    }
}

/// Trains on so many ranks and compares every step.
fn expect_their_curve(name: &str, world: u32, sharded: Sharded) {
    let recorded = Recorded::read(name);
    let trial = recorded.trial(world, sharded);
    trial.train();
    let (ours, theirs) = (trial.losses(), &recorded.answer.losses);
    assert_eq!((ours.len(), theirs.len()), (50, 50));
    for ((step, ours), theirs) in ours.iter().zip(theirs) {
        assert!((ours - theirs).abs() < 1e-3, "{name}, {world} ranks, step {step}: {ours}, not {theirs}");
    }
    assert!(theirs[49] < theirs[0] / 3.0, "it learned: {theirs:?}");
    let (norms, theirs) = (trial.numbers("gradient_norm"), &recorded.answer.gradient_norms);
    for ((step, ours), theirs) in norms.iter().zip(theirs) {
        let apart = (ours - theirs).abs() / theirs;
        assert!(apart < 1e-2, "{name}, {world} ranks, step {step}: gradient norm {ours}, not {theirs}");
    }
    assert!(norms.len() >= theirs.len(), "every clipped step tells its norm");
}

#[test]
fn one_rank_has_the_losses_of_a_script_with_accelerate() {
    expect_their_curve("plain", 1, Sharded::Nothing);
}

#[test]
fn two_ranks_have_them_too() {
    expect_their_curve("plain", 2, Sharded::Everything);
}

#[test]
fn accumulation_clipping_and_a_schedule_change_nothing_about_it() {
    expect_their_curve("all-at-once", 1, Sharded::Nothing);
    expect_their_curve("all-at-once", 2, Sharded::Gradients);
}
