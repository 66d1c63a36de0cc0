//! Every strategy learns what one process learns with the same global batch: 50 steps, losses alike to 1e-4.

use std::sync::OnceLock;

use accel_studio::worker::{Layout, Sharded};
use serde_json::json;

use crate::runs::{Trial, expect_alike};

/// What differs from one process.
struct Case {
    name: &'static str,
    ranks: u32,
    change: fn(&mut Layout),
}

const fn case(name: &'static str, ranks: u32, change: fn(&mut Layout)) -> Case {
    Case { name, ranks, change }
}

/// What is shared between ranks, in every way that a config can ask for.
const SHARED: &[Case] = &[
    case("DDP, NO_SHARD", 2, |_| {}),
    case("DDP in small buckets", 2, |layout| layout.bucket_bytes = 10_000),
    case("ZeRO-1", 2, |layout| layout.sharded = Sharded::States),
    case("ZeRO-2", 2, |layout| layout.sharded = Sharded::Gradients),
    case("SHARD_GRAD_OP", 2, |layout| layout.sharded = Sharded::BetweenSteps),
    case("ZeRO-3, FULL_SHARD", 2, |layout| layout.sharded = Sharded::Everything),
];

/// The same with what a config can add to each.
const COMBINED: &[Case] = &[
    case("one process that checkpoints activations", 1, |layout| layout.has_checkpointing = true),
    case("DDP, accumulation, synchronised each batch", 2, |layout| {
        layout.accumulation = 2;
        layout.syncs_each_batch = true;
    }),
    case("DDP, checkpointing", 2, |layout| layout.has_checkpointing = true),
    case("ZeRO-1, accumulation, offload", 2, |layout| {
        layout.sharded = Sharded::States;
        layout.accumulation = 4;
        layout.offloads_states = true;
    }),
    case("ZeRO-2, accumulation, offload, checkpointing", 2, |layout| {
        layout.sharded = Sharded::Gradients;
        layout.accumulation = 2;
        layout.offloads_states = true;
        layout.has_checkpointing = true;
    }),
    case("SHARD_GRAD_OP, accumulation, checkpointing", 2, |layout| {
        layout.sharded = Sharded::BetweenSteps;
        layout.accumulation = 2;
        layout.has_checkpointing = true;
    }),
    case("FULL_SHARD, accumulation, offload", 2, |layout| {
        layout.sharded = Sharded::Everything;
        layout.accumulation = 2;
        layout.offloads_states = true;
        layout.offloads_parameters = true;
    }),
    case("ZeRO-3, checkpointing", 2, |layout| {
        layout.sharded = Sharded::Everything;
        layout.has_checkpointing = true;
    }),
];

/// Four ranks, also as two copies of two shares.
const FOUR: &[Case] = &[
    case("DDP on four", 4, |_| {}),
    case("ZeRO-1 on four", 4, |layout| layout.sharded = Sharded::States),
    case("ZeRO-2 on four", 4, |layout| layout.sharded = Sharded::Gradients),
    case("ZeRO-3 on four", 4, |layout| layout.sharded = Sharded::Everything),
    case("HYBRID_SHARD 2×2", 4, |layout| {
        layout.sharded = Sharded::Everything;
        layout.replicas = 2;
    }),
    case("hybrid SHARD_GRAD_OP 2×2, accumulation, checkpointing", 4, |layout| {
        layout.sharded = Sharded::BetweenSteps;
        layout.replicas = 2;
        layout.accumulation = 2;
        layout.has_checkpointing = true;
    }),
];

/// Eight sequences a step, however they are spread.
const GLOBAL_BATCH: u32 = 8;

fn losses(ranks: u32, clipping: Option<f64>, change: fn(&mut Layout)) -> Vec<(u64, f64)> {
    let mut trial = Trial::new();
    trial.run.steps = 50;
    trial.run.checkpoints.every = 0;
    trial.run.data.evaluation = 0.0;
    trial.run.layout.world = ranks;
    trial.run.layout.clipping = clipping;
    change(&mut trial.run.layout);
    trial.run.batch.micro = GLOBAL_BATCH / (ranks * trial.run.layout.accumulation);
    trial.train();
    trial.losses()
}

/// Far below the norm of most steps, so that every one of them is clipped.
const CLIPPING: f64 = 0.3;

fn alone() -> &'static [(u64, f64)] {
    static ALONE: OnceLock<Vec<(u64, f64)>> = OnceLock::new();
    ALONE.get_or_init(|| losses(1, Some(CLIPPING), |_| {}))
}

fn expect_all_alike(cases: &[Case]) {
    let alone = alone();
    assert!(alone.len() == 50 && alone[49].1 < alone[0].1 - 1.0, "{alone:?}");
    for Case { name, ranks, change } in cases {
        let found =
            std::panic::catch_unwind(|| expect_alike(alone, &losses(*ranks, Some(CLIPPING), *change)));
        assert!(found.is_ok(), "{name} is not like one process");
    }
}

#[test]
fn whatever_is_shared_two_ranks_learn_what_one_learns() {
    expect_all_alike(SHARED);
}

#[test]
fn accumulation_checkpointing_and_offload_change_nothing() {
    expect_all_alike(COMBINED);
}

#[test]
fn four_ranks_learn_it_too_as_one_copy_or_as_two() {
    expect_all_alike(FOUR);
}

/// And a norm that is not clipped, which the cases above never see.
#[test]
fn without_clipping_they_learn_the_same_as_well() {
    let alone = losses(1, None, |_| {});
    let sharded = losses(2, None, |layout| layout.sharded = Sharded::Everything);
    expect_alike(&alone, &sharded);
}

/// A block that is computed again must drop what it dropped the first time, or its gradient belongs to another block.
#[test]
fn dropout_is_the_same_when_a_block_is_computed_again() {
    let curve = |has_checkpointing| {
        let mut trial = Trial::new();
        trial.run.model.config = json!({
            "model_type": "gpt2", "architectures": ["GPT2LMHeadModel"], "n_embd": 32, "n_layer": 2, "n_head": 2,
            "n_positions": 64, "vocab_size": 256, "attn_pdrop": 0.2, "embd_pdrop": 0.2, "resid_pdrop": 0.2,
            "activation_function": "gelu_new", "layer_norm_epsilon": 1e-5,
        });
        trial.run.layout.has_checkpointing = has_checkpointing;
        trial.train();
        trial.losses()
    };
    expect_alike(&curve(false), &curve(true));
}
