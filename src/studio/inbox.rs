//! What reaches the studio: one channel of messages, whoever sends them.
//!
//! Keys and signals come from threads in `terminal.rs`, answers from `effect.rs`; tests send their own.

use std::path::PathBuf;
use std::sync::mpsc::Receiver;

use ratatui::crossterm::event::{KeyEvent, MouseEvent};

use super::effect::Filed;
use crate::hardware::Machine;
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
}
