//! A run's state, whole or not at all: what ranks hold of the network and its optimizer, and how far the run is.
//!
//! A checkpoint is a folder `step-000050`: one safetensors file for each part of the model, and `state.json`. It is
//! written under another name and renamed when all of it is on the disk. Any number of ranks can go on from it: the
//! parts are cut anew. Knows nothing of data or of what a step does. The folder must be one that all ranks see.

mod folder;
mod part;
mod resplit;
mod same;

use std::path::{Path, PathBuf};

use accel_studio::worker::Layout;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tch::{Kind, Tensor};
use thiserror::Error;

use crate::comm::{CommError, Reduction, World};
use crate::engine::{Progress, UnitState};
use crate::torch::TorchError;

use part::Sum;

/// Why a checkpoint was not written or not taken.
#[derive(Debug, Error)]
pub enum CheckpointError {
    /// The disk.
    #[error("`{}` {doing}: {why}", path.display())]
    Disk { path: PathBuf, doing: &'static str, why: String },
    /// It belongs to another model.
    #[error("`{}` is a checkpoint of another model: {why}; name another folder for this run", path.display())]
    OtherModel { path: PathBuf, why: String },
    /// A new run would write among the checkpoints of an older one.
    #[error(
        "`{}` holds checkpoints of an earlier run, up to step {step}: resume it, or name another folder",
        path.display()
    )]
    InUse { path: PathBuf, step: u64 },
    /// Another rank could not write its part.
    #[error("the checkpoint of step {step} was not written: rank {rank} could not write its part")]
    OtherRank { step: u64, rank: usize },
    /// Other ranks are gone.
    #[error(transparent)]
    Comm(#[from] CommError),
    /// libtorch refused.
    #[error(transparent)]
    Torch(#[from] TorchError),
}

impl From<tch::TchError> for CheckpointError {
    fn from(error: tch::TchError) -> CheckpointError {
        CheckpointError::Torch(error.into())
    }
}

/// What most functions here give.
pub type Result<T> = std::result::Result<T, CheckpointError>;

/// `state.json`: all that is not a tensor.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct State {
    /// Of this form; a reader refuses what it does not know.
    pub version: u32,
    /// Steps done, and the loss scale.
    pub progress: Progress,
    /// Sequences read since the start of the run.
    pub sequences: u64,
    /// Of the run; random numbers of a step follow from it and the step's number.
    pub seed: u64,
    /// Tokens of all texts, and of one sequence: what `sequences` counts.
    pub tokens: u64,
    /// Tokens of one sequence.
    pub sequence: u64,
    /// The model's `config.json`.
    pub config: Value,
    /// Who held what.
    pub layout: Layout,
    /// Units in order.
    pub units: Vec<Whole>,
    /// Files in the order of the parts that they hold.
    pub parts: Vec<Sum>,
}

/// The form that this release writes.
pub const VERSION: u32 = 1;

/// A unit as a whole.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Whole {
    /// As the network calls it.
    pub name: String,
    /// Its numbers.
    pub numel: i64,
    /// With padding, so that every part is as long.
    pub padded: i64,
}

/// The checkpoints of one run.
#[derive(Debug)]
pub struct Checkpoints {
    folder: PathBuf,
    keep: usize,
    newest: Option<u64>,
}

impl Checkpoints {
    /// Those in a folder, which is made where it is missing. At least the newest is kept.
    pub fn open(folder: &Path, keep: u32, world: &World) -> Result<Checkpoints> {
        if world.rank == 0 {
            folder::prepare(folder)?;
        }
        world.all.barrier()?;
        Ok(Checkpoints { folder: folder.to_owned(), keep: keep.max(1) as usize, newest: None })
    }

    /// The last one that was written or read whole.
    pub fn newest(&self) -> Option<PathBuf> {
        self.newest.map(|step| folder::path(&self.folder, step))
    }

    /// Refuses a folder in which there are any.
    pub fn refuse_used(&self) -> Result<()> {
        match folder::steps(&self.folder)?.first() {
            Some(step) => Err(CheckpointError::InUse { path: self.folder.clone(), step: *step }),
            None => Ok(()),
        }
    }

    /// Writes one. All ranks must call it after the same step; it returns when the checkpoint is on the disk.
    pub fn save(&mut self, world: &World, mut state: State, shards: &[UnitState]) -> Result<()> {
        let step = state.progress.steps;
        let aside = folder::aside(&self.folder, step);
        if world.rank == 0 {
            folder::begin(&aside)?;
        }
        world.all.barrier()?;
        let parts = part_count(&state.layout);
        let written =
            if world.rank < parts { part::write(&aside, world.rank, shards) } else { Ok(Sum::default()) };
        state.parts = agree_on_sums(world, step, written, parts)?;
        state.units = shards.iter().map(Whole::of).collect();
        let published = if world.rank == 0 { folder::publish(&self.folder, &aside, &state) } else { Ok(()) };
        agree_on_sums(world, step, published.map(|()| Sum::default()), 0)?;
        self.newest = Some(step);
        if world.rank == 0 { folder::prune(&self.folder, self.keep) } else { Ok(()) }
    }

    /// The newest one that is whole for all ranks, or none. Those that are damaged are passed over; `say` is told.
    /// `own` are this rank's parts, whose numbers are replaced.
    pub fn load(
        &mut self,
        world: &World,
        config: &Value,
        own: &[UnitState],
        say: &mut dyn FnMut(String),
    ) -> Result<Option<(State, Vec<UnitState>)>> {
        let mut before = u64::MAX;
        loop {
            let steps = folder::steps(&self.folder)?;
            let found = steps.into_iter().find(|step| *step < before);
            let Some(step) = agree_on_step(world, found)? else { return Ok(None) };
            let path = folder::path(&self.folder, step);
            let read = folder::state(&path).and_then(|state| {
                same::refuse_other(&path, &state, config, own)?;
                Ok((resplit::read(&path, &state, own)?, state))
            });
            if let Err(refused @ CheckpointError::OtherModel { .. }) = read {
                return Err(refused);
            }
            if let Err(error) = &read {
                say(format!("`{}` is passed over: {error}", path.display()));
            }
            if number(world, f64::from(u8::from(read.is_ok())), Reduction::Min)? == 1.0 {
                self.newest = Some(step);
                return Ok(read.ok().map(|(states, state)| (state, states)));
            }
            before = step;
        }
    }
}

impl Whole {
    fn of(unit: &UnitState) -> Whole {
        Whole { name: unit.name.clone(), numel: unit.numel, padded: unit.padded }
    }
}

/// How many different parts there are: the first ranks hold them, the others hold copies.
fn part_count(layout: &Layout) -> usize {
    use accel_studio::worker::Sharded;
    if layout.sharded == Sharded::Nothing { 1 } else { layout.shard_group() as usize }
}

/// What each of the first `parts` ranks wrote; the own error, or that another rank has one.
fn agree_on_sums(world: &World, step: u64, own: Result<Sum>, parts: usize) -> Result<Vec<Sum>> {
    let row = own.as_ref().map_or([-1, 0], |sum| [sum.bytes as i64, i64::from(sum.crc32c)]);
    let part = Tensor::f_from_slice(&row)?.f_to_device(world.device)?;
    let whole = Tensor::f_zeros([2 * world.size as i64], (Kind::Int64, world.device))?;
    world.all.all_gather(&whole, &part)?.wait()?;
    own?;
    let numbers = Vec::<i64>::try_from(&whole)?;
    let rows = numbers.chunks_exact(2);
    if let Some(rank) = rows.clone().position(|row| row[0] < 0) {
        return Err(CheckpointError::OtherRank { step, rank });
    }
    let sum = |(rank, row): (usize, &[i64])| Sum {
        file: part::name(rank),
        bytes: row[0] as u64,
        crc32c: row[1] as u32,
    };
    Ok(rows.enumerate().take(parts).map(sum).collect())
}

/// The newest step that any rank sees, so that all look at the same one.
fn agree_on_step(world: &World, own: Option<u64>) -> Result<Option<u64>> {
    let most = number(world, own.map_or(-1.0, |step| step as f64), Reduction::Max)?;
    Ok((most >= 0.0).then_some(most as u64))
}

/// One number of all ranks.
fn number(world: &World, own: f64, how: Reduction) -> Result<f64> {
    let tensor = Tensor::f_from_slice(&[own])?.f_to_device(world.device)?;
    world.all.all_reduce(&tensor, how)?.wait()?;
    Ok(tensor.f_double_value(&[0])?)
}

#[cfg(test)]
mod tests;
