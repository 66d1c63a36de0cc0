//! YAML text to a tree, exactly as PyYAML's SafeLoader reads it.
//!
//! `reader` refuses characters · `cursor` counts them · `scan` makes words · `compose` makes the tree ·
//! `scalar` knows what text means · `construct` makes the value · `write` goes the other way, `quote`
//! decides about quotes. Everything PyYAML refuses while
//! loading is a [`Fault`] here, before anyone asks for the value.

mod compose;
mod construct;
mod cursor;
mod quote;
mod reader;
mod scalar;
mod scan;
mod token;
pub(super) mod write;

pub(super) use compose::{DEEPEST, MOST_VALUES};
pub(super) use cursor::char_at;

use super::{Fault, Frame, Node, Reading};
use crate::value::Value;
use compose::Composer;

/// Reads one YAML document; no tree for a text without one.
pub(super) fn read(text: &str) -> Reading {
    if let Err(fault) = reader::check(text) {
        return Reading { tree: Err(fault), frame: Frame::default() };
    }
    let mut composer = Composer::new(text);
    let tree = composer.document();
    let (frame, misfit) = composer.into_remarks();
    Reading { tree: tree.and_then(|root| constructible(root, misfit, text)), frame }
}

/// The tree, when PyYAML can make values of all of it; else the fault that comes first in the text.
fn constructible(
    root: Option<Node>,
    misfit: Option<Box<Fault>>,
    text: &str,
) -> Result<Option<Node>, Box<Fault>> {
    let refused = root.as_ref().and_then(|root| construct::construct(root).err());
    match misfit.into_iter().chain(refused).min_by_key(|fault| fault.span.start) {
        Some(fault) => Err(visible(fault, text)),
        None => Ok(root),
    }
}

/// The fault with bytes to underline, where its value is not written.
fn visible(mut fault: Box<Fault>, text: &str) -> Box<Fault> {
    if fault.span.start == fault.span.end {
        fault.span = char_at(text, fault.span.start);
    }
    fault
}

impl Node {
    /// The value as PyYAML constructs it: aliases, merge keys and repeated keys resolved. The key of
    /// a merge is the text `<<`.
    pub fn value(&self) -> Value {
        match (construct::construct(self), &self.target().data) {
            (Ok(value), _) => value,
            (Err(_), super::Data::Scalar(value)) => value.clone(),
            (Err(_), _) => Value::Null,
        }
    }
}
