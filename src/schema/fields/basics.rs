//! Basics: where the job runs, how it is spread, with how many processes and in which precision.

use crate::schema::{
    Choice, Default, Field, Group, Is, Kind, Platform, Reach, Release, Spelling, Text, When,
};

/// SageMaker configs hold these keys, too, and nothing reads them there.
const LOCAL: When = When::Is("compute_environment", Is::Text("LOCAL_MACHINE"));
const BASICS: Field = Field { group: Group::Basics, ..Field::BLANK };

static COMPUTE_ENVIRONMENTS: &[Choice] = &[
    Choice::new(
        "LOCAL_MACHINE",
        "Your own computers: a laptop, a server or a cluster, also under SLURM or Kubernetes.",
    ),
    Choice::new(
        "AMAZON_SAGEMAKER",
        "A job that Amazon SageMaker starts in the cloud; Accelerate 1.10 to 1.15 cannot launch it.",
    ),
];

static DISTRIBUTED_TYPES: &[Choice] = &[
    Choice::new("NO", "One process on one GPU or on the CPU; always written in quotes."),
    Choice::new("MULTI_GPU", "One process per NVIDIA or AMD GPU, each with its own full copy of the model.")
        .on(Platform::Local),
    Choice::new("FSDP", "Splits the model over the GPUs with PyTorch, for models too large for one GPU.")
        .on(Platform::Local),
    Choice::new(
        "DEEPSPEED",
        "Splits training state over the GPUs with DeepSpeed ZeRO and can move it to CPU memory or disk.",
    )
    .on(Platform::Local),
    Choice::new("MULTI_CPU", "Several CPU processes started through MPI, which needs a host file.")
        .on(Platform::Local),
    Choice::new("MEGATRON_LM", "Splits very large language models by layer and by tensor with Megatron-LM.")
        .on(Platform::Local),
    Choice::new("XLA", "Google TPUs through PyTorch/XLA.").since(0, 28).on(Platform::Local),
    Choice::new("TPU", "The old name of XLA.").gone(0, 28).on(Platform::Local),
    Choice::new("TP", "Tensor parallelism of old releases; parallelism_config has replaced it.")
        .since(1, 4)
        .gone(1, 10)
        .on(Platform::Local),
    Choice::new("MULTI_XPU", "One process per Intel GPU.").on(Platform::Local),
    Choice::new("MULTI_NPU", "One process per Huawei Ascend NPU.").since(0, 21).on(Platform::Local),
    Choice::new("MULTI_HPU", "One process per Intel Gaudi accelerator.").since(1, 5).on(Platform::Local),
    Choice::new("MULTI_NEURON", "One process per AWS Trainium or Inferentia core.")
        .since(1, 13)
        .on(Platform::Local),
    Choice::new("MULTI_MLU", "One process per Cambricon MLU.").since(0, 29).on(Platform::Local),
    Choice::new("MULTI_MUSA", "One process per Moore Threads GPU.").since(0, 33).on(Platform::Local),
    Choice::new("MULTI_SDAA", "One process per Tecorigin SDAA accelerator.").since(1, 5).on(Platform::Local),
    Choice::new(
        "DATA_PARALLEL",
        "SageMaker's own data parallelism: each GPU holds a full copy of the model.",
    )
    .on(Platform::SageMaker),
    Choice::new("MODEL_PARALLEL", "Accepted for SageMaker jobs, but changes nothing in the job.")
        .on(Platform::SageMaker),
];

static PRECISIONS: &[Choice] = &[
    Choice::new("no", "Full 32-bit precision: works everywhere, slowest; always written in quotes."),
    Choice::new(
        "fp16",
        "16-bit floats with loss scaling: for GPUs before Ampere, such as V100, T4 or RTX 20.",
    ),
    Choice::new(
        "bf16",
        "16-bit floats with the range of 32-bit ones: the usual choice from A100 and RTX 30 on.",
    ),
    Choice::new(
        "fp8",
        "8-bit floats for H100, RTX 40 and newer; torchao, Transformer Engine or MS-AMP must be installed.",
    ),
];

pub(super) static ROWS: &[Field] = &[
    Field {
        key: "compute_environment",
        label: "Where it runs",
        ask: "Where will the training run?",
        help: "Tells Accelerate which sort of config this is: one for your own machines or one for Amazon SageMaker.",
        kind: Kind::Choice(COMPUTE_ENVIRONMENTS),
        needs_value: true,
        default: Default::Text("LOCAL_MACHINE"),
        platform: Platform::Anywhere,
        common: true,
        ..BASICS
    },
    Field {
        key: "distributed_type",
        label: "Training type",
        ask: "How should the training be spread over your hardware?",
        help: "Chooses the engine that runs the training: one process, a full copy of the model on every GPU, \
               or one model split over all of them.",
        kind: Kind::Choice(DISTRIBUTED_TYPES),
        default: Default::Required,
        platform: Platform::Anywhere,
        common: true,
        ..BASICS
    },
    Field {
        key: "num_processes",
        label: "Processes",
        ask: "How many processes in total, over all machines (usually one per GPU)?",
        help: "The total number of training processes over all machines together, normally one per GPU.",
        kind: Kind::Int { min: 1, max: None },
        // torchrun counts by itself (torch 2.11, determine_local_world_size): on one machine only.
        tolerated: &["gpu", "cpu", "xpu", "auto"],
        default: Default::Depends("1 with `distributed_type: 'NO'`; every other type needs the number"),
        flag: Some("--num_processes"),
        common: true,
        ..BASICS
    },
    Field {
        key: "mixed_precision",
        label: "Mixed precision",
        ask: "In which number format should the heavy computations run?",
        help: "Computing in 16 or 8 bits instead of 32 is faster and saves GPU memory, where the hardware can do it.",
        kind: Kind::Choice(PRECISIONS),
        spelling: Spelling::AnyCase,
        default: Default::Text("no"),
        platform: Platform::Anywhere,
        flag: Some("--mixed_precision"),
        env: &["ACCELERATE_MIXED_PRECISION"],
        common: true,
        ..BASICS
    },
    Field {
        key: "gpu_ids",
        label: "GPUs to use",
        ask: "Which GPUs of this machine should be used (all, or numbers such as 0,1)?",
        help: "The numbers of the GPUs to use on each machine, separated by commas and in quotes, or all.",
        kind: Kind::Text(Text::DeviceIds),
        default: Default::Text("all"),
        when: When::All(&[LOCAL, When::Not(&When::Is("distributed_type", Is::Text("MULTI_CPU")))]),
        platform: Platform::Anywhere,
        flag: Some("--gpu_ids"),
        env: &[
            "CUDA_VISIBLE_DEVICES",
            "ZE_AFFINITY_MASK",
            "ASCEND_RT_VISIBLE_DEVICES",
            "MLU_VISIBLE_DEVICES",
            "SDAA_VISIBLE_DEVICES",
            "MUSA_VISIBLE_DEVICES",
            "HABANA_VISIBLE_MODULES",
            "NEURON_RT_VISIBLE_CORES",
        ],
        common: true,
        ..BASICS
    },
    Field {
        key: "use_cpu",
        label: "CPU only",
        ask: "Train on the CPU even if there is a GPU?",
        help: "Keeps the training on the CPU although the machine has a GPU, for instance to try a script out.",
        kind: Kind::Bool,
        needs_value: true,
        default: Default::Bool(false),
        when: When::All(&[LOCAL, When::In("distributed_type", &["NO", "MULTI_CPU"])]),
        platform: Platform::Anywhere,
        flag: Some("--cpu"),
        env: &["ACCELERATE_USE_CPU", "KMP_AFFINITY", "KMP_BLOCKTIME", "OMP_NUM_THREADS"],
        common: true,
        ..BASICS
    },
    Field {
        key: "debug",
        label: "Check exchanges",
        ask: "Check every exchange between processes for mismatched tensors (slower)?",
        help: "Compares the shapes of all tensors before each exchange between processes, so that a mismatch is \
               reported instead of hanging, at some cost in speed.",
        kind: Kind::Bool,
        default: Default::Bool(false),
        when: When::All(&[LOCAL, When::Not(&When::Is("distributed_type", Is::Text("NO")))]),
        platform: Platform::Anywhere,
        flag: Some("--debug"),
        env: &["ACCELERATE_DEBUG_MODE"],
        since: Some(Release(0, 22)),
        ..BASICS
    },
    Field {
        key: "enable_cpu_affinity",
        label: "CPU affinity",
        ask: "Pin each process to the CPU cores nearest to its GPU?",
        help: "Keeps each process on the CPU cores that sit nearest to its GPU, which can speed up data loading on \
               servers with several processors.",
        kind: Kind::Bool,
        default: Default::Bool(false),
        when: When::All(&[LOCAL, When::Not(&When::In("distributed_type", &["MULTI_CPU", "XLA"]))]),
        platform: Platform::Anywhere,
        reach: Reach::FlagOnly,
        flag: Some("--enable_cpu_affinity"),
        env: &["ACCELERATE_CPU_AFFINITY"],
        since: Some(Release(0, 29)),
        ..BASICS
    },
    Field {
        key: "fp16",
        label: "Old fp16 switch",
        ask: "Use 16-bit floats?",
        help: "The switch for 16-bit training of very old configs, which Accelerate turns into mixed_precision.",
        kind: Kind::Bool,
        when: When::Not(&When::Set("mixed_precision")),
        platform: Platform::Anywhere,
        replacement: Some("mixed_precision"),
        ..BASICS
    },
];
