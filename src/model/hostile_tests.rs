//! Whatever a config says, reading it ends in a card or in an error: never in a panic, an overflow or
//! a wait.

use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::{family, lora, read_config};

/// Fields that rows read beside those that they list.
const MORE: [&str; 24] = [
    "head_dim",
    "num_key_value_heads",
    "n_inner",
    "sliding_window",
    "use_sliding_window",
    "layer_types",
    "moe_layers",
    "mlp_only_layers",
    "decoder_sparse_step",
    "interleave_moe_layer_step",
    "ffn_hidden_size",
    "num_kv_heads",
    "num_ln_in_parallel_attn",
    "word_embed_proj_dim",
    "embedding_size",
    "position_buckets",
    "relative_attention",
    "conv_kernel_size",
    "num_labels",
    "id2label",
    "architectures",
    "use_swiglu_ffn",
    "dual_attention_layers",
    "tie_word_embeddings",
];

fn value() -> impl Strategy<Value = Value> {
    prop_oneof![
        6 => prop::sample::select(vec![1_u64, 2, 4, 8, 64, 96]).prop_map(Value::from),
        1 => prop::sample::select(vec![0, 3, 7, (1 << 28) - 1, 1 << 28, u64::MAX]).prop_map(Value::from),
        1 => prop::sample::select(vec![
            json!(null), json!(-1), json!(true), json!(1e300), json!("silu"), json!([0, 1]), json!({"0": "a"}),
            json!(["BertForSequenceClassification"]), json!(["sliding_attention", "full_attention"]),
        ]),
    ]
}

/// A config of any known architecture, or of none, with each of its fields there or not.
fn config() -> impl Strategy<Value = Value> {
    let kinds: Vec<&'static str> = family::names().into_iter().chain(["novel"]).collect();
    prop::sample::select(kinds).prop_flat_map(|kind| {
        let row = family::named(kind).unwrap_or_else(|| family::generic(false));
        let needed = row.needs.iter().copied();
        let usual = row.defaults.iter().map(|(key, _)| *key).chain(MORE);
        let needed: Vec<_> = needed.map(|key| (Just(key), prop::option::weighted(0.95, value()))).collect();
        let usual: Vec<_> = usual.map(|key| (Just(key), prop::option::weighted(0.3, value()))).collect();
        (needed, usual).prop_map(move |(needed, usual)| {
            let stated = needed.into_iter().chain(usual);
            let mut object: Map<String, Value> =
                stated.filter_map(|(key, value)| Some((key.to_owned(), value?))).collect();
            object.insert("model_type".to_owned(), kind.into());
            Value::Object(object)
        })
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn every_config_ends_in_a_card_or_an_error(config in config()) {
        match read_config(&config, "config.json") {
            Ok(card) => {
                prop_assert!(card.active_parameters() <= card.parameters());
                let adapters = lora::adapters(&card, 8, &[lora::ALL_LINEAR.to_owned()]);
                prop_assert!(adapters.adapted <= card.parameters());
            }
            Err(error) => prop_assert!(error.to_string().starts_with("config.json: "), "{}", error),
        }
    }
}
