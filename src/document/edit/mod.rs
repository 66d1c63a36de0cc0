//! Edits: a change by key path becomes the smallest change of the text, and proves itself.
//!
//! What an edit may take away: the value it replaces or removes, with the comments inside that value
//! and, where a key or an item goes, the comment after it on its line. Comments on lines of their
//! own stay, and so does everything else, byte for byte. Where that cannot be done the edit is
//! refused and nothing changes.

mod entangled;
mod insert;
mod patch;
mod prove;
mod remove;
mod rename;
mod reshape;
mod set;
mod site;
mod split;

pub use patch::{Patch, invert};

use super::{Document, Edit, Span};
use crate::key::KeyPath;

/// What applying edits gave.
#[derive(Clone, Debug)]
pub struct Applied {
    /// The changed document.
    pub document: Document,
    /// The changes of bytes against the old text, in order, not overlapping.
    pub patches: Vec<Patch>,
}

/// Why an edit was not made. The document stays as it was.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EditError {
    /// The text has a fault: only [`Edit::Replace`] can be applied.
    #[error("the text has a fault; repair that first")]
    Faulty,
    /// The place does not exist, or a key that should be new does.
    #[error("there is no such place as `{0}`; check the names on the way to it")]
    NoSuchPlace(KeyPath),
    /// The text is shorter, or a character would be cut.
    #[error("the text has no bytes {} to {}; read the file again", .0.start, .0.end)]
    NoSuchBytes(Span),
    /// The key is already there.
    #[error("`{0}` is already there; set its value or choose another name")]
    AlreadyThere(KeyPath),
    /// The place is written in a way that cannot be edited without loss.
    #[error("`{0}` is written with {1}; edit it by hand")]
    Entangled(KeyPath, &'static str),
    /// The file's format has no words for the value.
    #[error("`{0}` cannot hold this in a JSON file: dates, bytes and sets need YAML")]
    Unwritable(KeyPath),
    /// The changed text would not say what was asked for: nothing is written.
    #[error("the edit of `{0}` does not prove itself; edit it by hand")]
    Unproven(KeyPath),
}

/// Why no patch can be made, before it knows the path to say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Refusal {
    Faulty,
    NoSuchPlace,
    AlreadyThere,
    Entangled(&'static str),
    Unwritable,
}

/// Patches, or why there are none.
type Plan<T = Vec<Patch>> = Result<T, Refusal>;

impl Document {
    /// Applies edits in order, all or none. The result is read again and must differ from this
    /// document exactly by the edits.
    pub fn apply(&self, edits: &[Edit]) -> Result<Applied, EditError> {
        let start = Applied { document: self.clone(), patches: Vec::new() };
        // Replacements of bytes are read only when all that follow each other are made.
        let runs = edits.chunk_by(|one, other| is_replacement(one) && is_replacement(other));
        runs.into_iter().try_fold(start, |done, run| match run {
            [Edit::Replace { .. }, ..] => replace_bytes(self, done, run),
            _ => run.iter().try_fold(done, |done, edit| advance(self, done, edit)),
        })
    }
}

fn is_replacement(edit: &Edit) -> bool {
    matches!(edit, Edit::Replace { .. })
}

/// Replacements one after the other; nothing is proven, because they say all they do.
fn replace_bytes(first: &Document, done: Applied, run: &[Edit]) -> Result<Applied, EditError> {
    let mut text = done.document.text().to_owned();
    let mut patches = done.patches;
    for edit in run {
        let Edit::Replace { span, text: new } = edit else { continue };
        if text.get(span.start..span.end).is_none() {
            return Err(EditError::NoSuchBytes(*span));
        }
        text.replace_range(span.start..span.end, new);
        let patch = Patch { span: *span, text: new.clone() };
        patches = patch::compose(first.text(), &patches, &[patch]);
    }
    Ok(Applied { document: Document::parse(text, first.format()), patches })
}

/// One edit more, and the proof that it did what it says and nothing else.
fn advance(first: &Document, done: Applied, edit: &Edit) -> Result<Applied, EditError> {
    let now = done.document.clone();
    let next = match split::parts(&now, edit) {
        Some(parts) => parts.iter().try_fold(done, |done, part| advance(first, done, part))?,
        None => {
            let patches = plan(&now, edit).map_err(|refusal| refusal.at(edit))?;
            let document = if patches.is_empty() { now.clone() } else { now.patched(&patches) };
            Applied { document, patches: patch::compose(first.text(), &done.patches, &patches) }
        }
    };
    match (prove::holds(&now, edit, &next.document), path_of(edit)) {
        (true, _) => Ok(next),
        (false, path) if entangled::is_beside_merge(&now, &path) => {
            Err(EditError::Entangled(path, "a merge key (`<<`) beside it"))
        }
        (false, path) => Err(EditError::Unproven(path)),
    }
}

/// The patches of an edit that is not made of others.
fn plan(document: &Document, edit: &Edit) -> Plan {
    if document.fault().is_some() {
        return Err(Refusal::Faulty);
    }
    entangled::check(document, edit)?;
    let mut patches = match edit {
        Edit::Set { path, value } => set::set(document, path, value),
        Edit::Insert { path, value, after } => insert::insert(document, path, value, after),
        Edit::Remove { path } => remove::remove(document, path),
        Edit::Rename { path, to } => rename::rename(document, path, to),
        Edit::Replace { .. } => Ok(Vec::new()),
    }?;
    patches.sort_by_key(|patch| patch.span);
    Ok(patches)
}

impl Refusal {
    fn at(self, edit: &Edit) -> EditError {
        let path = path_of(edit);
        match self {
            Refusal::Faulty => EditError::Faulty,
            Refusal::NoSuchPlace => EditError::NoSuchPlace(path),
            Refusal::AlreadyThere => EditError::AlreadyThere(path),
            Refusal::Entangled(how) => EditError::Entangled(path, how),
            Refusal::Unwritable => EditError::Unwritable(path),
        }
    }
}

fn path_of(edit: &Edit) -> KeyPath {
    match edit {
        Edit::Set { path, .. }
        | Edit::Insert { path, .. }
        | Edit::Remove { path }
        | Edit::Rename { path, .. } => path.clone(),
        Edit::Replace { .. } => KeyPath::root(),
    }
}
