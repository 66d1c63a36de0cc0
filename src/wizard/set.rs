//! `key=value` as people type it on a command line: a field and a value of its kind.

use crate::schema::{self, Field};
use crate::text;
use crate::value::Value;

/// Reads `num_processes=4` or `fsdp_config.fsdp_version=2`; the section may be left out where only
/// one section has such a key. Fails with a sentence that says what to type instead.
pub fn setting(typed: &str) -> Result<(&'static Field, Value), String> {
    let Some((key, value)) = typed.split_once('=') else {
        return Err(format!("`{typed}` has no `=`; write key=value, such as num_processes=4"));
    };
    let field = named(key.trim())?;
    let value = field.kind.read(value).map_err(|advice| format!("`{}`: {advice}", field.key))?;
    Ok((field, value))
}

fn named(key: &str) -> Result<&'static Field, String> {
    if let Some(field) = schema::field(key) {
        return Ok(field);
    }
    let matching: Vec<&Field> = schema::fields().filter(|field| field.name() == key).collect();
    match matching.as_slice() {
        [field] => Ok(field),
        [] => Err(unknown(key)),
        several => Err(format!(
            "`{key}` is in several sections; write {}",
            text::any_of(several.iter().map(|field| format!("`{}`", field.key)))
        )),
    }
}

fn unknown(key: &str) -> String {
    let known = || schema::fields().flat_map(|field| [field.key, field.name()]);
    match text::nearest(key, known()) {
        Some(near) => format!("there is no key `{key}`; did you mean `{near}`?"),
        None => format!("there is no key `{key}`; `accel-studio explain` and docs/fields.md name them all"),
    }
}
