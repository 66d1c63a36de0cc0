//! A run that was stopped goes on as if it had not been: on the same ranks bit for bit, on others to 1e-4.

use std::fs;
use std::thread::sleep;
use std::time::Duration;

use accel_studio::worker::Sharded;
use serde_json::json;

use crate::runs::{Trial, expect_alike};

#[test]
fn the_same_ranks_go_on_bit_for_bit() {
    let mut trial = Trial::new().on(2, Sharded::Everything);
    trial.train();
    let (through, evaluated) = (trial.losses(), trial.evaluated());
    trial.forget(&[16, 24]);
    let said = trial.resume().train();
    assert!(said.contains("goes on from") && said.contains("step-000008"), "{said}");
    assert_eq!(trial.losses(), through);
    assert_eq!(trial.evaluated(), evaluated);
}

#[test]
fn other_numbers_of_ranks_and_other_strategies_go_on_alike() {
    let whole = Trial::new();
    whole.train();
    let mut trial = Trial::new().on(2, Sharded::Everything);
    trial.train();
    trial.forget(&[16, 24]);
    trial.spread(1, Sharded::Nothing);
    trial.resume().train();
    expect_alike(&whole.losses(), &trial.losses());
    trial.forget(&[24]);
    trial.spread(4, Sharded::States);
    trial.train();
    expect_alike(&whole.losses(), &trial.losses());
    assert!((whole.evaluated() - trial.evaluated()).abs() < 1e-4);
}

#[test]
fn a_damaged_checkpoint_is_passed_over_for_the_one_before() {
    let mut trial = Trial::new().on(2, Sharded::Gradients);
    trial.train();
    let through = trial.losses();
    trial.forget(&[24]);
    let part = trial.folder().join("step-000016/part-00001.safetensors");
    let bytes = fs::read(&part).expect("rank 1 wrote it");
    fs::write(&part, &bytes[..bytes.len() / 2]).expect("it can be cut");
    let ended = trial.resume().launch().run();
    ended.iter().for_each(|rank| {
        rank.expect_success();
    });
    assert!(ended[1].stdout.contains("part-00001.safetensors` is damaged"), "{ended:#?}");
    assert!(
        ended[0].stdout.contains("goes on from") && ended[0].stdout.contains("step-000008"),
        "{ended:#?}"
    );
    assert_eq!(trial.losses(), through);
}

#[test]
fn a_folder_of_another_run_is_refused() {
    let mut trial = Trial::new();
    trial.run.steps = 2;
    trial.train();
    trial.expect_refusal("holds checkpoints of an earlier run, up to step 2: resume it");
    trial.resume();
    trial.run.model.config["rms_norm_eps"] = 1e-6.into();
    trial.expect_refusal("another model: its `rms_norm_eps` is 0.00001, the model's is 1e-6");
}

/// Only one rank hears the signal, and both stop after the same step.
#[test]
fn a_terminated_run_saves_and_goes_on() {
    let mut whole = Trial::new().on(2, Sharded::Everything);
    whole.run.steps = 400;
    whole.run.checkpoints.every = 0;
    whole.train();
    let mut trial = Trial::new().on(2, Sharded::Everything);
    trial.run.steps = 400;
    trial.run.checkpoints.every = 0;
    let ranks = trial.launch().start();
    ranks.wait_for(0, "step ");
    ranks.terminate(1);
    let ended = ranks.wait();
    assert!(ended.iter().all(|rank| rank.code == Some(143)), "{ended:#?}");
    let done = trial.losses().len();
    assert!(ended[0].stdout.contains(&format!("stopped by signal 15 after step {done}")), "{ended:#?}");
    let said = trial.resume().train();
    assert!(
        said.contains(&format!("goes on from `{}", trial.folder().join(format!("step-{done:06}")).display()))
    );
    assert_eq!(trial.losses(), whole.losses());
}

/// Rank 1 never comes; rank 0 would wait for it.
#[test]
fn who_has_nothing_to_save_yet_ends_at_once() {
    let trial = Trial::new().on(2, Sharded::Everything);
    let ranks = trial.launch().without(1).start();
    sleep(Duration::from_secs(2));
    ranks.terminate(0);
    let code = ranks.wait()[0].code;
    // Without a code it was so slow to start that the signal came before it listened.
    assert!([Some(143), None].contains(&code), "{code:?}");
}

/// Dropout of a step follows from the step's number: a run that goes on draws what it would have drawn.
#[test]
fn dropout_is_drawn_again() {
    let run = |rate: f64| {
        let mut trial = Trial::new();
        trial.run.model.config = json!({
            "model_type": "gpt2", "architectures": ["GPT2LMHeadModel"], "n_embd": 32, "n_layer": 1, "n_head": 2,
            "n_positions": 64, "vocab_size": 256, "resid_pdrop": rate, "embd_pdrop": rate, "attn_pdrop": rate,
        });
        (trial.run.steps, trial.run.checkpoints.every) = (6, 3);
        trial.train();
        trial
    };
    let (mut dropping, whole) = (run(0.3), run(0.0));
    let through = dropping.losses();
    assert_ne!(through[0].1, whole.losses()[0].1);
    dropping.forget(&[6]);
    dropping.resume().train();
    assert_eq!(dropping.losses(), through);
}
