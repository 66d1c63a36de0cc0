//! Whether a value fits a field, and what is wrong where it does not.
//!
//! "Fits" means: Accelerate takes it, and does what it says. What merely loads is no fit.

use super::field::{Field, Platform, Reach, Spelling};
use super::kind::{Choice, Kind, NumberChoice};
use super::release::Release;
use super::when::truth_word;
use crate::text::{any_of, nearest};
use crate::value::Value;

/// Why a value does not fit a field.
#[derive(Clone, Debug, PartialEq)]
pub enum Mismatch {
    /// Null, or a required key without a value.
    Missing,
    /// A value of another type; holds what is expected.
    WrongType(String),
    /// A boolean where a word belongs; holds the word that an unquoted `no` was meant to be.
    UnquotedWord(&'static str),
    /// None of the words or numbers; holds them, and the one that is nearest.
    NotOneOf(Vec<String>, Option<&'static str>),
    /// The right word in the wrong case; holds the right one.
    WrongCase(&'static str),
    /// A number in quotes; holds the number.
    QuotedNumber(Value),
    /// A boolean in quotes; holds the boolean.
    QuotedBool(bool),
    /// Below the smallest value that works.
    TooSmall(f64),
    /// Above the largest value that works.
    TooLarge(f64),
    /// A list of another length than this.
    WrongLength(usize),
    /// The word came with a later release.
    TooNew(Release),
    /// The word went with this release.
    Removed(Release),
}

impl Mismatch {
    /// What is wrong, to follow the key: "must be an integer of at least 1".
    pub fn says(&self) -> String {
        match self {
            Mismatch::Missing => "needs a value".to_owned(),
            Mismatch::WrongType(expected) => format!("must be {expected}"),
            Mismatch::UnquotedWord(word) => format!("must be in quotes: '{word}'"),
            Mismatch::NotOneOf(known, _) => format!("must be {}", any_of(known)),
            Mismatch::WrongCase(word) => format!("must be written `{word}`"),
            Mismatch::QuotedNumber(_) => "must be a number without quotes".to_owned(),
            Mismatch::QuotedBool(_) => "must be true or false without quotes".to_owned(),
            Mismatch::TooSmall(min) => format!("must be at least {min}"),
            Mismatch::TooLarge(max) => format!("must be at most {max}"),
            Mismatch::WrongLength(count) => format!("must be a list of {count} values"),
            Mismatch::TooNew(since) => format!("needs accelerate {since} or newer"),
            Mismatch::Removed(gone) => format!("was removed in accelerate {gone}"),
        }
    }
}

impl Field {
    /// Whether Accelerate of this release takes a value here and does what it says. The words of
    /// both sorts of config are accepted where they differ.
    pub fn accepts(&self, value: &Value, release: Release) -> Result<(), Mismatch> {
        match (self.kind, value) {
            _ if self.reach == Reach::Dead && !self.kind.is_section() => Ok(()),
            (_, Value::Null) => self.accepts_null(),
            (Kind::Choice(choices), value) => self.accepts_word(choices, value, release),
            (Kind::Number(choices), value) => self.accepts_number_choice(choices, value),
            (Kind::Bool, value) => self.accepts_bool(value),
            (Kind::Int { min, max }, value) => self.accepts_int(min, max, value),
            (Kind::Float { min, words }, value) => self.accepts_float(min, words, value),
            (Kind::Text(_), Value::Text(_)) => Ok(()),
            (Kind::Texts, Value::List(items)) if items.iter().all(|item| item.as_text().is_some()) => Ok(()),
            (Kind::Bools(count), Value::List(items)) => accepts_bools(count, items, self.kind),
            (Kind::Section | Kind::Anything, Value::Map(_)) => Ok(()),
            (kind, _) => Err(Mismatch::WrongType(kind.expected())),
        }
    }

    fn accepts_null(&self) -> Result<(), Mismatch> {
        let is_needed = self.needs_value || self.is_required();
        if is_needed { Err(Mismatch::Missing) } else { Ok(()) }
    }

    fn accepts_bool(&self, value: &Value) -> Result<(), Mismatch> {
        match value {
            Value::Bool(_) => Ok(()),
            // The worker reads the digits 0 and 1 as words of truth.
            Value::Int(_) if matches!(value.as_int(), Some(0 | 1)) => Ok(()),
            Value::Text(text) => match truth_word(text) {
                // `accelerate config` quotes the answers to questions whose keys the launcher drops.
                Some(_) if self.reach == Reach::FlagOnly => Ok(()),
                Some(flag) => Err(Mismatch::QuotedBool(flag)),
                None => Err(self.wrong_type()),
            },
            _ => Err(self.wrong_type()),
        }
    }

    fn accepts_word(
        &self,
        choices: &'static [Choice],
        value: &Value,
        release: Release,
    ) -> Result<(), Mismatch> {
        let any_case = !matches!(self.spelling, Spelling::Exact);
        let known = || choices.iter().filter(|choice| choice.exists_in(release));
        let Some(text) = value.as_text() else { return self.accepts_other(choices, value) };
        match choices.iter().find(|choice| choice.word.eq_ignore_ascii_case(text)) {
            Some(choice) if choice.word != text && !any_case => Err(Mismatch::WrongCase(choice.word)),
            Some(Choice { since: Some(since), .. }) if release < *since => Err(Mismatch::TooNew(*since)),
            Some(Choice { gone: Some(gone), .. }) if release >= *gone => Err(Mismatch::Removed(*gone)),
            Some(_) => Ok(()),
            None => Err(Mismatch::NotOneOf(
                known().map(|choice| choice.word.to_owned()).collect(),
                nearest(text, known().map(|choice| choice.word)),
            )),
        }
    }

    /// A value that is no text, where one of a few words belongs.
    fn accepts_other(&self, choices: &'static [Choice], value: &Value) -> Result<(), Mismatch> {
        let is_number = |number| (1..=choices.len() as i64).contains(&number);
        let no = choices
            .iter()
            .find(|choice| ["no", "none"].iter().any(|no| choice.word.eq_ignore_ascii_case(no)));
        match (value, no) {
            (Value::Int(_), _) if self.spelling == Spelling::AnyCaseOrNumber => value
                .as_int()
                .filter(|number| is_number(*number))
                .map(|_| ())
                .ok_or_else(|| self.wrong_type()),
            (Value::Bool(false), Some(no)) => Err(Mismatch::UnquotedWord(no.word)),
            _ => Err(self.wrong_type()),
        }
    }

    fn accepts_number_choice(&self, choices: &'static [NumberChoice], value: &Value) -> Result<(), Mismatch> {
        let known = choices.iter().map(|choice| choice.number);
        let number = self.number(value)?.as_int();
        if number.is_some_and(|number| known.clone().any(|known| known == number)) {
            return Ok(());
        }
        Err(Mismatch::NotOneOf(known.map(|known| known.to_string()).collect(), None))
    }

    fn accepts_int(&self, min: i64, max: Option<i64>, value: &Value) -> Result<(), Mismatch> {
        let value = self.number(value)?;
        let Value::Int(number) = &value else { return Err(self.wrong_type()) };
        if *number < min.into() {
            return Err(Mismatch::TooSmall(min as f64));
        }
        match max {
            Some(max) if *number > max.into() => Err(Mismatch::TooLarge(max as f64)),
            _ => Ok(()),
        }
    }

    fn accepts_float(&self, min: f64, words: &[&str], value: &Value) -> Result<(), Mismatch> {
        if value.as_text().is_some_and(|text| words.contains(&text)) {
            return Ok(());
        }
        match self.number(value)?.as_number() {
            Some(number) if number < min => Err(Mismatch::TooSmall(min)),
            Some(number) if number.is_nan() => Err(self.wrong_type()),
            Some(_) => Ok(()),
            None => Err(self.wrong_type()),
        }
    }

    /// The number that Accelerate reads: the value itself, or the number in its quotes where the
    /// spelling allows quotes.
    fn number(&self, value: &Value) -> Result<Value, Mismatch> {
        let Value::Text(text) = value else { return Ok(value.clone()) };
        let Some(number) = self.kind.number_in(text) else { return Err(self.wrong_type()) };
        match self.spelling {
            Spelling::QuotedNumber => Ok(number),
            _ => Err(Mismatch::QuotedNumber(number)),
        }
    }

    fn wrong_type(&self) -> Mismatch {
        Mismatch::WrongType(self.kind.expected())
    }
}

impl Kind {
    /// The number that Python's `int()` or `float()` would read from a text, as this kind asks.
    fn number_in(self, text: &str) -> Option<Value> {
        let text = text.trim();
        if let Ok(number) = text.parse::<num_bigint::BigInt>() {
            return Some(Value::Int(number));
        }
        match self {
            Kind::Float { .. } => text.parse().ok().map(Value::Float),
            _ => None,
        }
    }
}

impl Platform {
    /// The sort of config that a value of `compute_environment` selects: everything but a missing
    /// key and the exact word `LOCAL_MACHINE` selects SageMaker (accelerate 1.15.0,
    /// `load_config_from_file`).
    pub fn of(compute_environment: Option<&Value>) -> Platform {
        match compute_environment {
            None => Platform::Local,
            Some(Value::Text(word)) if word == "LOCAL_MACHINE" => Platform::Local,
            Some(_) => Platform::SageMaker,
        }
    }
}

fn accepts_bools(count: usize, items: &[Value], kind: Kind) -> Result<(), Mismatch> {
    if !items.iter().all(|item| item.as_bool().is_some()) {
        return Err(Mismatch::WrongType(kind.expected()));
    }
    if items.len() == count { Ok(()) } else { Err(Mismatch::WrongLength(count)) }
}
