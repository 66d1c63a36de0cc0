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
    (
        r#"{"model_type":"cohere","hidden_size":8192,"intermediate_size":22528,"num_hidden_layers":40,"num_attention_heads":64,"num_key_value_heads":64,"vocab_size":256000}"#,
        34_980_831_232,
    ),
    (
        r#"{"model_type":"cohere","hidden_size":12288,"intermediate_size":33792,"num_hidden_layers":64,"num_attention_heads":96,"num_key_value_heads":8,"vocab_size":256000,"use_qk_norm":true,"attention_bias":true}"#,
        103_812_378_624,
    ),
    (
        r#"{"model_type":"cohere2","hidden_size":4096,"intermediate_size":14336,"num_hidden_layers":32,"num_attention_heads":32,"num_key_value_heads":8,"vocab_size":256000}"#,
        8_028_033_024,
    ),
    (
        r#"{"model_type":"cohere2","hidden_size":4096,"intermediate_size":14336,"num_hidden_layers":8,"num_attention_heads":16,"num_key_value_heads":8,"vocab_size":256000}"#,
        2_860_552_192,
    ),
    (
        r#"{"model_type":"granite","hidden_size":2048,"intermediate_size":8192,"num_hidden_layers":40,"num_attention_heads":32,"num_key_value_heads":8,"vocab_size":49155,"tie_word_embeddings":true}"#,
        2_533_531_648,
    ),
    (
        r#"{"model_type":"granite","hidden_size":64,"intermediate_size":160,"num_hidden_layers":2,"num_attention_heads":4,"num_key_value_heads":2,"vocab_size":100,"attention_bias":true,"mlp_bias":true}"#,
        100_288,
    ),
    (
        r#"{"model_type":"stablelm","hidden_size":2560,"intermediate_size":6912,"num_hidden_layers":32,"num_attention_heads":32,"num_key_value_heads":32,"vocab_size":50304}"#,
        2_795_443_200,
    ),
    (
        r#"{"model_type":"stablelm","hidden_size":5120,"intermediate_size":13824,"num_hidden_layers":40,"num_attention_heads":32,"num_key_value_heads":8,"vocab_size":100352,"use_qkv_bias":false,"qk_layernorm":true,"use_parallel_residual":true}"#,
        12_143_185_920,
    ),
    (
        r#"{"model_type":"stablelm","hidden_size":2048,"intermediate_size":5632,"num_hidden_layers":24,"num_attention_heads":32,"num_key_value_heads":32,"vocab_size":100352,"use_qkv_bias":true}"#,
        1_644_515_328,
    ),
    (r#"{"model_type":"gptj"}"#, 6_050_882_784),
    (
        r#"{"model_type":"gptj","n_embd":64,"n_layer":2,"n_head":4,"vocab_size":100,"rotary_dim":8,"n_inner":100}"#,
        71_980,
    ),
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

fn said(config: &str) -> String {
    read_text(config, "config.json").expect_err("it cannot be read").to_string()
}

/// Llama's needed fields with one of them replaced.
fn llama(field: &str, value: &str) -> String {
    let fields =
        ["hidden_size", "intermediate_size", "num_hidden_layers", "num_attention_heads", "vocab_size"];
    let mut object = serde_json::json!({"model_type": "llama"});
    for (name, number) in fields.iter().zip([64, 128, 2, 4, 100]) {
        object[name] = number.into();
    }
    object[field] = serde_json::from_str(value).expect("it is JSON");
    object.to_string()
}

#[test]
fn fields_that_are_missing_are_named_all_at_once() {
    let error = said(r#"{"model_type": "llama", "hidden_size": 64, "vocab_size": 100}"#);
    for field in ["intermediate_size", "num_hidden_layers", "num_attention_heads"] {
        assert!(error.contains(field), "{error}");
    }
    assert!(!error.contains("`hidden_size`"), "{error}");
}

#[test]
fn a_number_that_no_model_has_is_named() {
    for (field, value) in [
        ("hidden_size", "0"),
        ("hidden_size", "-64"),
        ("hidden_size", "64.5"),
        ("hidden_size", "\"64\""),
        ("hidden_size", "18446744073709551615"),
        ("hidden_size", "1e300"),
        ("num_hidden_layers", "1000000000"),
        ("num_attention_heads", "7"),
        ("num_key_value_heads", "3"),
        ("attention_dropout", "2"),
        ("tie_word_embeddings", "\"yes\""),
        ("vocab_size", "null"),
    ] {
        let error = said(&llama(field, value));
        assert!(error.contains(field), "{field}: {value}: {error}");
    }
    assert!(said(&llama("text_config", "3").replace("llama", "gemma3")).contains("text_config"));
}

#[test]
fn absurd_sizes_neither_overflow_nor_pass() {
    let mut config: serde_json::Value =
        serde_json::from_str(&llama("hidden_size", "200000000")).expect("JSON");
    config["num_attention_heads"] = 200_000_000.into();
    config["vocab_size"] = 200_000_000.into();
    let error = read_config(&config, "config.json").expect_err("it is absurd");
    assert!(matches!(error, ModelError::Absurd { .. }), "{error}");
    for kind in ["mixtral", "qwen3_moe", "gpt2", "t5", "vit", "falcon", "dinov2", "whisper", "novel"] {
        let mut config = config.clone();
        config["model_type"] = kind.into();
        for field in [
            "head_dim",
            "num_experts",
            "num_local_experts",
            "d_kv",
            "num_heads",
            "d_ff",
            "mlp_ratio",
            "n_inner",
        ] {
            config[field] = 268_000_000.into();
        }
        let _ = read_config(&config, kind).map(|card| card.parameters());
    }
}

#[test]
fn what_is_no_config_is_placed() {
    assert!(said("{\n  \"a\": ,\n}").starts_with("config.json:2:8: "), "{}", said("{\n  \"a\": ,\n}"));
    assert!(said("[]").contains("a list"));
    assert!(said("{}").contains("model_type"));
    let unknown = said(r#"{"model_type": "mamba"}"#);
    assert!(
        unknown.contains("mamba") && unknown.contains("llama") && unknown.contains("safetensors"),
        "{unknown}"
    );
}

#[test]
fn an_unknown_decoder_is_counted_as_a_usual_one_and_says_so() {
    let config = llama("rms_norm_eps", "1e-6").replace("llama", "novel");
    let novel = card(&config);
    assert_eq!(novel.parameters(), card(&llama("rms_norm_eps", "1e-6")).parameters());
    assert!(novel.unknown[0].contains("`novel`"), "{:?}", novel.unknown);
}

#[test]
fn text_within_a_model_of_images_is_counted_by_its_own_row() {
    let text = llama("hidden_size", "64");
    let wrapped = format!(r#"{{"model_type": "llava", "text_config": {text}, "vision_config": {{}}}}"#);
    let (inner, outer) = (card(&text), card(&wrapped));
    assert_eq!(inner.parameters(), outer.parameters());
    assert!(
        outer.tensors()[0].0.starts_with("lm_head") && outer.stacks[0].path == "model.language_model.layers"
    );
    assert!(outer.unknown[0].contains("images"), "{:?}", outer.unknown);
}

/// A head for classes instead of a language model, as transformers 5.23 builds it for 3 classes.
#[test]
fn classifiers_have_their_own_head() {
    for (config, parameters) in [
        (
            r#"{"model_type":"bert","architectures":["BertForSequenceClassification"],"num_labels":3,"num_hidden_layers":1}"#,
            31_517_955,
        ),
        (
            r#"{"model_type":"roberta","architectures":["RobertaForSequenceClassification"],"num_labels":3,"num_hidden_layers":1}"#,
            46_680_579,
        ),
        (
            r#"{"model_type":"distilbert","architectures":["DistilBertForSequenceClassification"],"num_labels":3,"n_layers":1}"#,
            31_516_419,
        ),
        (
            r#"{"model_type":"gpt2","architectures":["GPT2ForSequenceClassification"],"num_labels":3,"n_layer":1}"#,
            46_475_520,
        ),
        (r#"{"model_type":"bart","tie_word_embeddings":false}"#, 560_705_536),
    ] {
        assert_eq!(card(config).parameters(), parameters, "{config}");
    }
}
