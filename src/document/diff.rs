//! What a change looks like: two texts as a unified diff, for previews before anything is written.
//!
//! Knows lines only. Colours and widths belong to whoever shows them.

use similar::{ChangeTag, TextDiff};

/// Unchanged lines shown around a change.
const CONTEXT: usize = 3;

/// What happened to a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// It stays.
    Kept,
    /// It is only in the old text.
    Removed,
    /// It is only in the new text.
    Added,
    /// Lines that stay are left out here.
    Gap,
}

/// A line of a preview.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DiffLine {
    /// What happened to it.
    pub change: Change,
    /// Its number in the old text, from 1; for an added line, in the new one.
    pub number: usize,
    /// The line without its end; empty for a gap.
    pub text: String,
}

/// The changed lines with a few unchanged ones around them; empty for equal texts.
pub fn lines(old: &str, new: &str) -> Vec<DiffLine> {
    let diff = TextDiff::from_lines(old, new);
    let mut lines = Vec::new();
    for group in diff.grouped_ops(CONTEXT) {
        if !lines.is_empty() {
            lines.push(DiffLine { change: Change::Gap, number: 0, text: String::new() });
        }
        lines.extend(group.iter().flat_map(|op| diff.iter_changes(op)).map(|change| {
            let (kind, index) = match change.tag() {
                ChangeTag::Equal => (Change::Kept, change.old_index()),
                ChangeTag::Delete => (Change::Removed, change.old_index()),
                ChangeTag::Insert => (Change::Added, change.new_index()),
            };
            let text = change.value().trim_end_matches(['\n', '\r']).to_owned();
            DiffLine { change: kind, number: index.map_or(0, |index| index + 1), text }
        }));
    }
    lines
}

/// A unified diff as `patch` reads it, with `name` as both file names; empty for equal texts.
pub fn unified(old: &str, new: &str, name: &str) -> String {
    TextDiff::from_lines(old, new)
        .unified_diff()
        .context_radius(CONTEXT)
        .header(&format!("a/{name}"), &format!("b/{name}"))
        .to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_changes_is_shown() {
        let old = (1..=20).map(|n| format!("k{n}: {n}\n")).collect::<String>();
        let new = old.replace("k2: 2\n", "k2: two\n").replace("k20: 20\n", "");
        let lines = lines(&old, &new);
        let changed: Vec<_> = lines
            .iter()
            .filter(|line| line.change != Change::Kept)
            .map(|line| (line.change, line.number, line.text.as_str()))
            .collect();
        assert_eq!(
            changed,
            [
                (Change::Removed, 2, "k2: 2"),
                (Change::Added, 2, "k2: two"),
                (Change::Gap, 0, ""),
                (Change::Removed, 20, "k20: 20"),
            ]
        );
    }

    #[test]
    fn equal_texts_have_no_diff_and_a_missing_final_newline_is_told() {
        assert_eq!(unified("a: 1\n", "a: 1\n", "x.yaml"), "");
        assert!(lines("a: 1\n", "a: 1\n").is_empty());
        let diff = unified("a: 1", "a: 2\n", "x.yaml");
        assert!(diff.starts_with("--- a/x.yaml\n+++ b/x.yaml\n@@ -1 +1 @@\n-a: 1\n"), "{diff}");
        assert!(diff.contains("No newline at end of file"), "{diff}");
    }
}
