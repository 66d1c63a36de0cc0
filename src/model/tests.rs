//! Counts against models that transformers 5.23 built.

use super::*;

fn card(config: &str) -> ModelCard {
    read_text(config, "config.json").unwrap_or_else(|error| panic!("{config}: {error}"))
}

/// Configs and the number of parameters that transformers 5.23 has for them.
const COUNTED: &[(&str, u64)] = &[
    (r#"{"model_type":"gpt2"}"#, 124_439_808),
    (r#"{"model_type":"gpt2","n_embd":1600,"n_layer":48,"n_head":25}"#, 1_557_611_200),
    (
        r#"{"model_type":"llama","hidden_size":4096,"intermediate_size":14336,"num_hidden_layers":32,"num_attention_heads":32,"num_key_value_heads":8,"vocab_size":128256}"#,
        8_030_261_248,
    ),
    (
        r#"{"model_type":"llama","hidden_size":2048,"intermediate_size":8192,"num_hidden_layers":16,"num_attention_heads":32,"num_key_value_heads":8,"head_dim":64,"vocab_size":128256,"tie_word_embeddings":true}"#,
        1_235_814_400,
    ),
    (
        r#"{"model_type":"mistral","hidden_size":4096,"intermediate_size":14336,"num_hidden_layers":32,"num_attention_heads":32,"num_key_value_heads":8,"vocab_size":32768,"sliding_window":null}"#,
        7_248_023_552,
    ),
    (
        r#"{"model_type":"mixtral","hidden_size":4096,"intermediate_size":14336,"num_hidden_layers":32,"num_attention_heads":32,"num_key_value_heads":8,"vocab_size":32000}"#,
        46_702_792_704,
    ),
    (
        r#"{"model_type":"qwen2","hidden_size":896,"intermediate_size":4864,"num_hidden_layers":24,"num_attention_heads":14,"num_key_value_heads":2,"vocab_size":151936,"tie_word_embeddings":true}"#,
        494_032_768,
    ),
    (
        r#"{"model_type":"qwen3","hidden_size":4096,"intermediate_size":12288,"num_hidden_layers":36,"num_attention_heads":32,"num_key_value_heads":8,"head_dim":128,"vocab_size":151936}"#,
        8_190_735_360,
    ),
    (
        r#"{"model_type":"gpt_neox","hidden_size":4096,"intermediate_size":16384,"num_hidden_layers":32,"num_attention_heads":32,"vocab_size":50432}"#,
        6_857_302_016,
    ),
    (
        r#"{"model_type":"opt","hidden_size":2048,"ffn_dim":8192,"num_hidden_layers":24,"num_attention_heads":32,"word_embed_proj_dim":2048}"#,
        1_315_758_080,
    ),
    (r#"{"model_type":"bert"}"#, 109_514_298),
    (r#"{"model_type":"roberta"}"#, 124_696_665),
    (r#"{"model_type":"distilbert"}"#, 66_985_530),
    (r#"{"model_type":"t5","d_model":768,"d_ff":3072,"num_layers":12,"num_heads":12}"#, 222_903_552),
    (r#"{"model_type":"vit","num_labels":1000}"#, 86_567_656),
];

#[test]
fn counts_are_those_of_transformers() {
    for (config, parameters) in COUNTED {
        let card = card(config);
        assert_eq!(card.parameters(), *parameters, "{config}");
        assert_eq!(Part::ALL.iter().map(|part| card.of(*part)).sum::<u64>(), *parameters, "{config}");
    }
}

#[test]
fn a_token_passes_only_its_experts() {
    let mixtral = card(COUNTED[5].0);
    assert_eq!(mixtral.active_parameters(), 12_879_925_248);
}
