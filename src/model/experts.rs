//! Experts behind attention, as transformers 5 stores them: one tensor for all gates and ups, one
//! for all downs.

use super::build::Tensors;
use super::decoder::Decoder;
use super::fields::Fields;
use super::{Block, LayerShape, Mlp, ModelError, Part};

/// Experts of a layer.
#[derive(Clone, Copy, Debug)]
pub(super) struct Experts {
    pub experts: u64,
    pub active: u64,
    /// Inner width of one.
    pub width: u64,
    /// Inner width of what every token passes, 0 for none.
    pub shared_width: u64,
}

impl Experts {
    /// How many there are and how many a token passes.
    pub(super) fn read(fields: &Fields, all: &str, active: &str, width: u64) -> Result<Experts, ModelError> {
        let (experts, passed) = (fields.size(all)?, fields.size(active)?);
        if passed > experts {
            return Err(fields.wrong(active, format!("is {passed}, but there are only {experts} experts")));
        }
        Ok(Experts { experts, active: passed, width, shared_width: 0 })
    }

    /// Router and experts.
    pub(super) fn tensors(&self, tensors: Tensors, hidden: u64) -> Tensors {
        tensors
            .one("mlp.gate.weight", Part::Router, &[self.experts, hidden])
            .one("mlp.experts.gate_up_proj", Part::Expert, &[self.experts, 2 * self.width, hidden])
            .one("mlp.experts.down_proj", Part::Expert, &[self.experts, hidden, self.width])
    }

    /// A layer of a decoder with these experts; `shared` names the part that all tokens pass.
    pub(super) fn layer(&self, decoder: &Decoder, attention: Tensors, shared: &str) -> (LayerShape, Block) {
        let tensors = self.tensors(attention, decoder.hidden);
        let tensors = tensors.when(self.shared_width > 0, |it| decoder.gated(it, shared, self.shared_width));
        (decoder.shape(self.mlp()), decoder.norms(tensors).block())
    }

    pub(super) fn mlp(&self) -> Mlp {
        let Experts { experts, active, width, shared_width } = *self;
        Mlp::Experts { experts, active, width, shared_width, is_stacked: true }
    }
}
