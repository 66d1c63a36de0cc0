//! What may stand at a key: types, words, ranges. Data only; `read` and `accept` judge by it.

use super::field::Platform;
use super::release::Release;

/// What may stand at a key.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    /// One of a few words.
    Choice(&'static [Choice]),
    /// One of a few integers.
    Number(&'static [NumberChoice]),
    /// True or false.
    Bool,
    /// An integer.
    Int {
        /// Smallest value that works.
        min: i64,
        /// Largest value that works.
        max: Option<i64>,
    },
    /// A number with a fraction.
    Float {
        /// Smallest value that works.
        min: f64,
        /// Words that are accepted too, such as `auto`.
        words: &'static [&'static str],
    },
    /// Any text.
    Text(Text),
    /// A list of texts.
    Texts,
    /// Exactly this many booleans.
    Bools(usize),
    /// A section: a mapping of further fields.
    Section,
    /// A mapping that is passed on unread.
    Anything,
}

/// What a text means, for its editor and its checks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Text {
    /// Just words.
    Plain,
    /// A path on this machine.
    Path,
    /// A host name or address.
    Host,
    /// `all`, or device numbers separated by commas without spaces.
    DeviceIds,
    /// Class names separated by commas without spaces.
    ClassNames,
    /// A version such as `4.17.0`, which must be quoted.
    Version,
}

/// One word of a choice.
#[derive(Debug)]
pub struct Choice {
    /// As written in the file.
    pub word: &'static str,
    /// A sentence for a person choosing.
    pub says: &'static str,
    /// First release that knows it; `None`: older than 0.20.
    pub since: Option<Release>,
    /// First release that no longer knows it.
    pub gone: Option<Release>,
    /// Where it exists.
    pub platform: Platform,
}

/// One number of a choice.
#[derive(Debug)]
pub struct NumberChoice {
    /// As written in the file.
    pub number: i64,
    /// A sentence for a person choosing.
    pub says: &'static str,
}

impl Choice {
    /// A word that every release knows.
    pub(super) const fn new(word: &'static str, says: &'static str) -> Choice {
        Choice { word, says, since: None, gone: None, platform: Platform::Anywhere }
    }

    /// The word, known since a release.
    pub(super) const fn since(self, major: u16, minor: u16) -> Choice {
        Choice { since: Some(Release(major, minor)), ..self }
    }

    /// The word, gone with a release.
    pub(super) const fn gone(self, major: u16, minor: u16) -> Choice {
        Choice { gone: Some(Release(major, minor)), ..self }
    }

    /// The word, on one platform only.
    pub(super) const fn on(self, platform: Platform) -> Choice {
        Choice { platform, ..self }
    }

    /// True when a release knows the word.
    pub fn exists_in(&self, release: Release) -> bool {
        release.is_within(self.since, self.gone)
    }
}

impl NumberChoice {
    /// A number and what it means.
    pub(super) const fn new(number: i64, says: &'static str) -> NumberChoice {
        NumberChoice { number, says }
    }
}

impl Kind {
    /// True for a mapping of further fields.
    pub fn is_section(self) -> bool {
        matches!(self, Kind::Section)
    }

    /// What is expected, with its article: "an integer from 0 to 65535", "true or false".
    pub fn expected(self) -> String {
        match self {
            Kind::Choice(choices) => {
                let words = choices.iter().filter(|choice| choice.exists_in(Release::LATEST));
                format!("one of {}", crate::text::any_of(words.map(|choice| format!("`{}`", choice.word))))
            }
            Kind::Number(choices) => crate::text::any_of(choices.iter().map(|choice| choice.number)),
            Kind::Bool => "true or false".to_owned(),
            Kind::Int { min, max: Some(max) } => format!("an integer from {min} to {max}"),
            Kind::Int { min, max: None } => format!("an integer of at least {min}"),
            Kind::Float { min, words } => {
                let words: String = words.iter().map(|word| format!(", or `{word}`")).collect();
                format!("a number of at least {min}{words}")
            }
            Kind::Text(text) => text.expected().to_owned(),
            Kind::Texts => "a list of texts".to_owned(),
            Kind::Bools(count) => format!("a list of {count} booleans"),
            Kind::Section => "a mapping of keys".to_owned(),
            Kind::Anything => "a mapping".to_owned(),
        }
    }
}

impl Text {
    /// What is expected, with its article.
    pub fn expected(self) -> &'static str {
        match self {
            Text::Plain => "text",
            Text::Path => "a path",
            Text::Host => "a host name or address",
            Text::DeviceIds => "`all` or quoted device numbers such as '0,1'",
            Text::ClassNames => "class names separated by commas without spaces",
            Text::Version => "a quoted version such as '4.17.0'",
        }
    }
}
