//! Everything known of every field: one row each, and questions to the rows.
//!
//! Form, wizard, JSON Schema, environment names, flags and reference pages are read from here. The
//! room knows no file, no terminal and no findings.
//!
//! | to know | ask |
//! |---|---|
//! | the rows | [`fields()`], [`field()`], [`find`], [`section`], [`sections`], [`group()`], [`top_level_keys`] |
//! | whether one matters | [`Field::why_inert`], [`Field::why_unread`], [`When::why_not`] |
//! | whether a value fits | [`Field::accepts`] |
//! | what a person typed | [`Kind::read`], [`Kind::show`] |
//! | where a new key goes | [`after`] |
//! | what DeepSpeed's own file may hold | [`deepspeed`] |
//! | whose key it is | [`flag`], [`is_accelerator_argument`] |

mod accept;
pub mod deepspeed;
mod export;
mod field;
mod fields;
mod flags;
mod group;
mod kind;
mod query;
mod read;
mod reason;
mod reference;
mod release;
mod when;

#[cfg(test)]
mod tests;

pub use accept::Mismatch;
pub use export::json_schema;
pub use field::{Default, Field, Platform, Reach, Spelling};
pub use flags::{ACCELERATOR_ARGUMENTS, CLI_ONLY_FLAGS, Flag, flag, is_accelerator_argument};
pub use group::Group;
pub use kind::{Choice, Kind, NumberChoice, Text};
pub use query::{
    after, field, fields, find, group, prefix, section, sections, siblings, spellings, top_level_keys,
};
pub use reference::fields_page;
pub use release::Release;
pub use when::{Is, Lookup, When, truth_word};
