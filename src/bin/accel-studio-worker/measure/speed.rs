//! The arithmetic that a model needs for a token, by the count of the PaLM paper (Chowdhery et al. 2022,
//! appendix B): 6 per parameter of a matrix product, and 12 × blocks × width × sequence for attention. What
//! checkpointing computes again does not count.

use serde_json::Value;

use crate::network::{Network, StagePart};

/// FLOP per token, forward and backward, of a network with this config in sequences of so many tokens.
pub fn flops_per_token(network: &Network, config: &Value, sequence: u32) -> f64 {
    let blocks = network.stages().iter().filter(|stage| matches!(stage.part, StagePart::Block(_))).count();
    let width = ["hidden_size", "n_embd"].iter().find_map(|name| config.get(*name)).and_then(Value::as_f64);
    let attention = 12.0 * blocks as f64 * width.unwrap_or(0.0) * f64::from(sequence);
    6.0 * (network.parameters() - looked_up(network)) as f64 + attention
}

/// Parameters that are only looked up: the embedding, unless the head multiplies by it too.
fn looked_up(network: &Network) -> i64 {
    let unit_of = |part| network.stages().iter().find(|stage| stage.part == part).map(|stage| stage.unit);
    let (embedding, head) = (unit_of(StagePart::Embedding), unit_of(StagePart::Head));
    match embedding {
        Some(unit) if embedding != head => network.units()[unit].numel,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_tied_embedding_counts_once_and_a_plain_one_not_at_all() {
        let flops = |is_tied| {
            let config = json!({
                "architectures": ["LlamaForCausalLM"], "model_type": "llama", "vocab_size": 10, "hidden_size": 4,
                "intermediate_size": 6, "num_hidden_layers": 1, "num_attention_heads": 1,
                "tie_word_embeddings": is_tied, "torch_dtype": "float32",
            });
            flops_per_token(&Network::read(&config).expect("a Llama"), &config, 8)
        };
        // 4 matrices of 4×4, 3 of 4×6, 3 norms of 4, a head of 10×4; 12·1·4·8 for attention over 8 tokens
        let expected = 6.0 * (64.0 + 72.0 + 12.0 + 40.0) + 384.0;
        assert_eq!((flops(true), flops(false)), (expected, expected));
    }
}
