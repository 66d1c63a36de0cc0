//! FSDP: one model split over all GPUs by PyTorch, in two generations with different keys.

use crate::schema::{
    Choice, Default, Field, Group, Is, Kind, NumberChoice, Reach, Release, Spelling, Text, When,
};

const ON: When = When::Is("distributed_type", Is::Text("FSDP"));
const VERSION_1: When = When::All(&[ON, When::Is("fsdp_config.fsdp_version", Is::Int(1))]);
const VERSION_2: When = When::All(&[ON, When::Is("fsdp_config.fsdp_version", Is::Int(2))]);
const WRAPPING: &str = "fsdp_config.fsdp_auto_wrap_policy";

const FSDP: Field = Field { group: Group::Fsdp, when: ON, ..Field::BLANK };
/// The launcher always exports these, so that an empty value reaches the worker as the word None.
const SWITCH: Field = Field { kind: Kind::Bool, default: Default::Bool(false), needs_value: true, ..FSDP };

static VERSIONS: &[NumberChoice] = &[
    NumberChoice::new(
        1,
        "The first generation, kept for older projects; what you get when the key is missing.",
    ),
    NumberChoice::new(
        2,
        "The maintained one: splits each parameter on its own and needs PyTorch 2.6 or newer.",
    ),
];

// In the order of their numbers in torch, which configs may also give.
static STRATEGIES: &[Choice] = &[
    Choice::new(
        "FULL_SHARD",
        "Splits parameters, gradients and optimizer state: least memory, most traffic.",
    ),
    Choice::new(
        "SHARD_GRAD_OP",
        "Splits gradients and optimizer state, keeps parameters: faster, more memory.",
    ),
    Choice::new("NO_SHARD", "Splits nothing: every GPU holds everything, as with MULTI_GPU."),
    Choice::new(
        "HYBRID_SHARD",
        "Splits fully within each machine and keeps a copy per machine: less network traffic.",
    )
    .since(0, 21),
    Choice::new("HYBRID_SHARD_ZERO2", "The same per machine, but keeps parameters as SHARD_GRAD_OP does.")
        .since(0, 21),
];

static WRAP_POLICIES: &[Choice] = &[
    Choice::new(
        "TRANSFORMER_BASED_WRAP",
        "One unit per transformer layer: the right choice for nearly every model.",
    ),
    Choice::new("SIZE_BASED_WRAP", "A unit whenever enough parameters have come together."),
    Choice::new("NO_WRAP", "The whole model is one unit: little memory is saved."),
];

static PREFETCHES: &[Choice] = &[
    Choice::new(
        "BACKWARD_PRE",
        "Fetches the next layer before computing this one: fastest, a little more memory.",
    ),
    Choice::new(
        "BACKWARD_POST",
        "Fetches the next layer after computing this one: slower, a little less memory.",
    ),
    Choice::new("NO_PREFETCH", "Fetches each layer only when it is needed: slowest, least memory."),
];

// In the order of their numbers in torch, which configs may also give.
static STATE_DICTS: &[Choice] = &[
    Choice::new(
        "FULL_STATE_DICT",
        "One file with the whole model, gathered in the CPU memory of the first process.",
    ),
    Choice::new(
        "LOCAL_STATE_DICT",
        "Raw pieces, readable only with the same number of GPUs; not with version 2.",
    ),
    Choice::new(
        "SHARDED_STATE_DICT",
        "Each process writes its piece: fast, and readable with any number of GPUs.",
    ),
];

pub(super) static ROWS: &[Field] = &[
    Field {
        key: "fsdp_config",
        label: "FSDP section",
        ask: "Set FSDP options?",
        help: "Holds the FSDP options; a key without the prefix fsdp_ gets it.",
        kind: Kind::Section,
        ..FSDP
    },
    Field {
        key: "fsdp_config.fsdp_version",
        label: "FSDP version",
        ask: "Which generation of FSDP?",
        help: "Chooses between PyTorch's two generations of FSDP; a file without this key gets the old one.",
        kind: Kind::Number(VERSIONS),
        spelling: Spelling::QuotedNumber,
        default: Default::Int(1),
        flag: Some("--fsdp_version"),
        env: &["FSDP_VERSION"],
        since: Some(Release(1, 6)),
        aliases: &["version"],
        common: true,
        needs_value: true,
        ..FSDP
    },
    Field {
        key: "fsdp_config.fsdp_reshard_after_forward",
        label: "Reshard after forward",
        ask: "Free the gathered parameters after each layer's forward pass (less memory, more traffic)?",
        help: "When true, each layer's full parameters are dropped after use and fetched again for the backward pass, \
               which saves memory and costs traffic.",
        // `accelerate config` writes these for version 1, which ignores the key.
        tolerated: &["FULL_SHARD", "SHARD_GRAD_OP", "NO_SHARD", "HYBRID_SHARD", "HYBRID_SHARD_ZERO2"],
        default: Default::Bool(true),
        when: VERSION_2,
        flag: Some("--fsdp_reshard_after_forward"),
        env: &["FSDP_RESHARD_AFTER_FORWARD"],
        since: Some(Release(1, 6)),
        aliases: &["reshard_after_forward"],
        common: true,
        ..SWITCH
    },
    Field {
        key: "fsdp_config.fsdp_sharding_strategy",
        label: "Sharding strategy",
        ask: "What should be split over the GPUs?",
        help: "Says how much of the training state is split over the GPUs: more splitting needs less memory and more \
               traffic.",
        kind: Kind::Choice(STRATEGIES),
        spelling: Spelling::AnyCaseOrNumber,
        default: Default::Text("FULL_SHARD"),
        when: VERSION_1,
        flag: Some("--fsdp_sharding_strategy"),
        env: &["FSDP_SHARDING_STRATEGY"],
        aliases: &["sharding_strategy"],
        common: true,
        needs_value: true,
        ..FSDP
    },
    Field {
        key: "fsdp_config.fsdp_auto_wrap_policy",
        label: "Wrap policy",
        ask: "How should the model be cut into units?",
        help: "Decides which parts of the model are fetched and freed together; without one the whole model is a \
               single unit and little memory is saved.",
        kind: Kind::Choice(WRAP_POLICIES),
        spelling: Spelling::AnyCase,
        default: Default::Text("NO_WRAP"),
        flag: Some("--fsdp_auto_wrap_policy"),
        env: &["FSDP_AUTO_WRAP_POLICY"],
        aliases: &["auto_wrap_policy"],
        common: true,
        ..FSDP
    },
    Field {
        key: "fsdp_config.fsdp_transformer_layer_cls_to_wrap",
        label: "Layer classes",
        ask: "Which classes are the model's layers (empty: the model says so itself)?",
        help: "Names the Python classes of the model's layers, such as LlamaDecoderLayer, with commas and no spaces \
               between them; most transformers models know them without this.",
        kind: Kind::Text(Text::ClassNames),
        default: Default::Depends("what the model itself lists as `_no_split_modules`"),
        when: When::All(&[ON, When::Is(WRAPPING, Is::Text("TRANSFORMER_BASED_WRAP"))]),
        flag: Some("--fsdp_transformer_layer_cls_to_wrap"),
        env: &["FSDP_TRANSFORMER_CLS_TO_WRAP"],
        aliases: &["transformer_layer_cls_to_wrap"],
        common: true,
        ..FSDP
    },
    Field {
        key: "fsdp_config.fsdp_min_num_params",
        label: "Unit size",
        ask: "From how many parameters on should a part become a unit of its own?",
        help: "The number of parameters from which size-based wrapping makes a unit, written as a plain integer.",
        kind: Kind::Int { min: 0, max: None },
        spelling: Spelling::QuotedNumber,
        default: Default::Int(100_000_000),
        when: When::All(&[ON, When::Is(WRAPPING, Is::Text("SIZE_BASED_WRAP"))]),
        flag: Some("--fsdp_min_num_params"),
        env: &["FSDP_MIN_NUM_PARAMS"],
        aliases: &["min_num_params"],
        common: true,
        needs_value: true,
        ..FSDP
    },
    Field {
        key: "fsdp_config.fsdp_offload_params",
        label: "CPU offload",
        ask: "Keep parameters and gradients in CPU memory while the GPU does not need them?",
        help: "Moves parameters and gradients to CPU memory between uses: fits larger models and is much slower.",
        flag: Some("--fsdp_offload_params"),
        env: &["FSDP_OFFLOAD_PARAMS"],
        aliases: &["offload_params"],
        common: true,
        ..SWITCH
    },
    Field {
        key: "fsdp_config.fsdp_activation_checkpointing",
        label: "Checkpoint activations",
        ask: "Recompute activations in the backward pass instead of keeping them?",
        help: "Keeps fewer intermediate results and computes them again when needed, which saves much memory with \
               long inputs and costs about a third more computing.",
        flag: Some("--fsdp_activation_checkpointing"),
        env: &["FSDP_ACTIVATION_CHECKPOINTING"],
        since: Some(Release(0, 31)),
        aliases: &["activation_checkpointing"],
        common: true,
        ..SWITCH
    },
    Field {
        key: "fsdp_config.fsdp_activation_checkpointing_offload",
        label: "Offload activations",
        ask: "Move the kept activations to CPU memory?",
        help: "Moves what activation checkpointing keeps from GPU to CPU memory, for very long inputs.",
        when: When::All(&[VERSION_2, When::Is("fsdp_config.fsdp_activation_checkpointing", Is::Bool(true))]),
        flag: Some("--fsdp_activation_checkpointing_offload"),
        env: &["FSDP_ACTIVATION_CHECKPOINTING_OFFLOAD"],
        since: Some(Release(1, 15)),
        aliases: &["activation_checkpointing_offload"],
        ..SWITCH
    },
    Field {
        key: "fsdp_config.fsdp_state_dict_type",
        label: "Checkpoint layout",
        ask: "How should checkpoints be written?",
        help: "Decides whether a checkpoint is one file with the whole model or a piece per process.",
        kind: Kind::Choice(STATE_DICTS),
        spelling: Spelling::AnyCaseOrNumber,
        default: Default::Depends("FULL_STATE_DICT with version 1, SHARDED_STATE_DICT with version 2"),
        flag: Some("--fsdp_state_dict_type"),
        env: &["FSDP_STATE_DICT_TYPE"],
        aliases: &["state_dict_type"],
        common: true,
        ..FSDP
    },
    Field {
        key: "fsdp_config.fsdp_cpu_ram_efficient_loading",
        label: "Load once",
        ask: "Let only the first process of the job load the pretrained weights?",
        help: "Only the first process reads the pretrained weights and sends them to the others, so that CPU memory \
               does not hold one copy per GPU; for transformers models.",
        default: Default::Bool(true),
        flag: Some("--fsdp_cpu_ram_efficient_loading"),
        env: &["FSDP_CPU_RAM_EFFICIENT_LOADING"],
        since: Some(Release(0, 24)),
        aliases: &["cpu_ram_efficient_loading"],
        ..SWITCH
    },
    Field {
        key: "fsdp_config.fsdp_sync_module_states",
        label: "Share weights at start",
        ask: "Send the first process's weights to all others before training?",
        help: "Makes all processes start with the weights of the first one, which loading only once depends on.",
        default: Default::Bool(true),
        when: VERSION_1,
        flag: Some("--fsdp_sync_module_states"),
        env: &["FSDP_SYNC_MODULE_STATES"],
        since: Some(Release(0, 21)),
        aliases: &["sync_module_states"],
        ..SWITCH
    },
    Field {
        key: "fsdp_config.fsdp_backward_prefetch",
        label: "Backward prefetch",
        ask: "When should the next layer be fetched in the backward pass?",
        help: "Decides how early the next layer's parameters are fetched while gradients are computed.",
        kind: Kind::Choice(PREFETCHES),
        spelling: Spelling::AnyCase,
        default: Default::Text("NO_PREFETCH"),
        when: VERSION_1,
        flag: Some("--fsdp_backward_prefetch"),
        env: &["FSDP_BACKWARD_PREFETCH"],
        since: Some(Release(0, 26)),
        aliases: &["backward_prefetch"],
        ..FSDP
    },
    Field {
        key: "fsdp_config.fsdp_forward_prefetch",
        label: "Forward prefetch",
        ask: "Fetch the next layer early in the forward pass, too?",
        help: "Fetches the next layer's parameters early in the forward pass, which helps when the CPU is the \
               bottleneck and the model always runs its layers in the same order.",
        when: VERSION_1,
        flag: Some("--fsdp_forward_prefetch"),
        env: &["FSDP_FORWARD_PREFETCH"],
        since: Some(Release(0, 21)),
        aliases: &["forward_prefetch"],
        ..SWITCH
    },
    Field {
        key: "fsdp_config.fsdp_use_orig_params",
        label: "Original parameters",
        ask: "Let the optimizer see the original parameters?",
        help: "Keeps the model's own parameters visible to the optimizer, which frozen layers, LoRA and different \
               learning rates need.",
        default: Default::Bool(true),
        when: VERSION_1,
        flag: Some("--fsdp_use_orig_params"),
        env: &["FSDP_USE_ORIG_PARAMS"],
        since: Some(Release(0, 21)),
        aliases: &["use_orig_params"],
        ..SWITCH
    },
    Field {
        key: "fsdp_config.fsdp_ignored_modules",
        label: "Ignored modules",
        ask: "Which modules should FSDP leave alone (a regular expression)?",
        help: "A regular expression that must match the whole name of a module for FSDP to leave that module whole.",
        env: &["FSDP_IGNORED_MODULES"],
        since: Some(Release(1, 10)),
        aliases: &["ignored_modules"],
        ..FSDP
    },
    Field {
        key: "fsdp_config.fsdp_backward_prefetch_policy",
        label: "Old prefetch key",
        ask: "When should the next layer be fetched in the backward pass?",
        help: "The old name of fsdp_backward_prefetch, which Accelerate has ignored since 1.0.",
        kind: Kind::Choice(PREFETCHES),
        spelling: Spelling::AnyCase,
        when: VERSION_1,
        reach: Reach::Dead,
        gone: Some(Release(1, 0)),
        aliases: &["backward_prefetch_policy"],
        replacement: Some("fsdp_config.fsdp_backward_prefetch"),
        ..FSDP
    },
];
