//! Words and widths: wrapping, cutting, and the parts of a message that stand in backticks.

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

/// A run of letters of one weight.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Run {
    pub text: String,
    /// True for what stood in backticks: a key, a value, a flag.
    pub is_code: bool,
}

/// Wraps a message at spaces to lines of at most `width` columns; backticks become weight. A word
/// that is wider than a line is broken.
pub(super) fn wrap(text: &str, width: usize) -> Vec<Vec<Run>> {
    let width = width.max(1);
    let mut lines = vec![Vec::new()];
    let mut used = 0;
    for word in words(text) {
        let wide: usize = word.iter().map(|run| run.text.width()).sum();
        if used > 0 && used + 1 + wide > width {
            lines.push(Vec::new());
            used = 0;
        }
        if used > 0 {
            push(&mut lines, " ", false);
            used += 1;
        }
        for run in word {
            for letter in run.text.graphemes(true) {
                if used > 0 && used + letter.width() > width {
                    lines.push(Vec::new());
                    used = 0;
                }
                push(&mut lines, letter, run.is_code);
                used += letter.width();
            }
        }
    }
    lines
}

/// Breaks a line at the columns where the room ends, and nowhere else; an empty one stays.
pub(super) fn broken(text: &str, width: usize) -> Vec<String> {
    let (mut lines, mut used) = (vec![String::new()], 0);
    for letter in text.graphemes(true) {
        if used > 0 && used + letter.width() > width {
            lines.push(String::new());
            used = 0;
        }
        used += letter.width();
        if let Some(line) = lines.last_mut() {
            line.push_str(letter);
        }
    }
    lines
}

fn push(lines: &mut [Vec<Run>], letter: &str, is_code: bool) {
    let Some(line) = lines.last_mut() else { return };
    match line.last_mut() {
        Some(run) if run.is_code == is_code => run.text.push_str(letter),
        _ => line.push(Run { text: letter.to_owned(), is_code }),
    }
}

/// The words of a message. Spaces within backticks separate too, but keep their weight.
fn words(text: &str) -> Vec<Vec<Run>> {
    let mut words: Vec<Vec<Run>> = Vec::new();
    let mut word: Vec<Run> = Vec::new();
    for (index, part) in text.split('`').enumerate() {
        let is_code = index % 2 == 1;
        for (at, piece) in part.split([' ', '\n', '\t']).enumerate() {
            if at > 0 && !word.is_empty() {
                words.push(std::mem::take(&mut word));
            }
            if !piece.is_empty() {
                word.push(Run { text: piece.to_owned(), is_code });
            }
        }
    }
    words.extend((!word.is_empty()).then_some(word));
    words
}

/// The beginning of a text in at most `width` columns, with a mark where something is left out.
pub(super) fn cut(text: &str, width: usize, mark: &str) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let room = width.saturating_sub(mark.width());
    let mut cut = String::new();
    let mut used = 0;
    for letter in text.graphemes(true) {
        if used + letter.width() > room {
            break;
        }
        used += letter.width();
        cut.push_str(letter);
    }
    if width >= mark.width() {
        cut.push_str(mark);
    }
    cut
}

/// The end of a text in at most `width` columns: for paths, whose end says most.
pub(super) fn cut_start(text: &str, width: usize, mark: &str) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let room = width.saturating_sub(mark.width());
    let letters: Vec<&str> = text.graphemes(true).collect();
    let mut from = letters.len();
    let mut used = 0;
    while from > 0 && used + letters[from - 1].width() <= room {
        from -= 1;
        used += letters[from].width();
    }
    let end = letters[from..].concat();
    if width >= mark.width() { format!("{mark}{end}") } else { end }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(lines: &[Vec<Run>]) -> Vec<String> {
        lines.iter().map(|line| line.iter().map(|run| run.text.as_str()).collect()).collect()
    }

    #[test]
    fn words_wrap_and_long_words_break() {
        assert_eq!(plain(&wrap("one two three", 7)), ["one two", "three"]);
        assert_eq!(plain(&wrap("abcdefgh ij", 3)), ["abc", "def", "gh", "ij"]);
        assert_eq!(plain(&wrap("", 5)), [""]);
        assert!(wrap("x y", 0).len() == 2);
    }

    #[test]
    fn backticks_become_weight() {
        let runs = wrap("write `'no'` in quotes", 80).remove(0);
        assert_eq!(
            runs.iter().filter(|run| run.is_code).map(|run| run.text.as_str()).collect::<Vec<_>>(),
            ["'no'"]
        );
        assert_eq!(plain(&[runs]), ["write 'no' in quotes"]);
    }

    #[test]
    fn what_is_cut_says_so_and_never_exceeds_its_room() {
        assert_eq!(cut("abcdef", 4, "…"), "abc…");
        assert_eq!(cut_start("/a/b/config.yaml", 9, "…"), "…fig.yaml");
        for width in 0..12 {
            assert!(cut("日本語のパス", width, "…").width() <= width);
            assert!(cut_start("日本語のパス", width, "…").width() <= width);
        }
    }
}
