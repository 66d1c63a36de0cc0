//! What a person trains: batch, sequence, optimizer, adapters. None of it stands in Accelerate's file.

use crate::model::Dtype;

/// One training step as the script makes it.
#[derive(Clone, Debug, PartialEq)]
pub struct Workload {
    /// Sequences (images, clips) per GPU and micro-batch.
    pub micro_batch: u64,
    /// Tokens per sequence.
    pub sequence: u64,
    /// Tokens of a target sequence where the model reads one text and writes another; `sequence` if absent.
    pub target_sequence: Option<u64>,
    /// How sequences of different lengths share a batch.
    pub padding: Padding,
    /// Who computes attention.
    pub attention: Attention,
    /// Type in which the script loads the weights (`dtype=` of `from_pretrained`).
    pub weights: Dtype,
    /// The optimizer.
    pub optimizer: Optimizer,
    /// How PyTorch steps it.
    pub step: StepKind,
    /// Whether layers are computed again in backward instead of kept.
    pub has_checkpointing: bool,
    /// Whether the script keeps the model's outputs alive across backward, as hand-written loops do.
    pub keeps_outputs: bool,
    /// Whether the loss is computed in chunks or fused with the head (Liger, CCE), without full logits.
    pub has_fused_loss: bool,
    /// Adapters instead of all parameters.
    pub lora: Option<Lora>,
}

/// How sequences of different lengths share a batch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Padding {
    /// All are equally long or packed: no mask reaches attention.
    #[default]
    None,
    /// A mask is really there.
    Masked,
}

/// Who computes attention (`attn_implementation`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Attention {
    /// `torch.nn.functional.scaled_dot_product_attention`, the default.
    #[default]
    Sdpa,
    /// Matrix by matrix: quadratic in the sequence.
    Eager,
    /// The flash-attn package.
    Flash,
}

/// The optimizer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Optimizer {
    /// Two states per parameter, in the parameter's type.
    #[default]
    AdamW,
    /// bitsandbytes' AdamW with 8-bit states.
    AdamW8bit,
    /// Row and column sums instead of a second moment.
    Adafactor,
    /// No state.
    Sgd,
    /// One state.
    SgdMomentum,
    /// One state.
    Lion,
    /// One state for matrices; the rest is stepped with AdamW.
    Muon,
}

/// How PyTorch steps an optimizer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum StepKind {
    /// All tensors at once with temporaries: the default on CUDA.
    #[default]
    Foreach,
    /// One kernel without temporaries: `fused=True`, default of transformers' Trainer.
    Fused,
    /// Tensor by tensor.
    ForLoop,
}

/// Low-rank adapters.
#[derive(Clone, Debug, PartialEq)]
pub struct Lora {
    /// Rank.
    pub rank: u64,
    /// Ends of the names of the adapted linear layers: `q_proj`; `all-linear` for all.
    pub targets: Vec<String>,
    /// The frozen base in few bits.
    pub base: Option<Quantised>,
}

/// A frozen base in few bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quantised {
    /// 4 or 8.
    pub bits: u64,
    /// Whether `prepare_model_for_kbit_training` made the rest fp32.
    pub is_prepared: bool,
}

impl Default for Workload {
    /// One sequence of 2048 tokens, weights in fp32, AdamW: a first script without choices.
    fn default() -> Workload {
        Workload {
            micro_batch: 1,
            sequence: 2048,
            target_sequence: None,
            padding: Padding::default(),
            attention: Attention::default(),
            weights: Dtype::F32,
            optimizer: Optimizer::default(),
            step: StepKind::default(),
            has_checkpointing: false,
            keeps_outputs: false,
            has_fused_loss: false,
            lora: None,
        }
    }
}
