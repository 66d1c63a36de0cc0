//! Changes of bytes: applying them, undoing them, and making one of two.
//!
//! Patches are in order and do not overlap; their spans count bytes of the text before the change.

use super::super::{Document, Span};

/// A change of bytes: the text that takes the place of a span.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Patch {
    /// Which bytes of the text before the change.
    pub span: Span,
    /// What stands there afterwards.
    pub text: String,
}

impl Patch {
    /// Puts `text` in the place of the bytes from `start` to `end`.
    pub(super) fn replace(start: usize, end: usize, text: impl Into<String>) -> Patch {
        Patch { span: Span { start, end }, text: text.into() }
    }

    /// Puts `text` before the byte at `at`.
    pub(super) fn insert(at: usize, text: impl Into<String>) -> Patch {
        Patch::replace(at, at, text)
    }

    /// Takes the bytes from `start` to `end` away.
    pub(super) fn delete(start: usize, end: usize) -> Patch {
        Patch::replace(start, end, "")
    }
}

impl Document {
    /// This document with bytes changed, read again. Nothing is proven: this is for redoing and
    /// undoing what was.
    ///
    /// # Panics
    /// When the patches are not those of a change of this text.
    pub fn patched(&self, patches: &[Patch]) -> Document {
        Document::parse(apply(self.text(), patches), self.format())
    }
}

/// The patches that turn the changed text back into `old`.
pub fn invert(patches: &[Patch], old: &str) -> Vec<Patch> {
    let mut shift = 0_isize;
    let back = |patch: &Patch| {
        let start = patch.span.start.saturating_add_signed(shift);
        let was = &old[patch.span.start..patch.span.end];
        shift += patch.text.len() as isize - was.len() as isize;
        Patch::replace(start, start + patch.text.len(), was)
    };
    patches.iter().map(back).collect()
}

/// The text after the change.
pub(super) fn apply(old: &str, patches: &[Patch]) -> String {
    let mut text = String::with_capacity(old.len());
    let mut kept = 0;
    for patch in patches {
        text.push_str(&old[kept..patch.span.start]);
        text.push_str(&patch.text);
        kept = patch.span.end;
    }
    text + &old[kept..]
}

/// One change of `old` that does what `first` and then `second` do.
pub(super) fn compose(old: &str, first: &[Patch], second: &[Patch]) -> Vec<Patch> {
    let mut source = Pieces::of(old.len(), first);
    let mut result = Vec::new();
    let mut at = 0;
    for patch in second {
        source.move_to(patch.span.start - at, &mut result);
        source.move_to(patch.span.end - patch.span.start, &mut Vec::new());
        result.push(Piece::New(patch.text.clone()));
        at = patch.span.end;
    }
    source.move_to(usize::MAX, &mut result);
    patches_of(old, result)
}

/// A stretch of a changed text.
enum Piece {
    /// Bytes of the old text.
    Kept(Span),
    /// Bytes that the old text does not have.
    New(String),
}

/// The pieces of a changed text that are not dealt with yet, the next one last.
struct Pieces(Vec<Piece>);

impl Pieces {
    fn of(length: usize, patches: &[Patch]) -> Pieces {
        let mut pieces = Vec::new();
        let mut kept = 0;
        for patch in patches {
            pieces.push(Piece::Kept(Span { start: kept, end: patch.span.start }));
            pieces.push(Piece::New(patch.text.clone()));
            kept = patch.span.end;
        }
        pieces.push(Piece::Kept(Span { start: kept, end: length }));
        pieces.reverse();
        Pieces(pieces)
    }

    /// Moves the next `count` bytes, or what is left of them, to the end of `target`.
    fn move_to(&mut self, mut count: usize, target: &mut Vec<Piece>) {
        while let Some(piece) = self.0.pop() {
            let length = match &piece {
                Piece::Kept(span) => span.end - span.start,
                Piece::New(text) => text.len(),
            };
            if length > count {
                let (moved, left) = split(piece, count);
                target.push(moved);
                self.0.push(left);
                return;
            }
            count -= length;
            target.push(piece);
        }
    }
}

fn split(piece: Piece, at: usize) -> (Piece, Piece) {
    match piece {
        Piece::Kept(Span { start, end }) => {
            (Piece::Kept(Span { start, end: start + at }), Piece::Kept(Span { start: start + at, end }))
        }
        Piece::New(mut text) => {
            let rest = text.split_off(at);
            (Piece::New(text), Piece::New(rest))
        }
    }
}

fn patches_of(old: &str, pieces: Vec<Piece>) -> Vec<Patch> {
    let mut patches = Vec::new();
    let mut kept = 0;
    let mut new = String::new();
    let mut until = |start: usize, end: usize, new: &mut String| {
        if old[kept..start] != *new {
            patches.push(Patch::replace(kept, start, std::mem::take(new)));
        }
        new.clear();
        kept = end;
    };
    for piece in pieces {
        match piece {
            Piece::New(text) => new.push_str(&text),
            Piece::Kept(span) if span.start == span.end => {}
            Piece::Kept(span) => until(span.start, span.end, &mut new),
        }
    }
    until(old.len(), old.len(), &mut new);
    patches
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Patches of a text of `length` bytes, in order and apart.
    fn patches(length: usize) -> impl Strategy<Value = Vec<Patch>> {
        prop::collection::vec((0..=length, "[x-z]{0,3}"), 0..8).prop_map(|mut cuts| {
            cuts.sort();
            let ends = cuts.chunks_exact(2);
            ends.map(|pair| Patch::replace(pair[0].0, pair[1].0, &*pair[0].1)).collect()
        })
    }

    fn two_changes() -> impl Strategy<Value = (String, Vec<Patch>, Vec<Patch>)> {
        "[a-e]{0,20}".prop_flat_map(|old| {
            patches(old.len()).prop_flat_map(move |first| {
                let new = apply(&old, &first);
                (Just(old.clone()), Just(first), patches(new.len()))
            })
        })
    }

    proptest! {
        #[test]
        fn a_change_and_its_inverse_leave_no_trace((old, first, _) in two_changes()) {
            let new = apply(&old, &first);
            prop_assert_eq!(apply(&new, &invert(&first, &old)), old);
        }

        #[test]
        fn one_change_does_what_two_did((old, first, second) in two_changes()) {
            let new = apply(&apply(&old, &first), &second);
            let both = compose(&old, &first, &second);
            prop_assert_eq!(apply(&old, &both), new.clone());
            prop_assert!(both.windows(2).all(|pair| pair[0].span.end < pair[1].span.start));
            prop_assert_eq!(apply(&new, &invert(&both, &old)), old);
        }
    }
}
