//! What the main program and its worker agree on: the run that a worker is told, and how its model is shared
//! between ranks. Plain data; libtorch is never named here, because what names it needs it to start.

pub mod elf;
mod health;
pub mod heard;
mod layout;
pub mod locate;
mod measured;
mod options;
mod page;
mod run;

pub use health::{AllReduce, Health, Look, Matmul, RankHealth, Trouble};
pub use layout::{Layout, Sharded};
pub use measured::{Ask, Counted, Depth, Held, Measured};
pub use options::{RUN_OPTIONS, RunOption, Takes};
pub use page::page;
pub use run::{Batch, Checkpoints, Data, Model, Optimizer, Run, Schedule, ScheduleKind};
