//! One row per thing that a person says about a run of the worker: options of `launch --worker` and `measure`, and
//! their page, read them.

use std::path::PathBuf;

use super::{Batch, Checkpoints, Data, Layout, Model, Optimizer, Run, Schedule, ScheduleKind, Sharded};
use crate::memory::Precision;
use crate::text::any_of;

/// One thing that a person says about a run.
pub struct RunOption {
    /// Its option, without dashes in front.
    pub name: &'static str,
    /// Another word that people know.
    pub alias: Option<&'static str>,
    /// One sentence.
    pub says: &'static str,
    /// What counts where nothing is said; empty where that is nothing.
    pub default: &'static str,
    /// What may be written.
    pub takes: Takes,
    /// Whether it is about learning and saving, which a measurement of a few steps does not do.
    pub is_for_training: bool,
    /// Writes a word that [`Takes::accepts`] into the run.
    write: fn(&mut Run, &str),
}

/// What may be written for an option.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Takes {
    /// A path; may be given several times.
    Paths,
    /// A path.
    Path,
    /// A whole number from the first to the second.
    Count(u64, u64),
    /// A number from the first to the second.
    Number(f64, f64),
    /// One of these words.
    Word(&'static [&'static str]),
    /// Nothing: given means yes.
    Switch,
}

/// Nobody trains for more steps, keeps more checkpoints or waits for more seconds.
const MOST: u64 = 1 << 30;

/// Of the learning rate and of everything that is weighed against it.
const FACTOR: Takes = Takes::Number(0.0, 1e6);

const KINDS: [(&str, ScheduleKind); 3] = [
    ("cosine", ScheduleKind::Cosine),
    ("linear", ScheduleKind::Linear),
    ("constant", ScheduleKind::Constant),
];

const ROW: RunOption = RunOption {
    name: "",
    alias: None,
    says: "",
    default: "",
    takes: Takes::Path,
    is_for_training: true,
    write: |_, _| {},
};

/// All rows, in the order of the help. The model itself is named beside them, because it is looked up.
pub const RUN_OPTIONS: &[RunOption] = &[
    RunOption {
        name: "weights",
        says: "Weights to begin with: a safetensors file, its index or a folder; otherwise random ones",
        write: |run, word| run.model.weights = Some(PathBuf::from(word)),
        ..ROW
    },
    RunOption {
        name: "data",
        says: "What it reads: text files, folders of them, or one file of token numbers (.bin, .u32); several times",
        takes: Takes::Paths,
        write: |run, word| run.data.files.push(PathBuf::from(word)),
        ..ROW
    },
    RunOption {
        name: "tokenizer",
        says: "A tokenizer.json; otherwise each byte is a token",
        write: |run, word| run.data.tokenizer = Some(PathBuf::from(word)),
        ..ROW
    },
    RunOption {
        name: "seq-len",
        alias: Some("sequence"),
        says: "Tokens of one sequence",
        default: "128",
        takes: Takes::Count(1, MOST),
        is_for_training: false,
        write: |run, word| run.batch.sequence = number(word),
    },
    RunOption {
        name: "micro-batch",
        alias: Some("batch"),
        says: "Sequences per rank that pass through the model at once",
        default: "8",
        takes: Takes::Count(1, MOST),
        is_for_training: false,
        write: |run, word| run.batch.micro = number(word),
    },
    RunOption {
        name: "checkpointing",
        says: "Layers are computed again in backward instead of kept",
        takes: Takes::Switch,
        is_for_training: false,
        write: |run, _| run.layout.has_checkpointing = true,
        ..ROW
    },
    RunOption {
        name: "steps",
        says: "Optimizer steps of the whole run, those before a resume included",
        default: "100",
        takes: Takes::Count(1, MOST),
        write: |run, word| run.steps = number(word),
        ..ROW
    },
    RunOption {
        name: "lr",
        says: "Highest learning rate of AdamW",
        default: "1e-3",
        takes: FACTOR,
        write: |run, word| run.optimizer.rate = factor(word),
        ..ROW
    },
    RunOption {
        name: "schedule",
        says: "How the learning rate moves after the warm-up",
        default: "cosine",
        takes: Takes::Word(&[KINDS[0].0, KINDS[1].0, KINDS[2].0]),
        write: |run, word| {
            run.schedule.kind =
                KINDS.iter().find(|(name, _)| *name == word).map_or(ScheduleKind::Cosine, |kind| kind.1);
        },
        ..ROW
    },
    RunOption {
        name: "warmup",
        says: "Steps in which the learning rate rises",
        default: "10",
        takes: Takes::Count(0, MOST),
        write: |run, word| run.schedule.warmup = number(word),
        ..ROW
    },
    RunOption {
        name: "weight-decay",
        says: "Weight decay of AdamW",
        default: "0.01",
        takes: FACTOR,
        write: |run, word| run.optimizer.decay = factor(word),
        ..ROW
    },
    RunOption {
        name: "clip",
        says: "Largest norm of the whole gradient, where the config says none",
        takes: FACTOR,
        write: |run, word| run.layout.clipping = Some(factor(word)).filter(|norm| *norm > 0.0),
        ..ROW
    },
    RunOption {
        name: "seed",
        says: "Of the random weights, the order of the data, and dropout",
        default: "42",
        takes: Takes::Count(0, MOST),
        write: |run, word| run.seed = number(word),
        ..ROW
    },
    RunOption {
        name: "evaluation",
        says: "The share of sequences that is held back to evaluate on",
        default: "0",
        takes: Takes::Number(0.0, 0.9),
        write: |run, word| run.data.evaluation = factor(word),
        ..ROW
    },
    RunOption {
        name: "evaluate-every",
        says: "Steps between evaluations; 0 for one at the end",
        default: "0",
        takes: Takes::Count(0, MOST),
        write: |run, word| run.data.evaluate_every = number(word),
        ..ROW
    },
    RunOption {
        name: "save-to",
        says: "The run's folder: checkpoints, metrics, the trained model; otherwise nothing is written",
        write: |run, word| run.checkpoints.folder = Some(PathBuf::from(word)),
        ..ROW
    },
    RunOption {
        name: "save-every",
        says: "Steps between checkpoints; 0 for one at the end",
        default: "0",
        takes: Takes::Count(0, MOST),
        write: |run, word| run.checkpoints.every = number(word),
        ..ROW
    },
    RunOption {
        name: "keep",
        says: "Checkpoints that are kept, the newest ones",
        default: "3",
        takes: Takes::Count(1, MOST),
        write: |run, word| run.checkpoints.keep = number(word),
        ..ROW
    },
    RunOption {
        name: "resume",
        says: "Go on from the newest checkpoint in the run's folder, where there is one",
        takes: Takes::Switch,
        write: |run, _| run.checkpoints.resumes = true,
        ..ROW
    },
    RunOption {
        name: "timeout",
        says: "Seconds that ranks wait for each other before the run ends",
        default: "300",
        takes: Takes::Count(1, MOST),
        is_for_training: false,
        write: |run, word| run.timeout_s = number(word),
        ..ROW
    },
];

impl RunOption {
    /// Takes a word as people write it. `Err` says in lower case what may be written.
    pub fn set(&self, run: &mut Run, word: &str) -> Result<(), String> {
        self.takes.accepts(word).map_err(|must| format!("`--{}` is {must}, found `{word}`", self.name))?;
        (self.write)(run, word);
        Ok(())
    }
}

impl Takes {
    /// Whether a word fits; `Err` says what would.
    pub fn accepts(self, word: &str) -> Result<(), String> {
        let fine = match self {
            Takes::Paths | Takes::Path => !word.is_empty(),
            Takes::Switch => true,
            Takes::Count(least, most) => word.parse().is_ok_and(|number| (least..=most).contains(&number)),
            Takes::Number(least, most) => word.parse().is_ok_and(|number| (least..=most).contains(&number)),
            Takes::Word(words) => words.contains(&word),
        };
        let must = || match self {
            Takes::Paths | Takes::Path | Takes::Switch => "a path".to_owned(),
            Takes::Count(least, most) => format!("a whole number from {least} to {most}"),
            Takes::Number(least, most) => format!("a number from {least} to {most}"),
            Takes::Word(words) => any_of(words),
        };
        if fine { Ok(()) } else { Err(must()) }
    }
}

impl Run {
    /// A run of a model under a layout, with what the rows say where a person says nothing.
    pub fn new(model: Model, layout: Layout) -> Run {
        let mut run = Run {
            model,
            data: Data::default(),
            layout,
            batch: Batch { micro: 1, sequence: 1 },
            // As `torch.optim.AdamW` of torch 2.11 has it.
            optimizer: Optimizer { rate: 1e-3, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, decay: 1e-2 },
            schedule: Schedule { kind: ScheduleKind::Cosine, warmup: 0 },
            steps: 1,
            seed: 0,
            checkpoints: Checkpoints::default(),
            timeout_s: 300,
            estimated_bytes: None,
        };
        for option in RUN_OPTIONS.iter().filter(|option| !option.default.is_empty()) {
            (option.write)(&mut run, option.default);
        }
        run
    }
}

fn number<T: TryFrom<u64> + Default>(word: &str) -> T {
    word.parse().ok().and_then(|number: u64| T::try_from(number).ok()).unwrap_or_default()
}

fn factor(word: &str) -> f64 {
    word.parse().unwrap_or_default()
}

impl Layout {
    /// One process that holds everything, in full precision, without a GPU: what a run is before anybody says more.
    pub const fn alone() -> Layout {
        Layout {
            world: 1,
            sharded: Sharded::Nothing,
            replicas: 1,
            precision: Precision::No,
            accumulation: 1,
            syncs_each_batch: false,
            offloads_states: false,
            offloads_parameters: false,
            has_checkpointing: false,
            bucket_bytes: super::layout::BUCKET,
            clipping: None,
            is_on_cpu: true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn blank() -> Run {
        let model = Model { name: "tiny".to_owned(), config: serde_json::Value::Null, weights: None };
        Run::new(model, Layout::alone())
    }

    #[test]
    fn every_option_changes_the_run_and_its_default_fits() {
        for option in RUN_OPTIONS {
            if !option.default.is_empty() {
                option.takes.accepts(option.default).unwrap_or_else(|must| panic!("{}: {must}", option.name));
            }
            let word = match option.takes {
                Takes::Paths | Takes::Path => "some/path",
                Takes::Count(..) => "7",
                Takes::Number(..) => "0.25",
                Takes::Word(words) => words[2],
                Takes::Switch => "",
            };
            let (before, mut after) = (blank(), blank());
            option.set(&mut after, word).unwrap_or_else(|error| panic!("{error}"));
            assert_ne!(before, after, "--{}", option.name);
        }
    }

    #[test]
    fn wrong_words_are_told() {
        let told = |name: &str, word: &str| {
            let option = RUN_OPTIONS.iter().find(|option| option.name == name).expect("it exists");
            option.set(&mut blank(), word).err()
        };
        assert_eq!(
            told("seq-len", "0").as_deref(),
            Some("`--seq-len` is a whole number from 1 to 1073741824, found `0`")
        );
        assert_eq!(
            told("schedule", "step").as_deref(),
            Some("`--schedule` is cosine, linear or constant, found `step`")
        );
        for wrong in ["nan", "-1", "inf", "1e7", ""] {
            assert!(told("lr", wrong).is_some(), "{wrong}");
        }
    }
}
