//! What holds of every estimate: more work never needs less, more GPUs never hold more of the model's state,
//! and no number, however absurd, stops us.

use std::fs;
use std::sync::LazyLock;

use accel_studio::memory::{
    self, Attention, Band, Breakdown, Category, Ddp, Estimate, Fsdp, FsdpStrategy, Lora, Offload, Optimizer,
    Padding, Phase, Precision, Quantised, Sharding, StepKind, Strategy as Spread, Workload, Zero,
};
use accel_studio::model::{self, Dtype, ModelCard};
use proptest::prelude::*;
use proptest::sample::select;

use crate::harness::truth;

/// One card for each recorded model.
static CARDS: LazyLock<Vec<ModelCard>> = LazyLock::new(|| {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/memory/truth.jsonl");
    let text = fs::read_to_string(file).expect("the recorded steps are there");
    let mut cases = truth::read(&text).expect("each line is a case");
    cases.dedup_by(|one, other| one.model == other.model);
    cases.iter().filter_map(|case| model::read_config(&case.config_json(), &case.model).ok()).collect()
});

fn card() -> impl Strategy<Value = ModelCard> {
    (0..CARDS.len()).prop_map(|index| CARDS[index].clone())
}

/// Layers of one shape, with sizes that people have.
fn llama(layers: u64, vocabulary: u64) -> ModelCard {
    let config = serde_json::json!({
        "model_type": "llama", "hidden_size": 256, "intermediate_size": 704, "num_hidden_layers": layers,
        "num_attention_heads": 4, "num_key_value_heads": 2, "vocab_size": vocabulary,
    });
    model::read_config(&config, "made up").expect("the config is whole")
}

fn fsdp() -> impl Strategy<Value = Sharding> {
    use FsdpStrategy::{Full, GradOp, Hybrid, HybridGradOp, None};
    let strategies = select(vec![Full, GradOp, None, Hybrid, HybridGradOp]);
    (1..=2_u64, strategies, any::<bool>(), any::<bool>()).prop_map(
        |(version, strategy, wraps_layers, offloads)| {
            Sharding::Fsdp(Fsdp { version, strategy, wraps_layers, offloads, ..Fsdp::default() })
        },
    )
}

fn zero() -> impl Strategy<Value = Sharding> {
    let place = || select(vec![Offload::None, Offload::Cpu, Offload::Nvme]);
    (0..=3_u64, place(), place(), any::<bool>()).prop_map(|(stage, optimizer, parameters, overlaps)| {
        let parameter_offload = if stage == 3 { parameters } else { Offload::None };
        let optimizer_offload = if stage == 0 { Offload::None } else { optimizer };
        Sharding::Zero(Zero { optimizer_offload, parameter_offload, overlaps, ..Zero::at(stage) })
    })
}

fn sharding() -> impl Strategy<Value = Sharding> {
    let ddp = any::<bool>().prop_map(|has_bucket_view| Sharding::Ddp(Ddp { has_bucket_view }));
    prop_oneof![Just(Sharding::Single), ddp, fsdp(), zero()]
}

fn spread() -> impl Strategy<Value = Spread> {
    let precision = select(vec![Precision::No, Precision::Bf16, Precision::Fp16]);
    (sharding(), 0..=6_u32, precision, 1..=4_u64).prop_map(
        |(sharding, doublings, precision, accumulation)| {
            let world = if sharding == Sharding::Single { 1 } else { 1 << doublings };
            Spread { world, local: world.min(8), precision, accumulation, sharding, ..Spread::default() }
        },
    )
}

fn work() -> impl Strategy<Value = Workload> {
    let optimizers = select(vec![
        Optimizer::AdamW,
        Optimizer::AdamW8bit,
        Optimizer::Adafactor,
        Optimizer::Sgd,
        Optimizer::SgdMomentum,
        Optimizer::Lion,
        Optimizer::Muon,
    ]);
    let steps = select(vec![StepKind::Foreach, StepKind::Fused, StepKind::ForLoop]);
    let attention = select(vec![Attention::Sdpa, Attention::Eager, Attention::Flash]);
    let weights = select(vec![Dtype::F32, Dtype::Bf16, Dtype::F16]);
    let switches = (any::<bool>(), any::<bool>(), any::<bool>(), any::<bool>());
    (1..=16_u64, 1..=4096_u64, optimizers, steps, attention, weights, switches).prop_map(
        |(micro_batch, sequence, optimizer, step, attention, weights, switches)| Workload {
            micro_batch,
            sequence,
            optimizer,
            step,
            attention,
            weights,
            has_checkpointing: switches.0,
            keeps_outputs: switches.1,
            has_fused_loss: switches.2,
            padding: if switches.3 { Padding::Masked } else { Padding::None },
            ..Workload::default()
        },
    )
}

/// Whether attention looks at all tokens of the one and only through a window at those of the other. Then a
/// mask comes in, and another kernel with it, which may need less: in fp32 with grouped heads a mask forbids
/// the quadratic kernel.
fn crosses_window(card: &ModelCard, shorter: u64, longer: u64) -> bool {
    let groups = card.stacks.iter().flat_map(|stack| &stack.groups);
    groups.filter_map(|group| group.shape.window).any(|window| shorter <= window && window < longer)
}

/// Any number at all, and often one at an edge.
fn number() -> impl Strategy<Value = u64> {
    let edges = vec![0, 1, 2, 7, 1 << 20, 1 << 31, 1 << 32, 1 << 53, 1 << 63, u64::MAX - 1, u64::MAX];
    prop_oneof![select(edges), any::<u64>(), 0..100_000_u64]
}

/// Mostly a size that a model may have.
fn size() -> impl Strategy<Value = u64> {
    prop_oneof![9 => (1..65_u64).prop_map(|eighths| eighths * 8), 1 => number()]
}

fn at_step(estimate: &Estimate) -> Breakdown {
    let step = estimate.moments.iter().find(|moment| moment.phase == Phase::OptimizerStep);
    step.map(|moment| moment.held).unwrap_or_default()
}

/// Parameters, gradients and optimizer states while the optimizer steps.
fn state(estimate: &Estimate) -> u64 {
    let held = at_step(estimate);
    [Category::Weights, Category::Gradients, Category::Optimizer]
        .iter()
        .map(|&category| held.of(category))
        .sum()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn more_work_never_needs_less(
        card in card(), work in work(), spread in spread(), rows in 1..4_u64, tokens in 1..600_u64,
    ) {
        let Ok(base) = memory::estimate(&card, &work, &spread) else { return Ok(()) };
        let wider = Workload { micro_batch: work.micro_batch + rows, ..work.clone() };
        let longer = Workload { sequence: work.sequence + tokens, ..work.clone() };
        for (what, more) in [("micro-batch", wider), ("sequence", longer)] {
            if !crosses_window(&card, work.sequence, more.sequence)
                && let Ok(more) = memory::estimate(&card, &more, &spread)
            {
                prop_assert!(more.allocated() >= base.allocated(), "a larger {what} needs less");
            }
        }
    }

    #[test]
    fn more_parameters_never_need_less(
        work in work(), spread in spread(), layers in 1..40_u64, more in 1..9_u64, words in 1..500_u64,
    ) {
        // a fused loss works in chunks, which are smaller for larger vocabularies
        let work = Workload { has_fused_loss: false, ..work };
        let base = memory::estimate(&llama(layers, 1000), &work, &spread);
        let Ok(base) = base else { return Ok(()) };
        for larger in [llama(layers + more, 1000), llama(layers, 1000 + 64 * words)] {
            let larger = memory::estimate(&larger, &work, &spread).expect("it is not absurd either");
            prop_assert!(larger.allocated() >= base.allocated(), "{} < {}", larger.allocated(), base.allocated());
        }
    }

    #[test]
    fn more_gpus_never_hold_more_of_the_state(card in card(), work in work(), spread in spread()) {
        let doubled = Spread { world: spread.world * 2, local: (spread.world * 2).min(8), ..spread.clone() };
        if spread.sharding != Sharding::Single
            && let (Ok(few), Ok(many)) =
                (memory::estimate(&card, &work, &spread), memory::estimate(&card, &work, &doubled))
        {
            prop_assert!(state(&many) <= state(&few), "{} > {}", state(&many), state(&few));
        }
    }

    #[test]
    fn thrift_never_costs(card in card(), work in work(), spread in spread()) {
        let of = |work: &Workload| memory::estimate(&card, work, &spread).ok();
        let fused = of(&Workload { step: StepKind::Fused, ..work.clone() });
        let foreach = of(&Workload { step: StepKind::Foreach, ..work.clone() });
        prop_assert!(fused.map(|it| it.allocated()) <= foreach.map(|it| it.allocated()), "fused needs more");
        let dropped = of(&Workload { keeps_outputs: false, ..work.clone() });
        let kept = of(&Workload { keeps_outputs: true, ..work.clone() });
        prop_assert!(dropped.map(|it| it.allocated()) <= kept.map(|it| it.allocated()), "kept outputs are free");
    }

    #[test]
    fn an_estimate_is_sound(card in card(), work in work(), spread in spread()) {
        let Ok(estimate) = memory::estimate(&card, &work, &spread) else { return Ok(()) };
        let Band { low, high, .. } = estimate.band;
        prop_assert!(0.0 < low && low <= 1.0 && 1.0 <= high && high.is_finite());
        prop_assert!(estimate.needed() >= estimate.allocated() && estimate.allocated() > 0);
        let worst = estimate.moments.iter().map(|moment| moment.held.total()).max();
        prop_assert_eq!(worst, Some(estimate.allocated()));
    }

    #[test]
    fn no_number_stops_us(
        card in card(), work in work(), spread in spread(),
        sizes in prop::array::uniform12(number()), has_adapters in any::<bool>(),
    ) {
        let [batch, sequence, target, rank, bits, world, local, steps, tensor, context, pipeline, replicas] = sizes;
        let base = Some(Quantised { bits, is_prepared: has_adapters });
        let lora = Lora { rank, targets: vec!["all-linear".to_owned(), "q_proj".to_owned()], base };
        let work = Workload {
            micro_batch: batch,
            sequence,
            target_sequence: Some(target),
            lora: has_adapters.then_some(lora),
            ..work
        };
        let spread = Spread {
            world, local, accumulation: steps, tensor, context, sequence: context, pipeline, replicas, ..spread
        };
        if let Ok(estimate) = memory::estimate(&card, &work, &spread) {
            prop_assert!(estimate.allocated() < 1 << 53);
        }
    }

    #[test]
    fn no_model_stops_us(work in work(), spread in spread(), sizes in prop::array::uniform6(size())) {
        let [hidden, width, layers, heads, groups, words] = sizes;
        let config = serde_json::json!({
            "model_type": "llama", "hidden_size": hidden, "intermediate_size": width, "num_hidden_layers": layers,
            "num_attention_heads": heads, "num_key_value_heads": groups, "vocab_size": words, "head_dim": 64,
        });
        if let Ok(card) = model::read_config(&config, "made up")
            && let Ok(estimate) = memory::estimate(&card, &work, &spread)
        {
            prop_assert!(estimate.allocated() < 1 << 53);
        }
    }
}
