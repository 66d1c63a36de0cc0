//! Lines and columns, as editors count them: `\n`, `\r\n` and a lone `\r` end a line.

use super::Document;

/// Line and column of a byte, both from 1; columns count characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Position {
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
}

impl Document {
    /// Line and column of a byte offset; offsets past the end count as the end.
    pub fn position(&self, offset: usize) -> Position {
        let text = self.text();
        let offset = line_end_start(text, floor_char(text, offset));
        let before = &text[..offset];
        let start = line_start(before);
        Position { line: count_lines(&before[..start]) + 1, column: before[start..].chars().count() + 1 }
    }
}

/// Between `\r` and `\n` is before both.
fn line_end_start(text: &str, offset: usize) -> usize {
    let is_between = text[..offset].ends_with('\r') && text[offset..].starts_with('\n');
    offset - usize::from(is_between)
}

fn floor_char(text: &str, offset: usize) -> usize {
    (0..=offset.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0)
}

/// Where the last line of `text` begins.
fn line_start(text: &str) -> usize {
    text.rfind(['\n', '\r']).map_or(0, |at| at + 1)
}

fn count_lines(text: &str) -> usize {
    let bytes = text.as_bytes();
    bytes
        .iter()
        .enumerate()
        .filter(|(at, byte)| **byte == b'\n' || (**byte == b'\r' && bytes.get(at + 1) != Some(&b'\n')))
        .count()
}

#[cfg(test)]
mod tests {
    use super::super::Format;
    use super::*;

    #[test]
    fn all_three_line_ends_count_once() {
        let document = Document::parse("a: é\r\nb: 1\rc: 2\n\nd: 3", Format::Yaml);
        let place = |part: &str| {
            let Position { line, column } =
                document.position(document.text().find(part).expect("it is there"));
            (line, column)
        };
        assert_eq!(place("é"), (1, 4));
        assert_eq!(place("\r\n"), (1, 5));
        assert_eq!(place("b"), (2, 1));
        assert_eq!(place("c"), (3, 1));
        assert_eq!(place("3"), (5, 4));
        assert_eq!(document.position(6), Position { line: 1, column: 5 }, "between \\r and \\n");
        assert_eq!(document.position(999), Position { line: 5, column: 5 });
    }
}
