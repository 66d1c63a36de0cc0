//! What a model is: its parameter tensors, part by part, and the shape of its layers.
//!
//! A [`ModelCard`] is plain data. It is read from a Hugging Face `config.json`, from the header of a
//! safetensors file or from a preset; nothing here knows of configs for training, of GPUs or of time.

mod build;
mod config;
mod decoder;
mod dtype;
mod error;
mod experts;
mod family;
mod fields;
mod find;
mod hf_config;
pub mod lora;
mod page;
mod plain;
mod safetensors;
mod tensor;
mod weights;
mod window;

pub use config::{read_config, read_text};
pub use dtype::Dtype;
pub use error::ModelError;
pub use find::{config, find};
pub use page::page;
pub use tensor::{Block, Part, Tensor};

/// One model, as far as its memory is concerned.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ModelCard {
    /// How people call it: a hub id, a path or a preset's name.
    pub name: String,
    /// `model_type` of its `config.json`, such as `llama`; empty where only tensors are known.
    pub family: String,
    /// What it is trained for.
    pub task: Task,
    /// Type of the stored weights, where stated (`torch_dtype`, or the header of the weights).
    pub stored: Option<Dtype>,
    /// Tokens of its vocabulary (rows of the token embedding); 0 for a model of images alone.
    pub vocabulary: u64,
    /// Width of the residual stream that the head sees.
    pub hidden: u64,
    /// Whether the head reads the token embedding's matrix instead of its own.
    pub is_tied: bool,
    /// Longest sequence that it was made for, where stated.
    pub positions: Option<u64>,
    /// Parameters in front of the layers: tokens, positions, patches.
    pub embeddings: Block,
    /// Layers in order; a decoder has one stack, T5 and Whisper have an encoder and a decoder.
    pub stacks: Vec<Stack>,
    /// Parameters behind the layers: last norm, head, pooler, classifier.
    pub head: Block,
    /// Facts about the forward pass that change memory and do not show in the tensors.
    pub traits: Traits,
    /// Classes that transformers keeps whole (`_no_split_modules`, sorted): what Accelerate wraps
    /// by when the config names none. Empty where transformers has none or they are unknown.
    pub no_split: Vec<String>,
    /// What could not be read, one sentence each; the estimate widens its band for them.
    pub unknown: Vec<String>,
}

/// What a model is trained for; it decides head and loss.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Task {
    /// The next token: logits for every position.
    #[default]
    CausalLm,
    /// Hidden tokens: logits for every position.
    MaskedLm,
    /// A text or sound to a text.
    SeqToSeq,
    /// One class for a whole text.
    SequenceClassification,
    /// One class for a whole image.
    ImageClassification,
    /// Images beside texts (CLIP).
    Contrastive,
    /// Noise to image: a diffusion transformer.
    Diffusion,
}

/// A run of layers with one role.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Stack {
    /// What it does.
    pub role: StackRole,
    /// Where its layers stand in the model: `model.layers`; layer 3 is `model.layers.3`.
    pub path: String,
    /// Equal layers that follow each other (DeepSeek V3: 3 dense, then 58 with experts).
    pub groups: Vec<LayerGroup>,
    /// Class of one layer, by which FSDP wraps: `LlamaDecoderLayer`.
    pub wrap_class: String,
}

/// What a stack does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum StackRole {
    /// Reads everything before it: the usual language model, or the second half of T5.
    #[default]
    Decoder,
    /// Reads everything at once.
    Encoder,
    /// Reads patches of an image; its sequence is the number of patches (and classes).
    Vision {
        /// Positions per image.
        positions: u64,
    },
    /// Reads frames of sound; its sequence is fixed.
    Audio {
        /// Positions per clip.
        positions: u64,
    },
}

/// `count` layers of one shape.
#[derive(Clone, Debug, PartialEq)]
pub struct LayerGroup {
    /// How many.
    pub count: u64,
    /// What they look like.
    pub shape: LayerShape,
    /// The parameters of one.
    pub block: Block,
}

/// The shape of one transformer layer.
#[derive(Clone, Debug, PartialEq)]
pub struct LayerShape {
    /// Width of the residual stream.
    pub hidden: u64,
    /// Query heads.
    pub heads: u64,
    /// Key and value heads; equal to `heads` without grouping.
    pub kv_heads: u64,
    /// Width of a query and key head.
    pub head_dim: u64,
    /// Width of a value head; differs from `head_dim` only in latent attention (DeepSeek).
    pub value_dim: u64,
    /// Ranks of latent attention, where used: (query or 0, key and value, rotary part of a head).
    pub latent: Option<(u64, u64, u64)>,
    /// The part behind attention.
    pub mlp: Mlp,
    /// Tokens that a query may look back, where limited.
    pub window: Option<u64>,
    /// Whether a second attention reads the encoder.
    pub has_cross_attention: bool,
}

/// The part of a layer behind attention.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mlp {
    /// Every token passes the same matrices.
    Dense {
        /// Inner width.
        width: u64,
        /// Three matrices (gate, up, down) instead of two.
        is_gated: bool,
    },
    /// Every token passes some of many.
    Experts {
        /// How many there are.
        experts: u64,
        /// How many a token passes.
        active: u64,
        /// Inner width of one.
        width: u64,
        /// Inner width of the part that all tokens pass; 0 for none.
        shared_width: u64,
        /// Whether one tensor holds all experts, as `[experts, …]` (transformers 5).
        is_stacked: bool,
    },
}

/// Facts about the forward pass that tensors do not show.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Traits {
    /// Norms that divide by the root mean square, without a mean.
    pub has_rms_norm: bool,
    /// Chance that an attention weight is dropped in training.
    pub attention_dropout: f64,
    /// Chance that a value of the residual stream is dropped in training.
    pub hidden_dropout: f64,
    /// Cap on the logits (Gemma 2).
    pub has_logit_cap: bool,
    /// Cap on attention weights (Gemma 2): no fused kernel applies.
    pub has_attention_cap: bool,
    /// Queries and keys are normed.
    pub has_qk_norm: bool,
    /// Attention and the part behind it read the same input and are added together.
    pub is_parallel: bool,
    /// The function between the matrices of the part behind attention.
    pub activation: Activation,
}

/// A function between two matrices; they differ in how many tensors PyTorch keeps for the way back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Activation {
    /// `silu`, `swish`.
    #[default]
    Silu,
    /// `relu`.
    Relu,
    /// `relu2`: the square of `relu`.
    SquaredRelu,
    /// `gelu`: exact.
    Gelu,
    /// `gelu_pytorch_tanh`: one fused kernel.
    GeluTanh,
    /// `gelu_new`, `gelu_fast`, BLOOM's own: written out in Python, several tensors are kept.
    GeluPython,
    /// `quick_gelu` (CLIP): x · sigmoid(1.702 x).
    QuickGelu,
    /// Another.
    Other,
}

impl Activation {
    /// The function of a name in `config.json`.
    pub fn named(word: &str) -> Activation {
        match word {
            "silu" | "swish" => Activation::Silu,
            "relu" => Activation::Relu,
            "relu2" => Activation::SquaredRelu,
            "gelu" => Activation::Gelu,
            "gelu_pytorch_tanh" => Activation::GeluTanh,
            "gelu_new" | "gelu_fast" | "gelu_python" | "gelu_python_tanh" => Activation::GeluPython,
            "quick_gelu" => Activation::QuickGelu,
            _ => Activation::Other,
        }
    }
}

/// Every class of a layer that the families' models keep whole: `BertLayer`, `LlamaDecoderLayer`, and so on.
pub fn layer_classes() -> impl Iterator<Item = &'static str> {
    family::layer_classes()
}

impl Stack {
    /// How many layers it has.
    pub fn layers(&self) -> u64 {
        self.groups.iter().map(|group| group.count).sum()
    }

    /// Parameters of all its layers.
    pub fn parameters(&self) -> u64 {
        self.groups.iter().map(|group| group.count.saturating_mul(group.block.parameters())).sum()
    }
}

impl ModelCard {
    /// All parameters, a tied matrix counted once.
    pub fn parameters(&self) -> u64 {
        let layers: u64 = self.stacks.iter().map(Stack::parameters).sum();
        self.embeddings.parameters() + layers + self.head.parameters()
    }

    /// Every tensor by its full name (`model.layers.3.self_attn.q_proj.weight`) and shape, sorted
    /// by name.
    pub fn tensors(&self) -> Vec<(String, &[u64])> {
        let around = self.embeddings.tensors.iter().chain(&self.head.tensors);
        let mut all: Vec<(String, &[u64])> = around.map(|it| (it.name.clone(), it.dims.as_slice())).collect();
        for stack in &self.stacks {
            let layers = stack.groups.iter().flat_map(|group| (0..group.count).map(move |_| &group.block));
            for (index, block) in layers.enumerate() {
                let named = |it: &Tensor| format!("{}.{index}.{}", stack.path, it.name);
                all.extend(block.tensors.iter().map(|it| (named(it), it.dims.as_slice())));
            }
        }
        all.sort_unstable();
        all
    }

    /// Parameters that one token passes: of experts, only the active ones.
    pub fn active_parameters(&self) -> u64 {
        let idle: u64 = self.stacks.iter().flat_map(|stack| &stack.groups).map(LayerGroup::idle).sum();
        self.parameters().saturating_sub(idle)
    }

    /// Parameters of one part, over the whole model.
    pub fn of(&self, part: Part) -> u64 {
        let groups = self.stacks.iter().flat_map(|stack| &stack.groups);
        let layers: u64 = groups.map(|group| group.count.saturating_mul(group.block.of(part))).sum();
        self.embeddings.of(part) + layers + self.head.of(part)
    }
}

impl LayerGroup {
    /// Parameters of experts that a token does not pass, over all layers of the group.
    fn idle(&self) -> u64 {
        let Mlp::Experts { experts, active, .. } = self.shape.mlp else { return 0 };
        let one = self.block.of(Part::Expert) / experts.max(1);
        self.count.saturating_mul(one.saturating_mul(experts.saturating_sub(active)))
    }
}

#[cfg(test)]
mod hostile_tests;
#[cfg(test)]
mod tests;
