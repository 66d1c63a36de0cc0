//! YAML text to a tree, exactly as PyYAML's SafeLoader reads it.
//!
//! `reader` refuses characters · `cursor` counts them · `scan` makes words · `compose` makes the tree ·
//! `scalar` knows what text means · `construct` makes the value · `write` goes the other way, `quote`
//! decides about quotes. Everything PyYAML refuses while loading is a [`Fault`] here, before anyone
//! asks for the value.
//!
//! Where this is knowingly not PyYAML: a value that contains itself, more than [`DEEPEST`] levels and
//! more than [`MOST_VALUES`] values are refused; half a surrogate pair becomes U+FFFD; two times in
//! different zones are two keys even at the same instant; digits of other scripts under `!!int`, and
//! the scalar under the `=` key of a mapping that is tagged `!!str`, are refused.

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

use std::collections::HashMap;

use super::{Data, Fault, FaultKind, Frame, Node, Reading, Span};
use crate::value::Value;
use compose::{Composer, Remarks};

/// Reads one YAML document; no tree for a text without one.
pub(super) fn read(text: &str) -> Reading {
    if let Err(fault) = reader::check(text) {
        return Reading { tree: Err(fault), frame: Frame::default() };
    }
    let mut composer = Composer::new(text);
    let tree = composer.document();
    let remarks = composer.into_remarks();
    let frame = remarks.frame.clone();
    Reading { tree: tree.and_then(|root| constructible(root, remarks, text)), frame }
}

/// The tree, when PyYAML can make values of all of it; else the fault that comes first in the text.
fn constructible(root: Option<Node>, remarks: Remarks, text: &str) -> Result<Option<Node>, Box<Fault>> {
    let refused = root.as_ref().and_then(|root| construct::construct(root).err());
    let refused = refused.map(|mut fault| {
        fault.span = underlined(&fault, &remarks.tags, text);
        fault
    });
    match remarks.misfit.into_iter().chain(refused).min_by_key(|fault| fault.span.start) {
        Some(fault) => Err(fault),
        None => Ok(root),
    }
}

/// The bytes that show what is meant: the tag where that is wrong, something where nothing is written.
fn underlined(fault: &Fault, tags: &HashMap<usize, Span>, text: &str) -> Span {
    match tags.get(&fault.span.start) {
        Some(tag) if fault.kind == FaultKind::Tag => *tag,
        _ if fault.span.start == fault.span.end => char_at(text, fault.span.start),
        _ => fault.span,
    }
}

impl Node {
    /// The value as PyYAML constructs it: aliases, merge keys and repeated keys resolved. The key of
    /// a merge is the text `<<`.
    pub fn value(&self) -> Value {
        match (construct::construct(self), &self.target().data) {
            (Ok(value), _) => value,
            (Err(_), Data::Scalar(value)) => value.clone(),
            (Err(_), _) => Value::Null,
        }
    }
}
