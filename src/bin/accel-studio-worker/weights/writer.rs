//! A folder that transformers loads: safetensors with Hugging Face's names, an index where there are several files,
//! and `config.json`. It appears whole or not at all.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

use safetensors::tensor::{Dtype, View, serialize_to_file};
use serde_json::{Map, Value, json};
use tch::{Device, Kind, Tensor};
use tempfile::TempDir;

use super::error::{Result, WeightsError};
use crate::network::{Network, Unit};

/// Most bytes of one file: 5 GB, as transformers has long had it.
const MOST_BYTES: u64 = 5_000_000_000;

/// A folder in the making; dropped before its end, nothing of it stays.
#[derive(Debug)]
pub struct Writer {
    folder: PathBuf,
    aside: TempDir,
    config: Value,
    /// Numbers of the files that units go to, in order.
    files: Vec<usize>,
    written: usize,
    /// Tensors of the file that is being filled.
    pending: Vec<(String, Numbers)>,
    index: Map<String, Value>,
    bytes: u64,
}

impl Writer {
    /// Begins a folder with the weights of a network and its config; every unit follows with [`Writer::add`].
    ///
    /// # Errors
    /// A parent folder in which nothing can be written.
    pub fn begin(folder: &Path, network: &Network, config: &Value) -> Result<Writer> {
        Writer::begin_in_files_of(folder, network, config, MOST_BYTES)
    }

    pub(super) fn begin_in_files_of(
        folder: &Path,
        network: &Network,
        config: &Value,
        most: u64,
    ) -> Result<Writer> {
        let parent =
            folder.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        fs::create_dir_all(parent).map_err(WeightsError::at(parent))?;
        let aside = tempfile::Builder::new().prefix(".weights-").tempdir_in(parent);
        let aside = aside.map_err(WeightsError::at(parent))?;
        let mut config = config.clone();
        if let Some(fields) = config.as_object_mut() {
            fields.remove("torch_dtype");
            fields.insert("architectures".to_owned(), json!([network.class()]));
            fields.insert("dtype".to_owned(), json!("float32"));
        }
        let files = spread(network.units(), most);
        Ok(Writer {
            folder: folder.to_owned(),
            aside,
            config,
            files,
            written: 0,
            pending: Vec::new(),
            index: Map::new(),
            bytes: 0,
        })
    }

    /// The next unit of the network, in order, as its flat tensor of any kind on any device.
    ///
    /// # Errors
    /// A tensor that is too short, or a file that cannot be written.
    pub fn add(&mut self, unit: &Unit, flat: &Tensor) -> Result<()> {
        let whole = flat.f_to_device(Device::Cpu).and_then(|it| it.f_detach()?.f_to_kind(Kind::Float));
        let whole = whole.map_err(WeightsError::at(&self.folder))?;
        for entry in &unit.entries {
            let part =
                whole.f_narrow(0, entry.offset, entry.numel()).map_err(WeightsError::at(&self.folder))?;
            let shape = entry.shape.iter().map(|dim| usize::try_from(*dim).unwrap_or(0)).collect();
            self.pending.push((entry.name.clone(), Numbers { part, shape }));
        }
        let file = self.files[self.written];
        self.written += 1;
        if self.files.get(self.written) != Some(&file) { self.close(file) } else { Ok(()) }
    }

    /// Writes the pending tensors as one file.
    fn close(&mut self, file: usize) -> Result<()> {
        let name = match self.files.last() {
            None | Some(0) => "model.safetensors".to_owned(),
            Some(last) => format!("model-{:05}-of-{:05}.safetensors", file + 1, last + 1),
        };
        for (tensor, numbers) in &self.pending {
            self.index.insert(tensor.clone(), json!(name));
            self.bytes += numbers.data_len() as u64;
        }
        let path = self.aside.path().join(name);
        let format = HashMap::from([("format".to_owned(), "pt".to_owned())]);
        let tensors = std::mem::take(&mut self.pending);
        serialize_to_file(tensors, Some(format), &path).map_err(WeightsError::at(&path))?;
        settled(&path)
    }

    /// Puts the folder in its place; one that stood there is replaced.
    ///
    /// # Errors
    /// What the system says; the folder that stood there is then still there.
    pub fn finish(self) -> Result<()> {
        let aside = self.aside.path();
        if self.files.last().is_some_and(|last| *last > 0) {
            let index = json!({"metadata": {"total_size": self.bytes}, "weight_map": self.index});
            write_json(&aside.join("model.safetensors.index.json"), &index)?;
        }
        write_json(&aside.join("config.json"), &self.config)?;
        replace(self.aside, &self.folder)
    }
}

/// Renames; what stood there goes only after the new folder stands.
fn replace(aside: TempDir, folder: &Path) -> Result<()> {
    let failed = WeightsError::at(folder);
    if !folder.exists() {
        fs::rename(aside.path(), folder).map_err(failed)?;
        let _ = aside.keep();
        return Ok(());
    }
    let parent = folder.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let before = tempfile::Builder::new().prefix(".before-").tempdir_in(parent).map_err(&failed)?;
    let kept = before.path().join("model");
    fs::rename(folder, &kept).map_err(&failed)?;
    if let Err(error) = fs::rename(aside.path(), folder) {
        fs::rename(&kept, folder).map_err(&failed)?;
        return Err(failed(error));
    }
    let _ = aside.keep();
    Ok(())
}

fn write_json(path: &Path, value: &Value) -> Result<()> {
    let text = format!("{value:#}\n");
    fs::write(path, text).map_err(WeightsError::at(path))?;
    settled(path)
}

/// Waits until a file's bytes are on the disk.
fn settled(path: &Path) -> Result<()> {
    File::open(path).and_then(|file| file.sync_all()).map_err(WeightsError::at(path))
}

/// The file of each unit: as many units as fit, in order.
fn spread(units: &[Unit], most: u64) -> Vec<usize> {
    let (mut file, mut filled) = (0, 0);
    let place = |unit: &Unit| {
        let bytes = u64::try_from(unit.numel).unwrap_or(0).saturating_mul(4);
        if filled > 0 && filled + bytes > most {
            (file, filled) = (file + 1, 0);
        }
        filled += bytes;
        file
    };
    units.iter().map(place).collect()
}

/// A part of a flat tensor, turned into bytes when it is written.
#[derive(Debug)]
struct Numbers {
    part: Tensor,
    shape: Vec<usize>,
}

impl View for Numbers {
    fn dtype(&self) -> Dtype {
        Dtype::F32
    }

    fn shape(&self) -> &[usize] {
        &self.shape
    }

    fn data(&self) -> Cow<'_, [u8]> {
        let mut bytes = vec![0; self.data_len()];
        self.part.copy_data_u8(&mut bytes, self.part.numel());
        Cow::Owned(bytes)
    }

    fn data_len(&self) -> usize {
        self.part.numel() * 4
    }
}
