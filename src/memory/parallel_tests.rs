//! What is split is smaller by just that, and what does not divide is told.

use crate::memory::{
    Category, Estimate, Fsdp, Megatron, MemoryError, Phase, Precision, Recompute, Sharding, Strategy,
    Workload, estimate,
};
use crate::model::{Dtype, ModelCard, Part};

fn card() -> ModelCard {
    let text = crate::presets::model("tinyllama-1.1b").expect("it is a preset").text;
    crate::model::read_text(text, "tinyllama").expect("a card is read")
}

fn work() -> Workload {
    Workload { weights: Dtype::Bf16, sequence: 1024, ..Workload::default() }
}

fn fsdp(world: u64) -> Strategy {
    Strategy {
        world,
        local: world,
        precision: Precision::Bf16,
        sharding: Sharding::Fsdp(Fsdp::default()),
        ..Strategy::default()
    }
}

fn megatron(world: u64) -> (Strategy, Megatron) {
    let megatron = Megatron {
        has_distributed_optimizer: false,
        splits_sequence: false,
        recompute: Recompute::Full,
        micro_batches: 1,
        experts: 1,
        offloads_optimizer: false,
    };
    let sharding = Sharding::Megatron(megatron.clone());
    (Strategy { world, local: world, precision: Precision::Bf16, sharding, ..Strategy::default() }, megatron)
}

fn at(estimate: &Estimate, phase: Phase, category: Category) -> f64 {
    let moment = estimate.moments.iter().find(|moment| moment.phase == phase).expect("all are weighed");
    moment.held.of(category) as f64
}

fn near(found: f64, expected: f64) {
    assert!((found - expected).abs() <= 0.005 * expected, "{found} is not {expected}");
}

#[test]
fn a_sequence_over_two_gpus_keeps_half_on_each() {
    let whole = estimate(&card(), &work(), &fsdp(4)).expect("it stands");
    let split = Strategy { context: 2, ..fsdp(4) };
    let split = estimate(&card(), &work(), &split).expect("it stands");
    for category in [Category::Activations, Category::Logits] {
        let of = |estimate| at(estimate, Phase::ForwardEnd, category);
        near(of(&split), of(&whole) / 2.0);
    }
    let weights = |estimate| at(estimate, Phase::OptimizerStep, Category::Weights);
    near(weights(&split), weights(&whole));
}

#[test]
fn matrices_over_two_gpus_are_halves_and_norms_and_embeddings_whole() {
    let card = card();
    let strategy = Strategy { tensor: 2, ..fsdp(2) };
    let estimate = estimate(&card, &work(), &strategy).expect("it stands");
    let cut = [Part::Attention, Part::Mlp, Part::Head].iter().map(|part| card.of(*part)).sum::<u64>();
    let whole = card.parameters() - cut;
    let weights = at(&estimate, Phase::OptimizerStep, Category::Weights);
    near(weights, 4.0 * (whole as f64 + cut as f64 / 2.0));
}

#[test]
fn megatron_holds_eighteen_bytes_or_six_and_twelve_over_the_copies() {
    let numbers = card().parameters() as f64;
    let states = |strategy: &Strategy| {
        let estimate = estimate(&card(), &work(), strategy).expect("it stands");
        let categories = [Category::Weights, Category::Gradients, Category::Optimizer];
        categories.into_iter().map(|category| at(&estimate, Phase::OptimizerStep, category)).sum::<f64>()
    };
    let (strategy, settings) = megatron(4);
    near(states(&strategy), 18.0 * numbers);
    let sharding = Sharding::Megatron(Megatron { has_distributed_optimizer: true, ..settings });
    near(states(&Strategy { sharding, ..strategy }), (6.0 + 12.0 / 4.0) * numbers);
}

#[test]
fn a_pipeline_keeps_a_micro_batch_for_each_stage_that_follows() {
    let (strategy, settings) = megatron(2);
    let none = Megatron { recompute: Recompute::Selective, ..settings };
    let activations = |micro_batches, pipeline| {
        let sharding = Sharding::Megatron(Megatron { micro_batches, ..none.clone() });
        let strategy = Strategy { pipeline, sharding, ..strategy.clone() };
        let work = Workload { sequence: 2048, micro_batch: 8, ..work() };
        let estimate = estimate(&card(), &work, &strategy).expect("it stands");
        at(&estimate, Phase::LastLayerForward, Category::Activations)
    };
    let (whole, one, two) = (activations(1, 1), activations(1, 2), activations(2, 2));
    assert!(one < 0.6 * whole, "half of the layers: {one} of {whole}");
    assert!(two > 0.9 * whole, "twice half of the layers: {two} of {whole}");
}

#[test]
fn what_does_not_divide_is_told_with_what_would() {
    let told = |strategy: Strategy, sequence| {
        let work = Workload { sequence, ..work() };
        match estimate(&card(), &work, &strategy) {
            Err(MemoryError::Uneven { what }) => what,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(
        told(Strategy { tensor: 8, ..fsdp(8) }, 1024),
        "the number of key and value heads is 4, which the tensor parallel size, 8, does not divide; a size of 4 \
         would do"
    );
    assert_eq!(
        told(Strategy { context: 4, ..fsdp(4) }, 1020),
        "the sequence length is 1020, which twice the context parallel size, 8, does not divide; 1016 or 1024 \
         would do"
    );
    let (strategy, _) = megatron(4);
    assert_eq!(
        told(Strategy { pipeline: 4, ..strategy }, 1024),
        "the number of layers is 22, which the pipeline size, 4, does not divide; a size of 2 would do"
    );
}
