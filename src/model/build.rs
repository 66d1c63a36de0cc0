//! Writing tensors down: linear layers, norms, equal layers in groups. Knows no family.

use super::{Block, LayerGroup, LayerShape, Part, Tensor};

/// Tensors of one block in the making.
#[derive(Clone, Debug, Default)]
pub(super) struct Tensors {
    tensors: Vec<Tensor>,
}

impl Tensors {
    pub(super) fn new() -> Tensors {
        Tensors::default()
    }

    /// A tensor of any shape.
    pub(super) fn one(mut self, name: &str, part: Part, dims: &[u64]) -> Tensors {
        self.tensors.push(Tensor::new(name, part, dims));
        self
    }

    /// `nn.Linear`: `[out, in]` and perhaps a bias.
    pub(super) fn linear(self, name: &str, part: Part, (out, inner): (u64, u64), has_bias: bool) -> Tensors {
        let weighed = self.one(&format!("{name}.weight"), part, &[out, inner]);
        if has_bias { weighed.one(&format!("{name}.bias"), part, &[out]) } else { weighed }
    }

    /// A norm's weight and perhaps its bias.
    pub(super) fn norm(self, name: &str, width: u64, has_bias: bool) -> Tensors {
        let weighed = self.one(&format!("{name}.weight"), Part::Norm, &[width]);
        if has_bias { weighed.one(&format!("{name}.bias"), Part::Norm, &[width]) } else { weighed }
    }

    /// An embedding: one row per entry.
    pub(super) fn embedding(self, name: &str, rows: u64, width: u64) -> Tensors {
        self.one(&format!("{name}.weight"), Part::Embedding, &[rows, width])
    }

    /// More of them when a condition holds.
    pub(super) fn when(self, holds: bool, more: impl FnOnce(Tensors) -> Tensors) -> Tensors {
        if holds { more(self) } else { self }
    }

    pub(super) fn block(self) -> Block {
        Block { tensors: self.tensors }
    }
}

/// Layers in order; equal ones that follow each other become one group.
pub(super) fn groups(count: u64, layer: impl Fn(u64) -> (LayerShape, Block)) -> Vec<LayerGroup> {
    let mut groups: Vec<LayerGroup> = Vec::new();
    for index in 0..count {
        let (shape, block) = layer(index);
        match groups.last_mut() {
            Some(last) if last.shape == shape && last.block == block => last.count += 1,
            _ => groups.push(LayerGroup { count: 1, shape, block }),
        }
    }
    groups
}
