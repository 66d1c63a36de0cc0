//! The options of `accelerate launch`, one row each, read off the parser of accelerate 1.15.0.
//!
//! A row says how the option's text becomes a value and what counts when nobody gives it. What it is
//! for stands in the schema: in the row of the config key that does the same, or among the options
//! that no key sets.

use super::flags::{Kind, Row, Start};

/// All options under their headings, in the order of the real help.
pub(super) static GROUPS: &[(&str, &[Row])] = &[
    ("Launcher", LAUNCHER),
    ("Hardware", HARDWARE),
    ("Resources", RESOURCES),
    ("How to train", PARADIGM),
    ("Processes and machines", MACHINES),
    ("TPU", TPU),
    ("DeepSpeed", DEEPSPEED),
    ("FSDP", FSDP),
    ("Megatron-LM", MEGATRON),
    ("FP8", FP8),
    ("Amazon SageMaker", AWS),
    ("MPI", MPI),
    ("Parallelism", PARALLELISM),
];

const fn row(flag: &'static str, kind: Kind) -> Row {
    Row { flag, kind, short: None, start: Start::Nothing, into: None }
}

/// `DYNAMO_BACKENDS` of accelerate 1.15.0, in lower case as the option wants them.
const DYNAMO: &[&str] = &[
    "no",
    "eager",
    "aot_eager",
    "inductor",
    "aot_ts_nvfuser",
    "nvprims_nvfuser",
    "cudagraphs",
    "ofi",
    "fx2trt",
    "onnxrt",
    "tensorrt",
    "aot_torchxla_trace_once",
    "torhchxla_trace_once",
    "tvm",
];

static LAUNCHER: &[Row] = &[
    row("--config_file", Kind::Text),
    row("--quiet", Kind::On).short('q'),
    row("--module", Kind::On).short('m'),
    row("--no_python", Kind::On),
    row("--debug", Kind::On),
];

static HARDWARE: &[Row] = &[
    row("--cpu", Kind::On).starting(Start::Bool(false)),
    row("--multi_gpu", Kind::On).starting(Start::Bool(false)),
    row("--tpu", Kind::On).starting(Start::Bool(false)),
];

static RESOURCES: &[Row] = &[
    row("--mixed_precision", Kind::Word(&["no", "fp16", "bf16", "fp8"])),
    row("--num_processes", Kind::Int),
    row("--num_machines", Kind::Int),
    row("--num_cpu_threads_per_process", Kind::Int),
    row("--enable_cpu_affinity", Kind::On).starting(Start::Bool(false)),
    row("--dynamo_backend", Kind::Word(DYNAMO)),
    row("--dynamo_mode", Kind::Word(&["default", "reduce-overhead", "max-autotune"]))
        .starting(Start::Text("default")),
    row("--dynamo_use_fullgraph", Kind::On).starting(Start::Bool(false)),
    row("--dynamo_use_dynamic", Kind::On).starting(Start::Bool(false)),
    row("--dynamo_use_regional_compilation", Kind::On).starting(Start::Bool(false)),
];

static PARADIGM: &[Row] = &[
    row("--use_deepspeed", Kind::On).starting(Start::Bool(false)),
    row("--use_fsdp", Kind::On).starting(Start::Bool(false)),
    row("--use_parallelism_config", Kind::On).starting(Start::Bool(false)),
    row("--use_megatron_lm", Kind::On).starting(Start::Bool(false)),
];

static MACHINES: &[Row] = &[
    row("--gpu_ids", Kind::Text),
    row("--same_network", Kind::On).starting(Start::Bool(false)),
    row("--machine_rank", Kind::Int),
    row("--main_process_ip", Kind::Text),
    row("--main_process_port", Kind::Int),
    row("--tee", Kind::Text).starting(Start::Text("0")).short('t'),
    row("--log_dir", Kind::Text),
    row("--role", Kind::Text).starting(Start::Text("default")),
    row("--rdzv_backend", Kind::Text).starting(Start::Text("static")),
    row("--rdzv_conf", Kind::Text).starting(Start::Text("")),
    row("--max_restarts", Kind::Int).starting(Start::Int(0)),
    row("--monitor_interval", Kind::Float).starting(Start::Float(0.1)),
];

static TPU: &[Row] = &[
    row("--tpu_cluster", Kind::On).starting(Start::Bool(false)).into("tpu_use_cluster"),
    row("--no_tpu_cluster", Kind::Off).starting(Start::Bool(true)).into("tpu_use_cluster"),
    row("--tpu_use_sudo", Kind::On).starting(Start::Bool(false)),
    row("--vm", Kind::Repeated),
    row("--env", Kind::Repeated),
    row("--main_training_function", Kind::Text),
    row("--downcast_bf16", Kind::On).starting(Start::Bool(false)),
];

static DEEPSPEED: &[Row] = &[
    row("--deepspeed_config_file", Kind::Text),
    row("--zero_stage", Kind::Int),
    row("--offload_optimizer_device", Kind::Text),
    row("--offload_param_device", Kind::Text),
    row("--offload_optimizer_nvme_path", Kind::Text),
    row("--offload_param_nvme_path", Kind::Text),
    row("--gradient_accumulation_steps", Kind::Int),
    row("--gradient_clipping", Kind::Float),
    row("--zero3_init_flag", Kind::Text),
    row("--zero3_save_16bit_model", Kind::Text),
    row("--deepspeed_hostfile", Kind::Text),
    row("--deepspeed_exclusion_filter", Kind::Text),
    row("--deepspeed_inclusion_filter", Kind::Text),
    row("--deepspeed_multinode_launcher", Kind::Text),
    row("--deepspeed_moe_layer_cls_names", Kind::Text),
];

static FSDP: &[Row] = &[
    row("--fsdp_version", Kind::Word(&["1", "2"])).starting(Start::Text("1")),
    row("--fsdp_offload_params", Kind::Text).starting(Start::Text("false")),
    row("--fsdp_min_num_params", Kind::Int).starting(Start::Int(100_000_000)),
    row("--fsdp_sharding_strategy", Kind::Text).starting(Start::Text("FULL_SHARD")),
    row("--fsdp_reshard_after_forward", Kind::Text).starting(Start::Text("true")),
    row("--fsdp_auto_wrap_policy", Kind::Text),
    row("--fsdp_transformer_layer_cls_to_wrap", Kind::Text),
    row("--fsdp_backward_prefetch", Kind::Text),
    row("--fsdp_state_dict_type", Kind::Text),
    row("--fsdp_forward_prefetch", Kind::Text).starting(Start::Text("false")),
    row("--fsdp_use_orig_params", Kind::Text).starting(Start::Text("true")),
    row("--fsdp_cpu_ram_efficient_loading", Kind::Text).starting(Start::Text("true")),
    row("--fsdp_sync_module_states", Kind::Text).starting(Start::Text("true")),
    row("--fsdp_activation_checkpointing", Kind::Text).starting(Start::Text("false")),
    row("--fsdp_activation_checkpointing_offload", Kind::Text).starting(Start::Text("false")),
];

static MEGATRON: &[Row] = &[
    row("--megatron_lm_tp_degree", Kind::Int).starting(Start::Int(1)),
    row("--megatron_lm_use_custom_fsdp", Kind::NotEmpty).starting(Start::Bool(false)),
    row("--megatron_lm_no_load_optim", Kind::NotEmpty).starting(Start::Bool(false)),
    row("--megatron_lm_eod_mask_loss", Kind::NotEmpty).starting(Start::Bool(false)),
    row("--megatron_lm_overlap_cpu_optimizer_d2h_h2d", Kind::NotEmpty).starting(Start::Bool(false)),
    row("--megatron_lm_no_save_optim", Kind::NotEmpty).starting(Start::Bool(false)),
    row("--megatron_lm_optimizer_cpu_offload", Kind::NotEmpty).starting(Start::Bool(false)),
    row("--megatron_lm_use_precision_aware_optimizer", Kind::NotEmpty).starting(Start::Bool(false)),
    row("--megatron_lm_decoder_last_pipeline_num_layers", Kind::Int),
    row("--megatron_lm_pp_degree", Kind::Int).starting(Start::Int(1)),
    row("--megatron_lm_num_micro_batches", Kind::Int),
    row("--megatron_lm_sequence_parallelism", Kind::Text),
    row("--megatron_lm_recompute_activations", Kind::Text),
    row("--megatron_lm_use_distributed_optimizer", Kind::Text),
    row("--megatron_lm_gradient_clipping", Kind::Float).starting(Start::Float(1.0)),
    row("--megatron_lm_recompute_granularity", Kind::Text),
    row("--megatron_lm_recompute_method", Kind::Text),
    row("--megatron_lm_recompute_num_layers", Kind::Int),
    row("--megatron_lm_attention_backend", Kind::Text),
    row("--megatron_lm_expert_model_parallel_size", Kind::Int),
    row("--megatron_lm_context_parallel_size", Kind::Int),
    row("--megatron_lm_attention_dropout", Kind::Float),
    row("--megatron_lm_hidden_dropout", Kind::Float),
    row("--megatron_lm_attention_softmax_in_fp32", Kind::Text),
    row("--megatron_lm_expert_tensor_parallel_size", Kind::Int),
    row("--megatron_lm_calculate_per_token_loss", Kind::Text),
    row("--megatron_lm_use_rotary_position_embeddings", Kind::Text),
];

static FP8: &[Row] = &[
    row("--fp8_backend", Kind::Word(&["ao", "te", "msamp"])),
    row("--fp8_use_autocast_during_eval", Kind::On).starting(Start::Bool(false)),
    row("--fp8_margin", Kind::Int).starting(Start::Int(0)),
    row("--fp8_interval", Kind::Int).starting(Start::Int(1)),
    row("--fp8_format", Kind::Word(&["HYBRID", "E4M3", "E5M2"])).starting(Start::Text("HYBRID")),
    row("--fp8_amax_history_len", Kind::Int).starting(Start::Int(1_024)),
    row("--fp8_amax_compute_algo", Kind::Word(&["max", "most_recent"])).starting(Start::Text("most_recent")),
    row("--fp8_override_linear_precision", Kind::Truths).starting(Start::Nos),
    row("--fp8_opt_level", Kind::Word(&["O1", "O2"])).starting(Start::Text("O2")),
    row("--fp8_enable_fsdp_float8_all_gather", Kind::Truth).starting(Start::Int(1)),
    row("--fp8_pad_inner_dim", Kind::Truth).starting(Start::Int(1)),
];

static AWS: &[Row] = &[row("--aws_access_key_id", Kind::Text), row("--aws_secret_access_key", Kind::Text)];

static MPI: &[Row] = &[row("--mpirun_hostfile", Kind::Text)];

static PARALLELISM: &[Row] = &[
    row("--parallelism_config_dp_replicate_size", Kind::Int).starting(Start::Int(1)),
    row("--parallelism_config_dp_shard_size", Kind::Int).starting(Start::Int(1)),
    row("--parallelism_config_tp_size", Kind::Int).starting(Start::Int(1)),
    row("--parallelism_config_cp_size", Kind::Int).starting(Start::Int(1)),
    row("--parallelism_config_cp_backend", Kind::Word(&["torch"])).starting(Start::Text("torch")),
    row("--parallelism_config_cp_comm_strategy", Kind::Text).starting(Start::Text("allgather")),
    row("--parallelism_config_sp_size", Kind::Int).starting(Start::Int(1)),
    row("--parallelism_config_sp_backend", Kind::Word(&["deepspeed"])).starting(Start::Text("deepspeed")),
    row("--parallelism_config_sp_seq_length", Kind::Text),
    row("--parallelism_config_sp_seq_length_is_variable", Kind::NotEmpty).starting(Start::Bool(true)),
    row("--parallelism_config_sp_attn_implementation", Kind::Text).starting(Start::Text("sdpa")),
];
