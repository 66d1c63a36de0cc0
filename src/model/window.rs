//! Which layers look back only over a window, as configs say it in several ways.

use serde_json::Value;

use super::ModelError;
use super::fields::Fields;

/// A window and the layers that have it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Windows {
    width: Option<u64>,
    /// Layers by number, as far as listed.
    layers: Vec<bool>,
    /// From this layer on all have it, where none are listed.
    from: u64,
    /// Each n-th looks at everything, where none are listed and n is not 0.
    every: u64,
}

impl Windows {
    /// The window of a layer.
    pub(super) fn of(&self, layer: u64) -> Option<u64> {
        let listed = usize::try_from(layer).ok().and_then(|layer| self.layers.get(layer));
        let has = match listed {
            Some(has) => *has,
            None if self.every > 0 => !(layer + 1).is_multiple_of(self.every),
            None => layer >= self.from,
        };
        self.width.filter(|_| has)
    }

    /// A window for all layers but each n-th, unless the layers are listed.
    pub(super) fn all_but_each(fields: &Fields, width: Option<u64>, every: u64) -> Windows {
        Windows { width, layers: listed(fields), from: 0, every }
    }
}

impl Fields<'_> {
    /// A window for all layers: stated, switched off by `null`, or `otherwise`.
    pub(super) fn window(&self, key: &str, otherwise: Option<u64>) -> Result<Option<u64>, ModelError> {
        if self.states(key) { self.stated(key) } else { Ok(otherwise) }
    }

    /// Qwen's way: a switch, a width, and the layer from which on it holds.
    pub(super) fn qwen_windows(&self) -> Result<Windows, ModelError> {
        if !self.flag("use_sliding_window", false)? {
            return Ok(Windows::default());
        }
        let width = self.window("sliding_window", Some(4096))?;
        let from = self.count_or("max_window_layers", 28)?;
        Ok(Windows { width, layers: listed(self), from, every: 0 })
    }
}

/// `layer_types`, where stated.
fn listed(fields: &Fields) -> Vec<bool> {
    let list = fields.raw("layer_types").and_then(Value::as_array);
    list.into_iter().flatten().map(|kind| has_window(kind.as_str())).collect()
}

/// Llama 4 calls its windows chunks.
fn has_window(kind: Option<&str>) -> bool {
    matches!(kind, Some("sliding_attention" | "chunked_attention"))
}
