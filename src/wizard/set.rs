//! `key=value` as people type it on a command line: a field and a value of its kind.

use crate::schema::{self, Field, Release};
use crate::text;
use crate::value::Value;

/// Reads `num_processes=4` or `fsdp_config.fsdp_version=2`; the section, and then the beginning
/// of the key, may be left out where only one key ends so. Fails with a sentence that says what to type instead.
pub fn setting(typed: &str) -> Result<(&'static Field, Value), String> {
    let Some((key, value)) = typed.split_once('=') else {
        return Err(format!("`{typed}` has no `=`; write key=value, such as num_processes=4"));
    };
    let field = named(key.trim())?;
    if let Some(reason) = field.why_unread() {
        return Err(format!("`{}` has no effect in a file: {reason}", field.key));
    }
    let value = field.kind.read(value).map_err(|advice| format!("`{}`: {advice}", field.key))?;
    Ok((field, value))
}

fn named(key: &str) -> Result<&'static Field, String> {
    if let Some(field) = schema::field(key) {
        return Ok(field);
    }
    let ending = format!("_{key}");
    let living = || schema::fields().filter(|field| field.exists_in(Release::LATEST));
    let mut matching: Vec<&Field> = living().filter(|field| field.name() == key).collect();
    if matching.is_empty() {
        matching = living().filter(|field| field.name().ends_with(&ending)).collect();
    }
    match matching.as_slice() {
        [field] => Ok(field),
        [] => Err(unknown(key)),
        several => Err(format!(
            "several keys end in `{key}`; write {}",
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
