//! Parameter tensors by name and shape: counts, shards and adapters are all read from them.

/// A parameter tensor of a block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tensor {
    /// Its name within the block, as transformers has it: `self_attn.q_proj.weight`.
    pub name: String,
    /// What it belongs to.
    pub part: Part,
    /// Its shape, outermost dimension first (which FSDP2 shards).
    pub dims: Vec<u64>,
}

/// What a tensor belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Part {
    /// Tokens, positions, patches.
    Embedding,
    /// Queries, keys, values, output.
    Attention,
    /// The dense part behind attention, shared experts too.
    Mlp,
    /// Experts.
    Expert,
    /// Who chooses the experts.
    Router,
    /// Norms.
    Norm,
    /// Language-model head, pooler, classifier.
    Head,
}

impl Part {
    /// All, in the order of the forward pass.
    pub const ALL: [Part; 7] =
        [Part::Embedding, Part::Attention, Part::Mlp, Part::Expert, Part::Router, Part::Norm, Part::Head];
}

/// Parameters that belong together: a layer, or what stands before or behind the layers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Block {
    /// Its tensors.
    pub tensors: Vec<Tensor>,
}

impl Tensor {
    /// A tensor of a name, a part and a shape.
    pub fn new(name: &str, part: Part, dims: &[u64]) -> Tensor {
        Tensor { name: name.to_owned(), part, dims: dims.to_vec() }
    }

    /// How many numbers it holds; the largest number where that does not fit.
    pub fn parameters(&self) -> u64 {
        self.dims.iter().fold(1, |product: u64, dim| product.saturating_mul(*dim))
    }

    /// Whether it is the matrix of a linear layer: autocast copies these, adapters attach to these.
    pub fn is_matrix(&self) -> bool {
        self.dims.len() == 2 && !matches!(self.part, Part::Embedding | Part::Norm)
    }
}

impl Block {
    /// Numbers of all its tensors.
    pub fn parameters(&self) -> u64 {
        self.tensors.iter().fold(0, |sum: u64, tensor| sum.saturating_add(tensor.parameters()))
    }

    /// Numbers of one part.
    pub fn of(&self, part: Part) -> u64 {
        let of_part = self.tensors.iter().filter(|tensor| tensor.part == part);
        of_part.fold(0, |sum: u64, tensor| sum.saturating_add(tensor.parameters()))
    }
}
