//! Parallelism: the sizes of the device mesh, which multiply to the number of processes.

use crate::schema::{Choice, Default, Field, Group, Is, Kind, Reach, Release, Spelling, When};

const CONTEXT: &str = "parallelism_config.parallelism_config_cp_size";
const SEQUENCE: &str = "parallelism_config.parallelism_config_sp_size";

/// Types that can have a mesh: the first two, and those with one process per device.
const MESHED: &[&str] = &[
    "FSDP",
    "DEEPSPEED",
    "MULTI_GPU",
    "MULTI_XPU",
    "MULTI_NPU",
    "MULTI_HPU",
    "MULTI_NEURON",
    "MULTI_MLU",
    "MULTI_MUSA",
    "MULTI_SDAA",
];
const FSDP: When = When::Is("distributed_type", Is::Text("FSDP"));
const FSDP_2: When = When::All(&[FSDP, When::Is("fsdp_config.fsdp_version", Is::Int(2))]);
const DEEPSPEED: When = When::Is("distributed_type", Is::Text("DEEPSPEED"));
const MESH: When = When::In("distributed_type", MESHED);
const REPLICAS: When = When::Any(&[FSDP_2, When::In("distributed_type", MESHED.split_at(2).1)]);
const CONTEXT_ON: When = When::All(&[FSDP_2, When::Above(CONTEXT, 1)]);
const SEQUENCE_ON: When = When::All(&[DEEPSPEED, When::Above(SEQUENCE, 1)]);

const PARALLELISM: Field =
    Field { group: Group::Parallelism, when: MESH, since: Some(Release(1, 10)), ..Field::BLANK };
const SIZE: Field = Field {
    kind: Kind::Int { min: 1, max: None },
    default: Default::Int(1),
    needs_value: true,
    ..PARALLELISM
};
const SEQUENCES: Field = Field { when: SEQUENCE_ON, since: Some(Release(1, 12)), ..PARALLELISM };

static CONTEXT_BACKENDS: &[Choice] =
    &[Choice::new("torch", "PyTorch's own context parallelism, the only one there is.")];
static EXCHANGES: &[Choice] = &[
    Choice::new("allgather", "Every GPU fetches all keys and values at once: simple, needs more memory."),
    Choice::new("alltoall", "GPUs pass keys and values around piece by piece: less memory."),
];
static SEQUENCE_BACKENDS: &[Choice] =
    &[Choice::new("deepspeed", "DeepSpeed's Ulysses, the only one there is.")];

pub(super) static ROWS: &[Field] = &[
    Field {
        key: "parallelism_config",
        label: "Mesh section",
        ask: "Arrange the GPUs in a mesh?",
        help: "Holds the sizes of the GPU mesh, every key with its full prefix parallelism_config_.",
        kind: Kind::Section,
        ..PARALLELISM
    },
    Field {
        key: "parallelism_config.parallelism_config_dp_replicate_size",
        label: "Model copies",
        ask: "How many copies of the whole model should there be?",
        help: "The number of groups that each hold the whole model, typically one per machine to keep traffic inside \
               machines.",
        when: REPLICAS,
        flag: Some("--parallelism_config_dp_replicate_size"),
        env: &["PARALLELISM_CONFIG_DP_REPLICATE_SIZE"],
        common: true,
        spelling: Spelling::QuotedNumber,
        ..SIZE
    },
    Field {
        key: "parallelism_config.parallelism_config_dp_shard_size",
        label: "Shards",
        ask: "Over how many GPUs should each copy be split?",
        help: "The number of GPUs over which each copy of the model is split, as FSDP does it.",
        when: FSDP_2,
        flag: Some("--parallelism_config_dp_shard_size"),
        env: &["PARALLELISM_CONFIG_DP_SHARD_SIZE"],
        common: true,
        spelling: Spelling::QuotedNumber,
        ..SIZE
    },
    Field {
        key: "parallelism_config.parallelism_config_tp_size",
        label: "Tensor parallel size",
        ask: "Over how many GPUs should each layer's computation be split?",
        help: "Splits the matrices of each layer over this many GPUs, which should be linked by NVLink; the script must \
               load the model for it, with transformers 4.52 or newer.",
        when: REPLICAS,
        flag: Some("--parallelism_config_tp_size"),
        env: &["PARALLELISM_CONFIG_TP_SIZE"],
        common: true,
        spelling: Spelling::QuotedNumber,
        ..SIZE
    },
    Field {
        key: CONTEXT,
        label: "Context parallel size",
        ask: "Over how many GPUs should each long input be split?",
        help: "Splits every input sequence over this many GPUs, for inputs too long for one GPU; needs FSDP version 2.",
        when: FSDP_2,
        flag: Some("--parallelism_config_cp_size"),
        env: &["PARALLELISM_CONFIG_CP_SIZE"],
        common: true,
        ..SIZE
    },
    Field {
        key: "parallelism_config.parallelism_config_cp_backend",
        label: "Context backend",
        ask: "Which library should split long inputs?",
        help: "The library that carries out context parallelism.",
        kind: Kind::Choice(CONTEXT_BACKENDS),
        default: Default::Text("torch"),
        when: CONTEXT_ON,
        flag: Some("--parallelism_config_cp_backend"),
        env: &["PARALLELISM_CONFIG_CP_BACKEND"],
        since: Some(Release(1, 12)),
        needs_value: true,
        ..PARALLELISM
    },
    Field {
        key: "parallelism_config.parallelism_config_cp_comm_strategy",
        label: "Context exchange",
        ask: "How should the GPUs exchange their parts of an input?",
        help: "The way in which GPUs exchange keys and values when inputs are split over them.",
        kind: Kind::Choice(EXCHANGES),
        default: Default::Text("allgather"),
        when: CONTEXT_ON,
        flag: Some("--parallelism_config_cp_comm_strategy"),
        env: &["PARALLELISM_CONFIG_CP_COMM_STRATEGY"],
        needs_value: true,
        ..PARALLELISM
    },
    Field {
        key: SEQUENCE,
        label: "Sequence parallel size",
        ask: "Over how many GPUs should DeepSpeed split each long input?",
        help: "Splits every input sequence over this many GPUs with DeepSpeed's Ulysses, which needs DeepSpeed 0.18.2 or \
               newer.",
        when: DEEPSPEED,
        flag: Some("--parallelism_config_sp_size"),
        env: &["PARALLELISM_CONFIG_SP_SIZE"],
        since: Some(Release(1, 12)),
        common: true,
        ..SIZE
    },
    Field {
        key: "parallelism_config.parallelism_config_sp_backend",
        label: "Sequence backend",
        ask: "Which library should split long inputs?",
        help: "The library that carries out sequence parallelism.",
        kind: Kind::Choice(SEQUENCE_BACKENDS),
        default: Default::Text("deepspeed"),
        flag: Some("--parallelism_config_sp_backend"),
        env: &["PARALLELISM_CONFIG_SP_BACKEND"],
        needs_value: true,
        ..SEQUENCES
    },
    Field {
        key: "parallelism_config.parallelism_config_sp_seq_length_is_variable",
        label: "Changing lengths",
        ask: "Does the length of the inputs change from batch to batch?",
        help: "Says whether batches come in different lengths; if not, the length must be given.",
        kind: Kind::Bool,
        default: Default::Bool(true),
        flag: Some("--parallelism_config_sp_seq_length_is_variable"),
        env: &["PARALLELISM_CONFIG_SP_SEQ_LENGTH_IS_VARIABLE"],
        ..SEQUENCES
    },
    Field {
        key: "parallelism_config.parallelism_config_sp_seq_length",
        label: "Input length",
        ask: "How long is every input, in tokens?",
        help: "The length of every input in tokens, where it is always the same.",
        kind: Kind::Int { min: 1, max: None },
        flag: Some("--parallelism_config_sp_seq_length"),
        env: &["PARALLELISM_CONFIG_SP_SEQ_LENGTH"],
        spelling: Spelling::QuotedNumber,
        ..SEQUENCES
    },
    Field {
        key: "parallelism_config.parallelism_config_sp_attn_implementation",
        label: "Attention kernel",
        ask: "Which attention kernel does the model use?",
        help: "The attention that the model runs with: sdpa, flash_attention_2, flash_attention_3 or a flash-attn kernel \
               from the Hugging Face hub.",
        default: Default::Text("sdpa"),
        flag: Some("--parallelism_config_sp_attn_implementation"),
        env: &["PARALLELISM_CONFIG_SP_ATTN_IMPLEMENTATION"],
        needs_value: true,
        ..SEQUENCES
    },
    Field {
        key: "tp_config",
        label: "Old tensor section",
        ask: "Set tensor parallelism options?",
        help: "The tensor parallelism section of Accelerate 1.4 to 1.6, which later releases refuse.",
        kind: Kind::Section,
        since: Some(Release(1, 4)),
        gone: Some(Release(1, 7)),
        replacement: Some("parallelism_config"),
        ..PARALLELISM
    },
    Field {
        key: "tp_config.tp_size",
        label: "Old tensor size",
        ask: "Over how many GPUs should each layer's computation be split?",
        help: "The tensor parallel size of Accelerate 1.4 to 1.6.",
        reach: Reach::Dead,
        since: Some(Release(1, 4)),
        gone: Some(Release(1, 7)),
        replacement: Some("parallelism_config.parallelism_config_tp_size"),
        ..SIZE
    },
];
