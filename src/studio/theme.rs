//! How meaning looks: styles from `assets/theme.toml`, marks and borders in Unicode or ASCII.
//!
//! Each meaning has a mark or a weight besides its colour. Whether colour and Unicode are wanted is
//! decided outside (`terminal.rs`); this room reads no environment.

use std::collections::HashMap;
use std::str::FromStr;

use ratatui::style::{Color, Modifier, Style};
use ratatui::symbols::border;

use crate::finding::Severity;

/// The file of styles, compiled in.
const SOURCE: &str = include_str!("../../assets/theme.toml");

/// What the terminal can show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Looks {
    /// False under `NO_COLOR`: marks and weights only.
    pub colour: bool,
    /// False where the locale is not UTF-8: marks and borders in ASCII.
    pub unicode: bool,
}

/// What a style stands for; each is one line of `theme.toml`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Ink {
    Title,
    TitleActive,
    Border,
    BorderActive,
    Name,
    Faint,
    Label,
    Value,
    Number,
    Word,
    Unset,
    Selected,
    SelectedIdle,
    Modified,
    Error,
    Warning,
    Hint,
    Good,
    KeyCap,
    Note,
    Input,
    Match,
    CodeKey,
    CodeText,
    CodeNumber,
    CodeWord,
    CodeComment,
    CodeMark,
    LineNumber,
    LineSelected,
    Added,
    Removed,
    Dialog,
    Thumb,
}

const INKS: &[(Ink, &str)] = &[
    (Ink::Title, "title"),
    (Ink::TitleActive, "title_active"),
    (Ink::Border, "border"),
    (Ink::BorderActive, "border_active"),
    (Ink::Name, "name"),
    (Ink::Faint, "faint"),
    (Ink::Label, "label"),
    (Ink::Value, "value"),
    (Ink::Number, "number"),
    (Ink::Word, "word"),
    (Ink::Unset, "unset"),
    (Ink::Selected, "selected"),
    (Ink::SelectedIdle, "selected_idle"),
    (Ink::Modified, "modified"),
    (Ink::Error, "error"),
    (Ink::Warning, "warning"),
    (Ink::Hint, "hint"),
    (Ink::Good, "good"),
    (Ink::KeyCap, "key_cap"),
    (Ink::Note, "note"),
    (Ink::Input, "input"),
    (Ink::Match, "match"),
    (Ink::CodeKey, "code_key"),
    (Ink::CodeText, "code_text"),
    (Ink::CodeNumber, "code_number"),
    (Ink::CodeWord, "code_word"),
    (Ink::CodeComment, "code_comment"),
    (Ink::CodeMark, "code_mark"),
    (Ink::LineNumber, "line_number"),
    (Ink::LineSelected, "line_selected"),
    (Ink::Added, "added"),
    (Ink::Removed, "removed"),
    (Ink::Dialog, "dialog"),
    (Ink::Thumb, "thumb"),
];

/// The small pictures that carry meaning without colour.
#[derive(Clone, Copy, Debug)]
pub struct Marks {
    pub error: &'static str,
    pub warning: &'static str,
    pub hint: &'static str,
    pub good: &'static str,
    pub on: &'static str,
    pub off: &'static str,
    pub modified: &'static str,
    pub pointer: &'static str,
    pub thumb: &'static str,
    pub opens: &'static str,
    pub dot: &'static str,
    pub cut: &'static str,
    pub nothing: &'static str,
    pub tab: &'static str,
    pub control: &'static str,
    pub bar: &'static str,
    pub bar_rest: &'static str,
    pub limit: &'static str,
    pub border: border::Set<'static>,
}

const UNICODE: Marks = Marks {
    error: "✗",
    warning: "!",
    hint: "·",
    good: "✓",
    on: "●",
    off: "○",
    modified: "●",
    pointer: "▸",
    thumb: "┃",
    opens: "▾",
    dot: "·",
    cut: "…",
    nothing: "–",
    tab: "→",
    control: "¿",
    bar: "█",
    bar_rest: "░",
    limit: "┃",
    border: border::PLAIN,
};

const ASCII: Marks = Marks {
    error: "x",
    warning: "!",
    hint: "-",
    good: "=",
    on: "*",
    off: "o",
    modified: "*",
    pointer: ">",
    thumb: "#",
    opens: "v",
    dot: "-",
    cut: "~",
    nothing: "-",
    tab: ">",
    control: "?",
    bar: "#",
    bar_rest: ".",
    limit: "|",
    border: border::Set {
        top_left: "+",
        top_right: "+",
        bottom_left: "+",
        bottom_right: "+",
        vertical_left: "|",
        vertical_right: "|",
        horizontal_top: "-",
        horizontal_bottom: "-",
    },
};

/// Styles and marks for one terminal.
#[derive(Clone, Debug)]
pub struct Theme {
    styles: HashMap<Ink, Style>,
    /// The marks.
    pub marks: Marks,
    /// False where only ASCII can be shown.
    pub is_unicode: bool,
}

impl Theme {
    /// The theme for a terminal that can show this much.
    pub fn new(looks: Looks) -> Theme {
        let tables: HashMap<String, HashMap<String, String>> =
            basic_toml::from_str(SOURCE).expect("assets/theme.toml is checked by a test");
        let table = &tables[if looks.colour { "colour" } else { "plain" }];
        let styles = INKS
            .iter()
            .map(|(ink, name)| (*ink, table.get(*name).and_then(|words| style(words)).unwrap_or_default()))
            .collect();
        let marks = if looks.unicode { UNICODE } else { ASCII };
        Theme { styles, marks, is_unicode: looks.unicode }
    }

    /// The style of a meaning.
    pub fn ink(&self, ink: Ink) -> Style {
        self.styles.get(&ink).copied().unwrap_or_default()
    }

    /// The mark and the style of a severity.
    pub fn severity(&self, severity: Severity) -> (&'static str, Style) {
        match severity {
            Severity::Error => (self.marks.error, self.ink(Ink::Error)),
            Severity::Warning => (self.marks.warning, self.ink(Ink::Warning)),
            Severity::Hint => (self.marks.hint, self.ink(Ink::Hint)),
        }
    }
}

/// Reads `white on blue bold`; `None` for a word that is no colour and no weight.
fn style(words: &str) -> Option<Style> {
    let mut style = Style::default();
    let mut words = words.split_whitespace();
    while let Some(word) = words.next() {
        style = match word {
            "bold" => style.add_modifier(Modifier::BOLD),
            "dim" => style.add_modifier(Modifier::DIM),
            "italic" => style.add_modifier(Modifier::ITALIC),
            "underlined" => style.add_modifier(Modifier::UNDERLINED),
            "reversed" => style.add_modifier(Modifier::REVERSED),
            "on" => style.bg(Color::from_str(words.next()?).ok()?),
            colour => style.fg(Color::from_str(colour).ok()?),
        };
    }
    Some(style)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tables() -> HashMap<String, HashMap<String, String>> {
        basic_toml::from_str(SOURCE).expect("the theme is TOML")
    }

    #[test]
    fn every_meaning_has_a_style_in_both_tables_and_no_line_is_idle() {
        for (name, table) in tables() {
            for (_, ink) in INKS {
                let words = table.get(*ink).unwrap_or_else(|| panic!("{name} lacks {ink}"));
                assert!(style(words).is_some(), "{name}.{ink}: `{words}` is not a style");
            }
            assert_eq!(table.len(), INKS.len(), "{name} has lines that nothing reads");
        }
    }

    #[test]
    fn without_colour_no_style_has_a_colour() {
        let theme = Theme::new(Looks { colour: false, unicode: true });
        for (ink, _) in INKS {
            let style = theme.ink(*ink);
            assert_eq!((style.fg, style.bg), (None, None), "{ink:?}");
        }
    }

    #[test]
    fn severities_differ_without_colour_and_in_ascii() {
        for unicode in [false, true] {
            let theme = Theme::new(Looks { colour: false, unicode });
            let marks = [Severity::Hint, Severity::Warning, Severity::Error].map(|s| theme.severity(s).0);
            assert!(marks[0] != marks[1] && marks[1] != marks[2] && marks[0] != marks[2]);
            assert!(unicode || marks.iter().all(|mark| mark.is_ascii()));
        }
    }
}
