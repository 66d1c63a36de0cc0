//! What simple formulas get wrong, one pair of recorded steps each: the same step with and without the trap.
//!
//! Both estimates must be near the truth, and the truths must lie so far apart that a formula without the
//! trap could not pass. ZeRO's traps are beside its formulas, as DeepSpeed does not run without a device.

use std::fs;

use crate::harness::truth::{self, Case, Outcome, weigh};

/// A pair of steps that differ by one thing.
struct Trap {
    /// What the formula must know.
    knows: &'static str,
    plain: &'static str,
    trapped: &'static str,
    /// How much more memory the trap takes at least, in per cent of the plain step.
    costs: u64,
}

const TRAPS: [Trap; 9] = [
    Trap {
        knows: "AdamW's foreach implementation copies all parameters for a moment",
        plain: "llama-4l|batch=1,seq=128,mixed_precision=bf16,opt_impl=fused",
        trapped: "llama-4l|batch=1,seq=128,mixed_precision=bf16",
        costs: 24,
    },
    Trap {
        knows: "DDP's buckets hold a copy of all gradients",
        plain: "llama-4l|batch=1,seq=128,mixed_precision=bf16",
        trapped: "llama-4l|batch=1,seq=128,mixed_precision=bf16,dist=ddp,world=2",
        costs: 19,
    },
    Trap {
        knows: "the logits of a large vocabulary exist three times in fp32",
        plain: "llama-4l|batch=2,seq=1024,weights_dtype=bf16,opt_impl=fused",
        trapped: "llama-4l-wide-vocab|batch=2,seq=1024,weights_dtype=bf16,opt_impl=fused",
        costs: 150,
    },
    Trap {
        knows: "outputs that the script keeps live through backward",
        plain: "llama-4l|batch=2,seq=1024,weights_dtype=bf16,opt_impl=fused",
        trapped: "llama-4l|batch=2,seq=1024,weights_dtype=bf16,opt_impl=fused,keep_outputs=True",
        costs: 6,
    },
    Trap {
        knows: "Accelerate converts outputs to fp32 under mixed precision, so kept ones are twice as large",
        plain: "llama-4l|batch=2,seq=1024,mixed_precision=bf16,opt_impl=fused",
        trapped: "llama-4l|batch=2,seq=1024,mixed_precision=bf16,opt_impl=fused,keep_outputs=True",
        costs: 8,
    },
    Trap {
        knows: "in fp32, attention with grouped heads has no fused kernel and becomes quadratic",
        plain: "llama-4l-mha|batch=2,seq=2048,opt_impl=fused",
        trapped: "llama-4l|batch=2,seq=2048,opt_impl=fused",
        costs: 30,
    },
    Trap {
        knows: "a padding mask forbids flash attention, and grouped heads are copied for the next best",
        plain: "llama-4l|batch=2,seq=1024,weights_dtype=bf16,opt_impl=fused",
        trapped: "llama-4l|batch=2,seq=1024,weights_dtype=bf16,opt_impl=fused,padding=True",
        costs: 2,
    },
    Trap {
        knows: "eager attention is quadratic",
        plain: "llama-4l|batch=2,seq=1024,weights_dtype=bf16,opt_impl=fused",
        trapped: "llama-4l|batch=2,seq=1024,weights_dtype=bf16,attn=eager,opt_impl=fused",
        costs: 40,
    },
    Trap {
        knows: "between the micro-batches of one step, FSDP keeps whole gradients",
        plain: "llama-4l|batch=2,seq=1024,dist=fsdp2,world=8,mixed_precision=bf16,opt_impl=fused",
        trapped: "llama-4l|batch=2,seq=1024,dist=fsdp2,world=8,mixed_precision=bf16,opt_impl=fused,grad_accum=2",
        costs: 8,
    },
];

/// FSDP2 cuts stacked experts by their first dimension, which 64 processes cannot share.
const STACKED: &str =
    "mixtral-small|batch=2,seq=1024,dist=fsdp2,world=64,mixed_precision=bf16,opt_impl=fused";

fn recorded() -> Vec<Case> {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/memory/truth.jsonl");
    let text = fs::read_to_string(file).expect("the recorded steps are there");
    truth::read(&text).expect("each line is a case")
}

fn near(cases: &[Case], id: &str, knows: &str) -> Outcome {
    let case = cases.iter().find(|case| case.id == id).unwrap_or_else(|| panic!("{id} is recorded"));
    let outcome = weigh(case.clone(), false);
    let error = outcome.error().unwrap_or(f64::NAN).abs();
    assert!(error <= 0.02, "{knows}:\n{}", truth::breakdown(&outcome).join("\n"));
    outcome
}

#[test]
fn traps_are_known() {
    let cases = recorded();
    for Trap { knows, plain, trapped, costs } in TRAPS {
        let [plain, trapped] = [plain, trapped].map(|id| near(&cases, id, knows).case.truth.peak_bytes);
        assert!(trapped * 100 > plain * (100 + costs), "{knows}: {plain} and {trapped} prove nothing");
    }
}

#[test]
fn stacked_experts_are_cut_by_their_first_dimension() {
    let outcome = near(&recorded(), STACKED, "stacked experts are padded to one slice per process");
    let held = outcome.estimate.as_ref().ok().and_then(accel_studio::memory::Estimate::peak);
    let weights = held.map(|peak| peak.held.of(accel_studio::memory::Category::Weights));
    let even_share = outcome.case.parameters().expect("no adapters") * 4 / 64;
    assert!(weights.is_some_and(|weights| weights > 4 * even_share), "{weights:?} is an even share");
}

#[test]
fn gradients_of_a_tied_embedding_come_from_two_sides_and_are_added() {
    let cases = recorded();
    let rest = "batch=1,seq=128,weights_dtype=bf16,ckpt=True,opt_impl=fused";
    let [own, tied] = ["wide-vocab", "tied"].map(|kind| {
        let outcome = near(&cases, &format!("llama-4l-{kind}|{rest}"), "both sides' gradients and their sum");
        let parameters = outcome.case.parameters().expect("no adapters");
        outcome.case.truth.peak_bytes as f64 / parameters as f64
    });
    assert!(own < 8.1 && tied > 10.5, "{own} and {tied} bytes per parameter prove nothing");
}
