//! The trained model as a folder that transformers loads.

use std::fs;
use std::path::{Path, PathBuf};

use super::begin::Training;
use super::error::{Result, TrainError};
use crate::weights::Writer;

impl Training<'_> {
    /// Writes `model/` in the run's folder, where it has one. All ranks give their parts.
    pub fn finish(&mut self) -> Result<()> {
        let Some(folder) = self.run.checkpoints.folder.as_ref().map(|folder| folder.join("model")) else {
            return Ok(());
        };
        let network = self.engine.network();
        let is_first = self.world.rank == 0;
        let mut writer =
            is_first.then(|| Writer::begin(&folder, network, &self.run.model.config)).transpose()?;
        for (number, unit) in network.units().iter().enumerate() {
            let whole = self.engine.whole(number)?;
            if let Some(writer) = &mut writer {
                writer.add(unit, &whole)?;
            }
        }
        if let Some(writer) = writer {
            writer.finish()?;
            if let Some(tokenizer) = &self.run.data.tokenizer {
                copy(tokenizer, &folder.join("tokenizer.json"))?;
            }
        }
        // Nobody may end before all have what they need of the others.
        self.world.all.barrier()?;
        self.say(&format!("the model is in `{}`", folder.display()));
        Ok(())
    }
}

/// Copies a file whole or not at all.
fn copy(from: &Path, to: &Path) -> Result<()> {
    let aside: PathBuf = to.with_extension("json.new");
    fs::copy(from, &aside)
        .and_then(|_| fs::rename(&aside, to))
        .map_err(|why| TrainError::Write { path: to.to_owned(), why })
}
