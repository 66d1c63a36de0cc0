//! One row per key: everything the house knows of it.

use super::group::Group;
use super::kind::{Choice, Kind, Text};
use super::release::Release;
use super::when::{Lookup, When, truth_word};
use crate::value::Value;

/// One key of a config file.
#[derive(Debug)]
pub struct Field {
    /// Dotted path: `fsdp_config.fsdp_version`.
    pub key: &'static str,
    /// The place in form, wizard and reference.
    pub group: Group,
    /// What may stand there.
    pub kind: Kind,
    /// How far a value may stray from its proper spelling and still work.
    pub spelling: Spelling,
    /// True where an empty value is not the same as a missing key: the launcher hands the word None
    /// to the worker, which refuses it.
    pub needs_value: bool,
    /// Words that do not fit and yet work in some configs, or are ignored there: editors take them,
    /// [`Field::accepts`] does not, and rules know in which config they do no harm.
    pub tolerated: &'static [&'static str],
    /// What Accelerate uses when the key is absent.
    pub default: Default,
    /// Form label, a noun in two or three words: "Sharding strategy".
    pub label: &'static str,
    /// Wizard question.
    pub ask: &'static str,
    /// One sentence for a person who does not know the jargon.
    pub help: &'static str,
    /// When it matters.
    pub when: When,
    /// Which sort of config knows the key.
    pub platform: Platform,
    /// How the value reaches the job.
    pub reach: Reach,
    /// The flag of `accelerate launch` that sets the same.
    pub flag: Option<&'static str>,
    /// Variables that carry it into the worker.
    pub env: &'static [&'static str],
    /// First release that knows the key; `None`: older than 0.20.
    pub since: Option<Release>,
    /// First release that no longer knows it.
    pub gone: Option<Release>,
    /// First release that passes the value on, where it knew the key before.
    pub read_since: Option<Release>,
    /// Other spellings that Accelerate accepts, without the section: `version` for `fsdp_version`.
    pub aliases: &'static [&'static str],
    /// The key to write instead, for one that is old, misnamed or without effect.
    pub replacement: Option<&'static str>,
    /// True for the few fields that most people set: asked by the wizard, first in the form.
    pub common: bool,
}

/// What counts when a key is absent.
#[derive(Clone, Copy, Debug)]
pub enum Default {
    /// Accelerate refuses the file without it.
    Required,
    /// Nothing: the option stays off or unset.
    Nothing,
    /// A boolean.
    Bool(bool),
    /// An integer.
    Int(i64),
    /// A number with a fraction.
    Float(f64),
    /// A word or text.
    Text(&'static str),
    /// It depends; the sentence says on what.
    Depends(&'static str),
}

/// How a value in the file reaches the job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// The launcher passes it on; the sentence under `when` says for which types.
    Used,
    /// The launcher silently drops it: only the flag works.
    FlagOnly,
    /// Nothing ever reads it.
    Dead,
}

/// The sort of config that knows a key or a word: Accelerate has one class for each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Platform {
    /// Every config.
    Anywhere,
    /// Configs with `compute_environment: LOCAL_MACHINE`, or without that key.
    Local,
    /// Configs with `compute_environment: AMAZON_SAGEMAKER`.
    SageMaker,
}

/// How far a value may stray from its proper spelling and still work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spelling {
    /// Not at all.
    Exact,
    /// Words may be in upper or lower case.
    AnyCase,
    /// The same, and the number of the choice counted from 1 works too.
    AnyCaseOrNumber,
    /// A number may be quoted: it travels to the worker as text anyway.
    QuotedNumber,
}

impl Field {
    /// A row without content, for the sections to start theirs from.
    pub(super) const BLANK: Field = Field {
        key: "",
        group: Group::Basics,
        kind: Kind::Text(Text::Plain),
        spelling: Spelling::Exact,
        needs_value: false,
        tolerated: &[],
        default: Default::Nothing,
        label: "",
        ask: "",
        help: "",
        when: When::Always,
        platform: Platform::Local,
        reach: Reach::Used,
        flag: None,
        env: &[],
        since: None,
        gone: None,
        read_since: None,
        aliases: &[],
        replacement: None,
        common: false,
    };

    /// The last part of the key: `fsdp_version`.
    pub fn name(&self) -> &'static str {
        self.key.rsplit('.').next().unwrap_or(self.key)
    }

    /// The section that holds the key; `None` at the top level.
    pub fn section(&self) -> Option<&'static str> {
        self.key.split_once('.').map(|(section, _)| section)
    }

    /// True when a release reads the key.
    pub fn exists_in(&self, release: Release) -> bool {
        release.is_within(self.since, self.gone)
    }

    /// True when Accelerate refuses a file without the key.
    pub fn is_required(&self) -> bool {
        matches!(self.default, Default::Required)
    }

    /// What counts when the key is missing, as a person reads it; `None` where nothing does.
    pub fn default_text(&self) -> Option<String> {
        match self.default {
            Default::Required => Some("none, the key is required".to_owned()),
            Default::Nothing => None,
            Default::Bool(flag) => Some(format!("`{flag}`")),
            Default::Int(number) => Some(format!("`{number}`")),
            Default::Float(number) => Some(format!("`{number:?}`")),
            Default::Text(word) if truth_word(word).is_some() => Some(format!("`'{word}'`")),
            Default::Text(word) => Some(format!("`{word}`")),
            Default::Depends(on) => Some(on.to_owned()),
        }
    }

    /// The words that may stand here, for this release and sort of config. Empty for other kinds.
    pub fn choices(&self, release: Release, platform: Platform) -> impl Iterator<Item = &'static Choice> {
        let choices = if let Kind::Choice(choices) = self.kind { choices } else { &[] };
        choices.iter().filter(move |choice| choice.exists_in(release) && choice.platform.meets(platform))
    }

    /// Why this field does not matter in a config: the other sort of config, or its condition.
    /// `None` where it does.
    pub fn why_inert(&self, lookup: Lookup) -> Option<String> {
        let platform = Platform::of(lookup("compute_environment"));
        match self.platform {
            Platform::Local if platform == Platform::SageMaker => {
                Some("only exists with `compute_environment: LOCAL_MACHINE`".to_owned())
            }
            Platform::SageMaker if platform == Platform::Local => {
                Some("only exists with `compute_environment: AMAZON_SAGEMAKER`".to_owned())
            }
            _ => self.when.why_not(lookup),
        }
    }

    /// Why writing this key has no effect in any config, and what to do instead.
    pub fn why_unread(&self) -> Option<String> {
        let instead = match (self.replacement, self.flag) {
            (Some(replacement), _) => format!("; write `{replacement}` instead"),
            (None, Some(flag)) if self.reach == Reach::FlagOnly => format!("; pass `{flag}` instead"),
            _ => String::new(),
        };
        match self.reach {
            Reach::Used => None,
            Reach::FlagOnly => Some(format!("accelerate launch drops this key from the file{instead}")),
            Reach::Dead => Some(format!("accelerate reads this key nowhere{instead}")),
        }
    }
}

/// Rows are unique by key.
impl PartialEq for Field {
    fn eq(&self, other: &Field) -> bool {
        self.key == other.key
    }
}

impl Eq for Field {}

impl Platform {
    /// True when something for this platform exists on another.
    pub fn meets(self, other: Platform) -> bool {
        self == Platform::Anywhere || other == Platform::Anywhere || self == other
    }
}

impl Default {
    /// The default as a value, where it is one.
    pub fn value(self) -> Option<Value> {
        match self {
            Default::Bool(flag) => Some(Value::Bool(flag)),
            Default::Int(number) => Some(Value::int(number)),
            Default::Float(number) => Some(Value::Float(number)),
            Default::Text(text) => Some(Value::text(text)),
            Default::Required | Default::Nothing | Default::Depends(_) => None,
        }
    }
}
