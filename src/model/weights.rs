//! What tensors alone tell of a model: exact counts, layers by their numbers, and good guesses at
//! the rest, each of which the card names. Knows no file.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{
    Block, Dtype, LayerGroup, LayerShape, Mlp, ModelCard, ModelError, Part, Stack, StackRole, Task, Tensor,
    Traits,
};

/// A tensor of a header.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Stored {
    pub name: String,
    /// Type as the header has it: `BF16`.
    pub kind: String,
    pub dims: Vec<u64>,
}

impl Stored {
    /// How many numbers it holds.
    pub(super) fn numbers(&self) -> u64 {
        self.dims.iter().fold(1, |product: u64, dim| product.saturating_mul(*dim))
    }
}

/// The tensors of a header's JSON; a sentence where it is none.
pub(super) fn header(bytes: &[u8]) -> Result<Vec<Stored>, String> {
    let value: Value =
        serde_json::from_slice(bytes).map_err(|error| format!("has a header that is no JSON: {error}"))?;
    let object = value.as_object().ok_or("has a header that is no list of tensors")?;
    object.iter().filter(|(name, _)| *name != "__metadata__").map(|(name, it)| stored(name, it)).collect()
}

fn stored(name: &str, value: &Value) -> Result<Stored, String> {
    let kind = value.get("dtype").and_then(Value::as_str);
    let dims = value.get("shape").and_then(Value::as_array);
    let dims: Option<Vec<u64>> = dims.and_then(|dims| dims.iter().map(Value::as_u64).collect());
    let (Some(kind), Some(dims)) = (kind, dims) else {
        return Err(format!("has no type and shape for the tensor `{name}`"));
    };
    if dims.iter().try_fold(1_u64, |product, dim| product.checked_mul(*dim)).is_none() {
        return Err(format!("gives the tensor `{name}` the shape {dims:?}, which no machine could hold"));
    }
    Ok(Stored { name: name.to_owned(), kind: kind.to_owned(), dims })
}

fn dtype(kind: &str) -> Option<Dtype> {
    match kind {
        "F64" => Some(Dtype::F64),
        "F32" => Some(Dtype::F32),
        "BF16" => Some(Dtype::Bf16),
        "F16" => Some(Dtype::F16),
        "F8_E4M3" | "F8_E5M2" => Some(Dtype::F8),
        "I8" | "U8" => Some(Dtype::I8),
        _ => None,
    }
}

/// The card of weights without a config.
pub(super) fn card(all: &[Stored], name: &str) -> Result<ModelCard, ModelError> {
    let (stacks, around) = split(all);
    let stacks: Vec<Stack> = stacks.into_iter().map(|(path, layers)| stack(path, layers)).collect();
    let head: Vec<Tensor> = around.iter().filter(|it| it.part == Part::Head).cloned().collect();
    let embeddings: Vec<Tensor> = around.into_iter().filter(|it| it.part != Part::Head).collect();
    let table = embeddings.iter().filter(|it| it.part == Part::Embedding && it.dims.len() == 2);
    let table = table.max_by_key(|it| it.parameters()).map(|it| (it.dims[0], it.dims[1]));
    let widest = stacks.iter().flat_map(|stack| &stack.groups).map(|group| group.shape.hidden).max();
    let hidden = widest.or(table.map(|(_, width)| width)).unwrap_or(0);
    if stacks.is_empty() || hidden == 0 {
        let what =
            "its tensors have no numbered layers by which a model could be read from the weights alone";
        return Err(ModelError::Architecture {
            name: name.to_owned(),
            what: what.to_owned(),
            known: crate::text::all_of(super::family::names()),
        });
    }
    let is_tied = !head.iter().any(|it| it.name.contains("head"));
    let card = ModelCard {
        name: name.to_owned(),
        task: Task::CausalLm,
        stored: most_used(all),
        vocabulary: table.map_or(0, |(rows, _)| rows),
        hidden,
        is_tied,
        embeddings: Block { tensors: embeddings },
        stacks,
        head: Block { tensors: head },
        traits: Traits { has_rms_norm: !all.iter().any(|it| it.name.ends_with("norm.bias")), ..Traits::default() },
        unknown: vec![
            "read from the weights alone: heads are taken to be 128 or 64 wide, and the class of a layer is not \
             known; a config.json would tell"
                .to_owned(),
        ],
        ..ModelCard::default()
    };
    super::config::check_size(&card)?;
    Ok(packed(card, all))
}

/// Quantised weights hold several numbers in one.
fn packed(mut card: ModelCard, all: &[Stored]) -> ModelCard {
    let is_packed =
        |it: &Stored| matches!(it.kind.as_str(), "U8" | "I8" | "I32" | "U32") && it.dims.len() > 1;
    if all.iter().any(is_packed) {
        card.unknown.push(
            "some weights are quantised and packed; the model has more parameters than counted".to_owned(),
        );
    }
    card
}

/// The type of most numbers.
fn most_used(all: &[Stored]) -> Option<Dtype> {
    let mut numbers: BTreeMap<Dtype, u64> = BTreeMap::new();
    for it in all {
        if let Some(dtype) = dtype(&it.kind) {
            let sum = numbers.entry(dtype).or_default();
            *sum = sum.saturating_add(it.numbers());
        }
    }
    numbers.into_iter().max_by_key(|(_, count)| *count).map(|(dtype, _)| dtype)
}

/// Layers by their path and number.
type Layers = BTreeMap<String, BTreeMap<u64, Vec<Tensor>>>;

/// Tensors of numbered layers, and all others.
fn split(all: &[Stored]) -> (Layers, Vec<Tensor>) {
    let (mut layers, mut around) = (Layers::new(), Vec::new());
    for it in all {
        match numbered(&it.name) {
            Some((path, number, rest)) => {
                let tensor = Tensor::new(rest, part(rest, true), &it.dims);
                layers.entry(path.to_owned()).or_default().entry(number).or_default().push(tensor);
            }
            None => around.push(Tensor::new(&it.name, part(&it.name, false), &it.dims)),
        }
    }
    // What is numbered but has neither attention nor two of its kind is no stack of layers.
    let is_stack = |layers: &BTreeMap<u64, Vec<Tensor>>| {
        layers.values().any(|layer| layer.iter().any(|tensor| tensor.part == Part::Attention))
    };
    let (stacks, others): (Layers, Layers) = layers.into_iter().partition(|(_, layers)| is_stack(layers));
    for (path, layers) in others {
        for (number, layer) in layers {
            let named = |it: Tensor| Tensor { name: format!("{path}.{number}.{}", it.name), ..it };
            around.extend(layer.into_iter().map(named));
        }
    }
    (stacks, around)
}

/// `model.layers.3.mlp.x` as `model.layers`, 3, `mlp.x`.
fn numbered(name: &str) -> Option<(&str, u64, &str)> {
    let mut at = 0;
    for word in name.split('.') {
        if at > 0 && word.bytes().all(|byte| byte.is_ascii_digit()) && !word.is_empty() {
            let rest = name.get(at + word.len() + 1..)?;
            return Some((&name[..at - 1], word.parse().ok()?, rest));
        }
        at += word.len() + 1;
    }
    None
}

/// What a tensor belongs to, by the words of its name.
fn part(name: &str, is_in_layer: bool) -> Part {
    let name = name.to_lowercase();
    let has = |words: &[&str]| words.iter().any(|word| name.contains(word));
    if !is_in_layer && has(&["lm_head", "score", "classifier", "pooler", "predictions", "proj_out"]) {
        Part::Head
    } else if has(&["embed", "wte", "wpe", "shared.weight", "cls_token"]) && !is_in_layer {
        Part::Embedding
    } else if has(&["norm", "ln_", "layer_scale"]) {
        Part::Norm
    } else if has(&["experts."]) && !has(&["shared_expert"]) {
        Part::Expert
    } else if has(&["router", "gate.weight", "gate.e_score"]) {
        Part::Router
    } else if has(&["attn", "attention"]) {
        Part::Attention
    } else if is_in_layer {
        Part::Mlp
    } else {
        Part::Embedding
    }
}

fn stack(path: String, layers: BTreeMap<u64, Vec<Tensor>>) -> Stack {
    let mut groups: Vec<LayerGroup> = Vec::new();
    for mut tensors in layers.into_values() {
        tensors.sort_by(|a, b| a.name.cmp(&b.name));
        let block = Block { tensors };
        match groups.last_mut() {
            Some(last) if last.block == block => last.count += 1,
            _ => groups.push(LayerGroup { count: 1, shape: shape(&block), block }),
        }
    }
    let is_encoder = path.contains("encoder") || path.contains("vision") || path.contains("visual");
    let role = if is_encoder { StackRole::Encoder } else { StackRole::Decoder };
    Stack { role, path, groups, wrap_class: String::new() }
}

/// A layer's shape as far as its matrices tell.
fn shape(block: &Block) -> LayerShape {
    let named = |words: &[&str]| {
        let mut found = block.tensors.iter().filter(|it| it.dims.len() == 2 && it.name.ends_with(".weight"));
        found.find(|it| words.iter().any(|word| it.name.contains(word)))
    };
    let norm =
        block.tensors.iter().filter(|it| it.part == Part::Norm).filter_map(|it| it.dims.first().copied());
    let hidden = norm.max().unwrap_or(0);
    let queries = named(&["q_proj", "query", ".q."]).map_or(hidden, |it| it.dims[0]);
    let keys = named(&["k_proj", "attention.self.key", ".k."]).map_or(queries, |it| it.dims[0]);
    let head_dim = if queries.is_multiple_of(128) && keys.is_multiple_of(128) { 128 } else { 64 };
    LayerShape {
        hidden,
        heads: (queries / head_dim).max(1),
        kv_heads: (keys / head_dim).max(1),
        head_dim,
        value_dim: head_dim,
        latent: None,
        mlp: mlp(block),
        window: None,
        has_cross_attention: block
            .tensors
            .iter()
            .any(|it| it.name.contains("encoder_attn") || it.name.contains("EncDec")),
    }
}

fn mlp(block: &Block) -> Mlp {
    let of = |part: Part| block.tensors.iter().filter(move |it| it.part == part && it.dims.len() >= 2);
    let is_gated =
        block.tensors.iter().any(|it| it.name.contains("gate_proj") || it.name.contains("gate_up"));
    let widest = |part: Part| of(part).flat_map(|it| it.dims.iter().copied()).max().unwrap_or(0);
    let router = of(Part::Router).next().map_or(0, |it| it.dims[0]);
    if router == 0 {
        return Mlp::Dense { width: widest(Part::Mlp), is_gated };
    }
    let is_stacked = of(Part::Expert).any(|it| it.dims.len() == 3);
    let hidden = of(Part::Router).next().map_or(0, |it| it.dims[1]);
    let sides = of(Part::Expert).flat_map(|it| it.dims.iter().rev().take(2).copied());
    let width = sides.filter(|side| *side != hidden).min().unwrap_or(hidden);
    Mlp::Experts { experts: router, active: router, width, shared_width: 0, is_stacked }
}
