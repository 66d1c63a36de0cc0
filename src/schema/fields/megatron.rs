//! Megatron-LM: very large language models, split by tensor, layer, sequence and expert.

use crate::schema::{Choice, Default, Field, Group, Is, Kind, Release, Spelling, When};

const ON: When = When::Is("distributed_type", Is::Text("MEGATRON_LM"));
const TENSOR: When = When::All(&[ON, When::Above("megatron_lm_config.megatron_lm_tp_degree", 1)]);
const PIPELINE: When = When::All(&[ON, When::Above("megatron_lm_config.megatron_lm_pp_degree", 1)]);
const OFFLOADED: When =
    When::All(&[ON, When::Is("megatron_lm_config.megatron_lm_optimizer_cpu_offload", Is::Bool(true))]);

const MEGATRON: Field = Field { group: Group::Megatron, when: ON, ..Field::BLANK };
const SWITCH: Field = Field { kind: Kind::Bool, default: Default::Bool(false), ..MEGATRON };
const COUNT: Field =
    Field { kind: Kind::Int { min: 1, max: None }, spelling: Spelling::QuotedNumber, ..MEGATRON };
const SIZE: Field = Field { default: Default::Int(1), ..COUNT };
const FLOAT: Field = Field {
    kind: Kind::Float { min: 0.0, words: &[] },
    spelling: Spelling::QuotedNumber,
    default: Default::Float(0.0),
    ..MEGATRON
};

static GRANULARITIES: &[Choice] = &[
    Choice::new("full", "Whole layers are computed again: least memory, about a third more computing."),
    Choice::new("selective", "Only attention is computed again: a little time for much of the memory."),
];
static METHODS: &[Choice] = &[
    Choice::new("uniform", "All layers, in groups of equal size."),
    Choice::new("block", "Only the first layers of each stage, as far as memory needs it."),
];

pub(super) static ROWS: &[Field] = &[
    Field {
        key: "megatron_lm_config",
        label: "Megatron section",
        ask: "Set Megatron-LM options?",
        help: "Holds the Megatron-LM options, every key with its full prefix megatron_lm_.",
        kind: Kind::Section,
        ..MEGATRON
    },
    Field {
        key: "megatron_lm_config.megatron_lm_tp_degree",
        label: "Tensor parallel degree",
        ask: "Over how many GPUs should each layer's computation be split?",
        help: "Splits the matrices of each layer over this many GPUs, which should sit in one machine.",
        flag: Some("--megatron_lm_tp_degree"),
        env: &["MEGATRON_LM_TP_DEGREE"],
        common: true,
        needs_value: true,
        ..SIZE
    },
    Field {
        key: "megatron_lm_config.megatron_lm_pp_degree",
        label: "Pipeline degree",
        ask: "Into how many stages should the layers be divided?",
        help: "Divides the layers into this many stages, each on its own GPUs, which pass batches along like a \
               pipeline.",
        flag: Some("--megatron_lm_pp_degree"),
        env: &["MEGATRON_LM_PP_DEGREE"],
        common: true,
        needs_value: true,
        ..SIZE
    },
    Field {
        key: "megatron_lm_config.megatron_lm_num_micro_batches",
        label: "Micro batches",
        ask: "Into how many pieces should each batch be cut for the pipeline?",
        help: "Cuts each batch into this many pieces, so that all stages of the pipeline have work; with one piece \
               they mostly wait.",
        flag: Some("--megatron_lm_num_micro_batches"),
        env: &["MEGATRON_LM_NUM_MICRO_BATCHES"],
        common: true,
        ..SIZE
    },
    Field {
        key: "megatron_lm_config.megatron_lm_sequence_parallelism",
        label: "Sequence parallelism",
        ask: "Split the remaining work of tensor parallel layers over the sequence?",
        help: "Splits what tensor parallelism leaves whole along the sequence, which saves activation memory and \
               needs a tensor parallel degree above 1.",
        when: TENSOR,
        flag: Some("--megatron_lm_sequence_parallelism"),
        env: &["MEGATRON_LM_SEQUENCE_PARALLELISM"],
        common: true,
        ..SWITCH
    },
    Field {
        key: "megatron_lm_config.megatron_lm_recompute_activations",
        label: "Recompute attention",
        ask: "Recompute attention in the backward pass instead of keeping it?",
        help: "Computes the largest intermediate results of attention again when needed, which saves memory for a \
               little time.",
        flag: Some("--megatron_lm_recompute_activations"),
        env: &["MEGATRON_LM_RECOMPUTE_ACTIVATIONS"],
        common: true,
        ..SWITCH
    },
    Field {
        key: "megatron_lm_config.megatron_lm_use_distributed_optimizer",
        label: "Split optimizer",
        ask: "Split the optimizer state over the copies of the model?",
        help: "Splits the optimizer state over all copies of the model instead of keeping it whole in each.",
        flag: Some("--megatron_lm_use_distributed_optimizer"),
        env: &["MEGATRON_LM_USE_DISTRIBUTED_OPTIMIZER"],
        common: true,
        ..SWITCH
    },
    Field {
        key: "megatron_lm_config.megatron_lm_gradient_clipping",
        label: "Gradient clipping",
        ask: "At which size should gradients be clipped (0 switches it off)?",
        help: "Shrinks gradients larger than this, which keeps training stable, and 0 switches it off.",
        default: Default::Float(1.0),
        flag: Some("--megatron_lm_gradient_clipping"),
        env: &["MEGATRON_LM_GRADIENT_CLIPPING"],
        common: true,
        needs_value: true,
        ..FLOAT
    },
    Field {
        key: "megatron_lm_config.megatron_lm_use_custom_fsdp",
        label: "Megatron's FSDP",
        ask: "Use Megatron's own FSDP?",
        help: "Splits parameters and gradients over the copies of the model with Megatron's own FSDP.",
        flag: Some("--megatron_lm_use_custom_fsdp"),
        env: &["MEGATRON_LM_USE_CUSTOM_FSDP"],
        since: Some(Release(1, 13)),
        needs_value: true,
        ..SWITCH
    },
    Field {
        key: "megatron_lm_config.megatron_lm_no_load_optim",
        label: "Skip optimizer on load",
        ask: "Leave the optimizer state out when loading a checkpoint?",
        help: "Loads a checkpoint without its optimizer state.",
        flag: Some("--megatron_lm_no_load_optim"),
        env: &["MEGATRON_LM_NO_LOAD_OPTIM"],
        since: Some(Release(1, 13)),
        ..SWITCH
    },
    Field {
        key: "megatron_lm_config.megatron_lm_no_save_optim",
        label: "Skip optimizer on save",
        ask: "Leave the optimizer state out when saving a checkpoint?",
        help: "Saves checkpoints without the optimizer state: smaller, but training cannot continue exactly where \
               it was.",
        flag: Some("--megatron_lm_no_save_optim"),
        env: &["MEGATRON_LM_NO_SAVE_OPTIM"],
        since: Some(Release(1, 13)),
        ..SWITCH
    },
    Field {
        key: "megatron_lm_config.megatron_lm_eod_mask_loss",
        label: "Mask document ends",
        ask: "Leave the end-of-document tokens out of the loss?",
        help: "Leaves the tokens that end a document out of the loss.",
        flag: Some("--megatron_lm_eod_mask_loss"),
        env: &["MEGATRON_LM_EOD_MASK_LOSS"],
        since: Some(Release(1, 13)),
        ..SWITCH
    },
    Field {
        key: "megatron_lm_config.megatron_lm_optimizer_cpu_offload",
        label: "Optimizer offload",
        ask: "Keep the optimizer state in CPU memory?",
        help: "Keeps the optimizer state in CPU memory: frees GPU memory and is slower.",
        flag: Some("--megatron_lm_optimizer_cpu_offload"),
        env: &["MEGATRON_LM_OPTIMIZER_CPU_OFFLOAD"],
        since: Some(Release(1, 13)),
        ..SWITCH
    },
    Field {
        key: "megatron_lm_config.megatron_lm_use_precision_aware_optimizer",
        label: "Lean optimizer state",
        ask: "Keep parts of the optimizer state in lower precision?",
        help: "Keeps parts of the optimizer state in lower precision, which saves memory.",
        flag: Some("--megatron_lm_use_precision_aware_optimizer"),
        env: &["MEGATRON_LM_USE_PRECISION_AWARE_OPTIMIZER"],
        since: Some(Release(1, 13)),
        ..SWITCH
    },
    Field {
        key: "megatron_lm_config.megatron_lm_overlap_cpu_optimizer_d2h_h2d",
        label: "Overlap offload",
        ask: "Copy to and from CPU memory while computing?",
        help: "Copies offloaded optimizer state while other work goes on.",
        when: OFFLOADED,
        flag: Some("--megatron_lm_overlap_cpu_optimizer_d2h_h2d"),
        env: &["MEGATRON_LM_OVERLAP_CPU_OPTIMIZER_D2H_H2D"],
        since: Some(Release(1, 13)),
        ..SWITCH
    },
    Field {
        key: "megatron_lm_config.megatron_lm_decoder_last_pipeline_num_layers",
        label: "Layers of last stage",
        ask: "How many layers should the last pipeline stage have?",
        help: "The number of layers on the last pipeline stage, when it should have fewer than the others.",
        when: PIPELINE,
        flag: Some("--megatron_lm_decoder_last_pipeline_num_layers"),
        env: &["MEGATRON_LM_DECODER_LAST_PIPELINE_NUM_LAYERS"],
        since: Some(Release(1, 13)),
        ..COUNT
    },
    Field {
        key: "megatron_lm_config.megatron_lm_recompute_granularity",
        label: "Recompute how much",
        ask: "What should be recomputed in the backward pass?",
        help: "Decides whether whole layers or only attention is computed again in the backward pass.",
        kind: Kind::Choice(GRANULARITIES),
        default: Default::Text("full"),
        flag: Some("--megatron_lm_recompute_granularity"),
        env: &["MEGATRON_LM_RECOMPUTE_GRANULARITY"],
        since: Some(Release(1, 13)),
        ..MEGATRON
    },
    Field {
        key: "megatron_lm_config.megatron_lm_recompute_method",
        label: "Recompute which",
        ask: "Which layers should be recomputed?",
        help: "Decides which layers are computed again in the backward pass.",
        kind: Kind::Choice(METHODS),
        default: Default::Text("uniform"),
        flag: Some("--megatron_lm_recompute_method"),
        env: &["MEGATRON_LM_RECOMPUTE_METHOD"],
        since: Some(Release(1, 13)),
        ..MEGATRON
    },
    Field {
        key: "megatron_lm_config.megatron_lm_recompute_num_layers",
        label: "Recompute layers",
        ask: "How many layers should be recomputed together?",
        help: "The number of layers in each group that is computed again.",
        flag: Some("--megatron_lm_recompute_num_layers"),
        env: &["MEGATRON_LM_RECOMPUTE_NUM_LAYERS"],
        since: Some(Release(1, 13)),
        ..SIZE
    },
    Field {
        key: "megatron_lm_config.megatron_lm_attention_backend",
        label: "Attention backend",
        ask: "Use Megatron's attention backend?",
        help: "Switches Megatron's choice of attention kernels on; a kernel's name does not work here.",
        default: Default::Bool(true),
        flag: Some("--megatron_lm_attention_backend"),
        env: &["MEGATRON_LM_ATTENTION_BACKEND"],
        since: Some(Release(1, 13)),
        ..SWITCH
    },
    Field {
        key: "megatron_lm_config.megatron_lm_expert_model_parallel_size",
        label: "Expert parallel size",
        ask: "Over how many GPUs should the experts be spread?",
        help: "Spreads the experts of a mixture-of-experts model over this many GPUs.",
        flag: Some("--megatron_lm_expert_model_parallel_size"),
        env: &["MEGATRON_LM_EXPERT_MODEL_PARALLEL_SIZE"],
        since: Some(Release(1, 13)),
        ..SIZE
    },
    Field {
        key: "megatron_lm_config.megatron_lm_expert_tensor_parallel_size",
        label: "Expert tensor size",
        ask: "Over how many GPUs should each expert's computation be split?",
        help: "Splits the matrices of each expert over this many GPUs.",
        flag: Some("--megatron_lm_expert_tensor_parallel_size"),
        env: &["MEGATRON_LM_EXPERT_TENSOR_PARALLEL_SIZE"],
        since: Some(Release(1, 13)),
        ..SIZE
    },
    Field {
        key: "megatron_lm_config.megatron_lm_context_parallel_size",
        label: "Context parallel size",
        ask: "Over how many GPUs should each long input be split?",
        help: "Splits every input sequence over this many GPUs; when missing it is 2, so write 1 to switch it off.",
        default: Default::Int(2),
        flag: Some("--megatron_lm_context_parallel_size"),
        env: &["MEGATRON_LM_CONTEXT_PARALLEL_SIZE"],
        since: Some(Release(1, 13)),
        common: true,
        ..SIZE
    },
    Field {
        key: "megatron_lm_config.megatron_lm_attention_dropout",
        label: "Attention dropout",
        ask: "Which share of attention weights should be dropped at random?",
        help: "The share of attention weights that is dropped at random against overfitting.",
        flag: Some("--megatron_lm_attention_dropout"),
        env: &["MEGATRON_LM_ATTENTION_DROPOUT"],
        since: Some(Release(1, 13)),
        ..FLOAT
    },
    Field {
        key: "megatron_lm_config.megatron_lm_hidden_dropout",
        label: "Hidden dropout",
        ask: "Which share of hidden values should be dropped at random?",
        help: "The share of hidden values that is dropped at random against overfitting.",
        flag: Some("--megatron_lm_hidden_dropout"),
        env: &["MEGATRON_LM_HIDDEN_DROPOUT"],
        since: Some(Release(1, 13)),
        ..FLOAT
    },
    Field {
        key: "megatron_lm_config.megatron_lm_attention_softmax_in_fp32",
        label: "32-bit softmax",
        ask: "Compute the softmax of attention in 32 bits?",
        help: "Computes the softmax of attention in full precision, for stability.",
        default: Default::Bool(true),
        flag: Some("--megatron_lm_attention_softmax_in_fp32"),
        env: &["MEGATRON_LM_ATTENTION_SOFTMAX_IN_FP32"],
        since: Some(Release(1, 13)),
        ..SWITCH
    },
    Field {
        key: "megatron_lm_config.megatron_lm_calculate_per_token_loss",
        label: "Loss per token",
        ask: "Average the loss over tokens instead of over micro batches?",
        help: "Averages the loss over all tokens, so that batches of different length count fairly.",
        default: Default::Bool(true),
        flag: Some("--megatron_lm_calculate_per_token_loss"),
        env: &["MEGATRON_LM_CALCULATE_PER_TOKEN_LOSS"],
        since: Some(Release(1, 13)),
        ..SWITCH
    },
    Field {
        key: "megatron_lm_config.megatron_lm_use_rotary_position_embeddings",
        label: "Rotary positions",
        ask: "Does the model use rotary position embeddings?",
        help: "Builds the model with rotary position embeddings, as Llama and its relatives have them.",
        default: Default::Bool(true),
        flag: Some("--megatron_lm_use_rotary_position_embeddings"),
        env: &["MEGATRON_LM_USE_ROTARY_POSITION_EMBEDDINGS"],
        since: Some(Release(1, 13)),
        ..SWITCH
    },
];
