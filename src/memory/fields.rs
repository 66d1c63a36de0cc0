//! One row per thing that a person says about a training step: settings, flags, comments and the
//! studio's form read them.

use std::collections::BTreeMap;

use super::{Attention, Lora, Optimizer, Padding, Quantised, StepKind, Workload};
use crate::model::{Dtype, ModelCard};
use crate::text::{any_of, nearest};

/// One thing that a person says about a training step.
pub struct WorkloadField {
    /// Its key in `accel-studio.yaml`, below `workload`; its flag with dashes.
    pub name: &'static str,
    /// In a form.
    pub label: &'static str,
    /// One sentence.
    pub says: &'static str,
    /// What may be written.
    pub kind: WorkloadKind,
    /// Its value in a workload, as it is written; `None` where it is left out.
    pub read: fn(&Workload) -> Option<String>,
    /// Takes a value that fits `kind`.
    write: fn(&mut Workload, &str),
}

/// What may be written for a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WorkloadKind {
    /// A whole number from 1 on.
    Count,
    /// A whole number from 1 on, or `none`.
    OptionalCount,
    /// One of some words, each with what it means.
    Choice(&'static [(&'static str, &'static str)]),
    /// `true` or `false`.
    Switch,
    /// Words with commas between them.
    Words,
}

/// Largest number that is taken: nobody trains a sequence of a billion tokens.
const LARGEST: u64 = 1 << 30;

const OPTIMIZERS: [(&str, &str, Optimizer); 7] = [
    ("adamw", "Two states for each parameter: the usual choice.", Optimizer::AdamW),
    ("adamw-8bit", "bitsandbytes: states in 8 bits, a quarter of the memory.", Optimizer::AdamW8bit),
    ("adafactor", "Sums of rows and columns instead of a second moment.", Optimizer::Adafactor),
    ("sgd", "No state.", Optimizer::Sgd),
    ("sgd-momentum", "One state for each parameter.", Optimizer::SgdMomentum),
    ("lion", "One state for each parameter.", Optimizer::Lion),
    ("muon", "One state for each matrix, AdamW for the rest.", Optimizer::Muon),
];

const WEIGHTS: [(&str, &str, Dtype); 3] = [
    ("fp32", "Four bytes each: what `from_pretrained` gave before transformers 5.", Dtype::F32),
    ("bf16", "Two bytes each: `dtype=torch.bfloat16`.", Dtype::Bf16),
    ("fp16", "Two bytes each: `dtype=torch.float16`.", Dtype::F16),
];

const ATTENTIONS: [(&str, &str, Attention); 3] = [
    ("sdpa", "PyTorch's own kernels: the default.", Attention::Sdpa),
    ("eager", "Matrix by matrix: memory grows with the square of the sequence.", Attention::Eager),
    ("flash", "The flash-attn package.", Attention::Flash),
];

const STEPS: [(&str, &str, StepKind); 3] = [
    ("foreach", "All tensors at once, with a copy of each: PyTorch's default on a GPU.", StepKind::Foreach),
    ("fused", "One kernel, no copies: `fused=True`, the default of transformers' Trainer.", StepKind::Fused),
    ("for-loop", "Tensor by tensor: slow, no copies.", StepKind::ForLoop),
];

/// The words of a table, with what they mean.
const fn words<T: Copy, const N: usize>(
    table: [(&'static str, &'static str, T); N],
) -> [(&'static str, &'static str); N] {
    let mut words = [("", ""); N];
    let mut at = 0;
    while at < N {
        words[at] = (table[at].0, table[at].1);
        at += 1;
    }
    words
}

const OPTIMIZER_WORDS: &[(&str, &str)] = &words(OPTIMIZERS);
const WEIGHT_WORDS: &[(&str, &str)] = &words(WEIGHTS);
const ATTENTION_WORDS: &[(&str, &str)] = &words(ATTENTIONS);
const STEP_WORDS: &[(&str, &str)] = &words(STEPS);
const BASE_WORDS: &[(&str, &str)] =
    &[("16", "As loaded."), ("8", "8 bits: bitsandbytes' LLM.int8()."), ("4", "4 bits: QLoRA's NF4.")];

/// All rows, in the order of a form.
pub const WORKLOAD_FIELDS: &[WorkloadField] = &[
    WorkloadField {
        name: "sequence",
        label: "Sequence length",
        says: "Tokens of one sequence, padding included.",
        kind: WorkloadKind::Count,
        read: |it| Some(it.sequence.to_string()),
        write: |it, word| it.sequence = number(word).unwrap_or(it.sequence),
    },
    WorkloadField {
        name: "micro_batch",
        label: "Micro-batch",
        says: "Sequences per GPU that pass through the model at once.",
        kind: WorkloadKind::Count,
        read: |it| Some(it.micro_batch.to_string()),
        write: |it, word| it.micro_batch = number(word).unwrap_or(it.micro_batch),
    },
    WorkloadField {
        name: "weights",
        label: "Weights",
        says: "The type in which the script loads the model (`dtype=`).",
        kind: WorkloadKind::Choice(WEIGHT_WORDS),
        read: |it| Some(word_of(&WEIGHTS, it.weights)),
        write: |it, word| it.weights = of_word(&WEIGHTS, word).unwrap_or(it.weights),
    },
    WorkloadField {
        name: "optimizer",
        label: "Optimizer",
        says: "What steps the parameters.",
        kind: WorkloadKind::Choice(OPTIMIZER_WORDS),
        read: |it| Some(word_of(&OPTIMIZERS, it.optimizer)),
        write: |it, word| it.optimizer = of_word(&OPTIMIZERS, word).unwrap_or(it.optimizer),
    },
    WorkloadField {
        name: "step",
        label: "Optimizer's step",
        says: "How PyTorch steps the optimizer.",
        kind: WorkloadKind::Choice(STEP_WORDS),
        read: |it| Some(word_of(&STEPS, it.step)),
        write: |it, word| it.step = of_word(&STEPS, word).unwrap_or(it.step),
    },
    WorkloadField {
        name: "checkpointing",
        label: "Checkpointing",
        says: "Layers are computed again in backward instead of kept (`gradient_checkpointing_enable`).",
        kind: WorkloadKind::Switch,
        read: |it| Some(it.has_checkpointing.to_string()),
        write: |it, word| it.has_checkpointing = word == "true",
    },
    WorkloadField {
        name: "attention",
        label: "Attention",
        says: "Who computes attention (`attn_implementation=`).",
        kind: WorkloadKind::Choice(ATTENTION_WORDS),
        read: |it| Some(word_of(&ATTENTIONS, it.attention)),
        write: |it, word| it.attention = of_word(&ATTENTIONS, word).unwrap_or(it.attention),
    },
    WorkloadField {
        name: "padding",
        label: "Padding",
        says: "Sequences of different lengths are filled up, so that a mask reaches attention.",
        kind: WorkloadKind::Switch,
        read: |it| Some((it.padding == Padding::Masked).to_string()),
        write: |it, word| it.padding = if word == "true" { Padding::Masked } else { Padding::None },
    },
    WorkloadField {
        name: "keeps_outputs",
        label: "Keeps outputs",
        says: "The script's variable `outputs` lives until the next step, as in most hand-written loops.",
        kind: WorkloadKind::Switch,
        read: |it| Some(it.keeps_outputs.to_string()),
        write: |it, word| it.keeps_outputs = word == "true",
    },
    WorkloadField {
        name: "fused_loss",
        label: "Fused loss",
        says: "Head and loss are computed in chunks, without full logits (Liger, Cut Cross-Entropy).",
        kind: WorkloadKind::Switch,
        read: |it| Some(it.has_fused_loss.to_string()),
        write: |it, word| it.has_fused_loss = word == "true",
    },
    WorkloadField {
        name: "target_sequence",
        label: "Target length",
        says: "Tokens of the text to be written, for models that read one text and write another.",
        kind: WorkloadKind::OptionalCount,
        read: |it| it.target_sequence.map(|tokens| tokens.to_string()),
        write: |it, word| it.target_sequence = number(word),
    },
    WorkloadField {
        name: "lora_rank",
        label: "LoRA rank",
        says: "Trains low-rank adapters of this rank instead of the parameters.",
        kind: WorkloadKind::OptionalCount,
        read: |it| it.lora.as_ref().map(|lora| lora.rank.to_string()),
        write: |it, word| match (number(word), &mut it.lora) {
            (Some(rank), Some(lora)) => lora.rank = rank,
            (Some(rank), none) => *none = Some(Lora { rank, ..adapters() }),
            (None, lora) => *lora = None,
        },
    },
    WorkloadField {
        name: "lora_targets",
        label: "LoRA targets",
        says: "Ends of the names of the adapted layers, such as q_proj,v_proj; all-linear for all.",
        kind: WorkloadKind::Words,
        read: |it| it.lora.as_ref().map(|lora| lora.targets.join(",")),
        write: |it, word| {
            let targets = word.split(',').map(|target| target.trim().to_owned());
            it.lora.get_or_insert_with(adapters).targets =
                targets.filter(|target| !target.is_empty()).collect();
        },
    },
    WorkloadField {
        name: "lora_base_bits",
        label: "Frozen base",
        says: "Bits of each frozen weight under the adapters: 4 is QLoRA.",
        kind: WorkloadKind::Choice(BASE_WORDS),
        read: |it| it.lora.as_ref().map(|lora| lora.base.map_or(16, |base| base.bits).to_string()),
        write: |it, word| {
            let bits = number(word).filter(|bits| *bits < 16);
            it.lora.get_or_insert_with(adapters).base =
                bits.map(|bits| Quantised { bits, is_prepared: true });
        },
    },
];

/// Adapters on all linear layers with rank 16, peft's and QLoRA's usual beginning.
fn adapters() -> Lora {
    Lora { rank: 16, targets: vec!["all-linear".to_owned()], base: None }
}

impl WorkloadField {
    /// The row of a name; dashes may stand for underscores.
    pub fn find(name: &str) -> Option<&'static WorkloadField> {
        WORKLOAD_FIELDS.iter().find(|field| field.name == name.replace('-', "_"))
    }

    /// Takes a value as people write it. `Err` says in lower case what may be written.
    pub fn set(&self, workload: &mut Workload, word: &str) -> Result<(), String> {
        let word = word.trim().to_lowercase();
        self.kind.accepts(&word).map_err(|must| format!("`{}` is {must}, found `{word}`", self.name))?;
        (self.write)(workload, &word);
        Ok(())
    }
}

impl WorkloadKind {
    /// Whether a word fits; `Err` says what would.
    fn accepts(self, word: &str) -> Result<(), String> {
        let is_count = number(word).is_some();
        match self {
            WorkloadKind::Count if is_count => Ok(()),
            WorkloadKind::OptionalCount if is_count || word == "none" => Ok(()),
            WorkloadKind::Count => Err(format!("a whole number from 1 to {LARGEST}")),
            WorkloadKind::OptionalCount => Err(format!("a whole number from 1 to {LARGEST}, or none")),
            WorkloadKind::Choice(words) if words.iter().any(|(known, _)| *known == word) => Ok(()),
            WorkloadKind::Choice(words) => Err(any_of(words.iter().map(|(known, _)| known))),
            WorkloadKind::Switch if matches!(word, "true" | "false") => Ok(()),
            WorkloadKind::Switch => Err("true or false".to_owned()),
            WorkloadKind::Words if word.is_empty() => Err("a list of names with commas".to_owned()),
            WorkloadKind::Words => Ok(()),
        }
    }
}

impl Workload {
    /// A workload from words by name, for a model: its weights are loaded as they are stored unless the words
    /// say otherwise, which is the default of transformers since release 5. `Err` as of [`Workload::of_words`].
    pub fn for_model(card: &ModelCard, words: &BTreeMap<String, String>) -> Result<Workload, String> {
        let stored = card.stored.filter(|stored| matches!(stored, Dtype::Bf16 | Dtype::F16 | Dtype::F32));
        let mut words = words.clone();
        if let (Some(stored), false) = (stored, words.contains_key("weights")) {
            words.insert("weights".to_owned(), stored.word().to_owned());
        }
        Workload::of_words(&words)
    }

    /// A workload from words by name, as settings and comments write them. `Err`: what is wrong with the
    /// first wrong one, in lower case.
    pub fn of_words(words: &BTreeMap<String, String>) -> Result<Workload, String> {
        let mut workload = Workload::default();
        // In the order of the rows: a rank brings the adapters that targets and bits are about.
        for field in WORKLOAD_FIELDS {
            if let Some(word) = words.get(field.name) {
                field.set(&mut workload, word)?;
            }
        }
        let unknown = words.keys().find(|name| WorkloadField::find(name).is_none());
        unknown.map_or(Ok(workload), |name| Err(unknown_name(name)))
    }
}

fn unknown_name(name: &str) -> String {
    match nearest(name, WORKLOAD_FIELDS.iter().map(|field| field.name)) {
        Some(known) => format!("`{name}` is no part of a workload; did you mean `{known}`?"),
        None => format!(
            "`{name}` is no part of a workload; known are {}",
            crate::text::all_of(WORKLOAD_FIELDS.iter().map(|field| field.name))
        ),
    }
}

fn number(word: &str) -> Option<u64> {
    word.parse().ok().filter(|number| (1..=LARGEST).contains(number))
}

fn word_of<T: PartialEq, const N: usize>(table: &[(&str, &str, T); N], value: T) -> String {
    table.iter().find(|row| row.2 == value).map_or_else(String::new, |row| row.0.to_owned())
}

fn of_word<T: Copy, const N: usize>(table: &[(&str, &str, T); N], word: &str) -> Option<T> {
    table.iter().find(|row| row.0 == word).map(|row| row.2)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs.iter().map(|(name, word)| ((*name).to_owned(), (*word).to_owned())).collect()
    }

    #[test]
    fn what_a_field_reads_it_takes_back() {
        let full = words(&[("lora_rank", "8"), ("lora_base_bits", "4"), ("target_sequence", "64")]);
        let workload = Workload::of_words(&full).expect("all is in order");
        for field in WORKLOAD_FIELDS {
            let word = (field.read)(&workload).expect("all is set");
            let mut again = workload.clone();
            field.set(&mut again, &word).unwrap_or_else(|error| panic!("{error}"));
            assert_eq!(again, workload, "{}", field.name);
        }
    }

    #[test]
    fn wrong_words_are_told() {
        let told = |name: &str, word: &str| Workload::of_words(&words(&[(name, word)])).err();
        assert_eq!(
            told("sequence", "0").as_deref(),
            Some("`sequence` is a whole number from 1 to 1073741824, found `0`")
        );
        assert_eq!(
            told("sequnce", "1").as_deref(),
            Some("`sequnce` is no part of a workload; did you mean `sequence`?")
        );
        assert_eq!(
            told("step", "slow").as_deref(),
            Some("`step` is foreach, fused or for-loop, found `slow`")
        );
        assert_eq!(told("padding", "yes").as_deref(), Some("`padding` is true or false, found `yes`"));
    }
}
