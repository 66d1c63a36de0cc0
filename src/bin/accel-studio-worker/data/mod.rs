//! Texts become tokens, tokens become sequences of one length, and every rank gets its share of them.
//!
//! A sequence is a number; which ones a step reads follows from the seed and from how many were read before, never
//! from how many ranks read them. Knows nothing of models beyond the size of their vocabulary.

mod order;
mod source;
mod tokenizer;
mod tokens;

use std::path::PathBuf;

use accel_studio::worker::Data;
use tch::Tensor;
use thiserror::Error;

use order::Permutation;
use tokenizer::Tokenizer;
use tokens::Tokens;

/// Why there is nothing to train on.
#[derive(Debug, Error)]
pub enum DataError {
    /// A file or folder cannot be read.
    #[error("`{}` cannot be read: {why}", path.display())]
    Unreadable { path: PathBuf, why: String },
    /// A folder without texts, or no file at all.
    #[error("{0}")]
    Nothing(String),
    /// A tokenizer that cannot be used, or a text that it cannot take.
    #[error("{0}")]
    Tokenizer(String),
    /// Token numbers that the model does not know.
    #[error("{0}")]
    Vocabulary(String),
    /// Fewer tokens than a sequence needs.
    #[error("{0}")]
    TooShort(String),
}

/// What most functions here give.
pub type Result<T> = std::result::Result<T, DataError>;

/// Sequences of a batch: what the model reads, and what it is to say.
#[derive(Debug)]
pub struct Rows {
    /// `[rows, sequence]` token numbers, int64, on the CPU.
    pub tokens: Tensor,
    /// The same, one place later in the text.
    pub targets: Tensor,
}

/// All sequences of a run.
#[derive(Debug)]
pub struct Corpus {
    tokens: Tokens,
    sequence: u64,
    vocabulary: u64,
    seed: u64,
    /// Places of all sequences: the first `held_back` of them are evaluated on, the others trained on. It does not
    /// depend on the seed, so that runs with different seeds can be compared.
    split: Permutation,
    held_back: u64,
}

impl Corpus {
    /// Reads the texts and cuts them into sequences of `sequence` tokens. `vocabulary` is the model's.
    pub fn open(data: &Data, sequence: u32, vocabulary: u64, seed: u64) -> Result<Corpus> {
        let tokens = read(data, vocabulary)?;
        let sequence = u64::from(sequence);
        let count = sequences(&tokens, sequence)?;
        let held_back = held_back(data.evaluation, count)?;
        let split = Permutation::new(count, 0, 0);
        Ok(Corpus { tokens, sequence, vocabulary, seed, split, held_back })
    }

    /// Tokens of all texts together.
    pub fn token_count(&self) -> u64 {
        self.tokens.len()
    }

    /// Sequences of one epoch.
    pub fn trained_on(&self) -> u64 {
        self.split.len() - self.held_back
    }

    /// Sequences that are held back.
    pub fn evaluated_on(&self) -> u64 {
        self.held_back
    }

    /// `rows` sequences to train on, from the `first` of the run on; after the last one the next epoch begins, in
    /// another order.
    pub fn rows(&self, first: u64, rows: u64) -> Result<Rows> {
        let epoch = self.trained_on();
        self.gather((first..first + rows).map(|at| {
            let order = Permutation::new(epoch, self.seed, at / epoch + 1);
            self.split.at(self.held_back + order.at(at % epoch))
        }))
    }

    /// `rows` sequences that are held back, from the `first` on.
    pub fn held_back_rows(&self, first: u64, rows: u64) -> Result<Rows> {
        self.gather((first..first + rows).map(|at| self.split.at(at)))
    }

    fn gather(&self, places: impl Iterator<Item = u64>) -> Result<Rows> {
        let length = self.sequence + 1;
        let mut all = Vec::new();
        for place in places {
            self.tokens.read(place * self.sequence, length, self.vocabulary, &mut all)?;
        }
        let (rows, length) = (all.len() as i64 / length as i64, length as i64);
        let whole = Tensor::from_slice(&all).view([rows, length]);
        let tokens = whole.narrow(1, 0, length - 1).contiguous();
        Ok(Rows { tokens, targets: whole.narrow(1, 1, length - 1).contiguous() })
    }
}

fn read(data: &Data, vocabulary: u64) -> Result<Tokens> {
    let files = source::list(&data.files)?;
    if let Some((file, width)) = source::numbers(&files)? {
        return Tokens::map(file, width, vocabulary);
    }
    let tokenizer = Tokenizer::open(data.tokenizer.as_deref(), vocabulary)?;
    tokenizer.encode(&files)
}

/// How many sequences there are; the last token of one is the first of the next, so that each is aimed at once.
fn sequences(tokens: &Tokens, sequence: u64) -> Result<u64> {
    let count = tokens.len();
    match count.saturating_sub(1).checked_div(sequence) {
        None => Err(DataError::TooShort("a sequence has 0 tokens: set a length of at least 1".to_owned())),
        Some(0) => Err(DataError::TooShort(format!(
            "the data have {count} tokens, but one sequence of {sequence} needs {}: give more text or shorter sequences",
            sequence + 1,
        ))),
        Some(sequences) => Ok(sequences),
    }
}

/// How many of `count` sequences a share means: at least one where it is not 0, and never all.
fn held_back(share: f64, count: u64) -> Result<u64> {
    if share == 0.0 {
        return Ok(0);
    }
    if !(share > 0.0 && share < 1.0) {
        let why =
            format!("an evaluation share of {share} is not between 0 and 1: 0.05 holds back every 20th");
        return Err(DataError::TooShort(why));
    }
    let wanted = ((count as f64 * share).round() as u64).clamp(1, count);
    if wanted == count {
        let why = format!(
            "holding back {share} of {count} sequences for evaluation leaves none to train on: give more text or \
             hold back less"
        );
        return Err(DataError::TooShort(why));
    }
    Ok(wanted)
}

#[cfg(test)]
mod tests;
