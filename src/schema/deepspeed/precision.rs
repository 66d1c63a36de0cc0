//! Which number format the training uses.

use super::{Auto, Holds, Manner, Setting};

pub(super) static ROWS: &[Setting] = &[
    Setting::new("fp16", Holds::Section(Manner::Strict), "16-bit floats with loss scaling, for older GPUs."),
    Setting::new("fp16.enabled", Holds::Bool, "Trains in fp16.").auto(Auto::Accelerate),
    Setting::new("fp16.auto_cast", Holds::Bool, "Converts the inputs of the model to fp16."),
    Setting::new(
        "fp16.loss_scale",
        Holds::Number(0.0, f64::MAX),
        "A fixed factor for the loss; 0 finds one while training.",
    ),
    Setting::new(
        "fp16.initial_scale_power",
        Holds::Int(i64::MIN),
        "The factor for the loss to begin with, as a power of two.",
    ),
    Setting::new(
        "fp16.loss_scale_window",
        Holds::Int(i64::MIN),
        "Steps without overflow after which the factor is raised.",
    ),
    Setting::new(
        "fp16.hysteresis",
        Holds::Int(i64::MIN),
        "Overflows that are tolerated before the factor is lowered.",
    ),
    Setting::new(
        "fp16.consecutive_hysteresis",
        Holds::Bool,
        "Counts only overflows in a row against that tolerance.",
    ),
    Setting::new("fp16.min_loss_scale", Holds::Int(i64::MIN), "The smallest factor for the loss."),
    Setting::new(
        "fp16.fp16_master_weights_and_grads",
        Holds::Bool,
        "Keeps the optimizer's copy of the weights in fp16, too; needs ZeRO.",
    ),
    Setting::new(
        "bf16",
        Holds::Section(Manner::Strict),
        "16-bit floats with the range of fp32, for newer GPUs.",
    ),
    Setting::new("bf16.enabled", Holds::Bool, "Trains in bf16.").auto(Auto::Accelerate),
    Setting::new(
        "bf16.immediate_grad_update",
        Holds::Bool,
        "Adds gradients to their sum as soon as they are known.",
    ),
    Setting::new("bf16.check_grad_overflow", Holds::Bool, "Skips steps whose gradients overflow."),
    Setting::new(
        "bf16.bf16_master_weights_and_grads",
        Holds::Bool,
        "Keeps the optimizer's copy of the weights in bf16, too; needs ZeRO.",
    ),
    Setting::new(
        "bf16.bf16_optimizer_states",
        Holds::Bool,
        "Keeps the optimizer's averages in bf16; needs the weights in bf16 as well.",
    ),
    Setting::new("torch_autocast", Holds::Section(Manner::Loose), "PyTorch's own mixed precision."),
    Setting::new("torch_autocast.enabled", Holds::Bool, "Uses PyTorch's own mixed precision."),
    Setting::new(
        "torch_autocast.dtype",
        Holds::Word(&[
            "torch.float16",
            "fp16",
            "float16",
            "half",
            "torch.float32",
            "fp32",
            "float32",
            "float",
            "torch.int8",
            "int8",
            "torch.bfloat16",
            "bf16",
            "bfloat16",
        ]),
        "The number format that PyTorch uses where it is safe.",
    ),
    Setting::new(
        "torch_autocast.lower_precision_safe_modules",
        Holds::Texts,
        "Classes that are safe in the smaller format.",
    ),
    Setting::new("data_types", Holds::Section(Manner::Loose), "Number formats of gradients and buffers."),
    Setting::new(
        "data_types.grad_accum_dtype",
        Holds::Word(&["fp16", "bf16", "fp32"]),
        "The precision in which gradients are summed up.",
    ),
    Setting::new(
        "data_types.param_dtype",
        Holds::Word(&["fp16", "bf16", "fp32"]),
        "The precision of the parameters.",
    ),
    Setting::new(
        "data_types.buffer_dtype",
        Holds::Word(&["fp16", "bf16", "fp32"]),
        "The precision of buffers; as loaded when nothing is set.",
    ),
    Setting::new("data_types.keep_in_fp32_modules", Holds::Texts, "Names of buffers that stay in fp32."),
    Setting::new("msamp", Holds::Anything, "8-bit training through MS-AMP, added by Accelerate."),
    Setting::new(
        "weight_quantization",
        Holds::Section(Manner::Strict),
        "Stores weights in fewer bits for inference.",
    ),
    Setting::new("weight_quantization.enabled", Holds::Bool, "Quantises weights."),
    Setting::new("weight_quantization.num_bits", Holds::Int(i64::MIN), "Bits per weight."),
    Setting::new(
        "weight_quantization.q_type",
        Holds::Word(&["asymmetric", "symmetric"]),
        "Whether zero stays in the middle of the range.",
    ),
    Setting::new("weight_quantization.q_groups", Holds::Int(i64::MIN), "Groups that share one scale."),
    Setting::new(
        "weight_quantization.quantized_initialization",
        Holds::Anything,
        "Quantises while the model is built.",
    ),
    Setting::new(
        "weight_quantization.post_init_quant",
        Holds::Anything,
        "Quantises after the model was built.",
    ),
];
