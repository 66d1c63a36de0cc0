//! The token numbers of all texts in a row, in memory or mapped from a file.

use std::fs;
use std::path::{Path, PathBuf};

use tch::{Device, Kind, Tensor};

use super::source::{Width, unreadable};
use super::{DataError, Result};
use crate::torch::TorchError;

/// How many numbers of a file are looked at before the run starts; the others when they are read. 64 million take
/// a second or two, so a wrong file is found at once and a large one does not hold up the start.
const CHECKED_FIRST: u64 = 1 << 26;

/// How many numbers are looked at in one go.
const PIECE: u64 = 1 << 20;

/// Token numbers.
#[derive(Debug)]
pub enum Tokens {
    /// Bytes are the tokens.
    Bytes(Vec<u8>),
    /// What a tokenizer gave.
    Numbers(Vec<u32>),
    /// A file of numbers, int16 or int32 to libtorch, which knows no arithmetic on unsigned ones.
    Mapped(PathBuf, Tensor),
}

impl Tokens {
    /// Maps a file of token numbers; refuses one with numbers beyond the vocabulary.
    pub fn map(path: &Path, width: Width, vocabulary: u64) -> Result<Tokens> {
        let bytes = fs::metadata(path).map_err(|error| unreadable(path, &error))?.len();
        let (size, kind) = match width {
            Width::Two => (2, Kind::Int16),
            Width::Four => (4, Kind::Int),
        };
        if bytes % size != 0 {
            let why = format!("its {bytes} bytes are no whole number of {size}-byte token numbers");
            return Err(unreadable(path, &why));
        }
        let name = path.to_str().ok_or_else(|| unreadable(path, &"its name is no UTF-8 text"))?;
        let count = i64::try_from(bytes / size).map_err(|error| unreadable(path, &error))?;
        let mapped = match count {
            0 => Tensor::f_zeros([0], (kind, Device::Cpu)),
            _ => Tensor::f_from_file(name, false, count, (kind, Device::Cpu)),
        };
        let mapped = mapped.map_err(|error| unreadable(path, &TorchError::from(error)))?;
        let tokens = Tokens::Mapped(path.to_owned(), mapped);
        let (checked, mut piece) = (tokens.len().min(CHECKED_FIRST), Vec::new());
        for start in (0..checked).step_by(PIECE as usize) {
            piece.clear();
            tokens.read(start, PIECE.min(checked - start), vocabulary, &mut piece)?;
        }
        Ok(tokens)
    }

    /// How many there are.
    pub fn len(&self) -> u64 {
        match self {
            Tokens::Bytes(bytes) => bytes.len() as u64,
            Tokens::Numbers(numbers) => numbers.len() as u64,
            Tokens::Mapped(_, file) => u64::try_from(file.numel()).unwrap_or(0),
        }
    }

    /// Appends `count` numbers from `start` on, which must be there.
    pub fn read(&self, start: u64, count: u64, vocabulary: u64, into: &mut Vec<i64>) -> Result<()> {
        let range = start as usize..(start + count) as usize;
        match self {
            // 256 values and a tokenizer's largest number were compared with the vocabulary when they were read.
            Tokens::Bytes(bytes) => into.extend(bytes[range].iter().map(|byte| i64::from(*byte))),
            Tokens::Numbers(numbers) => into.extend(numbers[range].iter().map(|number| i64::from(*number))),
            Tokens::Mapped(path, file) => {
                let before = into.len();
                into.extend(unsigned(path, &file.narrow(0, start as i64, count as i64))?);
                let wrong = into[before..].iter().position(|number| *number as u64 >= vocabulary);
                if let Some(at) = wrong {
                    return Err(beyond(path, start + at as u64, into[before + at], vocabulary));
                }
            }
        }
        Ok(())
    }
}

/// The bits of a piece of the file, read as unsigned.
fn unsigned(path: &Path, piece: &Tensor) -> Result<Vec<i64>> {
    let mask = if piece.kind() == Kind::Int16 { 0xFFFF } else { 0xFFFF_FFFF };
    let wide = piece.to_kind(Kind::Int64).bitwise_and(mask);
    Vec::try_from(&wide).map_err(|error| unreadable(path, &error))
}

fn beyond(path: &Path, place: u64, number: i64, vocabulary: u64) -> DataError {
    DataError::Vocabulary(format!(
        "token {place} of `{}` is {number}, but the model's `vocab_size` is {vocabulary}: the file was made with \
         another tokenizer, or its numbers have another width (`.bin` is u16, `.u32` is u32)",
        path.display()
    ))
}
