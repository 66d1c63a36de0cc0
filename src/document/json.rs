//! JSON text to a tree, as Python's json module reads it.

use super::{Fault, Node};

/// Reads one JSON value.
pub(super) fn read(text: &str) -> Result<Option<Node>, Fault> {
    super::yaml::read(text)
}
