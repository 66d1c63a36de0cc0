//! Questions to the rows: one field, all of a section, what exists at the top level.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::field::{Field, Platform};
use super::fields::ROWS;
use super::group::Group;
use super::release::Release;
use crate::key::{KeyPath, Step};

/// Rows by every dotted spelling that Accelerate accepts.
static BY_SPELLING: LazyLock<HashMap<String, &'static Field>> = LazyLock::new(|| {
    let dotted = |field: &Field, name: &str| match field.section() {
        Some(section) => format!("{section}.{name}"),
        None => name.to_owned(),
    };
    fields().flat_map(|field| spellings(field).map(move |name| (dotted(field, name), field))).collect()
});

/// All rows, in the order of form and reference.
pub fn fields() -> impl Iterator<Item = &'static Field> {
    ROWS.iter().flat_map(|rows| rows.iter())
}

/// The row of a key in its proper spelling: `fsdp_config.fsdp_version`.
pub fn field(key: &str) -> Option<&'static Field> {
    BY_SPELLING.get(key).copied().filter(|field| field.key == key)
}

/// The row of a place in a config, also for the short names that Accelerate accepts in some
/// sections (`fsdp_config.version`). Upper-case variants are no names: Accelerate ignores them.
pub fn find(path: &KeyPath) -> Option<&'static Field> {
    match path.steps() {
        [Step::Key(key)] => field(key).filter(|field| field.section().is_none()),
        [Step::Key(section), Step::Key(name)] => BY_SPELLING.get(&format!("{section}.{name}")).copied(),
        _ => None,
    }
}

/// The rows within a section, in order; none for a name that is no section.
pub fn section(name: &str) -> impl Iterator<Item = &'static Field> {
    fields().filter(move |field| field.section() == Some(name))
}

/// The sections themselves.
pub fn sections() -> impl Iterator<Item = &'static Field> {
    fields().filter(|field| field.kind.is_section())
}

/// The rows of a page, in order.
pub fn group(group: Group) -> impl Iterator<Item = &'static Field> {
    fields().filter(move |field| field.group == group)
}

/// The keys that may stand at the top level of a config of this sort, for this release.
pub fn top_level_keys(platform: Platform, release: Release) -> impl Iterator<Item = &'static Field> {
    fields()
        .filter(|field| field.section().is_none())
        .filter(move |field| field.platform.meets(platform) && field.exists_in(release))
}

/// The rows that are siblings of a row, itself included, in order.
pub fn siblings(field: &Field) -> impl Iterator<Item = &'static Field> {
    let within = field.section();
    fields().filter(move |other| other.section() == within)
}

/// The keys that a new key should follow in a file that already has `present` beside it, best
/// first: for [`Edit::Insert`](crate::document::Edit::Insert).
///
/// A file in alphabetical order, as `accelerate config` writes it, stays so; others get the key
/// after its neighbours in the order of the rows.
pub fn after(field: &Field, present: &[&str]) -> Vec<String> {
    if present.len() > 2 && present.is_sorted() {
        return present
            .iter()
            .rev()
            .filter(|key| **key < field.name())
            .map(|key| (*key).to_owned())
            .collect();
    }
    let before: Vec<_> = siblings(field).take_while(|sibling| sibling.key != field.key).collect();
    before.iter().rev().flat_map(|sibling| spellings(sibling)).map(str::to_owned).collect()
}

/// Every name of a field within its section: the proper one first.
pub fn spellings(field: &Field) -> impl Iterator<Item = &'static str> {
    std::iter::once(field.name()).chain(field.aliases.iter().copied())
}

/// The prefix that Accelerate adds to short names in a section, and the first release that does.
pub fn prefix(section: &str) -> Option<(&'static str, Option<Release>)> {
    match section {
        "fsdp_config" => Some(("fsdp_", None)),
        "fp8_config" => Some(("fp8_", Some(Release(1, 4)))),
        "dynamo_config" => Some(("dynamo_", Some(Release(1, 14)))),
        _ => None,
    }
}
