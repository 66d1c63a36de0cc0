//! Logits, the loss and its gradient: often the largest tensors of a step.
//!
//! Sources: transformers 5.23 `loss/loss_utils.py` (`ForCausalLMLoss` makes logits fp32;
//! BERT and T5 call `CrossEntropyLoss` on them as they are); PyTorch keeps the log-softmax and in
//! backward holds it, the gradient of the pick and its own gradient at once. Checked with Gemma-2-2B
//! and 8192 tokens: 12 bytes per token and word are 24 000 MiB, the CCE paper (Wijmans et al., 2024)
//! measured 24 GB. Liger 0.6 `ops/fused_linear_cross_entropy.py` for the chunks of a fused loss.

use super::mode::{Formats, Mode};
use super::{Phase, Strategy, Workload, activations};
use crate::model::{ModelCard, Task};

/// Bytes of the loss by instant.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Logits {
    /// Numbers of the matrix that makes logits.
    pub matrix: f64,
    /// Kept by a script that holds on to the model's outputs.
    pub kept: f64,
    forward: f64,
    backward: f64,
    gradient: f64,
}

impl Logits {
    /// The logits of a workload.
    pub fn of(card: &ModelCard, work: &Workload, strategy: &Strategy, formats: Formats) -> Logits {
        let _ = strategy;
        let tokens = work.micro_batch as f64
            * match card.task {
                Task::SeqToSeq => work.target_sequence.unwrap_or(work.sequence) as f64,
                Task::CausalLm | Task::MaskedLm => work.sequence as f64,
                Task::SequenceClassification
                | Task::ImageClassification
                | Task::Contrastive
                | Task::Diffusion => return Logits::default(),
            };
        let matrix = card.vocabulary as f64 * card.hidden as f64;
        let values = tokens * card.vocabulary as f64;
        if work.has_fused_loss {
            return fused(matrix, tokens, card, formats);
        }
        // FSDP2 casts parameters, and leaves that bias in the format of the script.
        let adds_wide = formats.stored > 2.0 && activations::has_wide_logits(card);
        let is_upcast = card.task == Task::CausalLm || adds_wide;
        let (forward, backward, kept) = match (formats.mode, is_upcast) {
            (Mode::Full, _) => (2.0 * formats.compute, 3.0 * formats.compute, formats.compute),
            (Mode::Half, false) => (4.0, 6.0, 2.0),
            (Mode::Half, true) => (10.0, 12.0, 2.0),
            (Mode::Autocast | Mode::HalfAutocast, true) => (10.0, 12.0, 4.0),
            // Forward's worst is Accelerate's fp32 copy, when autocast's copies of weights are gone: it is
            // counted at the start of backward, which needs 10.
            (Mode::Autocast | Mode::HalfAutocast, false) => (10.0, 12.0, 4.0),
        };
        let cap = if card.traits.has_logit_cap { formats.compute } else { 0.0 };
        Logits {
            matrix,
            kept: if work.keeps_outputs { kept * values } else { 0.0 },
            forward: (forward + cap) * values,
            backward: (backward + cap) * values,
            gradient: formats.compute * values,
        }
    }

    /// Bytes at an instant.
    pub fn at(&self, phase: Phase) -> f64 {
        self.kept
            + match phase {
                Phase::ForwardEnd => self.forward,
                Phase::BackwardStart => self.backward,
                Phase::HeadBackward => self.gradient,
                _ => 0.0,
            }
    }
}

/// A loss that makes logits in chunks of about `tokens × hidden` numbers and gradients at once.
fn fused(matrix: f64, tokens: f64, card: &ModelCard, formats: Formats) -> Logits {
    let chunks = (card.vocabulary as f64 / card.hidden as f64).ceil().max(1.0);
    let chunk = (tokens / chunks).ceil().max(1.0);
    let power = 2f64.powf(chunk.log2().ceil());
    let values = power.min(tokens) * card.vocabulary as f64;
    let gradients = matrix * formats.used + tokens * card.hidden as f64 * formats.compute;
    Logits {
        matrix,
        kept: 0.0,
        forward: values * (formats.compute + 4.0) + gradients,
        backward: gradients,
        gradient: gradients,
    }
}
