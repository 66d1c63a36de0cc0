//! Networks of every family: their units, their names, and a forward pass on small numbers.

use serde_json::json;
use tch::{Device, IndexOp};

use super::*;
use crate::torch::numerics::Autocast;

fn llama() -> Value {
    json!({"model_type": "llama", "hidden_size": 16, "intermediate_size": 24, "num_hidden_layers": 2,
        "num_attention_heads": 4, "num_key_value_heads": 2, "vocab_size": 32, "max_position_embeddings": 64})
}

fn with(key: &str, value: Value) -> Value {
    let mut config = llama();
    config[key] = value;
    config
}

fn refusal(config: &Value) -> String {
    Network::read(config).expect_err("it cannot be followed").to_string()
}

/// Logits of a network as it starts.
fn logits(network: &Network, tokens: &Tensor, mode: Mode) -> Tensor {
    let flats: Vec<Tensor> = (0..network.units().len()).map(|unit| network.initial(unit, 7)).collect();
    let mut x = tokens.shallow_clone();
    for (number, stage) in network.stages().iter().enumerate() {
        x = network.forward(number, &flats[stage.unit], &x, mode).expect("it fits");
    }
    x
}

fn tokens(count: i64) -> Tensor {
    Tensor::arange(count, (Kind::Int64, Device::Cpu)).remainder(32).view([1, count])
}

#[test]
fn units_follow_each_other_without_gaps() {
    let network = Network::read(&llama()).expect("a llama");
    let names: Vec<&str> = network.units().iter().map(|unit| unit.name.as_str()).collect();
    assert_eq!(names, ["embedding", "model.layers.0", "model.layers.1", "head"]);
    for unit in network.units() {
        let end = unit.entries.iter().fold(0, |end, entry| {
            assert_eq!(entry.offset, end, "{}", entry.name);
            end + entry.numel()
        });
        assert_eq!(end, unit.numel);
    }
    assert_eq!(network.units()[1].entries[0].name, "model.layers.0.self_attn.q_proj.weight");
}

#[test]
fn a_tied_head_shares_the_embeddings_unit() {
    let network = Network::read(&with("tie_word_embeddings", json!(true))).expect("a llama");
    assert_eq!(network.units()[0].name, "root");
    assert_eq!(network.stages().last().map(|stage| stage.unit), Some(0));
    assert_eq!(network.parameters(), 32 * 16 + 16 + 2 * (768 + 3 * 16 * 24 + 32));
}

#[test]
fn a_position_sees_only_those_before_it() {
    for window in [None, Some(3)] {
        let mut config = with("model_type", json!("mistral"));
        config["sliding_window"] = json!(window);
        let network = Network::read(&config).expect("a mistral");
        let changed = tokens(12);
        let _ = changed.i((0, 4)).fill_(31);
        let difference =
            logits(&network, &tokens(12), Mode::default()) - logits(&network, &changed, Mode::default());
        let moved = difference.abs().amax([2], false).view([-1]);
        let moved: Vec<bool> =
            Vec::<f32>::try_from(moved).expect("floats").iter().map(|it| *it > 0.0).collect();
        // two blocks of a window of 3 see 2 tokens back each
        let last = if window.is_some() { 8 } else { 11 };
        assert!((0..12).all(|at| moved[at] == (4..=last).contains(&at)), "{window:?}: {moved:?}");
    }
}

#[test]
fn padding_behind_a_unit_changes_nothing() {
    let network = Network::read(&llama()).expect("a llama");
    let flat = network.initial(0, 1);
    let padded = flat.constant_pad_nd([0, 3]);
    let forward = |flat| network.forward(0, flat, &tokens(4), Mode::default());
    assert_eq!(forward(&flat).expect("it fits"), forward(&padded).expect("it fits"));
    let error = forward(&flat.narrow(0, 0, 10)).expect_err("it is too short").to_string();
    assert_eq!(error, "unit `embedding` has 512 numbers, but was given 10");
}

#[test]
fn first_weights_follow_from_the_seed_and_look_normal() {
    let network = Network::read(&with("hidden_size", json!(64))).expect("a llama");
    let flat = network.initial(1, 1);
    assert_eq!(flat, network.initial(1, 1));
    assert_ne!(flat, network.initial(1, 2));
    let mlp = flat.narrow(0, network.units()[1].entries[4].offset, 64 * 24);
    let (mean, deviation) = (mlp.mean(Kind::Float).double_value(&[]), mlp.std(true).double_value(&[]));
    assert!(mean.abs() < 0.002 && (deviation - 0.02).abs() < 0.002, "{mean} {deviation}");
    let padded =
        Network::read(&with("pad_token_id", json!(-1))).expect("a llama").initial(0, 1).view([32, 16]);
    assert_eq!(padded.i(31).abs().sum(Kind::Float).double_value(&[]), 0.0);
    assert!(padded.i(30).abs().sum(Kind::Float).double_value(&[]) > 0.0);
}

#[test]
fn dropout_is_for_training() {
    let config = json!({"model_type": "gpt2", "n_embd": 16, "n_layer": 2, "n_head": 2, "n_positions": 16, "vocab_size": 32});
    let network = Network::read(&config).expect("a gpt2");
    let twice = |mode| logits(&network, &tokens(8), mode) == logits(&network, &tokens(8), mode);
    assert!(twice(Mode { is_training: false }) && !twice(Mode { is_training: true }));
    let error =
        network.forward(0, &network.initial(0, 1), &tokens(17), Mode::default()).expect_err("too long");
    assert_eq!(error.to_string(), "a sequence of 17 tokens, but `n_positions` is 16; take shorter sequences");
}

/// Norms of heads, turns and biases meet numbers of two kinds under autocast.
#[test]
fn autocast_changes_logits_by_little_more_than_rounding() {
    for (kind, half) in [
        ("llama", Kind::BFloat16),
        ("qwen2", Kind::Half),
        ("qwen3", Kind::BFloat16),
        ("gpt2", Kind::BFloat16),
    ] {
        let mut config = with("initializer_range", json!(0.2));
        config["model_type"] = json!(kind);
        let network = Network::read(&config).expect("a family of ours");
        let exact = logits(&network, &tokens(12), Mode::default());
        let guard = Autocast::begin(Device::Cpu, half).expect("CPUs have it");
        let rounded = logits(&network, &tokens(12), Mode::default());
        drop(guard);
        assert_eq!(rounded.kind(), half, "{kind}");
        let apart = (&exact - rounded).abs().max().double_value(&[]) / exact.abs().max().double_value(&[]);
        assert!(apart > 0.0 && apart < 0.03, "{kind}: {apart}");
    }
}

#[test]
fn the_loss_of_equal_logits_is_that_of_a_guess() {
    let network = Network::read(&llama()).expect("a llama");
    let loss =
        network.loss(&Tensor::zeros([1, 4, 32], (Kind::BFloat16, Device::Cpu)), &tokens(4)).expect("it fits");
    assert!((loss.double_value(&[]) - 32_f64.ln()).abs() < 1e-6);
    assert_eq!(loss.kind(), Kind::Float);
}

#[test]
fn what_cannot_be_followed_is_refused_by_name() {
    let mut bert = llama();
    bert["model_type"] = json!("bert");
    assert_eq!(
        refusal(&bert),
        "the worker does not train models of type `bert`; it trains `gpt2`, `llama`, `mistral`, `qwen2` and `qwen3`"
    );
    assert_eq!(
        refusal(&with("rope_scaling", json!({"rope_type": "longrope"}))),
        "config.json: `rope_scaling` asks for positions of type `longrope`; the worker computes `default`, `linear`, \
         `dynamic`, `llama3` and `yarn`"
    );
    assert_eq!(
        refusal(&with("rope_parameters", json!({"rope_type": "linear"}))),
        "config.json: `rope_parameters.factor` is missing; the scaling of positions that is asked for needs it"
    );
    let architectures = json!(["LlamaForSequenceClassification"]);
    assert!(refusal(&with("architectures", architectures)).contains("another head"));
    assert!(refusal(&with("hidden_act", json!("xielu"))).contains("`hidden_act` is `xielu`"));
    assert!(refusal(&with("pad_token_id", json!(32))).contains("the vocabulary has 32 tokens"));
    assert!(refusal(&with("quantization_config", json!({"bits": 4}))).contains("full precision"));
    assert!(refusal(&with("rms_norm_eps", json!("tiny"))).contains("a number is needed"));
}
