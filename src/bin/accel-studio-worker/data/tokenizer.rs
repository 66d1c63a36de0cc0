//! Texts become token numbers: by a `tokenizer.json`, or one per byte.

use std::fs;
use std::path::{Path, PathBuf};

use super::source::unreadable;
use super::tokens::Tokens;
use super::{DataError, Result};

/// Ends a text where bytes are the tokens; texts do not contain it.
const END_OF_TEXT: u8 = 0;

/// Names that tokenizers give the token at the end of a text, the usual ones first.
const ENDS: [&str; 5] = ["<|endoftext|>", "</s>", "<|end_of_text|>", "<eos>", "[SEP]"];

/// What turns texts into numbers.
pub enum Tokenizer {
    /// A byte's value.
    Bytes,
    /// A `tokenizer.json`, and the number that ends a text, where it has one.
    File(Box<tokenizers::Tokenizer>, Option<u32>),
}

impl Tokenizer {
    /// Reads a `tokenizer.json`; none means bytes. Refuses one that knows more tokens than the model.
    pub fn open(file: Option<&Path>, vocabulary: u64) -> Result<Tokenizer> {
        let Some(file) = file else {
            return if vocabulary >= 256 { Ok(Tokenizer::Bytes) } else { Err(too_few_for_bytes(vocabulary)) };
        };
        let bytes = fs::read(file).map_err(|error| unreadable(file, &error))?;
        let tokenizer = tokenizers::Tokenizer::from_bytes(bytes).map_err(|error| {
            DataError::Tokenizer(format!("`{}` is no `tokenizer.json`: {error}", file.display()))
        })?;
        let known = tokenizer.get_vocab(true).into_values().max().map_or(0, |last| u64::from(last) + 1);
        if known > vocabulary {
            return Err(DataError::Vocabulary(format!(
                "the tokenizer `{}` has token numbers up to {}, but the model's `vocab_size` is {vocabulary}: use \
                 the model's own tokenizer or raise `vocab_size` to {known}",
                file.display(),
                known - 1
            )));
        }
        let end = ENDS.iter().find_map(|name| tokenizer.token_to_id(name));
        Ok(Tokenizer::File(Box::new(tokenizer), end))
    }

    /// All texts in a row, each with its end.
    pub fn encode(&self, files: &[PathBuf]) -> Result<Tokens> {
        match self {
            Tokenizer::Bytes => read_bytes(files).map(Tokens::Bytes),
            Tokenizer::File(tokenizer, end) => encode(tokenizer, *end, files).map(Tokens::Numbers),
        }
    }
}

fn read_bytes(files: &[PathBuf]) -> Result<Vec<u8>> {
    let mut all = Vec::new();
    for file in files {
        all.extend(fs::read(file).map_err(|error| unreadable(file, &error))?);
        all.push(END_OF_TEXT);
    }
    Ok(all)
}

fn encode(tokenizer: &tokenizers::Tokenizer, end: Option<u32>, files: &[PathBuf]) -> Result<Vec<u32>> {
    let mut all = Vec::new();
    for file in files {
        let bytes = fs::read(file).map_err(|error| unreadable(file, &error))?;
        let text = String::from_utf8(bytes).map_err(|error| {
            let at = error.utf8_error().valid_up_to();
            DataError::Tokenizer(format!(
                "`{}` is no UTF-8 text (byte {at}): a tokenizer needs text; without one, bytes are the tokens",
                file.display()
            ))
        })?;
        // Special tokens are asked for by `end` alone: a `[CLS]` before each text is not what a language model reads.
        let encoding = tokenizer.encode_fast(text, false).map_err(|error| {
            DataError::Tokenizer(format!("`{}` cannot be tokenized: {error}", file.display()))
        })?;
        all.extend_from_slice(encoding.get_ids());
        all.extend(end);
    }
    Ok(all)
}

fn too_few_for_bytes(vocabulary: u64) -> DataError {
    DataError::Vocabulary(format!(
        "bytes as tokens have 256 values, but the model's `vocab_size` is {vocabulary}: name a `tokenizer.json`"
    ))
}
