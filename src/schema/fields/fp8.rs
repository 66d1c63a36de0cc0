//! FP8: 8-bit training through one of three libraries, each with its own options.

use crate::schema::{Choice, Default, Field, Group, Is, Kind, Reach, Release, Spelling, When};

const BACKEND: &str = "fp8_config.backend";
const ON: When = When::Is("mixed_precision", Is::Text("fp8"));
// Without a backend Accelerate takes whichever library is installed, so every option may count.
const ENGINE: When =
    When::All(&[ON, When::Any(&[When::Is(BACKEND, Is::Text("TE")), When::Not(&When::Set(BACKEND))])]);
const TORCHAO: When =
    When::All(&[ON, When::Any(&[When::Is(BACKEND, Is::Text("AO")), When::Not(&When::Set(BACKEND))])]);
const MSAMP: When =
    When::All(&[ON, When::Any(&[When::Is(BACKEND, Is::Text("MSAMP")), When::Not(&When::Set(BACKEND))])]);

const FP8: Field = Field {
    group: Group::Fp8,
    when: ON,
    since: Some(Release(0, 34)),
    read_since: Some(Release(1, 4)),
    ..Field::BLANK
};
const TE: Field = Field { when: ENGINE, ..FP8 };
const AO: Field = Field { when: TORCHAO, since: Some(Release(1, 13)), ..FP8 };
const MISNAMED: Field = Field { reach: Reach::Dead, ..FP8 };

static BACKENDS: &[Choice] = &[
    Choice::new("TE", "NVIDIA's Transformer Engine."),
    Choice::new("AO", "PyTorch's torchao, which also works with FSDP.").since(1, 9),
    Choice::new("MSAMP", "Microsoft's MS-AMP, no longer developed and not usable with FSDP."),
];
static FORMATS: &[Choice] = &[
    Choice::new(
        "HYBRID",
        "More precision in the forward pass, more range in the backward pass: the usual choice.",
    ),
    Choice::new("E4M3", "More precision and less range everywhere."),
    Choice::new(
        "E5M2",
        "More range and less precision everywhere; Transformer Engine refuses it for training.",
    ),
];
static ALGORITHMS: &[Choice] = &[
    Choice::new("most_recent", "Scales by the largest value of the last step."),
    Choice::new("max", "Scales by the largest value of the whole history: steadier."),
];
static LEVELS: &[Choice] = &[
    Choice::new("O1", "Gradients and their exchange in 8 bits."),
    Choice::new("O2", "Optimizer state in 8 and 16 bits as well: less memory."),
];

pub(super) static ROWS: &[Field] = &[
    Field {
        key: "fp8_config",
        label: "FP8 section",
        ask: "Set FP8 options?",
        help: "Holds the options of 8-bit training; a key without the prefix fp8_ gets it.",
        kind: Kind::Section,
        ..FP8
    },
    Field {
        key: BACKEND,
        label: "FP8 library",
        ask: "Which library should do the 8-bit training?",
        help: "Chooses the library that computes in 8 bits, written in capitals; without it Accelerate takes the one that \
               is installed.",
        kind: Kind::Choice(BACKENDS),
        default: Default::Depends("the first that is installed of torchao, Transformer Engine and MS-AMP"),
        flag: Some("--fp8_backend"),
        env: &["ACCELERATE_FP8_BACKEND"],
        aliases: &["fp8_backend"],
        common: true,
        ..FP8
    },
    Field {
        key: "fp8_config.fp8_format",
        label: "FP8 format",
        ask: "Which 8-bit number format?",
        help: "Chooses how the 8 bits are divided between precision and range.",
        kind: Kind::Choice(FORMATS),
        spelling: Spelling::AnyCase,
        default: Default::Text("HYBRID"),
        flag: Some("--fp8_format"),
        env: &["ACCELERATE_FP8_FORMAT"],
        aliases: &["format"],
        common: true,
        ..TE
    },
    Field {
        key: "fp8_config.use_autocast_during_eval",
        label: "FP8 in evaluation",
        ask: "Compute in 8 bits during evaluation, too?",
        help: "Uses 8 bits also while evaluating: faster, with slightly different numbers.",
        kind: Kind::Bool,
        default: Default::Bool(false),
        flag: Some("--fp8_use_autocast_during_eval"),
        env: &["ACCELERATE_FP8_USE_AUTOCAST_DURING_EVAL"],
        aliases: &["fp8_use_autocast_during_eval"],
        ..TE
    },
    Field {
        key: "fp8_config.margin",
        label: "Scaling margin",
        ask: "How much headroom should the scaling factors leave?",
        help: "Headroom of the scaling factors against overflow, in powers of two.",
        kind: Kind::Int { min: 0, max: None },
        spelling: Spelling::QuotedNumber,
        default: Default::Int(0),
        flag: Some("--fp8_margin"),
        env: &["ACCELERATE_FP8_MARGIN"],
        aliases: &["fp8_margin"],
        ..TE
    },
    Field {
        key: "fp8_config.interval",
        label: "Scaling interval",
        ask: "After how many steps should the scaling factors be computed again?",
        help: "The number of steps between two computations of the scaling factors.",
        kind: Kind::Int { min: 1, max: None },
        spelling: Spelling::QuotedNumber,
        default: Default::Int(1),
        flag: Some("--fp8_interval"),
        env: &["ACCELERATE_FP8_INTERVAL"],
        aliases: &["fp8_interval"],
        ..TE
    },
    Field {
        key: "fp8_config.amax_history_len",
        label: "History length",
        ask: "Over how many steps should the largest values be remembered?",
        help: "The number of steps over which the largest values are remembered for scaling.",
        kind: Kind::Int { min: 1, max: None },
        spelling: Spelling::QuotedNumber,
        default: Default::Int(1024),
        flag: Some("--fp8_amax_history_len"),
        env: &["ACCELERATE_FP8_AMAX_HISTORY_LEN"],
        aliases: &["fp8_amax_history_len"],
        ..TE
    },
    Field {
        key: "fp8_config.amax_compute_algo",
        label: "History rule",
        ask: "How should the scale be chosen from the remembered values?",
        help: "Decides which of the remembered largest values sets the scale.",
        kind: Kind::Choice(ALGORITHMS),
        spelling: Spelling::AnyCase,
        default: Default::Text("most_recent"),
        flag: Some("--fp8_amax_compute_algo"),
        env: &["ACCELERATE_FP8_AMAX_COMPUTE_ALGO"],
        aliases: &["fp8_amax_compute_algo"],
        ..TE
    },
    Field {
        key: "fp8_config.override_linear_precision",
        label: "Higher precision parts",
        ask: "Which parts of linear layers should stay in higher precision (forward, data gradient, weight gradient)?",
        help: "Three booleans that keep the forward pass, the data gradient and the weight gradient of linear layers in \
               higher precision.",
        kind: Kind::Bools(3),
        default: Default::Depends("[false, false, false]"),
        flag: Some("--fp8_override_linear_precision"),
        env: &[
            "ACCELERATE_FP8_OVERRIDE_FPROP",
            "ACCELERATE_FP8_OVERRIDE_DGRAD",
            "ACCELERATE_FP8_OVERRIDE_WGRAD",
        ],
        aliases: &["fp8_override_linear_precision"],
        ..TE
    },
    Field {
        key: "fp8_config.use_mxfp8_block_scaling",
        label: "Block scaling",
        ask: "Scale in small blocks, as Blackwell GPUs can?",
        help: "Gives each small block of numbers its own scale, which only Blackwell GPUs such as B200 can do.",
        kind: Kind::Bool,
        default: Default::Bool(false),
        env: &["ACCELERATE_FP8_USE_MXFP8_BLOCK_SCALING"],
        since: Some(Release(1, 11)),
        aliases: &["fp8_use_mxfp8_block_scaling"],
        ..TE
    },
    Field {
        key: "fp8_config.enable_fsdp_float8_all_gather",
        label: "FP8 traffic",
        ask: "Send parameters between GPUs in 8 bits?",
        help: "Lets FSDP version 2 send parameters in 8 bits, which halves that traffic.",
        kind: Kind::Bool,
        default: Default::Bool(true),
        flag: Some("--fp8_enable_fsdp_float8_all_gather"),
        env: &["ACCELERATE_FP8_ENABLE_FSDP_FLOAT8_ALL_GATHER"],
        aliases: &["fp8_enable_fsdp_float8_all_gather"],
        ..AO
    },
    Field {
        key: "fp8_config.pad_inner_dim",
        label: "Pad matrices",
        ask: "Pad matrices whose size does not suit 8-bit arithmetic?",
        help: "Pads matrices to multiples of 16, so that layers of any size can compute in 8 bits.",
        kind: Kind::Bool,
        default: Default::Bool(true),
        flag: Some("--fp8_pad_inner_dim"),
        env: &["ACCELERATE_FP8_PAD_INNER_DIM"],
        aliases: &["fp8_pad_inner_dim"],
        ..AO
    },
    Field {
        key: "fp8_config.opt_level",
        label: "MS-AMP level",
        ask: "How much should MS-AMP keep in 8 bits?",
        help: "Says how much MS-AMP keeps in 8 bits; with DeepSpeed the default is O1.",
        kind: Kind::Choice(LEVELS),
        default: Default::Text("O2"),
        when: MSAMP,
        flag: Some("--fp8_opt_level"),
        env: &["ACCELERATE_FP8_OPT_LEVEL"],
        aliases: &["fp8_opt_level"],
        ..FP8
    },
    Field {
        key: "fp8_config.amax_history_length",
        label: "Misnamed history length",
        ask: "Over how many steps should the largest values be remembered?",
        help: "What accelerate config writes for amax_history_len, a name that nothing reads.",
        kind: Kind::Int { min: 1, max: None },
        spelling: Spelling::QuotedNumber,
        aliases: &["fp8_amax_history_length"],
        replacement: Some("fp8_config.amax_history_len"),
        ..MISNAMED
    },
    Field {
        key: "fp8_config.amax_compute_algorithm",
        label: "Misnamed history rule",
        ask: "How should the scale be chosen from the remembered values?",
        help: "What accelerate config writes for amax_compute_algo, a name that nothing reads.",
        kind: Kind::Choice(ALGORITHMS),
        spelling: Spelling::AnyCase,
        aliases: &["fp8_amax_compute_algorithm"],
        replacement: Some("fp8_config.amax_compute_algo"),
        ..MISNAMED
    },
    Field {
        key: "fp8_config.optimization_level",
        label: "Misnamed MS-AMP level",
        ask: "How much should MS-AMP keep in 8 bits?",
        help: "What accelerate config writes for opt_level, a name that nothing reads.",
        kind: Kind::Choice(LEVELS),
        aliases: &["fp8_optimization_level"],
        replacement: Some("fp8_config.opt_level"),
        ..MISNAMED
    },
];
