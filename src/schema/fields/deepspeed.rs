//! DeepSpeed: ZeRO stages, offload, and its launcher for several machines.

use crate::schema::{
    Choice, Default, Field, Group, Is, Kind, NumberChoice, Reach, Release, Spelling, Text, When,
};

const FILE: &str = "deepspeed_config.deepspeed_config_file";
const STAGE: &str = "deepspeed_config.zero_stage";
const OPTIMIZER: &str = "deepspeed_config.offload_optimizer_device";
const PARAMETERS: &str = "deepspeed_config.offload_param_device";
const LAUNCHER: &str = "deepspeed_config.deepspeed_multinode_launcher";

const ON: When = When::Is("distributed_type", Is::Text("DEEPSPEED"));
/// With a DeepSpeed file the worker refuses most other keys.
const NO_FILE: When = When::Not(&When::Set(FILE));
const HERE: When = When::All(&[ON, NO_FILE]);
const STAGE_3: When = When::All(&[HERE, When::Is(STAGE, Is::Int(3))]);
const SEVERAL: When = When::All(&[ON, When::Above("num_machines", 1)]);
const BY_HOSTS: When = When::All(&[SEVERAL, When::Not(&When::Is(LAUNCHER, Is::Text("standard")))]);

const DEEPSPEED: Field = Field { group: Group::DeepSpeed, when: HERE, ..Field::BLANK };

static STAGES: &[NumberChoice] = &[
    NumberChoice::new(0, "Splits nothing: every GPU holds everything."),
    NumberChoice::new(1, "Splits the optimizer state."),
    NumberChoice::new(
        2,
        "Splits optimizer state and gradients: the usual choice while the model fits on one GPU.",
    ),
    NumberChoice::new(3, "Splits parameters, too: for models that do not fit on one GPU, with more traffic."),
];

static DEVICES: &[Choice] = &[
    Choice::new("none", "Stays on the GPU."),
    Choice::new("cpu", "Moves to CPU memory: slower, frees GPU memory."),
    Choice::new("nvme", "Moves to a fast disk, whose path must stand in a DeepSpeed JSON file: slowest."),
];

static LAUNCHERS: &[Choice] = &[
    Choice::new("pdsh", "Starts the job on all machines from one of them through pdsh; needs a host file."),
    Choice::new("standard", "Starts through torchrun on each machine by hand, as without DeepSpeed."),
    Choice::new("openmpi", "Starts on all machines through Open MPI; needs a host file."),
    Choice::new("mvapich", "Starts on all machines through MVAPICH; needs a host file."),
    Choice::new("mpich", "Starts on all machines through MPICH; needs a host file.").since(0, 23),
    Choice::new("nossh", "Starts on each machine by hand, without ssh between them; needs DeepSpeed 0.14.5.")
        .since(1, 6),
    Choice::new("slurm", "Starts on all machines through SLURM's srun; needs a host file."),
];

pub(super) static ROWS: &[Field] = &[
    Field {
        key: "deepspeed_config",
        label: "DeepSpeed section",
        ask: "Set DeepSpeed options?",
        help: "Holds the DeepSpeed options that Accelerate knows; options of DeepSpeed's own JSON do not work here.",
        kind: Kind::Section,
        when: ON,
        ..DEEPSPEED
    },
    Field {
        key: FILE,
        label: "DeepSpeed file",
        ask: "Which DeepSpeed JSON file should be used (empty: none, answer here instead)?",
        help: "Takes all DeepSpeed settings from this JSON file, found from the folder where the job is started; stage, \
               offload, clipping and mixed_precision must then not be set here.",
        kind: Kind::Text(Text::Path),
        when: ON,
        flag: Some("--deepspeed_config_file"),
        env: &["ACCELERATE_DEEPSPEED_CONFIG_FILE"],
        common: true,
        ..DEEPSPEED
    },
    Field {
        key: STAGE,
        label: "ZeRO stage",
        ask: "How much should be split over the GPUs?",
        help: "Says how much of the training state is split over the GPUs: a higher stage needs less memory per GPU \
               and more traffic between them.",
        kind: Kind::Number(STAGES),
        spelling: Spelling::QuotedNumber,
        default: Default::Int(2),
        flag: Some("--zero_stage"),
        env: &["ACCELERATE_DEEPSPEED_ZERO_STAGE"],
        common: true,
        ..DEEPSPEED
    },
    Field {
        key: OPTIMIZER,
        label: "Optimizer offload",
        ask: "Where should the optimizer state live?",
        help: "Keeps the optimizer state, the largest part of training memory, off the GPU.",
        kind: Kind::Choice(DEVICES),
        spelling: Spelling::AnyCase,
        default: Default::Text("none"),
        when: When::All(&[HERE, When::Above(STAGE, 0)]),
        flag: Some("--offload_optimizer_device"),
        env: &["ACCELERATE_DEEPSPEED_OFFLOAD_OPTIMIZER_DEVICE"],
        common: true,
        ..DEEPSPEED
    },
    Field {
        key: PARAMETERS,
        label: "Parameter offload",
        ask: "Where should the parameters live while the GPU does not need them?",
        help: "Keeps the model's parameters off the GPU between uses, which only stage 3 can do.",
        kind: Kind::Choice(DEVICES),
        spelling: Spelling::AnyCase,
        default: Default::Text("none"),
        when: STAGE_3,
        flag: Some("--offload_param_device"),
        env: &["ACCELERATE_DEEPSPEED_OFFLOAD_PARAM_DEVICE"],
        common: true,
        ..DEEPSPEED
    },
    Field {
        key: "deepspeed_config.offload_optimizer_nvme_path",
        label: "Optimizer disk path",
        ask: "In which folder should the offloaded optimizer state be kept?",
        help: "Meant to name the folder for optimizer state on disk, but Accelerate drops it: the path must stand in a \
               DeepSpeed JSON file.",
        kind: Kind::Text(Text::Path),
        when: When::All(&[HERE, When::Is(OPTIMIZER, Is::Text("nvme"))]),
        reach: Reach::Dead,
        flag: Some("--offload_optimizer_nvme_path"),
        env: &["ACCELERATE_DEEPSPEED_OFFLOAD_OPTIMIZER_NVME_PATH"],
        replacement: Some(FILE),
        ..DEEPSPEED
    },
    Field {
        key: "deepspeed_config.offload_param_nvme_path",
        label: "Parameter disk path",
        ask: "In which folder should the offloaded parameters be kept?",
        help: "Meant to name the folder for parameters on disk, but Accelerate drops it: the path must stand in a \
               DeepSpeed JSON file.",
        kind: Kind::Text(Text::Path),
        when: When::All(&[STAGE_3, When::Is(PARAMETERS, Is::Text("nvme"))]),
        reach: Reach::Dead,
        flag: Some("--offload_param_nvme_path"),
        env: &["ACCELERATE_DEEPSPEED_OFFLOAD_PARAM_NVME_PATH"],
        replacement: Some(FILE),
        ..DEEPSPEED
    },
    Field {
        key: "deepspeed_config.gradient_accumulation_steps",
        label: "Accumulation steps",
        ask: "Over how many batches should gradients be collected before a step?",
        help: "Collects the gradients of this many batches before each optimizer step, as if the batch were that much \
               larger; it beats the number in the script.",
        kind: Kind::Int { min: 1, max: None },
        spelling: Spelling::QuotedNumber,
        // Scripts that bring a GradientAccumulationPlugin, as the transformers Trainer does, never
        // read it as a number (accelerator.py, Accelerator.__init__); all others fail.
        tolerated: &["auto"],
        default: Default::Depends("what the script says, else 1"),
        flag: Some("--gradient_accumulation_steps"),
        env: &["ACCELERATE_GRADIENT_ACCUMULATION_STEPS"],
        common: true,
        ..DEEPSPEED
    },
    Field {
        key: "deepspeed_config.gradient_clipping",
        label: "Gradient clipping",
        ask: "At which size should gradients be clipped?",
        help: "Shrinks gradients larger than this, which keeps training stable; DeepSpeed clips at 1.0 when nothing or \
               0 is set, and only its own file can switch that off.",
        kind: Kind::Float { min: 0.0, words: &["auto"] },
        spelling: Spelling::QuotedNumber,
        default: Default::Float(1.0),
        flag: Some("--gradient_clipping"),
        env: &["ACCELERATE_GRADIENT_CLIPPING"],
        common: true,
        ..DEEPSPEED
    },
    Field {
        key: "deepspeed_config.zero3_init_flag",
        label: "Build in pieces",
        ask: "Build the model in pieces from the start?",
        help: "Creates the model already split over the GPUs, so that one that fits on no single GPU can be built; \
               needs transformers and stage 3.",
        kind: Kind::Bool,
        default: Default::Depends("true with stage 3, false otherwise"),
        when: When::All(&[ON, When::Any(&[When::Set(FILE), When::Is(STAGE, Is::Int(3))])]),
        flag: Some("--zero3_init_flag"),
        env: &["ACCELERATE_DEEPSPEED_ZERO3_INIT"],
        common: true,
        ..DEEPSPEED
    },
    Field {
        key: "deepspeed_config.zero3_save_16bit_model",
        label: "Save whole model",
        ask: "Gather the whole 16-bit model when saving?",
        help: "Collects the split weights into one 16-bit model when saving, ready for use elsewhere, at the price of \
               time and memory.",
        kind: Kind::Bool,
        default: Default::Bool(false),
        when: STAGE_3,
        flag: Some("--zero3_save_16bit_model"),
        env: &["ACCELERATE_DEEPSPEED_ZERO3_SAVE_16BIT_MODEL"],
        common: true,
        ..DEEPSPEED
    },
    Field {
        key: "deepspeed_config.deepspeed_moe_layer_cls_names",
        label: "Expert classes",
        ask: "Which classes hold the experts of a mixture-of-experts model?",
        help: "Names the Python classes of mixture-of-experts layers that stage 3 must keep whole, with commas and no \
               spaces between them.",
        kind: Kind::Text(Text::ClassNames),
        when: When::All(&[ON, When::Any(&[When::Set(FILE), When::Is(STAGE, Is::Int(3))])]),
        flag: Some("--deepspeed_moe_layer_cls_names"),
        env: &["ACCELERATE_DEEPSPEED_MOE_LAYER_CLS_NAMES"],
        since: Some(Release(0, 30)),
        ..DEEPSPEED
    },
    Field {
        key: LAUNCHER,
        label: "Multi-machine launcher",
        ask: "How should the job be started on the other machines?",
        help: "Chooses the program that starts the processes on all machines.",
        kind: Kind::Choice(LAUNCHERS),
        default: Default::Text("pdsh"),
        when: SEVERAL,
        flag: Some("--deepspeed_multinode_launcher"),
        common: true,
        ..DEEPSPEED
    },
    Field {
        key: "deepspeed_config.deepspeed_hostfile",
        label: "Host file",
        ask: "Which host file lists the machines and their GPUs?",
        help: "The file that lists all machines and how many GPUs each has; without it DeepSpeed trains on this machine \
               alone and says nothing.",
        kind: Kind::Text(Text::Path),
        when: BY_HOSTS,
        flag: Some("--deepspeed_hostfile"),
        common: true,
        ..DEEPSPEED
    },
    Field {
        key: "deepspeed_config.deepspeed_exclusion_filter",
        label: "Excluded GPUs",
        ask: "Which machines or GPUs should be left out (such as worker-1:0,2)?",
        help: "Leaves out machines or single GPUs of the host file, and beats the inclusion filter.",
        when: BY_HOSTS,
        flag: Some("--deepspeed_exclusion_filter"),
        ..DEEPSPEED
    },
    Field {
        key: "deepspeed_config.deepspeed_inclusion_filter",
        label: "Included GPUs",
        ask: "Which machines or GPUs should be used (such as worker-1@worker-2:0,1)?",
        help: "Uses only these machines or single GPUs of the host file.",
        when: BY_HOSTS,
        flag: Some("--deepspeed_inclusion_filter"),
        ..DEEPSPEED
    },
];
