//! Variables that people set before a launch: who reads them, and what to use instead of those that
//! nobody reads.
//!
//! Names are those of accelerate 1.15.0, searched for in all of its source; the dead ones were tried in
//! every release from 0.20 to 1.15.

use crate::text;

/// A variable that tutorials set and nothing reads.
#[derive(Debug)]
pub struct Dead {
    /// Its name; one that ends in `_` stands for all that begin so.
    pub name: &'static str,
    /// What to use, as an instruction.
    pub instead: &'static str,
}

/// Variables that nothing reads in any release.
pub static DEAD: &[Dead] = &[
    dead("ACCELERATE_NUM_PROCESSES", "give `--num_processes`, or write `num_processes` into the config"),
    dead("ACCELERATE_NUM_MACHINES", "give `--num_machines`, or write `num_machines` into the config"),
    dead("ACCELERATE_MACHINE_RANK", "give `--machine_rank`, or write `machine_rank` into the config"),
    dead("ACCELERATE_MAIN_PROCESS_IP", "give `--main_process_ip`, or write it into the config"),
    dead("ACCELERATE_MAIN_PROCESS_PORT", "give `--main_process_port`, or write it into the config"),
    dead("ACCELERATE_GPU_IDS", "give `--gpu_ids`, or set CUDA_VISIBLE_DEVICES"),
    dead("ACCELERATE_CONFIG_FILE", "give `--config_file`"),
    dead("ACCELERATE_CONFIG", "give `--config_file`"),
    dead("ACCELERATE_DISTRIBUTED_TYPE", "write `distributed_type` into the config"),
    dead("ACCELERATE_FSDP_SHARDING_STRATEGY", "write `fsdp_sharding_strategy` into `fsdp_config`"),
    dead(
        "ACCELERATE_FSDP_",
        "write the setting into `fsdp_config`; the workers read names that begin with FSDP_",
    ),
    dead("ACCELERATE_DEEPSPEED_GRADIENT_ACCUMULATION_STEPS", "set ACCELERATE_GRADIENT_ACCUMULATION_STEPS"),
    dead("ACCELERATE_DOWNCAST_BF16", "give `--downcast_bf16`"),
    dead("ACCELERATE_LOG_WITH", "write `Accelerator(log_with=…)` in the script"),
    dead("ACCELERATE_PROJECT_DIR", "write `Accelerator(project_dir=…)` in the script"),
    dead("ACCELERATE_SEED", "call `set_seed` in the script"),
];

/// Variables that the launcher or the workers read, by the beginning of their names where there are
/// many of a kind.
const READ: [&str; 25] = [
    "ACCELERATE_USE_",
    "ACCELERATE_DEBUG_MODE",
    "ACCELERATE_DEBUG_RDV_FILE",
    "ACCELERATE_MIXED_PRECISION",
    "ACCELERATE_GRADIENT_ACCUMULATION_STEPS",
    "ACCELERATE_GRADIENT_CLIPPING",
    "ACCELERATE_CPU_AFFINITY",
    "ACCELERATE_DYNAMO_BACKEND",
    "ACCELERATE_DYNAMO_MODE",
    "ACCELERATE_DYNAMO_USE_",
    "ACCELERATE_DEEPSPEED_ZERO_STAGE",
    "ACCELERATE_DEEPSPEED_ZERO3_INIT",
    "ACCELERATE_DEEPSPEED_ZERO3_SAVE_16BIT_MODEL",
    "ACCELERATE_DEEPSPEED_OFFLOAD_",
    "ACCELERATE_DEEPSPEED_MOE_LAYER_CLS_NAMES",
    "ACCELERATE_DEEPSPEED_CONFIG_FILE",
    "ACCELERATE_CONFIG_DS_FIELDS",
    "ACCELERATE_FP8_",
    "ACCELERATE_BYPASS_DEVICE_MAP",
    "ACCELERATE_SAGEMAKER_DISTRIBUTED_TYPE",
    "ACCELERATE_INIT_INCLUDE_BUFFERS",
    "ACCELERATE_TORCH_DEVICE",
    "ACCELERATE_LOG_LEVEL",
    "ACCELERATE_ENABLE_RICH",
    "ACCELERATE_ALLOW_CP_STANDALONE",
];

const fn dead(name: &'static str, instead: &'static str) -> Dead {
    Dead { name, instead }
}

/// Why nothing reads a variable and what to use instead; `None` for one that is read, or that is not
/// meant for Accelerate.
pub fn why_unread(name: &str) -> Option<String> {
    if let Some(dead) = DEAD.iter().find(|dead| matches(dead.name, name)) {
        return Some(format!("no release of Accelerate reads it; {}", dead.instead));
    }
    if !name.starts_with("ACCELERATE_") || is_read(name) {
        return None;
    }
    Some(match text::nearest(name, READ.into_iter().filter(|known| !known.ends_with('_'))) {
        Some(near) => format!("no release of Accelerate reads it; did you mean `{near}`?"),
        None => "no release of Accelerate reads it; write the setting into the config".to_owned(),
    })
}

fn is_read(name: &str) -> bool {
    // Written by the launcher of a TPU pod for itself.
    name == "ACCELERATE_IN_TPU_POD" || READ.iter().any(|known| matches(known, name))
}

fn matches(known: &str, name: &str) -> bool {
    known == name || known.ends_with('_') && name.starts_with(known)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dead_variables_are_told_with_what_works() {
        let said = why_unread("ACCELERATE_NUM_PROCESSES").expect("nothing reads it");
        assert!(said.contains("`--num_processes`"), "{said}");
        let said = why_unread("ACCELERATE_FSDP_STATE_DICT_TYPE").expect("nothing reads it");
        assert!(said.contains("FSDP_"), "{said}");
        let said = why_unread("ACCELERATE_MIXED_PRECISON").expect("nothing reads it");
        assert!(said.contains("`ACCELERATE_MIXED_PRECISION`"), "{said}");
    }

    #[test]
    fn variables_that_are_read_and_those_of_others_are_left_alone() {
        for name in ["ACCELERATE_MIXED_PRECISION", "ACCELERATE_USE_CPU", "FSDP_VERSION", "PATH", "NCCL_DEBUG"]
        {
            assert_eq!(why_unread(name), None, "{name}");
        }
        assert!(DEAD.iter().all(|dead| !is_read(dead.name)), "a variable is dead or read");
    }
}
