//! What a family's forward pass does that its tensors do not show: one row of facts per family.

use crate::model::Activation;

/// How a layer's norm computes; input formats decide what it keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Norm {
    /// `nn.LayerNorm`: keeps its input; autocast makes both fp32.
    Layer,
    /// Layer norm written for fp32 inside (OLMo): keeps an fp32 copy.
    LayerInFloat,
    /// Layer norm in Python (Cohere): keeps three fp32 tensors.
    LayerInPython,
    /// Llama's: an fp32 copy and the normed values in their own format.
    Rms,
    /// Gemma's, OLMo 2's and T5's: 8 bytes per value in any format.
    RmsInFloat,
}

/// Where norms of queries and keys stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum QkNorm {
    /// Nowhere.
    None,
    /// On queries and keys, with weights.
    Weighted,
    /// On queries and keys, one multiplication in fp32 and no weights (Llama 4).
    Plain,
}

/// How queries, keys and values come about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Layout {
    /// Three matrices, or one whose parts are read as they lie.
    Plain,
    /// Rotated by joining halves: attention's output must be laid out anew (`reshape` copies).
    Joined,
    /// One matrix; rotated queries and keys are new beside its output, and joined.
    FusedJoined,
    /// One matrix; rotated queries and keys are new beside its output.
    Fused,
}

/// Which attention there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kernel {
    /// What the person asks for.
    Any,
    /// transformers has no fused one for this family.
    EagerOnly,
    /// A bias of all heads is added: only the memory-efficient kernel takes it.
    Biased,
    /// One key for all queries, spread by broadcasting: only the plain formula takes it.
    Math,
}

/// In which format attention's softmax is computed where attention is eager.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Softmax {
    /// In fp32, then cast.
    Float,
    /// As it comes; autocast makes it fp32.
    Native,
}

/// What is kept of a family's layer. Widths, experts, dropout and activation stand in the card.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Row {
    /// `model_type`s that share it; empty for the derived row.
    pub families: &'static [&'static str],
    /// The norm.
    pub norm: Norm,
    /// Inputs of norms that are tensors of the residual stream of their own.
    pub stream_norms: f64,
    /// Norms behind a branch, in the format of products.
    pub branch_norms: f64,
    /// Different normed tensors that matrices read.
    pub inputs: f64,
    /// Matrices of attention that read one; under autocast each keeps its own 16-bit copy.
    pub attention_readers: f64,
    /// The same for the part behind attention.
    pub mlp_readers: f64,
    /// Masks of dropout as wide as the residual stream, where the card has dropout.
    pub masks: f64,
    /// Further bytes per value of the residual stream, in 16 bits and in fp32.
    pub scales: f64,
    /// The activation, where it keeps less than its name says.
    pub activation: Option<Activation>,
    /// Further tensors of the inner width.
    pub inner: f64,
    /// Whether dropout also stands behind the activation.
    pub drops_inside: bool,
    /// Masks of dropout in front of the layers.
    pub embedding_masks: f64,
    /// Whether norms stand behind each part and make the residual stream itself (BERT).
    pub is_post_norm: bool,
    /// Whether a norm stands in front of the layers.
    pub norms_embedding: bool,
    /// Norms of queries and keys.
    pub qk_norm: QkNorm,
    /// How queries, keys and values come about.
    pub layout: Layout,
    /// Which attention there is.
    pub kernel: Kernel,
    /// The format of eager attention's softmax.
    pub softmax: Softmax,
    /// Positions of relative attention that each query is scored against (DeBERTa).
    pub relative: f64,
    /// Whether the router reads an fp32 copy.
    pub routes_in_float: bool,
    /// Whether the shared expert's answer is scaled by a gate of its own.
    pub gates_shared: bool,
    /// Whether an fp32 bias is added to the logits, which makes them fp32 (BART).
    pub adds_to_logits: bool,
    /// Whether all experts see all tokens (Llama 4).
    pub feeds_all_experts: bool,
}

impl Row {
    /// Llama's layer.
    pub const LLAMA: Row = Row {
        families: &[],
        norm: Norm::Rms,
        stream_norms: 2.0,
        branch_norms: 0.0,
        inputs: 2.0,
        attention_readers: 3.0,
        mlp_readers: 2.0,
        masks: 0.0,
        scales: 0.0,
        activation: None,
        inner: 0.0,
        drops_inside: false,
        embedding_masks: 0.0,
        is_post_norm: false,
        norms_embedding: false,
        qk_norm: QkNorm::None,
        layout: Layout::Plain,
        kernel: Kernel::Any,
        softmax: Softmax::Float,
        relative: 0.0,
        routes_in_float: false,
        gates_shared: false,
        adds_to_logits: false,
        feeds_all_experts: false,
    };

    /// A layer with plain layer norms, two matrices behind attention and dropout after both parts.
    pub const PLAIN: Row = Row { norm: Norm::Layer, mlp_readers: 1.0, masks: 2.0, ..Row::LLAMA };

    /// BERT's: norms behind each part, and one in front of the layers.
    pub const BERT: Row = Row {
        softmax: Softmax::Native,
        embedding_masks: 1.0,
        is_post_norm: true,
        norms_embedding: true,
        ..Row::PLAIN
    };
}
