//! Names that belong elsewhere: options of `accelerate launch` without a config key, and arguments
//! of `Accelerator()`. People write both into config files, where Accelerate refuses them.

use super::release::Release;

/// An option of `accelerate launch` that no config key sets.
#[derive(Debug)]
pub struct Flag {
    /// As typed: `--max_restarts`.
    pub flag: &'static str,
    /// What it does, one sentence.
    pub says: &'static str,
    /// The config setting that does the same, where there is one.
    pub instead: Option<&'static str>,
    /// First release that knows it; `None`: older than 0.20.
    pub since: Option<Release>,
}

const fn flag_row(flag: &'static str, says: &'static str) -> Flag {
    Flag { flag, says, instead: None, since: None }
}

const fn with_key(flag: &'static str, instead: &'static str, says: &'static str) -> Flag {
    Flag { flag, says, instead: Some(instead), since: None }
}

/// The options of `accelerate launch` 1.15.0 that no config key sets.
pub static CLI_ONLY_FLAGS: &[Flag] = &[
    flag_row("--help", "Shows all options."),
    flag_row("--config_file", "Names the config file to use."),
    flag_row("--quiet", "Leaves out the traceback of accelerate itself when a process fails."),
    with_key("--cpu", "use_cpu: true", "Trains on the CPU and ignores the default config file."),
    with_key("--multi_gpu", "distributed_type: MULTI_GPU", "Starts one process per GPU."),
    with_key("--tpu", "distributed_type: XLA", "Starts on TPUs."),
    with_key("--use_deepspeed", "distributed_type: DEEPSPEED", "Trains with DeepSpeed."),
    with_key("--use_fsdp", "distributed_type: FSDP", "Trains with FSDP."),
    Flag {
        since: Some(Release(1, 10)),
        ..with_key("--use_parallelism_config", "a parallelism_config section", "Switches the device mesh on.")
    },
    with_key("--use_megatron_lm", "distributed_type: MEGATRON_LM", "Trains with Megatron-LM."),
    flag_row("--num_cpu_threads_per_process", "Sets the number of CPU threads of each process."),
    flag_row("--tee", "Copies the output of the processes to the console as well as to files."),
    Flag {
        since: Some(Release(0, 31)),
        ..flag_row("--log_dir", "Writes the output of each process to this folder.")
    },
    flag_row("--role", "Names the group of processes in torchrun's records."),
    flag_row("--rdzv_conf", "Passes further settings to torchrun's rendezvous."),
    flag_row("--max_restarts", "Lets torchrun restart failed processes this many times."),
    flag_row("--monitor_interval", "Sets how often torchrun looks after its processes, in seconds."),
    flag_row("--module", "Runs the script as a Python module."),
    flag_row("--no_python", "Runs the script directly, without Python."),
    with_key("--vm", "tpu_vm", "Lists the machines of a TPU pod."),
    with_key("--env", "tpu_env", "Sets variables on the machines of a TPU pod."),
    flag_row("--aws_access_key_id", "Gives the AWS key for SageMaker; keep it out of files."),
    flag_row("--aws_secret_access_key", "Gives the AWS secret for SageMaker; keep it out of files."),
];

/// The arguments of `Accelerator()` in 1.15.0, and those of older releases that tutorials still show.
pub static ACCELERATOR_ARGUMENTS: &[&str] = &[
    "device_placement",
    "split_batches",
    "mixed_precision",
    "gradient_accumulation_steps",
    "cpu",
    "dataloader_config",
    "deepspeed_plugin",
    "fsdp_plugin",
    "torch_tp_plugin",
    "megatron_lm_plugin",
    "rng_types",
    "log_with",
    "project_dir",
    "project_config",
    "gradient_accumulation_plugin",
    "step_scheduler_with_optimizer",
    "kwargs_handlers",
    "dynamo_backend",
    "dynamo_plugin",
    "deepspeed_plugins",
    "parallelism_config",
    "logging_dir",
    "dispatch_batches",
    "even_batches",
    "use_seedable_sampler",
];

/// The option of `accelerate launch` that is named like this key, where no config key is.
pub fn flag(key: &str) -> Option<&'static Flag> {
    let wanted = key.trim_start_matches('-').replace('-', "_");
    CLI_ONLY_FLAGS.iter().find(|row| row.flag.trim_start_matches('-') == wanted)
}

/// True for a key that belongs into the script: `Accelerator(log_with=…)`.
pub fn is_accelerator_argument(key: &str) -> bool {
    ACCELERATOR_ARGUMENTS.contains(&key)
}
