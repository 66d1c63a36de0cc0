//! One safetensors file: its header, checked, and its bytes, mapped into memory.

use std::fs::File as Opened;
use std::io::Read;
use std::path::{Path, PathBuf};

use safetensors::tensor::{Dtype, Metadata};
use tch::{Device, Kind, Tensor};

use super::error::{Result, WeightsError};

/// Largest header that the format allows (safetensors, `MAX_HEADER_SIZE`).
const MOST_HEADER: u64 = 100_000_000;

/// A mapped file.
#[derive(Debug)]
pub struct File {
    path: PathBuf,
    /// All of its bytes; pages are read when they are used.
    bytes: Tensor,
    /// Where tensors begin.
    start: u64,
    header: Metadata,
}

/// A tensor's shape and type as stored.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Stored {
    pub shape: Vec<i64>,
    pub dtype: Dtype,
}

impl File {
    /// Reads its header, which must fit its length.
    pub fn open(path: &Path) -> Result<File> {
        let wrong = |reason: String| WeightsError::new(path, reason);
        let mut file = Opened::open(path).map_err(WeightsError::at(path))?;
        let size = file.metadata().map_err(WeightsError::at(path))?.len();
        let mut length = [0; 8];
        let short = "ends within its first 8 bytes; the download is not complete, fetch it again";
        file.read_exact(&mut length).map_err(|_| wrong(short.to_owned()))?;
        let length = u64::from_le_bytes(length);
        if length > MOST_HEADER {
            return Err(wrong(format!("claims a header of {length} bytes; this is no safetensors file")));
        }
        let mut text = Vec::new();
        file.take(length).read_to_end(&mut text).map_err(WeightsError::at(path))?;
        if (text.len() as u64) < length {
            return Err(wrong(format!("ends within its header of {length} bytes; fetch it again")));
        }
        let header: Metadata = serde_json::from_slice(&text)
            .map_err(|error| wrong(format!("has a header that cannot be read ({error}); fetch it again")))?;
        let whole = (8 + length).saturating_add(header.data_len() as u64);
        if size != whole {
            let how = if size < whole { "cut off" } else { "too long" };
            return Err(wrong(format!(
                "is {how}: {size} bytes, where its header needs {whole}; fetch it again"
            )));
        }
        Ok(File { path: path.to_owned(), bytes: mapped(path, size)?, start: 8 + length, header })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Names of all tensors.
    pub(super) fn names(&self) -> impl Iterator<Item = String> {
        self.header.tensors().into_keys()
    }

    /// What is said of a tensor.
    pub(super) fn stored(&self, name: &str) -> Option<Stored> {
        let info = self.header.info(name)?;
        let shape = info.shape.iter().map(|dim| i64::try_from(*dim).unwrap_or(i64::MAX)).collect();
        Some(Stored { shape, dtype: info.dtype })
    }

    /// A tensor's numbers as a vector of the stored kind.
    pub fn numbers(&self, name: &str) -> Result<Tensor> {
        let wrong = |reason: String| WeightsError::new(&self.path, reason);
        let info = self.header.info(name).ok_or_else(|| wrong(format!("has no tensor `{name}`")))?;
        let kind = kind(info.dtype).ok_or_else(|| wrong(refused(name, info.dtype)))?;
        let (from, to) = info.data_offsets;
        let from = i64::try_from(self.start.saturating_add(from as u64)).unwrap_or(i64::MAX);
        let length = i64::try_from(to).unwrap_or(i64::MAX) - i64::try_from(info.data_offsets.0).unwrap_or(0);
        let bytes = self.bytes.f_narrow(0, from, length).map_err(WeightsError::at(&self.path))?;
        // a view of wider numbers must start at a multiple of their width, which few files fail to do
        let is_aligned = from % i64::try_from(kind.elt_size_in_bytes()).unwrap_or(1) == 0;
        let bytes = if is_aligned { bytes } else { bytes.copy() };
        bytes.f_view_dtype(kind).map_err(WeightsError::at(&self.path))
    }
}

/// A file as a vector of bytes that are read when they are used.
fn mapped(path: &Path, size: u64) -> Result<Tensor> {
    let name =
        path.to_str().ok_or_else(|| WeightsError::new(path, "has a name that is no UTF-8; rename it"))?;
    let size = i64::try_from(size).unwrap_or(i64::MAX);
    Tensor::f_from_file(name, false, size, (Kind::Uint8, Device::Cpu)).map_err(WeightsError::at(path))
}

/// What is read; integers and narrower floats are results of quantization.
fn kind(dtype: Dtype) -> Option<Kind> {
    match dtype {
        Dtype::F16 => Some(Kind::Half),
        Dtype::BF16 => Some(Kind::BFloat16),
        Dtype::F32 => Some(Kind::Float),
        Dtype::F64 => Some(Kind::Double),
        _ => None,
    }
}

/// Why a type is not read.
pub(super) fn refused(name: &str, dtype: Dtype) -> String {
    format!(
        "holds `{name}` as {dtype:?}; weights are trained from F32, BF16, F16 or F64, so take those before quantization"
    )
}

/// Whether numbers of a type can be trained.
pub(super) fn is_trainable(dtype: Dtype) -> bool {
    kind(dtype).is_some()
}
