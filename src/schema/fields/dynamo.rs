//! torch.compile: the compiler that turns the model into faster code before training.

use crate::schema::{Choice, Default, Field, Group, Is, Kind, Platform, Release, Spelling, When};

const BACKEND: &str = "dynamo_config.dynamo_backend";
const LOCAL: When = When::Is("compute_environment", Is::Text("LOCAL_MACHINE"));
/// The launchers of DeepSpeed, TPU and SageMaker do not pass the section on.
const PASSED_ON: When = When::All(&[LOCAL, When::Not(&When::In("distributed_type", &["DEEPSPEED", "XLA"]))]);
const ON: When = When::All(&[PASSED_ON, When::Not(&When::Is(BACKEND, Is::Text("NO")))]);

const DYNAMO: Field = Field { group: Group::Dynamo, when: ON, platform: Platform::Anywhere, ..Field::BLANK };
const SWITCH: Field = Field { kind: Kind::Bool, default: Default::Bool(false), needs_value: true, ..DYNAMO };

static BACKENDS: &[Choice] = &[
    Choice::new("NO", "Compiles nothing; always written in quotes."),
    Choice::new("INDUCTOR", "PyTorch's own compiler: the one that nearly everybody wants."),
    Choice::new("EAGER", "Traces the model but compiles nothing, to find out where tracing fails."),
    Choice::new(
        "AOT_EAGER",
        "Traces forward and backward passes but compiles nothing, for the same purpose.",
    ),
    Choice::new("CUDAGRAPHS", "Records GPU work once and replays it, to save launching costs.").since(0, 24),
    Choice::new("AOT_TS_NVFUSER", "NVIDIA's nvFuser through TorchScript; newer PyTorch has dropped it.")
        .since(0, 24),
    Choice::new("NVPRIMS_NVFUSER", "NVIDIA's nvFuser through its primitives; newer PyTorch has dropped it.")
        .since(0, 24),
    Choice::new("OFI", "TorchScript's optimisation for inference; not for training."),
    Choice::new("FX2TRT", "TensorRT through FX; for inference only."),
    Choice::new("ONNXRT", "ONNX Runtime; for inference only."),
    Choice::new("TENSORRT", "TensorRT through ONNX; for inference only.").since(0, 24),
    Choice::new("TVM", "Apache TVM; must be installed.").since(0, 24),
    Choice::new("TORCHXLA_TRACE_ONCE", "PyTorch/XLA for TPUs, traced once; for inference.").since(0, 32),
    Choice::new("AOT_TORCHXLA_TRACE_ONCE", "PyTorch/XLA for TPUs, traced once; for training.").since(0, 32),
    Choice::new("HPU_BACKEND", "The compiler of Intel Gaudi.").since(1, 5),
    Choice::new("NEURON", "The compiler of AWS Trainium and Inferentia.").since(1, 15),
    Choice::new("IPEX", "Intel's extension for PyTorch, which Accelerate no longer supports.").gone(1, 13),
    Choice::new("NVFUSER", "NVIDIA's nvFuser, which Accelerate no longer supports.").gone(0, 24),
    Choice::new("AOT_NVFUSER", "NVIDIA's nvFuser, which Accelerate no longer supports.").gone(0, 24),
    Choice::new("AOT_CUDAGRAPHS", "The old name of CUDAGRAPHS.").gone(0, 24),
];

static MODES: &[Choice] = &[
    Choice::new("default", "A balance between compile time and speed."),
    Choice::new("reduce-overhead", "Less overhead for small batches through CUDA graphs, with more memory."),
    Choice::new("max-autotune", "Tries many variants of each kernel: longest compile time, fastest result."),
    Choice::new(
        "max-autotune-no-cudagraphs",
        "The same without CUDA graphs, which saves memory; only from a file.",
    ),
];

pub(super) static ROWS: &[Field] = &[
    Field {
        key: "dynamo_config",
        label: "Compile section",
        ask: "Set torch.compile options?",
        help: "Holds the torch.compile options; since Accelerate 1.14 a key without the prefix dynamo_ gets it.",
        kind: Kind::Section,
        when: PASSED_ON,
        ..DYNAMO
    },
    Field {
        key: BACKEND,
        label: "Compiler",
        ask: "Compile the model with torch.compile, and with which compiler?",
        help: "Chooses the compiler that makes the model faster after a slow first step; without it nothing is compiled.",
        kind: Kind::Choice(BACKENDS),
        spelling: Spelling::AnyCase,
        default: Default::Text("NO"),
        when: PASSED_ON,
        flag: Some("--dynamo_backend"),
        env: &["ACCELERATE_DYNAMO_BACKEND"],
        aliases: &["backend"],
        common: true,
        ..DYNAMO
    },
    Field {
        key: "dynamo_config.dynamo_mode",
        label: "Compile mode",
        ask: "How hard should the compiler try?",
        help: "Trades compile time and memory against the speed of the compiled model.",
        kind: Kind::Choice(MODES),
        default: Default::Text("default"),
        flag: Some("--dynamo_mode"),
        env: &["ACCELERATE_DYNAMO_MODE"],
        aliases: &["mode"],
        ..DYNAMO
    },
    Field {
        key: "dynamo_config.dynamo_use_fullgraph",
        label: "One graph",
        ask: "Fail rather than compile the model in several pieces?",
        help: "Stops with an error where the model cannot be compiled as one piece, instead of running that part \
               uncompiled.",
        flag: Some("--dynamo_use_fullgraph"),
        env: &["ACCELERATE_DYNAMO_USE_FULLGRAPH"],
        aliases: &["use_fullgraph"],
        ..SWITCH
    },
    Field {
        key: "dynamo_config.dynamo_use_dynamic",
        label: "Changing shapes",
        ask: "Do input sizes change from batch to batch?",
        help: "Compiles for inputs of changing size, so that a new length does not compile everything again.",
        flag: Some("--dynamo_use_dynamic"),
        env: &["ACCELERATE_DYNAMO_USE_DYNAMIC"],
        aliases: &["use_dynamic"],
        ..SWITCH
    },
    Field {
        key: "dynamo_config.dynamo_use_regional_compilation",
        label: "Compile by layer",
        ask: "Compile a repeated layer once instead of the whole model?",
        help: "Compiles one of the repeated layers and uses it for all of them, which shortens the first step of large \
               models.",
        flag: Some("--dynamo_use_regional_compilation"),
        env: &["ACCELERATE_DYNAMO_USE_REGIONAL_COMPILATION"],
        since: Some(Release(1, 7)),
        aliases: &["use_regional_compilation"],
        ..SWITCH
    },
    Field {
        key: "dynamo_backend",
        label: "Old compiler key",
        ask: "Compile the model with torch.compile, and with which compiler?",
        help: "The compiler's place in old configs, which replaces the whole dynamo_config section when both are there.",
        kind: Kind::Choice(BACKENDS),
        spelling: Spelling::AnyCase,
        when: PASSED_ON,
        flag: Some("--dynamo_backend"),
        replacement: Some(BACKEND),
        ..DYNAMO
    },
];
