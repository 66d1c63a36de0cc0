//! A training from its run to a model that can be trained on, and what keeps one from starting or ends it.

use std::fs;

use accel_studio::launch::progress;
use accel_studio::worker::Sharded;

use crate::runs::{Trial, expect_alike};

#[test]
fn one_rank_and_two_learn_the_same() {
    let one = Trial::new();
    let said = one.train();
    let two = Trial::new().on(2, Sharded::Everything);
    two.train();
    let losses = one.losses();
    assert_eq!(losses.len(), 24);
    assert!(losses[0].1 > 5.0 && losses[23].1 < 3.6, "{losses:?}");
    expect_alike(&losses, &two.losses());
    assert!((one.evaluated() - two.evaluated()).abs() < 1e-4);
    let last = said.lines().filter_map(progress::read).filter_map(|reading| reading.steps).next_back();
    assert_eq!(last, Some((24, 24)), "{said}");
}

/// What a run writes at its end is what the next one begins with.
#[test]
fn a_trained_model_goes_on_where_it_was() {
    let mut trial = Trial::new().on(2, Sharded::Gradients);
    trial.train();
    let (model, evaluated) = (trial.folder().join("model"), trial.evaluated());
    assert!(model.join("config.json").is_file());
    trial.run.model.weights = Some(model);
    trial.run.checkpoints.folder = Some(trial.beside("second"));
    trial.run.optimizer.rate = 0.0;
    trial.run.steps = 1;
    let said = trial.train();
    assert!(said.contains(&format!("evaluation after step 1: loss {evaluated:.4}")), "{evaluated} {said}");
}

/// Micro-batches of a step are other sequences, and their gradients add up to those of one large batch.
#[test]
fn accumulated_micro_batches_are_one_batch() {
    let whole = Trial::new();
    whole.train();
    let mut parts = Trial::new().on(2, Sharded::Nothing);
    parts.run.batch.micro = 2;
    parts.run.layout.accumulation = 2;
    parts.train();
    expect_alike(&whole.losses(), &parts.losses());
}

#[test]
fn tensorboard_finds_its_file_and_nothing_is_left_half_written() {
    let mut trial = Trial::new();
    trial.run.checkpoints.keep = 2;
    trial.train();
    let names = |folder| {
        let entries = fs::read_dir(folder).expect("it was made");
        let mut names: Vec<String> =
            entries.map(|entry| entry.expect("a name").file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    };
    let expected = ["metrics.jsonl", "model", "step-000016", "step-000024", "tensorboard"];
    assert_eq!(names(trial.folder()), expected);
    let events = names(trial.folder().join("tensorboard"));
    assert!(events.len() == 1 && events[0].starts_with("events.out.tfevents."), "{events:?}");
}

#[test]
fn what_cannot_be_trained_is_told_before_ranks_meet() {
    let trial = Trial::new;
    let mut short = trial();
    short.run.batch.sequence = 50_000;
    short.expect_refusal("but one sequence of 50000 needs 50001");
    let mut narrow = trial();
    narrow.run.model.config["vocab_size"] = 100.into();
    narrow.expect_refusal("`vocab_size` is 100: name a `tokenizer.json`");
    let mut nothing = trial();
    nothing.run.data.files = vec![nothing.beside("nothing.txt")];
    nothing.expect_refusal("nothing.txt` cannot be read");
    let mut weights = trial();
    weights.run.model.weights = Some(weights.beside("nowhere"));
    weights.expect_refusal("nowhere");
    let mut empty = trial();
    empty.run.layout.accumulation = 0;
    empty.expect_refusal("an accumulation of 0 micro-batches");
}

#[test]
fn a_run_for_more_ranks_than_were_started_is_refused() {
    let mut trial = Trial::new();
    trial.run.layout.world = 3;
    let path = trial.beside("run.json");
    trial.launch();
    let path = path.to_str().expect("a plain name");
    let ended = crate::harness::Launch::new(2, &["train", path]).run();
    assert!(ended.iter().all(|rank| rank.stderr.contains("laid out for 3 processes, but 2 were started")));
}

#[test]
fn a_loss_that_is_no_number_ends_the_run_with_its_step_rank_and_last_checkpoint() {
    let mut trial = Trial::new().on(2, Sharded::Gradients);
    trial.run.checkpoints.every = 2;
    trial.run.layout.clipping = None;
    trial.run.optimizer.rate = 1e38;
    let ended = trial.expect_refusal("is not finite on rank");
    for rank in &ended {
        assert!(rank.stderr.contains("the last good checkpoint is `"), "{rank:#?}");
        assert!(rank.stderr.contains("the loss of step "), "{rank:#?}");
    }
}
