//! The rows, one file per page. Texts are for a person who does not know the jargon: what changes
//! when I pick this, and when would I want it? Facts are those of Accelerate 1.15.0.

mod basics;
mod deepspeed;
mod fsdp;
mod machines;

use super::Field;

/// All rows, page by page.
pub(super) static ROWS: &[&[Field]] = &[basics::ROWS, machines::ROWS, fsdp::ROWS, deepspeed::ROWS];
