//! How ranks speak to each other: one trait, and one file per way.
//!
//! Knows tensors and ranks, nothing of models or training. Collectives are on contiguous tensors, outside of
//! autograd, and every rank of a group must issue the same ones in the same order.

mod arrival;
mod deadline;
mod ffi;
pub mod gloo;
pub mod local;
mod mixed;
pub mod nccl;
mod roll;
mod seat;
mod staged;
pub mod store;
mod verdict;
mod watch;
mod watched;
pub mod world;

use tch::Tensor;
use thiserror::Error;

use crate::torch::TorchError;

pub use world::{Wish, World};

/// The exit code of a rank that has lost another, or never met it.
pub const LOST: u8 = 3;

/// A collective that failed: what was being done, and why.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{doing} failed on rank {rank}: {why}")]
pub struct CommError {
    /// `all-reduce`.
    pub doing: &'static str,
    /// The rank that says so.
    pub rank: usize,
    /// What the library below says.
    pub why: String,
}

/// What most functions here give.
pub type Result<T> = std::result::Result<T, CommError>;

/// How numbers of several ranks become one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reduction {
    /// Their sum. A mean is a sum divided by the group's size: Gloo has none of its own.
    Sum,
    /// The smallest.
    Min,
    /// The largest.
    Max,
}

/// A collective on its way.
pub trait Pending: Send {
    /// Returns when the result may be used; on a GPU, by what is queued afterwards.
    fn wait(self: Box<Self>) -> Result<()>;
}

/// What is on its way, or is done at once.
pub type Work = Box<dyn Pending>;

/// A group of ranks.
pub trait Collective: Send + Sync {
    /// This process's place in the group, from 0.
    fn rank(&self) -> usize;
    /// How many ranks there are.
    fn size(&self) -> usize;
    /// `gloo`, `nccl` or `local`.
    fn name(&self) -> &'static str;
    /// In place: every rank gets the reduction of all.
    fn all_reduce(&self, tensor: &Tensor, how: Reduction) -> Result<Work>;
    /// `whole` (size × n elements) is reduced over ranks; rank r gets elements r·n to (r+1)·n into `part` (n).
    fn reduce_scatter(&self, part: &Tensor, whole: &Tensor, how: Reduction) -> Result<Work>;
    /// `part` (n elements) of every rank, one after the other, into `whole` (size × n).
    fn all_gather(&self, whole: &Tensor, part: &Tensor) -> Result<Work>;
    /// In place: every rank gets what `root` holds.
    fn broadcast(&self, tensor: &Tensor, root: usize) -> Result<Work>;
    /// Returns when every rank has called it.
    fn barrier(&self) -> Result<()>;
}

/// Nothing is left to wait for.
#[derive(Debug)]
pub struct Done;

impl Pending for Done {
    fn wait(self: Box<Self>) -> Result<()> {
        Ok(())
    }
}

/// An error of libtorch during a collective.
fn failed(doing: &'static str, rank: usize) -> impl Fn(TorchError) -> CommError {
    move |error| CommError { doing, rank, why: error.0 }
}
