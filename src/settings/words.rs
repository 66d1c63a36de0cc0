//! How words of `accel-studio.yaml` become releases, severities and plain words.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{self, Visitor};
use serde::{Deserialize, Deserializer, Serializer};

use crate::finding::Severity;
use crate::schema::Release;

/// `1.15`, with or without quotes: read from the text, because the number 1.10 would be 1.1.
pub(super) mod release {
    use super::*;

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Release>, D::Error> {
        from.deserialize_str(Dotted).map(Some)
    }

    pub fn serialize<S: Serializer>(release: &Option<Release>, to: S) -> Result<S::Ok, S::Error> {
        match release {
            Some(release) => to.collect_str(release),
            None => to.serialize_none(),
        }
    }

    struct Dotted;

    impl Visitor<'_> for Dotted {
        type Value = Release;

        fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
            out.write_str("a release of Accelerate, such as 1.15")
        }

        fn visit_str<E: de::Error>(self, text: &str) -> Result<Release, E> {
            text.parse().map_err(|_| E::invalid_value(de::Unexpected::Str(text), &self))
        }
    }
}

/// `error`, `warning` or `hint`.
pub(super) mod severity {
    use super::*;

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Severity>, D::Error> {
        Word::deserialize(from).map(|word| Some(word.into()))
    }

    pub fn serialize<S: Serializer>(severity: &Option<Severity>, to: S) -> Result<S::Ok, S::Error> {
        match severity {
            Some(severity) => to.serialize_str(severity.word()),
            None => to.serialize_none(),
        }
    }
}

pub(super) mod severities {
    use super::*;

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<BTreeMap<String, Severity>, D::Error> {
        let words = BTreeMap::<String, Word>::deserialize(from)?;
        Ok(words.into_iter().map(|(rule, word)| (rule, word.into())).collect())
    }

    pub fn serialize<S: Serializer>(map: &BTreeMap<String, Severity>, to: S) -> Result<S::Ok, S::Error> {
        to.collect_map(map.iter().map(|(rule, severity)| (rule, severity.word())))
    }
}

/// Names and single words, numbers or truths, kept as they are written.
pub(super) mod plain {
    use super::*;

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<BTreeMap<String, String>, D::Error> {
        let words = BTreeMap::<String, Scalar>::deserialize(from)?;
        Ok(words.into_iter().map(|(name, word)| (name, word.0)).collect())
    }

    pub fn serialize<S: Serializer>(words: &BTreeMap<String, String>, to: S) -> Result<S::Ok, S::Error> {
        to.collect_map(words)
    }

    struct Scalar(String);

    impl<'de> Deserialize<'de> for Scalar {
        fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Scalar, D::Error> {
            from.deserialize_any(OneWord).map(Scalar)
        }
    }

    struct OneWord;

    impl Visitor<'_> for OneWord {
        type Value = String;

        fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
            out.write_str("a word, a number, true or false")
        }

        fn visit_str<E: de::Error>(self, text: &str) -> Result<String, E> {
            Ok(text.to_owned())
        }

        fn visit_bool<E: de::Error>(self, truth: bool) -> Result<String, E> {
            Ok(truth.to_string())
        }

        fn visit_u64<E: de::Error>(self, number: u64) -> Result<String, E> {
            Ok(number.to_string())
        }

        fn visit_i64<E: de::Error>(self, number: i64) -> Result<String, E> {
            Ok(number.to_string())
        }

        fn visit_unit<E: de::Error>(self) -> Result<String, E> {
            Ok("none".to_owned())
        }
    }
}

/// A severity as the file spells it.
#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Word {
    Error,
    Warning,
    Hint,
}

impl From<Word> for Severity {
    fn from(word: Word) -> Severity {
        match word {
            Word::Error => Severity::Error,
            Word::Warning => Severity::Warning,
            Word::Hint => Severity::Hint,
        }
    }
}
