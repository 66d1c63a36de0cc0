//! The functions between two matrices, by the names that configs give them. Knows tensors alone.

use tch::{TchError, Tensor};

use super::error::{NetworkError, Result};

/// A function of every number of a tensor.
pub(super) type Activation = fn(&Tensor) -> std::result::Result<Tensor, TchError>;

/// One row per name of transformers 5.23 (`activations.py`). Its several ways to write the tanh form of GELU
/// differ by rounding only, so that one fused kernel computes them all.
const ROWS: &[(&str, Activation)] = &[
    ("gelu", |x| x.f_gelu("none")),
    ("gelu_accurate", |x| x.f_gelu("tanh")),
    ("gelu_fast", |x| x.f_gelu("tanh")),
    ("gelu_new", |x| x.f_gelu("tanh")),
    ("gelu_python", |x| x.f_gelu("none")),
    ("gelu_python_tanh", |x| x.f_gelu("tanh")),
    ("gelu_pytorch_tanh", |x| x.f_gelu("tanh")),
    ("hardswish", |x| x.f_hardswish()),
    ("leaky_relu", |x| x.f_leaky_relu()),
    ("linear", |x| Ok(x.shallow_clone())),
    ("mish", |x| x.f_mish()),
    ("quick_gelu", |x| x.f_mul(&x.f_mul_scalar(1.702)?.f_sigmoid()?)),
    ("relu", |x| x.f_relu()),
    ("relu2", |x| x.f_relu()?.f_square()),
    ("relu6", |x| x.f_relu6()),
    ("sigmoid", |x| x.f_sigmoid()),
    ("silu", |x| x.f_silu()),
    ("swish", |x| x.f_silu()),
    ("tanh", |x| x.f_tanh()),
];

/// The function of a name that stands in `field`.
pub(super) fn named(field: &str, word: &str) -> Result<Activation> {
    let row = ROWS.iter().find(|(name, _)| *name == word);
    row.map(|(_, function)| *function).ok_or_else(|| {
        let known = accel_studio::text::all_of(ROWS.iter().map(|(name, _)| format!("`{name}`")));
        NetworkError::field(field, format!("is `{word}`, which the worker cannot compute; it knows {known}"))
    })
}
