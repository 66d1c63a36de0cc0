//! Advice on a small Llama: what is said to fit fits, and what is one step further does not.

use super::*;
use crate::document::{Document, Format};
use crate::memory::{Sharding, StepKind};
use crate::model::read_text;

const GIB: u64 = 1 << 30;

fn card() -> ModelCard {
    let text = r#"{"model_type": "llama", "hidden_size": 2048, "num_hidden_layers": 22, "intermediate_size": 5632,
        "num_attention_heads": 32, "num_key_value_heads": 4, "vocab_size": 32000, "tie_word_embeddings": false,
        "max_position_embeddings": 2048, "rms_norm_eps": 1e-5, "architectures": ["LlamaForCausalLM"]}"#;
    read_text(text, "tinyllama").expect("a card is read")
}

fn situation<'a>(card: &'a ModelCard, config: &str) -> Situation<'a> {
    Situation {
        card,
        work: Workload { sequence: 1024, micro_batch: 8, ..Workload::default() },
        config: Document::parse(config, Format::Yaml).value(),
        deepspeed: None,
        gpus: None,
        accumulation: None,
    }
}

const COPIES: &str = "compute_environment: LOCAL_MACHINE\ndistributed_type: MULTI_GPU # copies\nmixed_precision: bf16\nnum_machines: 1\nnum_processes: 4\n";

#[test]
fn the_largest_batch_fits_and_one_more_does_not() {
    let card = card();
    let it = situation(&card, COPIES);
    let (size, estimate) = largest_micro_batch(&card, &it.work, &it.strategy(), 40 * GIB)
        .expect("the estimate stands")
        .expect("one sequence fits");
    assert_eq!(estimate.verdict(40 * GIB), Verdict::Fits);
    let work = Workload { micro_batch: size + 1, ..it.work.clone() };
    let more = super::estimate(&card, &work, &it.strategy()).expect("the estimate stands");
    assert_ne!(more.verdict(40 * GIB), Verdict::Fits);
}

#[test]
fn the_longest_sequence_is_a_multiple_that_fits() {
    let card = card();
    let it = situation(&card, COPIES);
    let work = Workload { micro_batch: 1, ..it.work.clone() };
    let (tokens, estimate) = largest_sequence(&card, &work, &it.strategy(), 40 * GIB)
        .expect("the estimate stands")
        .expect("some length fits");
    assert!(tokens >= 64 && tokens % 64 == 0, "{tokens}");
    assert_eq!(estimate.verdict(40 * GIB), Verdict::Fits);
    assert!(largest_sequence(&card, &work, &it.strategy(), GIB).expect("it stands").is_none());
}

#[test]
fn sharding_needs_fewer_gpus_than_copies_ever_could() {
    let card = card();
    let it = situation(&card, COPIES);
    let work = Workload { micro_batch: 1, has_checkpointing: true, ..it.work.clone() };
    let copies = fewest_gpus(&card, &work, &it.strategy(), 12 * GIB).expect("it stands");
    assert!(copies.is_none(), "copies do not shrink");
    let sharded = COPIES.replace("MULTI_GPU # copies", "FSDP")
        + "fsdp_config: {fsdp_version: 2, fsdp_auto_wrap_policy: TRANSFORMER_BASED_WRAP}\n";
    let strategy = situation(&card, &sharded).strategy();
    let (gpus, _) = fewest_gpus(&card, &work, &strategy, 12 * GIB).expect("it stands").expect("enough help");
    assert!((2..=8).contains(&gpus), "{gpus}");
}

#[test]
fn absurd_numbers_of_processes_are_answered_at_once() {
    let card = card();
    let many = COPIES.replace("num_processes: 4", "num_processes: 1000000000000000000");
    let it = situation(&card, &many);
    assert!(fewest_gpus(&card, &it.work, &it.strategy(), GIB).expect("it stands").is_none());
    assert!(fit(&it, 80 * GIB).iter().all(|remedy| remedy.estimate.verdict(80 * GIB) == Verdict::Fits));
}

#[test]
fn remedies_fit_and_are_ranked_by_cost() {
    let card = card();
    let it = situation(&card, COPIES);
    let remedies = fit(&it, 16 * GIB);
    assert!(!remedies.is_empty());
    assert!(remedies.is_sorted_by_key(|remedy| remedy.weight), "cheapest first");
    for remedy in &remedies {
        assert_eq!(remedy.estimate.verdict(16 * GIB), Verdict::Fits);
        assert_eq!(remedy.after.estimate().as_ref(), Ok(&remedy.estimate));
        assert!(!remedy.steps.is_empty());
    }
}

#[test]
fn the_edited_file_is_what_was_estimated() {
    let card = card();
    let document = Document::parse(COPIES, Format::Yaml);
    let it = situation(&card, COPIES);
    let remedies = fit(&it, 12 * GIB);
    let is_sharded = |remedy: &&Remedy| matches!(remedy.after.strategy().sharding, Sharding::Fsdp(_));
    let remedy = remedies.iter().find(is_sharded).expect("sharding is among the remedies");
    let edited = document.apply(&edits(&document, &remedy.changes)).expect("the edits are made").document;
    assert!(edited.text().contains("distributed_type: FSDP # copies\n"), "{}", edited.text());
    let again = Situation { config: edited.value(), ..remedy.after.clone() };
    assert_eq!(again.estimate().as_ref(), Ok(&remedy.estimate));
}

#[test]
fn a_fused_step_costs_nothing_and_comes_first() {
    let card = card();
    let it = situation(&card, COPIES);
    let work = Workload { micro_batch: 1, sequence: 64, ..it.work.clone() };
    let it = Situation { work: work.clone(), ..it };
    let least = Situation { work: Workload { step: StepKind::Fused, ..work }, ..it.clone() };
    let (_, high) = least.estimate().expect("it stands").range();
    assert_ne!(it.estimate().expect("it stands").verdict(high), Verdict::Fits);
    let remedies = fit(&it, high);
    assert_eq!((remedies[0].steps.len(), remedies[0].weight), (1, 0));
}

#[test]
fn the_table_has_forty_rows_and_every_usual_strategy_an_estimate() {
    let card = card();
    let it = situation(&card, COPIES);
    let rows = table(&card, &it.work, &it.strategy());
    assert_eq!(rows.len(), 40);
    for row in rows {
        assert!(row.estimate.is_ok(), "{}: {:?}", row.sharding.words(), row.estimate);
    }
}
