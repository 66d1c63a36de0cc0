//! What a config says about FSDP, in either generation.

use super::read::positive;
use super::{Fsdp, FsdpStrategy, Strategy};
use crate::config::Config;
use crate::value::Value;

const STRATEGY: &str = "fsdp_config.fsdp_sharding_strategy";
const RESHARD: &str = "fsdp_config.fsdp_reshard_after_forward";

/// Names in torch's order, which is also their number.
const NAMES: [(&str, FsdpStrategy); 5] = [
    ("FULL_SHARD", FsdpStrategy::Full),
    ("SHARD_GRAD_OP", FsdpStrategy::GradOp),
    ("NO_SHARD", FsdpStrategy::None),
    ("HYBRID_SHARD", FsdpStrategy::Hybrid),
    ("HYBRID_SHARD_ZERO2", FsdpStrategy::HybridGradOp),
];

pub(super) fn read(config: &Config, strategy: &mut Strategy) -> Fsdp {
    let version = positive(config, "fsdp_config.fsdp_version").unwrap_or(1);
    if version > 2 {
        strategy.doubt(format!("there is no FSDP version {version}; version 2 is counted"));
    }
    let version = version.min(2);
    let sharded = if version == 1 { first(config, strategy) } else { second(config, strategy) };
    if matches!(sharded, FsdpStrategy::Hybrid | FsdpStrategy::HybridGradOp) {
        strategy.replicas = strategy.machines();
    }
    let on = |name: &str| config.flag(&format!("fsdp_config.fsdp_{name}")) == Some(true);
    if config.text("fsdp_config.fsdp_ignored_modules").is_some() {
        strategy.doubt("modules that FSDP ignores stay whole on each GPU and are counted as sharded");
    }
    Fsdp {
        version,
        strategy: sharded,
        wraps_layers: policy(config) == "TRANSFORMER_BASED_WRAP",
        smallest_unit: (policy(config) == "SIZE_BASED_WRAP").then(|| smallest_unit(config)).flatten(),
        offloads: on("offload_params"),
        loads_once: on("cpu_ram_efficient_loading"),
        has_checkpointing: on("activation_checkpointing"),
        offloads_activations: version == 2
            && on("activation_checkpointing")
            && on("activation_checkpointing_offload"),
    }
}

fn policy(config: &Config) -> String {
    config.text("fsdp_config.fsdp_auto_wrap_policy").unwrap_or_default().to_uppercase()
}

/// Zero is silently no policy (accelerate 1.15.0, `set_auto_wrap_policy`).
fn smallest_unit(config: &Config) -> Option<u64> {
    positive(config, "fsdp_config.fsdp_min_num_params")
}

/// Version 1 reads the strategy alone, by name or by number.
fn first(config: &Config, strategy: &mut Strategy) -> FsdpStrategy {
    let number = config.int(STRATEGY).and_then(|number| usize::try_from(number.checked_sub(1)?).ok());
    let by_number = number.and_then(|index| NAMES.get(index));
    let name = config.text(STRATEGY).unwrap_or_default().to_uppercase();
    let found = by_number.or_else(|| NAMES.iter().find(|(known, _)| *known == name));
    found.map(|(_, sharded)| *sharded).unwrap_or_else(|| {
        strategy.doubt("`fsdp_sharding_strategy` is no strategy; FULL_SHARD is counted");
        FsdpStrategy::Full
    })
}

/// Version 2 reads the switch alone; a strategy's name there is refused, but shows what was meant.
fn second(config: &Config, strategy: &mut Strategy) -> FsdpStrategy {
    let name = match config.value(RESHARD) {
        Some(Value::Text(name)) => name.to_uppercase(),
        _ => String::new(),
    };
    let is_kept = match config.flag(RESHARD) {
        Some(is_freed) => !is_freed,
        None => {
            strategy.doubt("Accelerate refuses a strategy's name in `fsdp_reshard_after_forward`");
            matches!(name.as_str(), "SHARD_GRAD_OP" | "HYBRID_SHARD_ZERO2")
        }
    };
    if is_kept { FsdpStrategy::GradOp } else { FsdpStrategy::Full }
}
