//! What norms keep per value.

use super::super::mode::{Formats, Mode};
use super::row::Norm;

/// Bytes per value of a norm whose input has `input` bytes per value.
pub(crate) fn saved(norm: Norm, input: f64, formats: Formats) -> f64 {
    let is_wide = input > 2.0;
    match norm {
        // Under autocast layer norm runs in fp32 and keeps its input so.
        Norm::Layer if matches!(formats.mode, Mode::Autocast | Mode::HalfAutocast) => 4.0,
        Norm::Layer => input,
        Norm::LayerInFloat => 4.0,
        Norm::LayerInPython => 12.0,
        Norm::Rms if is_wide => 8.0,
        Norm::Rms => 6.0,
        Norm::RmsInFloat => 8.0,
    }
}

/// Whether what a norm of the residual stream answers must be copied into 16 bits by each reader.
pub(crate) fn is_copied(norm: Norm, formats: Formats) -> bool {
    match formats.mode {
        Mode::Full | Mode::Half => false,
        Mode::Autocast => true,
        Mode::HalfAutocast => norm == Norm::Layer,
    }
}

/// Bytes per value of the tensors that matrices read: one per distinct tensor, or one per reader.
pub(crate) fn inputs(norm: Norm, distinct: f64, readers: f64, formats: Formats) -> f64 {
    if is_copied(norm, formats) { 2.0 * readers } else { formats.compute * distinct }
}
