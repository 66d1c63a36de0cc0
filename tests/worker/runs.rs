//! Runs of a tiny model on a text that is made here, each in a folder of its own.

use std::fs;
use std::path::{Path, PathBuf};

use accel_studio::worker::{
    Batch, Checkpoints, Data, Layout, Model, Optimizer, Run, Schedule, ScheduleKind, Sharded,
};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::harness::{Ended, Launch};

/// Seconds that ranks wait for one that is gone without a trace; tests lose none so.
const TIMEOUT: u64 = 60;

/// A folder, and what is run in it.
pub struct Trial {
    folder: TempDir,
    /// Changed between starts as a test likes.
    pub run: Run,
}

impl Trial {
    /// Eight sequences a step on one rank, 24 steps, a checkpoint after every eighth.
    pub fn new() -> Trial {
        let folder = tempfile::tempdir().expect("a folder for a test");
        let text = folder.path().join("text.txt");
        fs::write(&text, text_of(400)).expect("a file");
        let run = Run {
            model: Model { name: "tiny".to_owned(), config: config(), weights: None },
            data: Data { files: vec![text], tokenizer: None, evaluation: 0.1, evaluate_every: 0 },
            layout: layout(),
            batch: Batch { micro: 8, sequence: 32 },
            optimizer: Optimizer { rate: 5e-3, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, decay: 0.01 },
            schedule: Schedule { kind: ScheduleKind::Cosine, warmup: 4 },
            steps: 24,
            seed: 7,
            checkpoints: Checkpoints {
                folder: Some(folder.path().join("run")),
                every: 8,
                keep: 9,
                resumes: false,
            },
            timeout_s: TIMEOUT,
            estimated_bytes: None,
        };
        Trial { folder, run }
    }

    /// Spread over ranks, with the same global batch.
    pub fn on(mut self, world: u32, sharded: Sharded) -> Trial {
        self.spread(world, sharded);
        self
    }

    /// The same for a trial that has run.
    pub fn spread(&mut self, world: u32, sharded: Sharded) {
        self.run.layout.world = world;
        self.run.layout.sharded = sharded;
        self.run.batch.micro = 8 / world;
    }

    /// The ranks, to be started.
    pub fn launch(&self) -> Launch {
        let path = self.folder.path().join("run.json");
        fs::write(&path, serde_json::to_string(&self.run).expect("plain data")).expect("a file");
        let path = path.to_str().expect("a temporary folder has a plain name");
        Launch::new(self.run.layout.world as usize, &["train", path])
    }

    /// Runs it to its end, which must be a good one; gives what rank 0 said.
    pub fn train(&self) -> String {
        let ended = self.launch().run();
        ended.iter().for_each(|rank| {
            rank.expect_success();
        });
        ended[0].stdout.clone()
    }

    /// Runs it; it must be refused, by rank 0 with these words.
    pub fn expect_refusal(&self, words: &str) -> Vec<Ended> {
        let ended = self.launch().run();
        assert_eq!(ended[0].code, Some(2), "{ended:#?}");
        assert!(ended[0].stderr.contains(words), "{ended:#?}");
        ended
    }

    /// Goes on from the newest checkpoint from now on.
    pub fn resume(&mut self) -> &mut Trial {
        self.run.checkpoints.resumes = true;
        self
    }

    /// The folder that is given to the run.
    pub fn folder(&self) -> PathBuf {
        self.folder.path().join("run")
    }

    /// A place for a file beside it.
    pub fn beside(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Removes the checkpoints of these steps.
    pub fn forget(&self, steps: &[u64]) {
        for step in steps {
            fs::remove_dir_all(self.folder().join(format!("step-{step:06}"))).expect("it was written");
        }
    }

    /// The loss of every step that `metrics.jsonl` tells, exactly as written.
    pub fn losses(&self) -> Vec<(u64, f64)> {
        numbers(&self.folder(), "loss")
    }

    /// Steps of the checkpoints that are there, the oldest first.
    pub fn checkpoints(&self) -> Vec<u64> {
        let entries = fs::read_dir(self.folder()).into_iter().flatten().filter_map(Result::ok);
        let names = entries.map(|entry| entry.file_name().to_string_lossy().into_owned());
        let mut steps: Vec<u64> = names.filter_map(|name| name.strip_prefix("step-")?.parse().ok()).collect();
        steps.sort_unstable();
        steps
    }

    /// Another number of every step that has it.
    pub fn numbers(&self, name: &str) -> Vec<(u64, f64)> {
        numbers(&self.folder(), name)
    }

    /// Loss of the last evaluation.
    pub fn evaluated(&self) -> f64 {
        numbers(&self.folder(), "evaluation_loss").last().expect("it was evaluated").1
    }
}

/// Whether two runs of the same steps had the same losses to 1e-4.
pub fn expect_alike(ours: &[(u64, f64)], theirs: &[(u64, f64)]) {
    assert_eq!(ours.len(), theirs.len(), "{ours:?} {theirs:?}");
    for (ours, theirs) in ours.iter().zip(theirs) {
        assert!(ours.0 == theirs.0 && (ours.1 - theirs.1).abs() < 1e-4, "{ours:?} {theirs:?}");
    }
}

fn numbers(folder: &Path, name: &str) -> Vec<(u64, f64)> {
    let text = fs::read_to_string(folder.join("metrics.jsonl")).unwrap_or_default();
    // A rank that is killed may leave half a line.
    let lines = text.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    lines.filter_map(|line| Some((line["step"].as_u64()?, line.get(name)?.as_f64()?))).collect()
}

/// Sentences with a rule in them that can be learnt.
fn text_of(sentences: u32) -> String {
    let line = |number: u32| {
        let (a, b) = (number * 7 % 10, number * 3 % 10);
        format!("{a} and {b} make {}, says number {number}.\n", a + b)
    };
    (0..sentences).map(line).collect()
}

/// Llama in small: grouped heads, tied embeddings.
fn config() -> Value {
    json!({
        "model_type": "llama", "architectures": ["LlamaForCausalLM"], "hidden_size": 32, "intermediate_size": 64,
        "num_hidden_layers": 2, "num_attention_heads": 2, "num_key_value_heads": 1, "vocab_size": 256,
        "max_position_embeddings": 64, "rms_norm_eps": 1e-5, "hidden_act": "silu", "tie_word_embeddings": true,
    })
}

fn layout() -> Layout {
    Layout { bucket_bytes: 25 << 20, clipping: Some(1.0), ..Layout::alone() }
}
