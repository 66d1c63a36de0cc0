//! What naive estimates get wrong, one test each. Sums are made by hand from shapes.

use super::super::{
    Attention, Breakdown, Category, Estimate, Fsdp, FsdpStrategy, Lora, Padding, Phase, Precision, Quantised,
    Sharding, Strategy, Workload,
};
use super::estimate;
use super::tests::{alone, tinyllama};
use crate::model::{Dtype, Mlp, ModelCard, Part, Tensor};

const TOKENS: u64 = 2048;
const WORDS: u64 = 32_000;
const LAYERS: u64 = 22;

fn of(card: &ModelCard, work: &Workload, strategy: &Strategy) -> Estimate {
    estimate(card, work, strategy).expect("it is an ordinary job")
}

fn at(estimate: &Estimate, phase: Phase) -> Breakdown {
    let found = estimate.moments.iter().find(|moment| moment.phase == phase);
    found.expect("all phases are weighed").held
}

fn bf16() -> Workload {
    Workload { weights: Dtype::Bf16, ..Workload::default() }
}

pub(super) fn fsdp(version: u64, world: u64) -> Strategy {
    let sharding = Sharding::Fsdp(Fsdp {
        version,
        strategy: FsdpStrategy::Full,
        wraps_layers: true,
        smallest_unit: None,
        offloads: false,
        loads_once: true,
        has_checkpointing: false,
        offloads_activations: false,
    });
    Strategy { world, local: world.min(8), precision: Precision::Bf16, sharding, ..Strategy::default() }
}

/// Activations of the layers alone: with a second layer's worth less.
fn kept_by_a_layer(work: &Workload, strategy: &Strategy) -> u64 {
    let mut card = tinyllama();
    let more = at(&of(&card, work, strategy), Phase::LastLayerForward).of(Category::Activations);
    card.stacks[0].groups[0].count -= 1;
    more - at(&of(&card, work, strategy), Phase::LastLayerForward).of(Category::Activations)
}

#[test]
fn a_large_vocabulary_costs_twelve_bytes_per_token_and_word() {
    let found = of(&tinyllama(), &bf16(), &alone());
    assert_eq!(at(&found, Phase::BackwardStart).of(Category::Logits), 12 * TOKENS * WORDS);
    assert_eq!(at(&found, Phase::ForwardEnd).of(Category::Logits), 10 * TOKENS * WORDS);
    let fused = of(&tinyllama(), &Workload { has_fused_loss: true, ..bf16() }, &alone());
    assert!(
        at(&fused, Phase::BackwardStart).of(Category::Logits) < 2 * TOKENS * WORDS + 2 * 2048 * WORDS * 2
    );
}

#[test]
fn outputs_that_the_script_keeps_are_there_at_every_instant() {
    let dropped = of(&tinyllama(), &bf16(), &alone());
    let kept = of(&tinyllama(), &Workload { keeps_outputs: true, ..bf16() }, &alone());
    for (dropped, kept) in dropped.moments.iter().zip(&kept.moments) {
        assert_eq!(kept.held.total() - dropped.held.total(), 2 * TOKENS * WORDS, "{:?}", kept.phase);
    }
}

#[test]
fn a_layer_keeps_what_was_measured() {
    let (h, q, k, f, a) = (2048, 2048, 256, 5632, 32);
    let autocast = Strategy { precision: Precision::Bf16, ..alone() };
    let rows = [
        ("half", bf16(), alone(), 16 * h + 4 * q + 4 * k + 8 * f + 4 * a + 8),
        ("autocast", Workload::default(), autocast, 26 * h + 4 * q + 4 * k + 8 * f + 4 * a + 8),
    ];
    for (word, work, strategy, bytes) in rows {
        assert_eq!(kept_by_a_layer(&work, &strategy), bytes * TOKENS, "{word}");
    }
}

#[test]
fn fp32_with_grouped_heads_is_quadratic_and_16_bits_are_not() {
    let quadratic = |work: Workload| {
        let long = Workload { sequence: 2 * TOKENS, ..work.clone() };
        kept_by_a_layer(&long, &alone()) > 2 * kept_by_a_layer(&work, &alone())
    };
    assert!(quadratic(Workload::default()));
    assert!(!quadratic(bf16()));
    assert!(quadratic(Workload { attention: Attention::Eager, ..bf16() }));
    // Without grouping the memory-efficient kernel takes fp32 too.
    let mut card = tinyllama();
    card.stacks[0].groups[0].shape.kv_heads = 32;
    let grouped = of(&tinyllama(), &Workload::default(), &alone());
    assert!(of(&card, &Workload::default(), &alone()).allocated() < grouped.allocated());
}

#[test]
fn a_padding_mask_spreads_keys_and_stands_in_every_layer() {
    let masked = Workload { padding: Padding::Masked, ..bf16() };
    let more = kept_by_a_layer(&masked, &alone()) - kept_by_a_layer(&bf16(), &alone());
    let spread = 2 * 2 * (2048 - 256);
    assert_eq!(more, TOKENS * (spread + 2 * TOKENS));
}

#[test]
fn stacked_experts_are_cut_along_their_number_and_padded() {
    let mut card = tinyllama();
    let group = &mut card.stacks[0].groups[0];
    group.shape.mlp = Mlp::Experts { experts: 8, active: 2, width: 5632, shared_width: 0, is_stacked: true };
    group.block.tensors.retain(|tensor| tensor.part != Part::Mlp);
    group.block.tensors.push(Tensor::new("mlp.gate.weight", Part::Router, &[8, 2048]));
    group.block.tensors.push(Tensor::new("mlp.experts.gate_up_proj", Part::Expert, &[8, 11_264, 2048]));
    group.block.tensors.push(Tensor::new("mlp.experts.down_proj", Part::Expert, &[8, 2048, 5632]));
    let experts = LAYERS * 8 * 3 * 2048 * 5632;
    let weights = |version, world| {
        let found = of(&card, &bf16(), &fsdp(version, world));
        at(&found, Phase::OptimizerStep).of(Category::Weights)
    };
    // 64 GPUs cut eight experts no finer than eight do; FSDP1 cuts a flat run.
    assert!(weights(2, 64) > 4 * experts / 8);
    assert!(weights(1, 64) < 4 * experts / 32);
    assert!(weights(2, 8) < weights(2, 64) * 11 / 10);
}

#[test]
fn accumulation_without_reduction_keeps_whole_gradients_on_every_gpu() {
    let card = tinyllama();
    let gradients = |syncs_each_batch| {
        let strategy = Strategy { accumulation: 4, syncs_each_batch, ..fsdp(2, 8) };
        at(&of(&card, &bf16(), &strategy), Phase::ForwardEnd).of(Category::Gradients)
    };
    assert_eq!(gradients(false), card.parameters() * 2);
    assert_eq!(gradients(true), 0);
}

#[test]
fn a_tied_matrix_is_counted_once_and_its_gradient_waits_for_the_embedding() {
    let mut card = tinyllama();
    card.is_tied = true;
    card.head.tensors.retain(|tensor| tensor.part != Part::Head);
    let found = of(&card, &Workload::default(), &alone());
    let matrix = 4 * WORDS * 2048;
    assert_eq!(at(&found, Phase::ForwardEnd).of(Category::Weights), card.parameters() * 4);
    assert!(at(&found, Phase::EmbeddingBackward).of(Category::Temporary) >= 2 * matrix);
}

#[test]
fn checkpointing_keeps_the_input_of_each_layer() {
    let checkpointed = Workload { has_checkpointing: true, ..bf16() };
    assert_eq!(kept_by_a_layer(&checkpointed, &alone()), TOKENS * 2048 * 2);
    let mut strategy = fsdp(2, 8);
    if let Sharding::Fsdp(fsdp) = &mut strategy.sharding {
        fsdp.has_checkpointing = true;
    }
    assert_eq!(kept_by_a_layer(&bf16(), &strategy), TOKENS * 2048 * 2);
}

#[test]
fn adapters_learn_alone_and_mixed_precision_makes_them_cheaper() {
    let lora = |base| {
        let targets = ["q_proj", "v_proj"].map(str::to_owned).to_vec();
        Workload { lora: Some(Lora { rank: 8, targets, base }), ..bf16() }
    };
    let numbers = LAYERS * 8 * ((2048 + 2048) + (2048 + 256));
    let found = of(&tinyllama(), &lora(None), &alone());
    let last = at(&found, Phase::OptimizerStep);
    assert_eq!(last.of(Category::Gradients), 4 * numbers);
    assert_eq!(last.of(Category::Optimizer), 8 * numbers);
    let autocast = Strategy { precision: Precision::Bf16, ..alone() };
    assert!(kept_by_a_layer(&lora(None), &autocast) < kept_by_a_layer(&lora(None), &alone()));
    // Four bits: embedding, head and norms become fp32, matrices half a byte and their scales.
    let base = Some(Quantised { bits: 4, is_prepared: true });
    let packed = at(&of(&tinyllama(), &lora(base), &autocast), Phase::OptimizerStep).of(Category::Weights);
    let whole = last.of(Category::Weights);
    assert!(packed < whole / 2, "{packed} of {whole}");
}
