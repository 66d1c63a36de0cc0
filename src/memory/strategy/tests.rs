//! Configs and DeepSpeed files, and the strategies that Accelerate makes of them.

use super::*;
use crate::config::Config;
use crate::document::{Document, Format};

fn read(text: &str) -> Strategy {
    Strategy::read(&Config::read(&Document::parse(text, Format::Yaml)), None, None)
}

fn with_json(text: &str, json: &str) -> Strategy {
    let json = Document::parse(json, Format::Json).value();
    Strategy::read(&Config::read(&Document::parse(text, Format::Yaml)), Some(&json), None)
}

fn fsdp(strategy: &Strategy) -> &Fsdp {
    let Sharding::Fsdp(fsdp) = &strategy.sharding else { panic!("{strategy:?} is no FSDP") };
    fsdp
}

fn zero(strategy: &Strategy) -> &Zero {
    let Sharding::Zero(zero) = &strategy.sharding else { panic!("{strategy:?} is no ZeRO") };
    zero
}

#[test]
fn an_unquoted_no_is_one_process_without_precision() {
    let strategy = read("distributed_type: NO\nnum_processes: 4\nmixed_precision: no\n");
    assert_eq!((strategy.world, strategy.precision), (1, Precision::No));
    assert_eq!(strategy.sharding, Sharding::Single);
    assert_eq!(strategy.unknown.len(), 1, "{:?}", strategy.unknown);
}

#[test]
fn processes_are_spread_evenly_and_the_rest_is_lost() {
    let strategy = read("distributed_type: MULTI_GPU\nnum_machines: 2\nnum_processes: 9\n");
    assert_eq!((strategy.world, strategy.local, strategy.machines()), (8, 4, 2));
    assert_eq!(strategy.sharding, Sharding::Ddp(Ddp::default()));
}

#[test]
fn a_silent_file_gets_the_gpus_that_are_there() {
    let config = Config::read(&Document::parse("distributed_type: MULTI_GPU\n", Format::Yaml));
    let strategy = Strategy::read(&config, None, Some(4));
    assert_eq!(strategy.world, 4);
    assert!(strategy.unknown[0].contains("4 processes counted"), "{:?}", strategy.unknown);
}

#[test]
fn the_first_fsdp_reads_the_strategy_and_not_the_switch() {
    let text = "distributed_type: FSDP\nnum_processes: 8\nfsdp_config:\n  fsdp_reshard_after_forward: SHARD_GRAD_OP\n";
    assert_eq!(fsdp(&read(text)).strategy, FsdpStrategy::Full, "the switch is for version 2");
    let numbered = "distributed_type: FSDP\nfsdp_config:\n  sharding_strategy: 2\n";
    assert_eq!(fsdp(&read(numbered)).strategy, FsdpStrategy::GradOp);
    assert!(!fsdp(&read(numbered)).wraps_layers, "nothing is wrapped unless asked for");
}

#[test]
fn hybrid_sharding_keeps_a_copy_per_machine() {
    let strategy = read(
        "distributed_type: FSDP\nnum_machines: 2\nnum_processes: 16\nfsdp_config:\n  fsdp_sharding_strategy: HYBRID_SHARD\n",
    );
    assert_eq!((strategy.shards(), strategy.replicas), (8, 2));
}

#[test]
fn the_second_fsdp_reads_the_switch_and_not_the_strategy() {
    let text =
        "distributed_type: FSDP\nfsdp_config:\n  fsdp_version: 2\n  fsdp_sharding_strategy: SHARD_GRAD_OP\n";
    assert_eq!(fsdp(&read(text)).strategy, FsdpStrategy::Full);
    let kept = read("distributed_type: FSDP\nfsdp_config: {fsdp_version: 2, reshard_after_forward: false}\n");
    assert_eq!(fsdp(&kept).strategy, FsdpStrategy::GradOp);
    let named = read(
        "distributed_type: FSDP\nfsdp_config: {fsdp_version: 2, reshard_after_forward: SHARD_GRAD_OP}\n",
    );
    assert_eq!(fsdp(&named).strategy, FsdpStrategy::GradOp);
    assert!(named.unknown.iter().any(|sentence| sentence.contains("refuses")), "{:?}", named.unknown);
}

#[test]
fn units_by_size_depend_on_the_layer() {
    let text = "distributed_type: FSDP\nfsdp_config:\n  fsdp_auto_wrap_policy: SIZE_BASED_WRAP\n  fsdp_min_num_params: 1000\n";
    let strategy = read(text);
    assert!(fsdp(&strategy).wraps(1000) && !fsdp(&strategy).wraps(999));
    let none = read(&text.replace("1000", "0"));
    assert!(!fsdp(&none).wraps(u64::MAX), "zero is silently no policy");
}

#[test]
fn a_mesh_divides_who_holds_what() {
    let strategy = read(
        "distributed_type: FSDP\nnum_processes: 32\nnum_machines: 4\nfsdp_config: {fsdp_version: 2}\n\
         parallelism_config:\n  parallelism_config_dp_replicate_size: 2\n  parallelism_config_dp_shard_size: 2\n  \
         parallelism_config_tp_size: 2\n  parallelism_config_cp_size: 4\n",
    );
    assert_eq!((strategy.tensor, strategy.context, strategy.replicas), (2, 4, 2));
    assert_eq!(strategy.shards(), 8, "dp_shard and cp shard together");
    assert_eq!(strategy.batches(), 4);
    assert!(strategy.unknown.is_empty(), "{:?}", strategy.unknown);
}

#[test]
fn an_empty_deepspeed_section_is_stage_2() {
    let strategy = read("distributed_type: DEEPSPEED\nnum_processes: 2\nmixed_precision: bf16\n");
    assert_eq!(*zero(&strategy), Zero::at(2));
    assert_eq!(strategy.precision, Precision::Bf16);
}

#[test]
fn offload_counts_from_the_stage_that_does_it() {
    let text = |stage: u64| {
        format!(
            "distributed_type: DEEPSPEED\ndeepspeed_config:\n  zero_stage: {stage}\n  offload_optimizer_device: cpu\n  \
             offload_param_device: nvme\n  gradient_accumulation_steps: 4\n  zero3_init_flag: true\n"
        )
    };
    let places = |stage| {
        let strategy = read(&text(stage));
        let zero = zero(&strategy);
        (zero.optimizer_offload, zero.parameter_offload, zero.shards_at_init, strategy.accumulation)
    };
    assert_eq!(places(0), (Offload::None, Offload::None, false, 4));
    assert_eq!(places(2), (Offload::Cpu, Offload::None, false, 4));
    assert_eq!(places(3), (Offload::Cpu, Offload::Nvme, true, 4));
}

#[test]
fn deepspeeds_file_counts_and_auto_waits_for_the_model() {
    let strategy = with_json(
        "distributed_type: DEEPSPEED\nnum_processes: 4\ndeepspeed_config:\n  deepspeed_config_file: ds.json\n",
        r#"{"bf16": {"enabled": true}, "gradient_accumulation_steps": 8, "optimizer": {"type": "AdamW"},
            "data_types": {"grad_accum_dtype": "fp32"},
            "zero_optimization": {"stage": 3, "reduce_bucket_size": "auto", "stage3_prefetch_bucket_size": "auto",
            "stage3_param_persistence_threshold": "auto", "max_live_parameters": 1e8, "sub_group_size": 1e7,
            "offload_param": {"device": "cpu"}}}"#,
    );
    let zero = zero(&strategy);
    assert_eq!((strategy.precision, strategy.accumulation), (Precision::Bf16, 8));
    assert_eq!(zero.reduce_bucket.of(100), 10_000);
    assert_eq!(zero.prefetch_bucket.of(100), 9_000);
    assert_eq!(zero.persistence.of(100), 1_000);
    assert_eq!((zero.max_live, zero.sub_group), (100_000_000, 10_000_000));
    assert_eq!((zero.optimizer_offload, zero.parameter_offload), (Offload::None, Offload::Cpu));
    assert!(zero.has_own_optimizer && zero.sums_in_fp32 && zero.overlaps && zero.shards_at_init);
}

#[test]
fn what_accelerate_fills_in_comes_from_its_own_file() {
    let json = r#"{"bf16": {"enabled": "auto"}, "gradient_accumulation_steps": "auto",
        "zero_optimization": {"stage": "auto", "offload_optimizer": {"device": "auto"}}}"#;
    let text = "distributed_type: DEEPSPEED\nmixed_precision: bf16\nnum_processes: 2\n";
    let strategy = with_json(text, json);
    assert_eq!((strategy.precision, strategy.accumulation), (Precision::Bf16, 1));
    assert_eq!(*zero(&strategy), Zero::at(2));
    assert_eq!(with_json("distributed_type: DEEPSPEED\n", json).precision, Precision::No);
}

#[test]
fn megatron_splits_by_its_own_sizes_and_context_by_two_unless_told() {
    let strategy = read(
        "distributed_type: MEGATRON_LM\nnum_processes: 16\nmegatron_lm_config:\n  megatron_lm_tp_degree: 2\n  \
         megatron_lm_pp_degree: 4\n  megatron_lm_num_micro_batches: 8\n  megatron_lm_use_distributed_optimizer: true\n",
    );
    let Sharding::Megatron(megatron) = &strategy.sharding else { panic!("{strategy:?}") };
    assert_eq!((strategy.tensor, strategy.pipeline, strategy.context), (2, 4, 2));
    assert_eq!((megatron.micro_batches, megatron.recompute), (8, Recompute::Full));
    assert!(megatron.has_distributed_optimizer && !megatron.splits_sequence);
}
