//! The main program starts the worker: a config of Accelerate trains to a falling loss, a preflight is green, and a
//! measurement has numbers.

use std::path::Path;
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;

const CONFIG: &str = "distributed_type: FSDP\nmixed_precision: 'no'\nnum_machines: 1\nnum_processes: 2\nfsdp_config:\n  fsdp_version: 2\n";

const MODEL: &str = r#"{"model_type": "llama", "architectures": ["LlamaForCausalLM"], "hidden_size": 32,
    "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 2, "num_key_value_heads": 1,
    "vocab_size": 256, "max_position_embeddings": 64, "tie_word_embeddings": true, "torch_dtype": "float32"}"#;

/// What the main program says to these words, in a folder with a config and a model.
fn said(folder: &TempDir, words: &[&str]) -> String {
    for (name, text) in [("fsdp.yaml", CONFIG), ("model.json", MODEL)] {
        std::fs::write(folder.path().join(name), text).expect("a file");
    }
    let mut command = Command::new(env!("CARGO_BIN_EXE_accel-studio"));
    command.args(words).current_dir(folder.path()).env("HOME", folder.path()).env("HF_HOME", folder.path());
    command.env("ACCEL_STUDIO_WORKER", env!("CARGO_BIN_EXE_accel-studio-worker"));
    let output = command.output().expect("it starts");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{stderr}\n{}", String::from_utf8_lossy(&output.stdout));
    String::from_utf8(output.stdout).expect("UTF-8")
}

fn folder() -> TempDir {
    tempfile::tempdir().expect("a folder")
}

fn losses(metrics: &Path) -> Vec<f64> {
    let text = std::fs::read_to_string(metrics).expect("the run has metrics");
    let lines = text.lines().map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
    lines.filter_map(|line| line.get("loss").and_then(Value::as_f64)).collect()
}

#[test]
fn a_config_trains_on_two_ranks_without_a_gpu() {
    let folder = folder();
    let words = "launch --worker --cpu fsdp.yaml --model model.json --steps 30 --warmup 2 --lr 1e-2 --seq-len 32 \
                 --micro-batch 4 --main_process_port 0 --save-to out";
    let text = said(&folder, &words.split_whitespace().collect::<Vec<&str>>());
    assert!(text.contains("on 2 ranks"), "{text}");
    let losses = losses(&folder.path().join("out/metrics.jsonl"));
    let (first, last) = (losses[0], losses[losses.len() - 1]);
    // ln 256 is 5.5: it has learnt which letters a text is made of
    assert!(first > 5.0 && last < first - 1.5, "{losses:?}");
    let run: Value =
        serde_json::from_slice(&std::fs::read(folder.path().join("out/run.json")).expect("a file"))
            .expect("JSON");
    assert_eq!(run["layout"]["sharded"], "everything");
}

#[test]
fn a_preflight_of_two_ranks_is_green() {
    let words = [
        "preflight",
        "--cpu",
        "fsdp.yaml",
        "--model",
        "model.json",
        "--main_process_port",
        "0",
        "--format",
        "json",
    ];
    let seen: Value = serde_json::from_str(&said(&folder(), &words)).expect("JSON");
    assert_eq!(seen["ranks"].as_array().map(Vec::len), Some(2), "{seen:#}");
    assert_eq!(seen["backend"], "gloo");
    assert!(seen["all_reduces"].as_array().is_some_and(|sizes| !sizes.is_empty()), "{seen:#}");
}

#[test]
fn a_measurement_stands_beside_the_estimate() {
    let words = "measure --cpu fsdp.yaml --model model.json --seq-len 32 --micro-batch 2 --steps 2 --main_process_port 0 \
                 --format json";
    let answer: Value =
        serde_json::from_str(&said(&folder(), &words.split_whitespace().collect::<Vec<&str>>()))
            .expect("JSON");
    assert_eq!(answer["measured"]["ranks"], 2);
    assert_eq!(answer["measured"]["planned"]["blocks"], 2);
    assert!(answer["measured"]["planned"]["step_seconds"].as_f64().is_some_and(|seconds| seconds > 0.0));
    assert!(answer["estimated"]["optimizer"].as_u64().is_some_and(|bytes| bytes > 0));
}
