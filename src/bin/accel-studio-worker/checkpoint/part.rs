//! One file of a checkpoint: what one rank holds of every unit, as safetensors, so that any tool can look into it.

use std::borrow::Cow;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use safetensors::{Dtype, View};
use serde::{Deserialize, Serialize};
use tch::Tensor;

use super::folder::failed;
use super::{CheckpointError, Result};
use crate::engine::UnitState;
use crate::weights::file::File as Weights;

/// What a file must be when it is read again.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sum {
    /// Its name in the checkpoint's folder.
    pub file: String,
    /// Its length.
    pub bytes: u64,
    /// CRC-32C of all of it.
    pub crc32c: u32,
}

/// Which of a unit's three tensors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    Parameters,
    First,
    Second,
}

/// All three.
pub const ALL: [What; 3] = [What::Parameters, What::First, What::Second];

impl What {
    fn name(self, unit: &str) -> String {
        let what = match self {
            What::Parameters => "parameters",
            What::First => "first_moments",
            What::Second => "second_moments",
        };
        format!("{unit}.{what}")
    }

    /// The tensor of a state.
    pub fn of(self, state: &UnitState) -> &Tensor {
        match self {
            What::Parameters => &state.parameters,
            What::First => &state.first,
            What::Second => &state.second,
        }
    }
}

/// `part-00003.safetensors`.
pub fn name(part: usize) -> String {
    format!("part-{part:05}.safetensors")
}

/// A tensor whose bytes are copied only when they are written, one tensor at a time.
struct Floats<'a> {
    tensor: &'a Tensor,
    shape: [usize; 1],
}

impl View for &Floats<'_> {
    fn dtype(&self) -> Dtype {
        Dtype::F32
    }

    fn shape(&self) -> &[usize] {
        &self.shape
    }

    fn data(&self) -> Cow<'_, [u8]> {
        let mut bytes = vec![0; self.data_len()];
        self.tensor.copy_data_u8(&mut bytes, self.shape[0]);
        Cow::Owned(bytes)
    }

    fn data_len(&self) -> usize {
        self.shape[0] * size_of::<f32>()
    }
}

/// Writes a part and puts it on the disk.
pub fn write(folder: &Path, part: usize, states: &[UnitState]) -> Result<Sum> {
    let path = folder.join(name(part));
    let floats = states.iter().flat_map(|state| ALL.map(|what| (what.name(&state.name), what.of(state))));
    let views: Vec<(String, Floats<'_>)> =
        floats.map(|(name, tensor)| (name, Floats { tensor, shape: [tensor.numel()] })).collect();
    let views = views.iter().map(|(name, floats)| (name.as_str(), floats));
    safetensors::serialize_to_file(views, None, &path)
        .map_err(|why| failed(&path, "cannot be written")(io::Error::other(why)))?;
    let (bytes, crc32c) = (|| {
        let mut file = File::open(&path)?;
        file.sync_all()?;
        sum(&mut file)
    })()
    .map_err(failed(&path, "cannot be put on the disk"))?;
    Ok(Sum { file: name(part), bytes, crc32c })
}

/// Length and CRC-32C of what is left of a file.
fn sum(file: &mut File) -> io::Result<(u64, u32)> {
    let (mut bytes, mut crc, mut piece) = (0, 0, vec![0; 1 << 20]);
    loop {
        match file.read(&mut piece)? {
            0 => return Ok((bytes, crc)),
            read => {
                crc = crc32c::crc32c_append(crc, &piece[..read]);
                bytes += read as u64;
            }
        }
    }
}

/// A part that was found to be what was written, mapped: only what is asked for is read.
pub struct Part(Weights);

impl Part {
    /// Checks a file and maps it.
    pub fn open(folder: &Path, expected: &Sum) -> Result<Part> {
        let path = folder.join(&expected.file);
        let found = File::open(&path).and_then(|mut file| sum(&mut file));
        let (bytes, crc32c) = found.map_err(failed(&path, "cannot be read"))?;
        if (bytes, crc32c) != (expected.bytes, expected.crc32c) {
            let why = format!(
                "{bytes} bytes with sum {crc32c:08x} were found, {} with {:08x} were written",
                expected.bytes, expected.crc32c
            );
            return Err(damaged(&path, why));
        }
        Weights::open(&path).map(Part).map_err(|error| damaged(&path, error.reason))
    }

    /// Numbers `from..to` of one tensor.
    pub fn slice(&self, unit: &str, what: What, from: i64, to: i64) -> Result<Tensor> {
        let all = self.0.numbers(&what.name(unit)).map_err(|error| damaged(&error.path, error.reason))?;
        Ok(all.f_narrow(0, from, to - from)?)
    }
}

fn damaged(path: &Path, why: String) -> CheckpointError {
    CheckpointError::Disk { path: path.to_owned(), doing: "is damaged", why }
}
