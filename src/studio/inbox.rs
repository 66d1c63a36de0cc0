//! What reaches the studio: one channel of messages, whoever sends them.
//!
//! Keys and signals come from threads in `terminal.rs`, answers from `effect.rs`; tests send their own.

use std::path::PathBuf;
use std::sync::mpsc::Receiver;
use std::time::Duration;

use ratatui::crossterm::event::{KeyEvent, MouseEvent};

use super::effect::Filed;
use crate::hardware::Machine;
use crate::hardware::live::Usage;
use crate::launch::Plan;
use crate::launch::supervise::{Report, Step};
use crate::model::ModelCard;

/// Where the studio reads its messages. When every sender is gone, the studio ends.
pub type Inbox = Receiver<Message>;

/// One thing that happened.
#[derive(Clone, Debug)]
pub enum Message {
    /// A key went down.
    Key(KeyEvent),
    /// The mouse did something.
    Mouse(MouseEvent),
    /// Text was pasted.
    Paste(String),
    /// The terminal has a new size, which the next frame asks for itself.
    Resized,
    /// The system wants the studio to end: the number of the signal.
    Signal(i32),
    /// The file was written, or not.
    Written(PathBuf, Filed),
    /// The file was read, or not.
    Read(Filed),
    /// What a model's name stands for, or why it stands for nothing.
    ModelFound(String, Result<Box<ModelCard>, String>),
    /// What a machine's name stands for; an empty name is this machine.
    MachineFound(String, Result<Box<Machine>, String>),
    /// A setting was kept in the project's file, in a few words, or why it was not.
    Kept(Result<String, String>),
    /// The text came back from the editor; `Err` says why it did not.
    Edited(Result<String, String>),
    /// A launch is planned, or not.
    Prepared(Result<Box<Prepared>, String>),
    /// A launch that was planned elsewhere begins.
    Launch(Box<Plan>),
    /// Ranks have said something.
    Said(Vec<Piece>),
    /// A job has done something.
    Step(Step),
    /// A second of a job has passed: since when it runs, and how busy the machine is.
    Pulse(Duration, Usage),
    /// A job is over; `Err` says why it could not be run.
    Over(Result<Box<Report>, String>),
    /// The logs were copied to this folder, or not.
    LogsSaved(Result<PathBuf, String>),
}

/// A launch that was planned.
#[derive(Clone, Debug)]
pub struct Prepared {
    /// What would be started.
    pub plan: Plan,
    /// What would make it fail, one sentence each.
    pub refusals: Vec<String>,
    /// What else a person should know.
    pub notes: Vec<String>,
}

/// A line that a rank has said.
#[derive(Clone, Debug)]
pub struct Piece {
    /// Which of the plan's processes.
    pub index: usize,
    /// Said on standard error.
    pub is_error: bool,
    /// The next line stands in its place.
    pub is_passing: bool,
    /// The line without its end.
    pub text: String,
}
