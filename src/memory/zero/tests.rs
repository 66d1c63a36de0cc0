//! ZeRO beside what DeepSpeed really holds, and beside the table of its paper.

use serde_json::Value as Json;

use super::*;
use crate::config::Config;
use crate::document::{Document, Format};
use crate::memory::{Sharding, Strategy, Workload};
use crate::model::{Block, LayerGroup, LayerShape, Mlp, ModelCard, Part, Stack, Tensor};

/// As `tests/oracle/record_zero.py` recorded it.
const MEASURED: &str = include_str!("../../../tests/fixtures/memory/zero.jsonl");

/// `layers` layers of one square matrix, and nothing before or behind them.
fn card(layers: u64, width: u64) -> ModelCard {
    let shape = LayerShape {
        hidden: width,
        heads: 1,
        kv_heads: 1,
        head_dim: width,
        value_dim: width,
        latent: None,
        mlp: Mlp::Dense { width, is_gated: false },
        window: None,
        has_cross_attention: false,
    };
    let block = Block { tensors: vec![Tensor::new("linear.weight", Part::Mlp, &[width, width])] };
    let groups = vec![LayerGroup { count: layers, shape, block }];
    ModelCard { hidden: width, stacks: vec![Stack { groups, ..Stack::default() }], ..ModelCard::default() }
}

/// The strategy of a recorded case, read as the program reads a file.
fn strategy(case: &Json) -> Strategy {
    let world = case["world"].as_u64().unwrap_or(2);
    let precision = if case["precision"] == "fp32" { "'no'" } else { "bf16" };
    let config =
        format!("distributed_type: DEEPSPEED\nnum_processes: {world}\nmixed_precision: {precision}\n");
    let mut zero = case["zero"].as_object().cloned().unwrap_or_default();
    zero.insert("stage".to_owned(), case["stage"].clone());
    let mut json = case["top"].as_object().cloned().unwrap_or_default();
    json.insert("zero_optimization".to_owned(), Json::Object(zero));
    json.insert("gradient_accumulation_steps".to_owned(), case["steps"].as_u64().unwrap_or(1).into());
    let json = Document::parse(Json::Object(json).to_string(), Format::Json).value();
    Strategy::read(&Config::read(&Document::parse(config, Format::Yaml)), Some(&json), None)
}

/// The highest measured peak, in bytes per parameter, over the marks of the second turn that hold a word.
fn peak(case: &Json, word: &str) -> f64 {
    let marks = case["marks"].as_object().expect("a case has marks").iter();
    let seen = marks.filter(|(name, _)| name.starts_with('1') && name.contains(word));
    seen.filter_map(|(_, mark)| mark[1].as_f64()).fold(0.0, f64::max)
}

#[test]
fn every_stage_holds_what_deepspeed_held() {
    let mut wrong = Vec::new();
    for case in MEASURED.lines().map(|line| serde_json::from_str::<Json>(line).expect("a line is JSON")) {
        let (card, strategy) = (card(16, 512), strategy(&case));
        let step = match case["foreach"].as_bool() {
            Some(false) => StepKind::ForLoop,
            _ => StepKind::Foreach,
        };
        let work = Workload { micro_batch: 1, sequence: 1, step, ..Workload::default() };
        let Sharding::Zero(zero) = &strategy.sharding else { panic!("{strategy:?}") };
        let step = Step::of(&card, &work, &strategy).expect("sizes are fine");
        let held = Held::of(&step, zero);
        let ours = |phases: &[Phase]| {
            let most = phases.iter().map(|phase| held.at(*phase).total()).max().unwrap_or(0);
            most as f64 / case["numbers"].as_f64().expect("numbers are counted")
        };
        let phases = [
            ("forward", vec![Phase::ForwardEnd]),
            ("backward", vec![Phase::FirstLayerBackward, Phase::LastLayerBackward, Phase::EmbeddingBackward]),
            ("step", vec![Phase::OptimizerStep]),
        ];
        for (word, phases) in phases {
            let (truth, ours) = (peak(&case, word), ours(&phases));
            if (ours - truth).abs() > 0.03 * truth {
                wrong.push(format!("{} {word}: measured {truth}, estimated {ours:.3}", case["name"]));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Rajbhandari et al., "ZeRO: Memory Optimizations Toward Training Trillion Parameter Models" (2020),
/// figure 1: model states of 7.5 billion parameters over 64 GPUs, in 10^9 bytes.
#[test]
fn the_table_of_the_paper_is_reproduced() {
    let card = card(7_500, 1_000);
    assert_eq!(card.parameters(), 7_500_000_000);
    for (stage, paper) in [(0, 120.0), (1, 31.4), (2, 16.6), (3, 1.9)] {
        let zero = Zero::at(stage);
        let strategy = Strategy {
            world: 64,
            local: 8,
            precision: crate::memory::Precision::Bf16,
            sharding: Sharding::Zero(zero.clone()),
            ..Strategy::default()
        };
        let work = Workload { sequence: 1, ..Workload::default() };
        let step = Step::of(&card, &work, &strategy).expect("sizes are fine");
        let held = Held::of(&step, &zero).at(Phase::LastLayerBackward);
        let states = [Category::Weights, Category::Gradients, Category::Optimizer];
        let bytes: u64 = states.into_iter().map(|category| held.of(category)).sum();
        let ours = bytes as f64 / 1e9;
        assert!((ours - paper).abs() < 0.06, "stage {stage}: the paper says {paper}, we say {ours:.2}");
    }
}

#[test]
fn what_is_offloaded_is_not_on_the_gpu() {
    let card = card(100, 1_000);
    let held = |zero: Zero| {
        let strategy = Strategy {
            world: 4,
            local: 4,
            precision: crate::memory::Precision::Bf16,
            sharding: Sharding::Zero(zero.clone()),
            ..Strategy::default()
        };
        let work = Workload { sequence: 1, ..Workload::default() };
        let step = Step::of(&card, &work, &strategy).expect("sizes are fine");
        Held::of(&step, &zero).at(Phase::OptimizerStep)
    };
    let second = held(Zero { optimizer_offload: Offload::Cpu, ..Zero::at(2) });
    assert_eq!((second.of(Category::Weights), second.of(Category::Optimizer)), (200_000_000, 0));
    assert_eq!(second.of(Category::Temporary), 0);
    assert_eq!(second.of(Category::Communication), 2_000_000, "a buffer for one gradient");
    let third =
        held(Zero { optimizer_offload: Offload::Cpu, parameter_offload: Offload::Nvme, ..Zero::at(3) });
    assert_eq!((third.of(Category::Weights), third.of(Category::Gradients)), (0, 0));
}
