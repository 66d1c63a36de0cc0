//! The pages of the form, row by row: every field of the schema, and every key of the file that is
//! none.

use std::collections::HashSet;

use super::written::Written;
use super::{Idle, Row, Section};
use crate::key::KeyPath;
use crate::schema::{self, Field, Group, Release};

/// The page for keys that belong to no section.
const OTHER: (&str, &str) = ("Other keys", "Keys of this file that Accelerate does not know.");

/// How reasons are abridged for a row, which has no room for a sentence.
const BRIEFLY: [(&str, &str); 4] = [
    ("only exists with compute_environment: LOCAL_MACHINE", "not for SageMaker"),
    ("only exists with compute_environment: AMAZON_SAGEMAKER", "only for SageMaker"),
    ("only matters with ", "needs "),
    ("only matters ", "only "),
];

impl Idle {
    fn of(full: String, field: &Field) -> Idle {
        let mut short = full.split(';').next().unwrap_or_default().replace('`', "");
        if let Some(section) = field.section() {
            short = short.replace(&format!("{section}."), "");
        }
        for (long, brief) in BRIEFLY {
            if let Some(rest) = short.strip_prefix(long) {
                short = format!("{brief}{rest}");
            }
        }
        Idle { full, short }
    }
}

/// The pages, without empty ones.
pub(super) fn sections(written: &Written, release: Release) -> Vec<Section> {
    let page = |group: &Group| {
        let rows = schema::group(*group).filter_map(|field| row(field, written, release));
        section(group.title(), group.about(), rows.collect())
    };
    let mut sections: Vec<Section> = Group::ALL.iter().map(page).collect();
    place_unknown(&mut sections, written);
    sections.retain(|section| !section.rows.is_empty());
    sections
}

fn section(title: &'static str, about: &'static str, mut rows: Vec<Row>) -> Section {
    rows.sort_by_key(|row| match row.field {
        Some(field) if field.common => 0,
        Some(field) if !field.kind.is_section() => 1,
        _ => 2,
    });
    let is_idle = rows.iter().all(|row| !row.is_written() && row.idle.is_some());
    Section { title, about, rows, is_idle }
}

/// The row of a field; none for a field that this release does not know and the file does not write,
/// and none for a section that is not written.
fn row(field: &'static Field, written: &Written, release: Release) -> Option<Row> {
    let path = written.path(field.key);
    let line = written.line(&path);
    let unread = field.why_unread();
    if line.is_none() && (field.kind.is_section() || !field.exists_in(release) || unread.is_some()) {
        return None;
    }
    let idle = unread.or_else(|| field.why_inert(&|key| written.value_of(key)));
    let idle = idle.map(|full| Idle::of(full, field));
    let (value, raw) = (written.value(&path), written.raw(&path));
    Some(Row { value, raw, field: Some(field), path, line, idle, variable: None, findings: Vec::new() })
}

/// Puts what no field stands for into the section of its neighbours, or into a page of its own.
fn place_unknown(sections: &mut Vec<Section>, written: &Written) {
    let rows = sections.iter().flat_map(|section| &section.rows);
    let known: HashSet<KeyPath> = rows.map(|row| row.path.clone()).collect();
    let mut other = Vec::new();
    for place in written.places.iter().filter(|place| !known.contains(&place.path)) {
        let path = place.path.clone();
        let home = path.top().filter(|_| path.steps().len() > 1).and_then(home_of);
        let (value, raw) = (written.value(&path), written.raw(&path));
        let row = Row {
            path,
            field: None,
            value,
            raw,
            line: Some(place.line),
            idle: None,
            variable: None,
            findings: Vec::new(),
        };
        match home.and_then(|title| sections.iter_mut().find(|section| section.title == title)) {
            Some(section) => {
                section.rows.push(row);
                section.is_idle = false;
            }
            None => other.push(row),
        }
    }
    sections.push(Section { title: OTHER.0, about: OTHER.1, rows: other, is_idle: false });
}

/// The page that shows the keys within a section of the file.
fn home_of(section: &str) -> Option<&'static str> {
    schema::section(section).next().map(|field| field.group.title())
}
