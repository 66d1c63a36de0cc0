//! Lines and columns of many places: the line ends of a text are found once.

use crate::document::{Document, Position};

/// Where each line of a document begins.
pub(super) struct Lines<'a> {
    text: &'a str,
    starts: Vec<usize>,
}

impl<'a> Lines<'a> {
    /// Walks through the text once.
    pub(super) fn of(document: &'a Document) -> Lines<'a> {
        let text = document.text();
        let bytes = text.as_bytes();
        let ends_line =
            |at: &usize| bytes[*at] == b'\n' || (bytes[*at] == b'\r' && bytes.get(at + 1) != Some(&b'\n'));
        let starts = std::iter::once(0).chain((0..bytes.len()).filter(ends_line).map(|at| at + 1)).collect();
        Lines { text, starts }
    }

    /// Line and column of a byte offset, both from 1; offsets past the end count as the end.
    pub(super) fn position(&self, offset: usize) -> Position {
        let offset = self.text.floor_char_boundary(offset.min(self.text.len()));
        let line = self.starts.partition_point(|start| *start <= offset);
        let start = self.starts[line - 1];
        Position { line, column: self.text[start..offset].chars().count() + 1 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::Format;

    #[test]
    fn every_place_is_where_the_document_says() {
        let document = Document::parse("a: ü\r\nb: 1\rc:\n\n  d: 2\r\n", Format::Yaml);
        let lines = Lines::of(&document);
        for offset in 0..=document.text().len() + 1 {
            let between = document.text().as_bytes().get(offset.wrapping_sub(1)) == Some(&b'\r');
            // Between the two bytes of one line end there is nothing to point at.
            if !between {
                assert_eq!(lines.position(offset), document.position(offset), "offset {offset}");
            }
        }
    }
}
