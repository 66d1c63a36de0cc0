//! What attention keeps per query token: queries, keys, values, its answer, and what the kernel needs.
//!
//! Sources: PyTorch's choice of kernels (`sdp_utils.cpp`: flash for 16 bits without a mask and heads of
//! at most 256; memory-efficient otherwise; the plain formula where grouped heads meet fp32);
//! transformers 5.23 `integrations/sdpa_attention.py` (keys and values are repeated for all heads
//! as soon as a mask is there).

use super::super::mode::{Formats, Mode};
use super::super::{Attention, Padding, Workload};
use super::row::{Kernel, Layout, QkNorm, Row, Softmax};
use crate::model::{LayerShape, Traits};

/// Which kernel runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Runs {
    /// Flash attention.
    Flash,
    /// The memory-efficient kernel, without anything added.
    Efficient,
    /// The memory-efficient kernel with a mask.
    Masked,
    /// The memory-efficient kernel with a bias for each head.
    Biased,
    /// The plain formula inside PyTorch.
    Math,
    /// The plain formula of transformers.
    Eager,
}

/// The kernel of a layer on sequences of `keys` tokens.
pub(crate) fn runs(
    row: &Row,
    shape: &LayerShape,
    traits: &Traits,
    work: &Workload,
    formats: Formats,
    keys: f64,
) -> Runs {
    let is_eager = row.kernel == Kernel::EagerOnly || traits.has_attention_cap;
    let is_windowed = shape.window.is_some_and(|window| keys > window as f64);
    match work.attention {
        _ if is_eager => Runs::Eager,
        Attention::Eager => Runs::Eager,
        Attention::Flash => Runs::Flash,
        Attention::Sdpa if row.kernel == Kernel::Biased => Runs::Biased,
        Attention::Sdpa if work.padding == Padding::Masked || is_windowed => Runs::Masked,
        Attention::Sdpa if row.kernel == Kernel::Math => Runs::Math,
        Attention::Sdpa if formats.mode == Mode::Full && shape.kv_heads < shape.heads => Runs::Math,
        Attention::Sdpa if formats.mode == Mode::Full => Runs::Efficient,
        Attention::Sdpa if shape.head_dim > 256 && shape.kv_heads < shape.heads => Runs::Math,
        Attention::Sdpa if shape.head_dim > 256 || shape.value_dim != shape.head_dim => Runs::Efficient,
        Attention::Sdpa => Runs::Flash,
    }
}

/// Widths of queries, keys, values and answer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Widths {
    pub queries: f64,
    pub keys: f64,
    pub values: f64,
    pub answer: f64,
    pub heads: f64,
}

impl Widths {
    /// Those of a layer.
    pub fn of(shape: &LayerShape) -> Widths {
        let (heads, kv_heads) = (shape.heads as f64, shape.kv_heads as f64);
        Widths {
            queries: heads * shape.head_dim as f64,
            keys: kv_heads * shape.head_dim as f64,
            values: kv_heads * shape.value_dim as f64,
            answer: heads * shape.value_dim as f64,
            heads,
        }
    }
}

/// Bytes per query token of one attention over `keys` tokens, in batches of `batch`.
pub(crate) fn saved(
    row: &Row,
    (shape, widths): (&LayerShape, Widths),
    runs: Runs,
    traits: &Traits,
    formats: Formats,
    (keys, batch): (f64, f64),
) -> f64 {
    let c = formats.compute;
    let Widths { queries, answer, heads, .. } = widths;
    let spread = c * 2.0 * (queries + answer);
    match runs {
        Runs::Flash => {
            c * (queries + widths.keys + widths.values + answer) + 4.0 * heads + laid_out(row, widths, c)
        }
        Runs::Efficient => {
            let again = match row.layout {
                Layout::Plain | Layout::Joined => 0.0,
                Layout::Fused | Layout::FusedJoined => c * (queries + widths.keys),
            };
            let moved = if queries == answer { 0.0 } else { c * answer };
            spread + 4.0 * heads + again + moved
        }
        // A single key head is broadcast without a copy; equal heads need none, but keep a fused
        // matrix's answer alive.
        Runs::Masked => {
            let kept = match shape.kv_heads {
                1 => c * (queries + widths.keys + widths.values + answer),
                grouped if grouped < shape.heads => spread,
                _ if matches!(row.layout, Layout::Fused | Layout::FusedJoined) => {
                    spread + c * (queries + widths.keys)
                }
                _ => spread,
            };
            kept + 4.0 * heads + c * keys
        }
        // A padding mask makes the bias another one for each sample.
        Runs::Biased => spread + 4.0 * heads + c * heads * keys / batch,
        // Inside, queries, keys and values are fp32.
        Runs::Math => {
            4.0 * (2.0 * queries + answer)
                + c * answer
                + scores(Softmax::Float, traits, formats, true) * heads * keys
        }
        Runs::Eager => {
            let cap = if traits.has_attention_cap { c } else { 0.0 };
            // Scores against each distance, and the distances' own keys and queries for each sample.
            let relative = 2.0 * c * row.relative * (heads + queries / keys);
            spread + (scores(row.softmax, traits, formats, false) + cap) * heads * keys + relative
        }
    }
}

/// Copies that flash attention's layout asks for.
fn laid_out(row: &Row, widths: Widths, c: f64) -> f64 {
    let again = c * (widths.queries + widths.keys);
    match row.layout {
        Layout::Plain => 0.0,
        Layout::Joined => c * widths.answer,
        Layout::Fused => again,
        Layout::FusedJoined => again + c * widths.answer,
    }
}

/// Bytes per score of a query and a key.
fn scores(softmax: Softmax, traits: &Traits, formats: Formats, is_math: bool) -> f64 {
    let c = formats.compute;
    let is_wide =
        softmax == Softmax::Float || matches!(formats.mode, Mode::Autocast | Mode::HalfAutocast | Mode::Full);
    let weights = if is_wide { 4.0f64.max(c) } else { c };
    let drops = traits.attention_dropout > 0.0;
    let cast = if weights > c && !is_math { c } else { 0.0 };
    match (drops, is_math) {
        (true, true) => weights + 1.0 + weights,
        (true, false) => weights + 1.0 + c,
        (false, _) => weights + cast,
    }
}

/// Bytes per score at the worst instant of backward, less what it lets go: the gradient of the weights
/// and that of the scores, both fp32 where the softmax is.
pub(super) fn scores_backward(row: &Row, traits: &Traits, formats: Formats, runs: Runs) -> f64 {
    let c = formats.compute;
    let is_wide = runs == Runs::Math || is_wide(row.softmax, formats);
    let drops = traits.attention_dropout > 0.0;
    match (is_wide && c < 4.0 && runs != Runs::Math, drops) {
        (true, true) => 5.0,
        (true, false) => 6.0,
        (false, true) if is_wide => 4.0,
        (false, false) if is_wide => 8.0,
        (false, true) => c,
        (false, false) => 2.0 * c,
    }
}

/// Whether eager attention's softmax answers in fp32.
fn is_wide(softmax: Softmax, formats: Formats) -> bool {
    softmax == Softmax::Float || matches!(formats.mode, Mode::Autocast | Mode::HalfAutocast | Mode::Full)
}

/// Bytes per token of norms on queries and keys.
pub(crate) fn qk_norms(row: &Row, widths: Widths, formats: Formats, is_frozen: bool) -> f64 {
    let both = widths.queries + widths.keys;
    match row.qk_norm {
        QkNorm::None => 0.0,
        QkNorm::Weighted if is_frozen => both * 4.0,
        QkNorm::Weighted => both * super::norm::saved(row.norm, formats.compute, formats),
        QkNorm::Plain => both * 4.0,
    }
}
