//! The run: everything a worker needs to know, as one JSON object that the launcher writes and every rank reads.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::Layout;

/// One training run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Run {
    /// What is trained.
    pub model: Model,
    /// What it reads.
    pub data: Data,
    /// Who holds what.
    pub layout: Layout,
    /// Sequences and their length.
    pub batch: Batch,
    /// How weights move.
    pub optimizer: Optimizer,
    /// How the learning rate moves.
    pub schedule: Schedule,
    /// Optimizer steps of the whole run, those before a resume included.
    pub steps: u64,
    /// Of initial weights, the order of the data, and dropout.
    pub seed: u64,
    /// What is written, and where to go on.
    pub checkpoints: Checkpoints,
    /// Seconds that a collective may take before the run ends.
    pub timeout_s: u64,
    /// Peak bytes per device that the estimate foresees, to be told when memory runs out.
    pub estimated_bytes: Option<u64>,
}

/// What is trained.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Model {
    /// As the person named it.
    pub name: String,
    /// The whole of its Hugging Face `config.json`.
    pub config: serde_json::Value,
    /// A safetensors file, its index, or a folder with either; none for random weights.
    pub weights: Option<PathBuf>,
}

/// What it reads.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Data {
    /// Text files, folders of them, or one file of token numbers (`.bin`: little-endian u16, `.u32`: u32).
    pub files: Vec<PathBuf>,
    /// A `tokenizer.json`; none for bytes as tokens.
    pub tokenizer: Option<PathBuf>,
    /// The share of sequences, 0 to 1, that is held back to evaluate on.
    pub evaluation: f64,
    /// Optimizer steps between evaluations; 0 for one at the end.
    pub evaluate_every: u64,
}

/// Sequences and their length.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Batch {
    /// Sequences of one micro-batch on one rank.
    pub micro: u32,
    /// Tokens of a sequence.
    pub sequence: u32,
}

/// AdamW.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Optimizer {
    /// Highest learning rate.
    pub rate: f64,
    /// Decay of the first moment.
    pub beta1: f64,
    /// Decay of the second moment.
    pub beta2: f64,
    /// Added to the root of the second moment.
    pub epsilon: f64,
    /// Weight decay of every parameter, as `torch.optim.AdamW` has it by default.
    pub decay: f64,
}

/// How the learning rate moves.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Schedule {
    /// Its shape after the warm-up.
    pub kind: ScheduleKind,
    /// Steps in which it rises from 0 to the highest.
    pub warmup: u64,
}

/// The shape of the learning rate after the warm-up, as transformers' schedules of these names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ScheduleKind {
    /// Half a cosine down to 0 at the last step.
    Cosine,
    /// A line down to 0 at the last step.
    Linear,
    /// It stays.
    Constant,
}

/// What is written, and where to go on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checkpoints {
    /// The run's folder: checkpoints, metrics, the final model. None writes nothing.
    pub folder: Option<PathBuf>,
    /// Steps between checkpoints; 0 for one at the end.
    pub every: u64,
    /// Checkpoints that are kept, the newest ones.
    pub keep: u32,
    /// Whether it goes on from the newest checkpoint in the folder, where there is one.
    pub resumes: bool,
}
