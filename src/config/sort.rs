//! Which sort of file this is: an Accelerate config, a DeepSpeed JSON, or something else.
//!
//! For folders, where files of other programs lie beside configs, and for advice when somebody
//! hands over the wrong file.

use crate::schema;
use crate::value::Value;

/// What a file looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sort {
    /// A config of Accelerate, perhaps with mistakes.
    Accelerate,
    /// A config of DeepSpeed itself.
    DeepSpeed,
    /// Neither.
    Other,
}

/// Keys that only an Accelerate config has.
const ACCELERATE: &[&str] = &["compute_environment", "distributed_type"];

/// Keys that only a DeepSpeed config has.
const DEEPSPEED: &[&str] = &[
    "zero_optimization",
    "bf16",
    "train_batch_size",
    "train_micro_batch_size_per_gpu",
    "zero_allow_untested_optimizer",
    "wall_clock_breakdown",
    "activation_checkpointing",
    "flops_profiler",
    "zero_force_ds_cpu_optimizer",
];

/// Fewest keys of the rows that make a file without a telling key an Accelerate config: names such
/// as `debug` or `region` stand in many programs' files.
const ENOUGH: usize = 3;

/// Sorts a file by the keys at its top. A DeepSpeed file with a stray key of ours stays one.
pub fn sort(root: &Value) -> Sort {
    let keys: Vec<&str> =
        root.as_map().unwrap_or_default().iter().filter_map(|(key, _)| key.as_text()).collect();
    let count = |names: &[&str]| keys.iter().filter(|key| names.contains(key)).count();
    let (telling, deepspeed) = (count(ACCELERATE), count(DEEPSPEED));
    let known = keys.iter().filter(|key| schema::field(key).is_some()).count();
    let is_mostly_known = known >= ENOUGH && known * 2 >= keys.len();
    if deepspeed > 0 && (telling == 0 || deepspeed > known) {
        Sort::DeepSpeed
    } else if telling > 0 || is_mostly_known {
        Sort::Accelerate
    } else {
        Sort::Other
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(names: &[&str]) -> Value {
        Value::Map(names.iter().map(|name| (Value::from(*name), Value::Null)).collect())
    }

    #[test]
    fn files_are_told_apart_by_their_keys() {
        assert_eq!(sort(&keys(&["distributed_type"])), Sort::Accelerate);
        assert_eq!(sort(&keys(&["num_processes", "num_machines", "machine_rank"])), Sort::Accelerate);
        assert_eq!(sort(&keys(&["train_batch_size", "bf16"])), Sort::DeepSpeed);
        let stray = keys(&["distributed_type", "train_batch_size", "zero_optimization"]);
        assert_eq!(sort(&stray), Sort::DeepSpeed);
        assert_eq!(sort(&keys(&["distributed_type", "zero_optimization"])), Sort::Accelerate);
        assert_eq!(sort(&keys(&["debug", "name", "steps"])), Sort::Other);
        assert_eq!(sort(&Value::Null), Sort::Other);
    }
}
