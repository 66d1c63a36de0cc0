//! The families of models that the worker trains: one row each, with what its tensors are called and how they are
//! put together. Shapes, biases and defaults of sizes are the library's (`accel_studio::model`).

/// What is known of a family.
#[derive(Debug)]
pub(super) struct Family {
    /// `model_type`.
    pub name: &'static str,
    /// `architectures`, as transformers names its class.
    pub class: &'static str,
    /// The embedding of tokens.
    pub tokens: &'static str,
    /// Positions: learned by this embedding, or rotary.
    pub positions: Option<&'static str>,
    /// The norm behind the last block.
    pub last_norm: &'static str,
    /// A block's norms: before attention, before the part behind it.
    pub norms: [&'static str; 2],
    /// Whether norms subtract the mean (LayerNorm) or only divide by the root mean square.
    pub subtracts_mean: bool,
    /// A block's matrices for queries, keys and values, or the one that gives all three.
    pub inputs: &'static [&'static str],
    /// What attention's result passes.
    pub output: &'static str,
    /// Norms of queries and keys, where the card lists them.
    pub head_norms: [&'static str; 2],
    /// The matrix whose activation gates the next, where there is one.
    pub gate: Option<&'static str>,
    /// The matrices behind attention: up and down.
    pub mlp: [&'static str; 2],
    /// Whether matrices lie as `[in, out]` (GPT-2's Conv1D).
    pub is_transposed: bool,
    /// The end of the names of those matrices that start smaller, by the root of twice the number of layers.
    pub shrunk: Option<&'static str>,
    /// The field of the norms' epsilon, and its default.
    pub epsilon: (&'static str, f64),
    /// The field of the activation, and its default.
    pub activation: (&'static str, &'static str),
    /// Fields that say whether attention is scaled by the root of a head's width, and whether by a block's number.
    pub scaling: Option<[&'static str; 2]>,
    /// The fields of dropout and their default: behind the embedding, in attention, before each sum.
    pub dropout: ([Option<&'static str>; 3], f64),
    /// Whether the padding token's row of the embedding is zero and stays so.
    pub has_padding_row: bool,
}

const LLAMA: Family = Family {
    name: "llama",
    class: "LlamaForCausalLM",
    tokens: "model.embed_tokens",
    positions: None,
    last_norm: "model.norm",
    norms: ["input_layernorm", "post_attention_layernorm"],
    subtracts_mean: false,
    inputs: &["self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj"],
    output: "self_attn.o_proj",
    head_norms: ["self_attn.q_norm", "self_attn.k_norm"],
    gate: Some("mlp.gate_proj"),
    mlp: ["mlp.up_proj", "mlp.down_proj"],
    is_transposed: false,
    shrunk: None,
    epsilon: ("rms_norm_eps", 1e-6),
    activation: ("hidden_act", "silu"),
    scaling: None,
    dropout: ([None, Some("attention_dropout"), None], 0.0),
    has_padding_row: true,
};

/// All rows: the last three differ from Llama in what the card lists (windows, biases, norms of heads).
static ALL: [Family; 5] = [
    Family {
        name: "gpt2",
        class: "GPT2LMHeadModel",
        tokens: "transformer.wte",
        positions: Some("transformer.wpe"),
        last_norm: "transformer.ln_f",
        norms: ["ln_1", "ln_2"],
        subtracts_mean: true,
        inputs: &["attn.c_attn"],
        output: "attn.c_proj",
        head_norms: ["attn.q_norm", "attn.k_norm"],
        gate: None,
        mlp: ["mlp.c_fc", "mlp.c_proj"],
        is_transposed: true,
        shrunk: Some("c_proj.weight"),
        epsilon: ("layer_norm_epsilon", 1e-5),
        activation: ("activation_function", "gelu_new"),
        scaling: Some(["scale_attn_weights", "scale_attn_by_inverse_layer_idx"]),
        dropout: ([Some("embd_pdrop"), Some("attn_pdrop"), Some("resid_pdrop")], 0.1),
        has_padding_row: false,
    },
    LLAMA,
    Family { name: "mistral", class: "MistralForCausalLM", ..LLAMA },
    Family { name: "qwen2", class: "Qwen2ForCausalLM", ..LLAMA },
    Family { name: "qwen3", class: "Qwen3ForCausalLM", ..LLAMA },
];

/// The row of a `model_type`.
pub(super) fn named(kind: &str) -> Option<&'static Family> {
    ALL.iter().find(|family| family.name == kind)
}

/// All `model_type`s, as a sentence.
pub(super) fn names() -> String {
    accel_studio::text::all_of(ALL.iter().map(|family| format!("`{}`", family.name)))
}
