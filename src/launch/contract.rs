//! Every variable that a launch writes: which launch argument it carries, how, and what it is for.
//!
//! Names, forms and conditions are those of accelerate 1.15.0 (`utils/launch.py`) and torch 2.11
//! (`torch/distributed/elastic/agent/server/local_elastic_agent.py`). What a variable is for stands in
//! the schema where a config key does the same.

use crate::schema;

/// A variable that carries a launch argument into the job.
#[derive(Debug)]
pub struct Carrier {
    /// The variable.
    pub variable: &'static str,
    /// The launch argument.
    pub argument: &'static str,
    /// How the value is written.
    pub form: Form,
    /// True where it is written even when the argument is empty, as the word `None`.
    pub is_always: bool,
}

/// How a value becomes text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// As Python's `str` has it: `True`.
    Plain,
    /// The same in lower case.
    Lower,
}

/// Written whatever the argument holds.
const fn always(variable: &'static str, argument: &'static str, form: Form) -> Carrier {
    Carrier { variable, argument, form, is_always: true }
}

/// Written where the argument holds something.
const fn if_set(variable: &'static str, argument: &'static str, form: Form) -> Carrier {
    Carrier { variable, argument, form, is_always: false }
}

use Form::{Lower, Plain};

/// torch.compile, on every path but DeepSpeed's and the TPU's.
pub static DYNAMO: &[Carrier] = &[
    always("ACCELERATE_DYNAMO_MODE", "dynamo_mode", Plain),
    always("ACCELERATE_DYNAMO_USE_FULLGRAPH", "dynamo_use_fullgraph", Plain),
    always("ACCELERATE_DYNAMO_USE_DYNAMIC", "dynamo_use_dynamic", Plain),
    always("ACCELERATE_DYNAMO_USE_REGIONAL_COMPILATION", "dynamo_use_regional_compilation", Plain),
];

/// FSDP.
pub static FSDP: &[Carrier] = &[
    always("FSDP_VERSION", "fsdp_version", Plain),
    always("FSDP_SHARDING_STRATEGY", "fsdp_sharding_strategy", Plain),
    always("FSDP_RESHARD_AFTER_FORWARD", "fsdp_reshard_after_forward", Lower),
    always("FSDP_OFFLOAD_PARAMS", "fsdp_offload_params", Lower),
    always("FSDP_MIN_NUM_PARAMS", "fsdp_min_num_params", Plain),
    if_set("FSDP_AUTO_WRAP_POLICY", "fsdp_auto_wrap_policy", Plain),
    if_set("FSDP_TRANSFORMER_CLS_TO_WRAP", "fsdp_transformer_layer_cls_to_wrap", Plain),
    if_set("FSDP_BACKWARD_PREFETCH", "fsdp_backward_prefetch", Plain),
    if_set("FSDP_STATE_DICT_TYPE", "fsdp_state_dict_type", Plain),
    always("FSDP_FORWARD_PREFETCH", "fsdp_forward_prefetch", Lower),
    always("FSDP_USE_ORIG_PARAMS", "fsdp_use_orig_params", Lower),
    always("FSDP_CPU_RAM_EFFICIENT_LOADING", "fsdp_cpu_ram_efficient_loading", Lower),
    always("FSDP_SYNC_MODULE_STATES", "fsdp_sync_module_states", Lower),
    always("FSDP_ACTIVATION_CHECKPOINTING", "fsdp_activation_checkpointing", Lower),
    always("FSDP_ACTIVATION_CHECKPOINTING_OFFLOAD", "fsdp_activation_checkpointing_offload", Lower),
    if_set("FSDP_IGNORED_MODULES", "fsdp_ignored_modules", Plain),
];

/// Megatron-LM.
pub static MEGATRON: &[Carrier] = &[
    always("MEGATRON_LM_TP_DEGREE", "megatron_lm_tp_degree", Plain),
    always("MEGATRON_LM_USE_CUSTOM_FSDP", "megatron_lm_use_custom_fsdp", Plain),
    if_set("MEGATRON_LM_NO_LOAD_OPTIM", "megatron_lm_no_load_optim", Plain),
    if_set("MEGATRON_LM_EOD_MASK_LOSS", "megatron_lm_eod_mask_loss", Plain),
    if_set("MEGATRON_LM_NO_SAVE_OPTIM", "megatron_lm_no_save_optim", Plain),
    if_set("MEGATRON_LM_OPTIMIZER_CPU_OFFLOAD", "megatron_lm_optimizer_cpu_offload", Plain),
    if_set("MEGATRON_LM_USE_PRECISION_AWARE_OPTIMIZER", "megatron_lm_use_precision_aware_optimizer", Plain),
    if_set("MEGATRON_LM_OVERLAP_CPU_OPTIMIZER_D2H_H2D", "megatron_lm_overlap_cpu_optimizer_d2h_h2d", Plain),
    if_set(
        "MEGATRON_LM_DECODER_LAST_PIPELINE_NUM_LAYERS",
        "megatron_lm_decoder_last_pipeline_num_layers",
        Plain,
    ),
    always("MEGATRON_LM_PP_DEGREE", "megatron_lm_pp_degree", Plain),
    always("MEGATRON_LM_GRADIENT_CLIPPING", "megatron_lm_gradient_clipping", Plain),
    if_set("MEGATRON_LM_NUM_MICRO_BATCHES", "megatron_lm_num_micro_batches", Plain),
    if_set("MEGATRON_LM_SEQUENCE_PARALLELISM", "megatron_lm_sequence_parallelism", Plain),
    if_set("MEGATRON_LM_RECOMPUTE_ACTIVATIONS", "megatron_lm_recompute_activations", Plain),
    if_set("MEGATRON_LM_USE_DISTRIBUTED_OPTIMIZER", "megatron_lm_use_distributed_optimizer", Plain),
    if_set("MEGATRON_LM_RECOMPUTE_GRANULARITY", "megatron_lm_recompute_granularity", Plain),
    if_set("MEGATRON_LM_RECOMPUTE_METHOD", "megatron_lm_recompute_method", Plain),
    if_set("MEGATRON_LM_RECOMPUTE_NUM_LAYERS", "megatron_lm_recompute_num_layers", Plain),
    if_set("MEGATRON_LM_ATTENTION_BACKEND", "megatron_lm_attention_backend", Plain),
    if_set("MEGATRON_LM_EXPERT_MODEL_PARALLEL_SIZE", "megatron_lm_expert_model_parallel_size", Plain),
    if_set("MEGATRON_LM_CONTEXT_PARALLEL_SIZE", "megatron_lm_context_parallel_size", Plain),
    if_set("MEGATRON_LM_ATTENTION_DROPOUT", "megatron_lm_attention_dropout", Plain),
    if_set("MEGATRON_LM_HIDDEN_DROPOUT", "megatron_lm_hidden_dropout", Plain),
    if_set("MEGATRON_LM_ATTENTION_SOFTMAX_IN_FP32", "megatron_lm_attention_softmax_in_fp32", Plain),
    if_set("MEGATRON_LM_EXPERT_TENSOR_PARALLEL_SIZE", "megatron_lm_expert_tensor_parallel_size", Plain),
    if_set("MEGATRON_LM_CALCULATE_PER_TOKEN_LOSS", "megatron_lm_calculate_per_token_loss", Plain),
    if_set("MEGATRON_LM_USE_ROTARY_POSITION_EMBEDDINGS", "megatron_lm_use_rotary_position_embeddings", Plain),
];

/// The device mesh.
pub static PARALLELISM: &[Carrier] = &[
    always("PARALLELISM_CONFIG_DP_REPLICATE_SIZE", "parallelism_config_dp_replicate_size", Plain),
    always("PARALLELISM_CONFIG_DP_SHARD_SIZE", "parallelism_config_dp_shard_size", Plain),
    always("PARALLELISM_CONFIG_TP_SIZE", "parallelism_config_tp_size", Plain),
    always("PARALLELISM_CONFIG_CP_SIZE", "parallelism_config_cp_size", Plain),
    always("PARALLELISM_CONFIG_CP_BACKEND", "parallelism_config_cp_backend", Plain),
    always("PARALLELISM_CONFIG_SP_SIZE", "parallelism_config_sp_size", Plain),
    always("PARALLELISM_CONFIG_SP_BACKEND", "parallelism_config_sp_backend", Plain),
];

/// What a mesh with context parallelism has on top.
pub static CONTEXT: &[Carrier] =
    &[always("PARALLELISM_CONFIG_CP_COMM_STRATEGY", "parallelism_config_cp_comm_strategy", Plain)];

/// What a mesh with sequence parallelism has on top.
pub static SEQUENCE: &[Carrier] = &[
    always("PARALLELISM_CONFIG_SP_SEQ_LENGTH", "parallelism_config_sp_seq_length", Plain),
    always(
        "PARALLELISM_CONFIG_SP_SEQ_LENGTH_IS_VARIABLE",
        "parallelism_config_sp_seq_length_is_variable",
        Plain,
    ),
    always("PARALLELISM_CONFIG_SP_ATTN_IMPLEMENTATION", "parallelism_config_sp_attn_implementation", Plain),
];

/// DeepSpeed.
pub static DEEPSPEED: &[Carrier] = &[
    if_set("ACCELERATE_DEEPSPEED_ZERO_STAGE", "zero_stage", Plain),
    if_set("ACCELERATE_GRADIENT_ACCUMULATION_STEPS", "gradient_accumulation_steps", Plain),
    if_set("ACCELERATE_GRADIENT_CLIPPING", "gradient_clipping", Lower),
    if_set("ACCELERATE_DEEPSPEED_OFFLOAD_OPTIMIZER_DEVICE", "offload_optimizer_device", Lower),
    if_set("ACCELERATE_DEEPSPEED_OFFLOAD_PARAM_DEVICE", "offload_param_device", Lower),
    if_set("ACCELERATE_DEEPSPEED_ZERO3_INIT", "zero3_init_flag", Lower),
    if_set("ACCELERATE_DEEPSPEED_ZERO3_SAVE_16BIT_MODEL", "zero3_save_16bit_model", Lower),
    if_set("ACCELERATE_DEEPSPEED_CONFIG_FILE", "deepspeed_config_file", Plain),
    if_set("ACCELERATE_DEEPSPEED_MOE_LAYER_CLS_NAMES", "deepspeed_moe_layer_cls_names", Plain),
];

/// What DeepSpeed's workers read and Accelerate's launcher never writes.
pub static DEEPSPEED_DROPPED: &[Carrier] = &[
    if_set("ACCELERATE_DEEPSPEED_OFFLOAD_OPTIMIZER_NVME_PATH", "offload_optimizer_nvme_path", Plain),
    if_set("ACCELERATE_DEEPSPEED_OFFLOAD_PARAM_NVME_PATH", "offload_param_nvme_path", Plain),
];

/// What the other variables are for.
const PURPOSES: &[(&str, &str)] = &[
    (
        "ACCELERATE_CONFIG_DS_FIELDS",
        "Names the DeepSpeed keys of the config, so that the worker finds a second voice in DeepSpeed's own file.",
    ),
    ("ACCELERATE_DYNAMO_BACKEND", "Switches torch.compile on, or off with NO."),
    ("ACCELERATE_USE_CPU", "Keeps the job on the CPU when true."),
    ("ACCELERATE_USE_DEEPSPEED", "Makes the worker train with DeepSpeed."),
    ("ACCELERATE_USE_FSDP", "Makes the worker train with FSDP."),
    ("ACCELERATE_USE_MEGATRON_LM", "Makes the worker train with Megatron-LM."),
    ("ACCELERATE_USE_PARALLELISM_CONFIG", "Makes the worker build the device mesh."),
    ("GROUP_RANK", "The number of this machine."),
    ("GROUP_WORLD_SIZE", "The number of machines."),
    ("KMP_AFFINITY", "Binds the threads of Intel's OpenMP to cores."),
    ("KMP_BLOCKTIME", "Milliseconds for which idle threads of Intel's OpenMP stay awake."),
    ("LOCAL_RANK", "The number of the process on this machine, and so of its device."),
    ("LOCAL_WORLD_SIZE", "The number of processes on this machine."),
    ("MASTER_ADDR", "Where the processes meet."),
    ("MASTER_PORT", "The port on which the processes meet."),
    ("NCCL_IB_DISABLE", "Keeps NCCL from InfiniBand, which RTX 40 cards cannot use before driver 550.40.07."),
    (
        "NCCL_P2P_DISABLE",
        "Keeps NCCL from direct exchange between GPUs, which RTX 40 cards cannot do before driver 550.40.07.",
    ),
    ("OMP_NUM_THREADS", "CPU threads of each process."),
    ("PYTHONPATH", "Lets the workers import modules from the folder of the launch."),
    ("RANK", "The number of the process among all."),
    ("ROLE_NAME", "The name of the group of processes."),
    ("ROLE_RANK", "The number of the process within its role."),
    ("ROLE_WORLD_SIZE", "The number of processes of the role."),
    ("TORCHELASTIC_MAX_RESTARTS", "How often the group may be started again."),
    ("TORCHELASTIC_RESTART_COUNT", "How often the group has been started again."),
    ("TORCHELASTIC_RUN_ID", "The name of the job."),
    ("TORCHELASTIC_SIGNALS_TO_HANDLE", "The signals that the launcher passes on to the processes."),
    (
        "TORCHELASTIC_USE_AGENT_STORE",
        "Whether the launcher, not the process of rank 0, keeps the store at which all meet.",
    ),
    ("TORCH_NCCL_ASYNC_ERROR_HANDLING", "Ends a process whose exchange with others failed or hangs."),
    ("WORLD_SIZE", "The number of processes of the job."),
    ("XLA_DOWNCAST_BF16", "Makes the TPU keep doubles in 32 bits and floats in bfloat16."),
    ("XLA_USE_BF16", "Makes the TPU compute in bfloat16."),
];

/// What a variable is for, one sentence.
pub fn purpose(variable: &str) -> &'static str {
    if let Some((_, says)) = PURPOSES.iter().find(|(name, _)| *name == variable) {
        return says;
    }
    if let Some(field) = schema::fields().find(|field| field.env.contains(&variable)) {
        return field.help;
    }
    match variable.starts_with("ACCELERATE_FP8_") {
        true => "A setting of the FP8 recipe.",
        false => "A setting of the job.",
    }
}

/// True for a variable that some launch writes.
pub fn is_written(variable: &str) -> bool {
    carriers().any(|carrier| carrier.variable == variable)
        || PURPOSES.iter().any(|(name, _)| *name == variable)
        || schema::fields().any(|field| field.env.contains(&variable))
}

/// Every carrier.
pub fn carriers() -> impl Iterator<Item = &'static Carrier> {
    [DYNAMO, FSDP, MEGATRON, PARALLELISM, CONTEXT, SEQUENCE, DEEPSPEED, DEEPSPEED_DROPPED]
        .into_iter()
        .flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_carrier_has_a_purpose_of_its_own() {
        for carrier in carriers() {
            assert_ne!(purpose(carrier.variable), "A setting of the job.", "{}", carrier.variable);
        }
    }

    #[test]
    fn a_carrier_carries_what_the_schema_says() {
        for carrier in carriers() {
            let field = schema::fields().find(|field| field.env.contains(&carrier.variable));
            let argument = field.map(|field| field.name());
            assert_eq!(argument, Some(carrier.argument), "{}", carrier.variable);
        }
    }
}
