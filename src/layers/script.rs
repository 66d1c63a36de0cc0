//! What a script itself may say with `Accelerator(…)`, and who is heard where the launch says something
//! else: one row per keyword.
//!
//! The launch speaks to a script through variables. Rows are what the real `Accelerator` of accelerate
//! 1.15.0 does with a variable and a keyword that contradict each other (`make oracle-script`). No script
//! is ever read here.

/// A keyword of a script that says the same as a launch argument.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Keyword {
    /// The launch argument.
    pub argument: &'static str,
    /// The class that takes the keyword.
    pub class: &'static str,
    /// The keyword.
    pub name: &'static str,
    /// Who is heard.
    pub heard: Heard,
}

/// Who is heard where launch and script say different things.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Heard {
    /// The script's keyword.
    Script,
    /// The launch.
    Launch,
    /// Whoever says true.
    Either,
}

impl Keyword {
    /// As it stands in a script: `Accelerator(mixed_precision=…)`.
    pub fn says(&self) -> String {
        format!("{}({}=…)", self.class, self.name)
    }
}

impl Heard {
    /// In one word, for programs: `script`, `launch`, `either`.
    pub fn word(self) -> &'static str {
        match self {
            Heard::Script => "script",
            Heard::Launch => "launch",
            Heard::Either => "either",
        }
    }
}

const fn row(argument: &'static str, class: &'static str, name: &'static str) -> Keyword {
    Keyword { argument, class, name, heard: Heard::Script }
}

const FSDP: &str = "FullyShardedDataParallelPlugin";
const DEEPSPEED: &str = "DeepSpeedPlugin";
const MEGATRON: &str = "MegatronLMPlugin";
const MESH: &str = "ParallelismConfig";
const DYNAMO: &str = "TorchDynamoPlugin";
const SEQUENCE: &str = "DeepSpeedSequenceParallelConfig";

/// Every keyword that contradicts a launch argument. Keywords for which only one word is allowed
/// (`cp_backend`, `sp_backend`) are left out.
pub static KEYWORDS: &[Keyword] = &[
    row("mixed_precision", "Accelerator", "mixed_precision"),
    Keyword { heard: Heard::Either, ..row("use_cpu", "Accelerator", "cpu") },
    Keyword {
        heard: Heard::Launch,
        ..row("gradient_accumulation_steps", "Accelerator", "gradient_accumulation_steps")
    },
    row("gradient_accumulation_steps", "GradientAccumulationPlugin", "num_steps"),
    row("dynamo_backend", "Accelerator", "dynamo_backend"),
    row("dynamo_backend", DYNAMO, "backend"),
    row("dynamo_mode", DYNAMO, "mode"),
    row("dynamo_use_fullgraph", DYNAMO, "fullgraph"),
    row("dynamo_use_dynamic", DYNAMO, "dynamic"),
    row("dynamo_use_regional_compilation", DYNAMO, "use_regional_compilation"),
    row("fsdp_version", FSDP, "fsdp_version"),
    row("fsdp_sharding_strategy", FSDP, "sharding_strategy"),
    row("fsdp_reshard_after_forward", FSDP, "reshard_after_forward"),
    row("fsdp_offload_params", FSDP, "cpu_offload"),
    row("fsdp_backward_prefetch", FSDP, "backward_prefetch"),
    row("fsdp_state_dict_type", FSDP, "state_dict_type"),
    row("fsdp_auto_wrap_policy", FSDP, "auto_wrap_policy"),
    row("fsdp_transformer_layer_cls_to_wrap", FSDP, "transformer_cls_names_to_wrap"),
    row("fsdp_min_num_params", FSDP, "min_num_params"),
    row("fsdp_use_orig_params", FSDP, "use_orig_params"),
    row("fsdp_sync_module_states", FSDP, "sync_module_states"),
    row("fsdp_forward_prefetch", FSDP, "forward_prefetch"),
    row("fsdp_activation_checkpointing", FSDP, "activation_checkpointing"),
    row("fsdp_cpu_ram_efficient_loading", FSDP, "cpu_ram_efficient_loading"),
    row("fsdp_activation_checkpointing_offload", FSDP, "activation_checkpointing_offload"),
    row("fsdp_ignored_modules", FSDP, "ignored_modules"),
    row("zero_stage", DEEPSPEED, "zero_stage"),
    row("gradient_clipping", DEEPSPEED, "gradient_clipping"),
    row("gradient_accumulation_steps", DEEPSPEED, "gradient_accumulation_steps"),
    row("offload_optimizer_device", DEEPSPEED, "offload_optimizer_device"),
    row("offload_param_device", DEEPSPEED, "offload_param_device"),
    row("offload_optimizer_nvme_path", DEEPSPEED, "offload_optimizer_nvme_path"),
    row("offload_param_nvme_path", DEEPSPEED, "offload_param_nvme_path"),
    row("zero3_init_flag", DEEPSPEED, "zero3_init_flag"),
    row("zero3_save_16bit_model", DEEPSPEED, "zero3_save_16bit_model"),
    row("deepspeed_config_file", DEEPSPEED, "hf_ds_config"),
    row("deepspeed_moe_layer_cls_names", DEEPSPEED, "transformer_moe_cls_names"),
    row("megatron_lm_tp_degree", MEGATRON, "tp_degree"),
    row("megatron_lm_pp_degree", MEGATRON, "pp_degree"),
    row("megatron_lm_num_micro_batches", MEGATRON, "num_micro_batches"),
    row("megatron_lm_recompute_num_layers", MEGATRON, "recompute_num_layers"),
    row("megatron_lm_expert_model_parallel_size", MEGATRON, "expert_model_parallel_size"),
    row("megatron_lm_context_parallel_size", MEGATRON, "context_parallel_size"),
    row("megatron_lm_expert_tensor_parallel_size", MEGATRON, "expert_tensor_parallel_size"),
    row("megatron_lm_decoder_last_pipeline_num_layers", MEGATRON, "decoder_last_pipeline_num_layers"),
    row("megatron_lm_gradient_clipping", MEGATRON, "gradient_clipping"),
    row("megatron_lm_attention_dropout", MEGATRON, "attention_dropout"),
    row("megatron_lm_hidden_dropout", MEGATRON, "hidden_dropout"),
    row("megatron_lm_use_custom_fsdp", MEGATRON, "use_custom_fsdp"),
    row("megatron_lm_no_load_optim", MEGATRON, "no_load_optim"),
    row("megatron_lm_eod_mask_loss", MEGATRON, "eod_mask_loss"),
    row("megatron_lm_no_save_optim", MEGATRON, "no_save_optim"),
    row("megatron_lm_optimizer_cpu_offload", MEGATRON, "optimizer_cpu_offload"),
    row("megatron_lm_use_precision_aware_optimizer", MEGATRON, "use_precision_aware_optimizer"),
    row("megatron_lm_overlap_cpu_optimizer_d2h_h2d", MEGATRON, "overlap_cpu_optimizer_d2h_h2d"),
    row("megatron_lm_sequence_parallelism", MEGATRON, "sequence_parallelism"),
    row("megatron_lm_recompute_activations", MEGATRON, "recompute_activations"),
    row("megatron_lm_use_distributed_optimizer", MEGATRON, "use_distributed_optimizer"),
    row("megatron_lm_attention_backend", MEGATRON, "attention_backend"),
    row("megatron_lm_attention_softmax_in_fp32", MEGATRON, "attention_softmax_in_fp32"),
    row("megatron_lm_calculate_per_token_loss", MEGATRON, "calculate_per_token_loss"),
    row("megatron_lm_use_rotary_position_embeddings", MEGATRON, "use_rotary_position_embeddings"),
    row("megatron_lm_recompute_granularity", MEGATRON, "recompute_granularity"),
    row("megatron_lm_recompute_method", MEGATRON, "recompute_method"),
    row("parallelism_config_dp_replicate_size", MESH, "dp_replicate_size"),
    row("parallelism_config_dp_shard_size", MESH, "dp_shard_size"),
    row("parallelism_config_tp_size", MESH, "tp_size"),
    row("parallelism_config_cp_size", MESH, "cp_size"),
    row("parallelism_config_sp_size", MESH, "sp_size"),
    row("parallelism_config_cp_comm_strategy", "TorchContextParallelConfig", "cp_comm_strategy"),
    row("parallelism_config_sp_seq_length", SEQUENCE, "sp_seq_length"),
    row("parallelism_config_sp_seq_length_is_variable", SEQUENCE, "sp_seq_length_is_variable"),
    row("parallelism_config_sp_attn_implementation", SEQUENCE, "sp_attn_implementation"),
    row("fp8_backend", "Accelerator", "kwargs_handlers"),
    row("fp8_pad_inner_dim", "AORecipeKwargs", "pad_inner_dim"),
    row("fp8_enable_fsdp_float8_all_gather", "AORecipeKwargs", "enable_fsdp_float8_all_gather"),
    row("fp8_use_autocast_during_eval", "TERecipeKwargs", "use_autocast_during_eval"),
    row("fp8_margin", "TERecipeKwargs", "margin"),
    row("fp8_interval", "TERecipeKwargs", "interval"),
    row("fp8_format", "TERecipeKwargs", "fp8_format"),
    row("fp8_amax_history_len", "TERecipeKwargs", "amax_history_len"),
    row("fp8_amax_compute_algo", "TERecipeKwargs", "amax_compute_algo"),
    row("fp8_override_linear_precision", "TERecipeKwargs", "override_linear_precision"),
    row("fp8_opt_level", "MSAMPRecipeKwargs", "opt_level"),
];

/// What a script may say about a launch argument.
pub fn keywords(argument: &str) -> impl Iterator<Item = &'static Keyword> {
    KEYWORDS.iter().filter(move |keyword| keyword.argument == argument)
}
