//! A key gets another name; its value is not touched.

use super::super::json::write::quoted;
use super::super::yaml::write::{flow, inline};
use super::super::{Data, Document, Format};
use super::set::is_in_brackets;
use super::site::is_unwritten;
use super::{Patch, Plan, Refusal};
use crate::key::{KeyPath, Step};
use crate::value::Value;

/// The patch that renames the key at `path`.
pub(super) fn rename(document: &Document, path: &KeyPath, to: &str) -> Plan {
    let pair = document.pair(path).ok_or(Refusal::NoSuchPlace)?;
    let Data::Scalar(old) = &pair.key.data else { return Err(Refusal::Entangled("an alias")) };
    if old.as_text() == Some(to) {
        return Ok(Vec::new());
    }
    let parent = path.parent().ok_or(Refusal::NoSuchPlace)?;
    let siblings = document.node(&parent).ok_or(Refusal::NoSuchPlace)?;
    if siblings.pair(&Step::Key(to.to_owned())).is_some() {
        return Err(Refusal::AlreadyThere);
    }
    if is_unwritten(&pair.key) || pair.key.tag.is_some() {
        return Err(Refusal::Entangled("a tag or nothing as its key"));
    }
    let name = match document.format() {
        Format::Json => quoted(to),
        Format::Yaml if is_in_brackets(document, path) => flow(&Value::text(to), pair.key.style),
        Format::Yaml => inline(&Value::text(to), pair.key.style),
    };
    Ok(vec![Patch::replace(pair.key.span.start, pair.key.span.end, name)])
}
