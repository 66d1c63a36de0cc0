//! Recorded peaks of training memory: one JSON line is a case, and what the library is asked about it.
//!
//! Shared by `tests/memory_truth.rs` and `examples/estimate_check`. The lines are written by
//! `tests/oracle/record_memory.py`; a setting that is not listed here is refused, never passed over.

mod outcome;
mod report;

use std::collections::BTreeMap;

use accel_studio::memory::{
    Attention, Ddp, Fsdp, FsdpStrategy, Lora, Optimizer, Padding, Precision, Quantised, Sharding, StepKind,
    Strategy, Workload,
};
use accel_studio::model::Dtype;
use serde::Deserialize;
use serde_json::Value;

pub use outcome::{Figures, Outcome, percent, weigh};
pub use report::{breakdown, tables, worst};

/// One recorded training step.
#[derive(Clone, Debug, Deserialize)]
pub struct Case {
    pub id: String,
    pub model: String,
    pub task: String,
    /// The fields of `config.json` that differ from the family's defaults.
    pub config: Value,
    /// The whole `config.json` as transformers saves it; a file states it once per model.
    #[serde(default)]
    saved: Option<Value>,
    pub settings: Settings,
    pub truth: Truth,
}

/// What was measured.
#[derive(Clone, Debug, Deserialize)]
pub struct Truth {
    n_params: u64,
    n_trainable: u64,
    pub peak_bytes: u64,
    pub peak_phase: String,
    #[serde(default)]
    pub peak_op: String,
    pub peak_by_category: BTreeMap<String, u64>,
}

/// How the step was made.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    pub batch: u64,
    #[serde(default)]
    pub seq: u64,
    #[serde(default)]
    pub tgt_seq: Option<u64>,
    #[serde(default = "fp32")]
    pub weights_dtype: String,
    #[serde(default = "no")]
    pub mixed_precision: String,
    #[serde(default)]
    pub ckpt: bool,
    #[serde(default = "sdpa")]
    pub attn: String,
    #[serde(default)]
    pub padding: bool,
    #[serde(default = "single")]
    pub dist: String,
    #[serde(default = "one")]
    pub world: u64,
    /// Copies of the sharded model (hybrid sharding): `world` is this times the shards.
    #[serde(default = "one")]
    pub replicate: u64,
    #[serde(default = "yes")]
    pub reshard: bool,
    #[serde(default)]
    pub strategy: Option<String>,
    /// Classes by which FSDP wraps, where the model's own would not work.
    #[serde(default)]
    pub wrap: Option<Vec<String>>,
    #[serde(default = "one")]
    pub grad_accum: u64,
    /// Gradient clipping by norm.
    #[serde(default)]
    pub clip: bool,
    #[serde(default = "adamw")]
    pub optimizer: String,
    #[serde(default = "foreach")]
    pub opt_impl: String,
    #[serde(default)]
    pub keep_outputs: bool,
    #[serde(default)]
    pub lora: Option<Adapter>,
    #[serde(default)]
    pub qlora: Option<Base>,
}

/// Low-rank adapters.
#[derive(Clone, Debug, Deserialize)]
pub struct Adapter {
    pub r: u64,
    pub targets: Vec<String>,
}

/// A frozen base in four bits.
#[derive(Clone, Debug, Deserialize)]
pub struct Base {
    #[serde(default = "yes")]
    pub kbit_prepare: bool,
}

fn fp32() -> String {
    "fp32".to_owned()
}

fn no() -> String {
    "no".to_owned()
}

fn sdpa() -> String {
    "sdpa".to_owned()
}

fn single() -> String {
    "single".to_owned()
}

fn adamw() -> String {
    "adamw".to_owned()
}

fn foreach() -> String {
    "foreach".to_owned()
}

fn one() -> u64 {
    1
}

fn yes() -> bool {
    true
}

/// All cases of a file; the error names the line.
pub fn read(text: &str) -> Result<Vec<Case>, String> {
    let mut saved = BTreeMap::new();
    let mut cases = Vec::new();
    for (number, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let mut case: Case =
            serde_json::from_str(line).map_err(|error| format!("line {}: {error}", number + 1))?;
        if let Some(config) = &case.saved {
            saved.insert(case.model.clone(), config.clone());
        }
        case.saved = saved.get(&case.model).cloned();
        cases.push(case);
    }
    Ok(cases)
}

impl Case {
    /// `model_type` of the model.
    pub fn family(&self) -> &str {
        self.config.get("model_type").and_then(Value::as_str).unwrap_or("unknown")
    }

    /// Parameters of the model without adapters; nothing where four-bit numbers were counted by the byte.
    pub fn parameters(&self) -> Option<u64> {
        let Truth { n_params, n_trainable, .. } = self.truth;
        match (&self.settings.lora, &self.settings.qlora) {
            (None, None) => Some(n_params),
            (Some(_), None) => Some(n_params - n_trainable),
            (_, Some(_)) => None,
        }
    }

    /// The config as it stands beside the weights: with the class that was trained, of whose name only
    /// the ending counts.
    pub fn config_json(&self) -> Value {
        let mut config = self.saved.as_ref().unwrap_or(&self.config).clone();
        let ending = match self.task.as_str() {
            "causal-lm" => "ForCausalLM",
            "masked-lm" => "ForMaskedLM",
            "seq2seq-lm" | "speech-seq2seq" => "ForConditionalGeneration",
            "image-classification" => "ForImageClassification",
            "sequence-classification" => "ForSequenceClassification",
            _ => "Model",
        };
        if let Some(fields) = config.as_object_mut() {
            fields.insert("architectures".to_owned(), Value::from(vec![format!("Model{ending}")]));
        }
        config
    }

    /// The settings by which cases are grouped, named as a person would.
    pub fn groups(&self) -> Vec<String> {
        let settings = &self.settings;
        let mut keys = vec![
            format!("dist {}", settings.dist),
            format!("weights {}, mixed {}", settings.weights_dtype, settings.mixed_precision),
            format!("attention {}", settings.attn),
            format!("optimizer {} {}", settings.optimizer, settings.opt_impl),
        ];
        let switches = [
            ("checkpointing", settings.ckpt),
            ("without checkpointing", !settings.ckpt),
            ("padding", settings.padding),
            ("outputs kept", settings.keep_outputs),
            ("gradient accumulation", settings.grad_accum > 1),
            ("gradient clipping", settings.clip),
            ("no reshard after forward", !settings.reshard),
            ("named wrap classes", settings.wrap.is_some()),
            ("hybrid sharding", settings.replicate > 1),
            ("lora", settings.lora.is_some() && settings.qlora.is_none()),
            ("qlora", settings.qlora.is_some()),
        ];
        keys.extend(switches.iter().filter(|(_, is_on)| *is_on).map(|(name, _)| (*name).to_owned()));
        keys.extend(settings.strategy.iter().map(|strategy| format!("strategy {strategy}")));
        keys
    }

    /// What a person would have said of the step.
    pub fn workload(&self) -> Result<Workload, String> {
        let settings = &self.settings;
        let base = settings.qlora.as_ref().map(|base| Quantised { bits: 4, is_prepared: base.kbit_prepare });
        Ok(Workload {
            micro_batch: settings.batch,
            sequence: settings.seq.max(1), // images have none of their own
            target_sequence: settings.tgt_seq,
            padding: if settings.padding { Padding::Masked } else { Padding::None },
            attention: chosen("attn", &settings.attn, &ATTENTION)?,
            weights: chosen("weights_dtype", &settings.weights_dtype, &DTYPES)?,
            optimizer: chosen("optimizer", &settings.optimizer, &OPTIMIZERS)?,
            step: chosen("opt_impl", &settings.opt_impl, &STEPS)?,
            has_checkpointing: settings.ckpt,
            keeps_outputs: settings.keep_outputs,
            has_fused_loss: false,
            lora: settings.lora.as_ref().map(|lora| Lora {
                rank: lora.r,
                targets: lora.targets.clone(),
                base,
            }),
        })
    }

    /// What the config file would have said.
    pub fn strategy(&self) -> Result<Strategy, String> {
        let settings = &self.settings;
        Ok(Strategy {
            world: settings.world,
            local: settings.world / settings.replicate.max(1),
            precision: chosen("mixed_precision", &settings.mixed_precision, &PRECISIONS)?,
            accumulation: settings.grad_accum,
            syncs_each_batch: false,
            sharding: self.sharding()?,
            tensor: 1,
            context: 1,
            sequence: 1,
            pipeline: 1,
            replicas: settings.replicate,
            is_on_cpu: false,
            unknown: Vec::new(),
        })
    }

    fn sharding(&self) -> Result<Sharding, String> {
        let settings = &self.settings;
        let version = match settings.dist.as_str() {
            "single" => return Ok(Sharding::Single),
            "ddp" => return Ok(Sharding::Ddp(Ddp::default())),
            "fsdp1" => 1,
            "fsdp2" => 2,
            other => return Err(format!("`dist` is {other}, which is not known here")),
        };
        let strategy = match &settings.strategy {
            Some(word) => chosen("strategy", word, &STRATEGIES)?,
            None if settings.replicate > 1 => FsdpStrategy::Hybrid,
            None if settings.reshard => FsdpStrategy::Full,
            None => FsdpStrategy::GradOp,
        };
        Ok(Sharding::Fsdp(Fsdp {
            version,
            strategy,
            wraps_layers: true,
            smallest_unit: None,
            offloads: false,
            loads_once: true,
            has_checkpointing: false,
            offloads_activations: false,
        }))
    }
}

fn chosen<T: Copy>(what: &str, word: &str, table: &[(&str, T)]) -> Result<T, String> {
    let found = table.iter().find(|(known, _)| *known == word);
    found.map(|(_, meaning)| *meaning).ok_or_else(|| format!("`{what}` is {word}, which is not known here"))
}

const ATTENTION: [(&str, Attention); 3] =
    [("sdpa", Attention::Sdpa), ("eager", Attention::Eager), ("flash", Attention::Flash)];
const DTYPES: [(&str, Dtype); 3] = [("fp32", Dtype::F32), ("bf16", Dtype::Bf16), ("fp16", Dtype::F16)];
const PRECISIONS: [(&str, Precision); 3] =
    [("no", Precision::No), ("bf16", Precision::Bf16), ("fp16", Precision::Fp16)];
const STEPS: [(&str, StepKind); 3] =
    [("foreach", StepKind::Foreach), ("fused", StepKind::Fused), ("for-loop", StepKind::ForLoop)];
const OPTIMIZERS: [(&str, Optimizer); 5] = [
    ("adamw", Optimizer::AdamW),
    ("adafactor", Optimizer::Adafactor),
    ("sgd", Optimizer::Sgd),
    ("sgd-momentum", Optimizer::SgdMomentum),
    ("muon", Optimizer::Muon),
];
const STRATEGIES: [(&str, FsdpStrategy); 5] = [
    ("FULL_SHARD", FsdpStrategy::Full),
    ("SHARD_GRAD_OP", FsdpStrategy::GradOp),
    ("NO_SHARD", FsdpStrategy::None),
    ("HYBRID_SHARD", FsdpStrategy::Hybrid),
    ("_HYBRID_SHARD_ZERO2", FsdpStrategy::HybridGradOp),
];
