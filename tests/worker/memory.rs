//! What a rank holds, as the system counts it: what is sharded falls with the number of ranks.

use accel_studio::worker::{
    Ask, Batch, Checkpoints, Data, Layout, Measured, Model, Optimizer, Run, Schedule, ScheduleKind, Sharded,
};
use serde_json::{Value, json};

use crate::harness::Launch;

/// 8 blocks of a million parameters, embedding and head of a quarter of a million each.
fn model() -> Value {
    json!({
        "architectures": ["LlamaForCausalLM"], "model_type": "llama", "vocab_size": 1024, "hidden_size": 256,
        "intermediate_size": 1024, "num_hidden_layers": 8, "num_attention_heads": 4,
        "tie_word_embeddings": false, "torch_dtype": "float32",
    })
}

fn ask(ranks: usize, sharded: Sharded, depths: &[u32]) -> Ask {
    let layout = Layout {
        world: u32::try_from(ranks).expect("few"),
        sharded,
        bucket_bytes: 1 << 20,
        ..Layout::alone()
    };
    let run = Run {
        model: Model { name: "small".to_owned(), config: model(), weights: None },
        data: Data::default(),
        layout,
        batch: Batch { micro: 1, sequence: 16 },
        optimizer: Optimizer { rate: 1e-3, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, decay: 0.0 },
        schedule: Schedule { kind: ScheduleKind::Constant, warmup: 0 },
        steps: 1,
        seed: 1,
        checkpoints: Checkpoints::default(),
        timeout_s: 60,
        estimated_bytes: None,
    };
    Ask { run, steps: 2, depths: depths.to_vec(), device_flops: Some(1e12) }
}

/// What rank 0 answers. glibc keeps what is freed unless large blocks go straight back to the system.
fn measured(ranks: usize, ask: &Ask) -> Measured {
    let folder = tempfile::tempdir().expect("a folder for a test");
    let path = folder.path().join("ask.json");
    std::fs::write(&path, serde_json::to_string(ask).expect("plain data")).expect("it can be written");
    let path = path.to_str().expect("plain letters");
    let ended = Launch::new(ranks, &["measure", path]).with("MALLOC_MMAP_THRESHOLD_", "262144").run();
    for rank in &ended {
        rank.expect_success();
    }
    serde_json::from_str(&ended[0].stdout).expect("one object")
}

fn near(bytes: u64, expected: u64) -> bool {
    bytes.abs_diff(expected) < expected / 5 + (2 << 20)
}

#[test]
fn what_is_sharded_falls_with_the_number_of_ranks() {
    for ranks in [1, 2, 4] {
        let seen = measured(ranks, &ask(ranks, Sharded::Everything, &[]));
        let share = seen.planned.parameters * 4 / ranks as u64;
        let held = seen.planned.memory;
        assert!(near(held.weights, share), "{ranks} ranks: {share} {seen:?}");
        // Gloo's own buffers and the reduction that is still on its way lie beside what is shared
        let (kept, expected) = (held.weights + held.gradients + held.optimizer, 4 * share);
        assert!(
            kept > expected * 4 / 5 && kept < expected * 6 / 5 + (16 << 20),
            "{ranks} ranks: {share} {seen:?}"
        );
    }
}

#[test]
fn ddp_holds_everything_on_every_rank() {
    let seen = measured(2, &ask(2, Sharded::Nothing, &[]));
    let (whole, held) = (seen.planned.parameters * 4, seen.planned.memory);
    assert!(near(held.weights, whole) && near(held.gradients, whole), "{whole} {seen:?}");
    assert!(near(held.optimizer, 2 * whole) && held.peak >= held.base + 4 * whole, "{whole} {seen:?}");
}

#[test]
fn a_deep_model_is_foretold_by_two_shallow_ones() {
    let seen = measured(1, &ask(1, Sharded::Nothing, &[2, 4]));
    assert!(seen.is_extrapolated && seen.runs.len() == 2 && seen.planned.blocks == 8, "{seen:?}");
    let whole = seen.planned.parameters * 4;
    assert!(near(seen.planned.memory.weights, whole), "{whole} {seen:?}");
    assert!(near(seen.planned.memory.optimizer, 2 * whole), "{whole} {seen:?}");
    assert!(seen.mfu.is_some_and(|share| share > 0.0 && share < 1.0), "{seen:?}");
}

#[test]
fn one_shallow_model_foretells_nothing() {
    let folder = tempfile::tempdir().expect("a folder for a test");
    let path = folder.path().join("ask.json");
    let ask = ask(1, Sharded::Nothing, &[2]);
    std::fs::write(&path, serde_json::to_string(&ask).expect("plain data")).expect("it can be written");
    let ended = Launch::new(1, &["measure", path.to_str().expect("plain letters")]).run();
    assert_eq!(ended[0].code, Some(2));
    assert!(ended[0].stderr.contains("one depth says nothing about the planned 8 blocks"), "{:?}", ended[0]);
}
