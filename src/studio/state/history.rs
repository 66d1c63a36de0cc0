//! Undo and redo: every document that there was, oldest first.

use crate::document::Document;
use crate::key::KeyPath;

/// How many changes can be taken back. A document shares its text and tree, so this costs little
/// more than the texts themselves.
const DEPTH: usize = 1000;

/// A document with what led to it and what was taken back.
#[derive(Clone, Debug)]
pub(in crate::studio) struct History {
    now: Document,
    past: Vec<Change>,
    future: Vec<Change>,
}

/// A change as the history keeps it: the document on its other side.
#[derive(Clone, Debug)]
pub(in crate::studio) struct Change {
    document: Document,
    /// What it did, in a few words: "set `num_processes`".
    pub says: String,
    /// Where, so that undo can show it.
    pub path: Option<KeyPath>,
}

impl History {
    /// Nothing done yet.
    pub fn new(document: Document) -> History {
        History { now: document, past: Vec::new(), future: Vec::new() }
    }

    /// The document as it is.
    pub fn now(&self) -> &Document {
        &self.now
    }

    /// Goes on with a changed document; what was taken back is forgotten.
    pub fn push(&mut self, document: Document, says: impl Into<String>, path: Option<KeyPath>) {
        let before = std::mem::replace(&mut self.now, document);
        self.past.push(Change { document: before, says: says.into(), path });
        self.future.clear();
        if self.past.len() > DEPTH {
            self.past.remove(0);
        }
    }

    /// Takes the last change back and says which it was.
    pub fn undo(&mut self) -> Option<Change> {
        let change = self.past.pop()?;
        let after = std::mem::replace(&mut self.now, change.document.clone());
        self.future.push(Change { document: after, ..change.clone() });
        Some(change)
    }

    /// Makes the change again that was taken back last and says which it was.
    pub fn redo(&mut self) -> Option<Change> {
        let change = self.future.pop()?;
        let before = std::mem::replace(&mut self.now, change.document.clone());
        self.past.push(Change { document: before, ..change.clone() });
        Some(change)
    }

    /// True when there is a change to take back.
    pub fn can_undo(&self) -> bool {
        !self.past.is_empty()
    }

    /// True when there is a change to make again.
    pub fn can_redo(&self) -> bool {
        !self.future.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::Format;

    fn text(text: &str) -> Document {
        Document::parse(text, Format::Yaml)
    }

    #[test]
    fn undo_and_redo_walk_the_same_way_back_and_forth() {
        let mut history = History::new(text("a: 1"));
        history.push(text("a: 2"), "set `a`", None);
        history.push(text("a: 3"), "set `a`", None);
        assert!(history.undo().is_some());
        assert!(history.undo().is_some());
        assert!(history.undo().is_none());
        assert_eq!(history.now().text(), "a: 1");
        assert!(history.redo().is_some());
        assert_eq!(history.now().text(), "a: 2");
        history.push(text("a: 9"), "set `a`", None);
        assert!(!history.can_redo());
        assert!(history.undo().is_some());
        assert_eq!(history.now().text(), "a: 2");
    }
}
