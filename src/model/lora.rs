//! Adapters: which matrices PEFT gives one, and how many parameters all of them have. Pure counting.

use super::{Block, ModelCard, Part, Tensor};

/// Adapters of low rank over a model's matrices.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Adapters {
    /// Parameters of all adapters: these are trained.
    pub parameters: u64,
    /// Parameters of the matrices that have an adapter.
    pub adapted: u64,
    /// How many matrices have one.
    pub matrices: u64,
    /// Targets that no matrix of the model has: PEFT leaves them out silently while one other is found.
    pub unmatched: Vec<String>,
}

/// PEFT's word for every linear layer but the head.
pub const ALL_LINEAR: &str = "all-linear";

/// Counts adapters of a rank on the matrices that `targets` name.
///
/// A target matches a module that is named so or whose path ends with `.target` (PEFT 0.21,
/// `check_target_module_exists`); `all-linear` means every linear layer but the head. Stacked experts
/// are parameters, not layers, and never match. Each adapter has `rank · (in + out)` parameters.
pub fn adapters(card: &ModelCard, rank: u64, targets: &[String]) -> Adapters {
    let mut found = Adapters { parameters: 0, adapted: 0, matrices: 0, unmatched: Vec::new() };
    for (module, matrix, count) in matrices(card) {
        if targets.iter().any(|target| is_target(&module, target, matrix)) {
            let sides = matrix.dims.iter().fold(0, |sum: u64, side| sum.saturating_add(*side));
            found.parameters =
                found.parameters.saturating_add(sides.saturating_mul(rank).saturating_mul(count));
            found.adapted = found.adapted.saturating_add(matrix.parameters().saturating_mul(count));
            found.matrices += count;
        }
    }
    let is_met =
        |target: &&String| matrices(card).any(|(module, matrix, _)| is_target(&module, target, matrix));
    found.unmatched = targets.iter().filter(|target| !is_met(target)).cloned().collect();
    found
}

/// Targets that PEFT takes when none are named (PEFT 0.21, the table of LoRA's target modules): queries
/// and values, as one matrix where they are one. Empty where the model has neither.
pub fn default_targets(card: &ModelCard) -> Vec<String> {
    const CHOICES: [&[&str]; 8] = [
        &["query_key_value"],
        &["c_attn"],
        &["q_proj", "v_proj"],
        &["query", "value"],
        &["query_proj", "value_proj"],
        &["q_lin", "v_lin"],
        &["q", "v"],
        &["qkv_proj"],
    ];
    let has = |name: &&str| matrices(card).any(|(module, matrix, _)| is_target(&module, name, matrix));
    let choice = CHOICES.iter().find(|names| names.iter().all(&has)).copied().unwrap_or_default();
    // Phi is the one family of the table with the part behind attention as well.
    let more: &[&str] = if card.family == "phi" { &["fc1", "fc2"] } else { &[] };
    choice.iter().chain(more).map(|&name| name.to_owned()).collect()
}

/// Every matrix of a linear layer: module's path, tensor, and in how many layers it stands.
fn matrices(card: &ModelCard) -> impl Iterator<Item = (String, &Tensor, u64)> {
    let around = linears(&card.embeddings).chain(linears(&card.head));
    let around = around.map(|tensor| (module(tensor).to_owned(), tensor, 1));
    let groups = card.stacks.iter().flat_map(|stack| stack.groups.iter().map(move |group| (stack, group)));
    let layers = groups.flat_map(|(stack, group)| {
        let named = |tensor| (format!("{}.N.{}", stack.path, module(tensor)), tensor, group.count);
        linears(&group.block).map(named)
    });
    around.chain(layers)
}

fn linears(block: &Block) -> impl Iterator<Item = &Tensor> {
    block.tensors.iter().filter(|tensor| is_linear(tensor))
}

/// `self_attn.q_proj` of `self_attn.q_proj.weight`.
fn module(tensor: &Tensor) -> &str {
    tensor.name.strip_suffix(".weight").unwrap_or(&tensor.name)
}

/// Two sides, and a layer's weight rather than a bare parameter; routers of transformers 5 are such
/// bare parameters, distances of T5 are embeddings.
fn is_linear(tensor: &Tensor) -> bool {
    let is_table = tensor.name.contains("embed") || tensor.name.contains("relative_attention_bias");
    tensor.is_matrix() && tensor.name.ends_with(".weight") && tensor.part != Part::Router && !is_table
}

/// Whether a tensor of a layer gets an adapter for one of these targets.
pub fn is_adapted(tensor: &Tensor, targets: &[String]) -> bool {
    is_linear(tensor) && targets.iter().any(|target| is_target(module(tensor), target, tensor))
}

fn is_target(module: &str, target: &str, matrix: &Tensor) -> bool {
    if target == ALL_LINEAR {
        return matrix.part != Part::Head;
    }
    module == target || module.strip_suffix(target).is_some_and(|path| path.ends_with('.'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::read_text;
    use crate::presets;

    fn card(name: &str) -> ModelCard {
        read_text(presets::model(name).expect("it is listed").text, name).expect("it is a config")
    }

    fn trained(name: &str, rank: u64, targets: &[&str]) -> u64 {
        let targets: Vec<String> = targets.iter().map(|&target| target.to_owned()).collect();
        adapters(&card(name), rank, &targets).parameters
    }

    const ATTENTION: &[&str] = &["q_proj", "k_proj", "v_proj", "o_proj"];
    const ALL: &[&str] = &["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"];

    /// Trainable parameters that PEFT 0.21 on transformers 5.23 has.
    #[test]
    fn counts_are_those_of_peft() {
        assert_eq!(trained("llama-2-7b", 16, &["q_proj", "v_proj"]), 8_388_608);
        assert_eq!(trained("llama-2-7b", 64, ALL), 159_907_840);
        assert_eq!(trained("llama-3.1-8b", 8, ATTENTION), 6_815_744);
        assert_eq!(trained("llama-3.1-8b", 64, ALL), 167_772_160);
        assert_eq!(trained("qwen3-8b", 16, ALL), 43_646_976);
        assert_eq!(trained("qwen2.5-7b", 8, ALL), 20_185_088);
        assert_eq!(trained("mistral-7b", 64, &["q_proj", "v_proj"]), 27_262_976);
    }

    #[test]
    fn every_linear_layer_but_the_head_means_all_seven() {
        assert_eq!(trained("llama-3.1-8b", 64, &[ALL_LINEAR]), trained("llama-3.1-8b", 64, ALL));
    }

    #[test]
    fn a_target_matches_whole_names_only() {
        let card = card("llama-3.1-8b");
        let found = adapters(&card, 8, &["proj".to_owned(), "q_proj".to_owned(), "c_attn".to_owned()]);
        assert_eq!((found.matrices, found.unmatched), (32, vec!["proj".to_owned(), "c_attn".to_owned()]));
        assert_eq!(adapters(&card, u64::MAX, &[ALL_LINEAR.to_owned()]).parameters, u64::MAX);
    }

    #[test]
    fn the_usual_targets_are_those_of_peft() {
        assert_eq!(default_targets(&card("llama-3.1-8b")), ["q_proj", "v_proj"]);
        assert_eq!(default_targets(&card("gpt2")), ["c_attn"]);
        assert_eq!(default_targets(&card("bert-base-uncased")), ["query", "value"]);
        assert_eq!(default_targets(&card("t5-small")), ["q", "v"]);
    }
}
