//! What a config says about Megatron-LM.

use super::read::positive;
use super::{Megatron, Recompute, Strategy};
use crate::config::Config;

fn key(name: &str) -> String {
    format!("megatron_lm_config.megatron_lm_{name}")
}

pub(super) fn read(config: &Config, strategy: &mut Strategy) -> Megatron {
    let size = |name: &str| positive(config, &key(name)).unwrap_or(1);
    let on = |name: &str| config.flag(&key(name)) == Some(true);
    strategy.tensor = size("tp_degree");
    strategy.pipeline = size("pp_degree");
    strategy.context = size("context_parallel_size");
    if on("use_custom_fsdp") {
        strategy.doubt("Megatron-LM's own FSDP is not counted");
    }
    if on("use_precision_aware_optimizer") {
        strategy.doubt("the lean optimizer state of Megatron-LM is counted in fp32");
    }
    Megatron {
        has_distributed_optimizer: on("use_distributed_optimizer"),
        // megatron/training/arguments.py: without tensor parallelism it is switched off.
        splits_sequence: on("sequence_parallelism") && strategy.tensor > 1,
        recompute: recompute(config),
        micro_batches: size("num_micro_batches"),
        experts: size("expert_model_parallel_size"),
        offloads_optimizer: on("optimizer_cpu_offload"),
    }
}

/// Accelerate always passes a granularity on, `full` unless the file says otherwise (1.15.0,
/// `MegatronLMPlugin`); Megatron-LM's switch for attention alone beats it.
fn recompute(config: &Config) -> Recompute {
    let granularity = config.text(&key("recompute_granularity")).unwrap_or_default();
    if config.flag(&key("recompute_activations")) == Some(true) || granularity == "selective" {
        return Recompute::Selective;
    }
    Recompute::Full
}
