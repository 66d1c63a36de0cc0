//! What a person may write on the command line of a launch, and what it means.
//!
//! The rows are those of `accelerate launch` 1.15.0; both `--num_processes` and `--num-processes` are
//! its spellings, abbreviations are not. Splitting a command line into words is the business of `cli`.

use super::flag_rows::GROUPS;
use super::python;
use crate::schema;
use crate::text;
use crate::value::Value;

/// One option of `accelerate launch`.
#[derive(Debug)]
pub struct Row {
    /// As Accelerate spells it: `--num_processes`.
    pub flag: &'static str,
    /// The one letter that does the same: `-q`.
    pub short: Option<char>,
    /// How its text becomes a value.
    pub kind: Kind,
    /// What counts when it is not given.
    pub(super) start: Start,
    /// The launch argument that it sets, where that is not named like the option.
    pub(super) into: Option<&'static str>,
}

/// How the text of an option becomes a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// No text: given means true.
    On,
    /// No text: given means false.
    Off,
    /// Any text.
    Text,
    /// A whole number.
    Int,
    /// A number.
    Float,
    /// One of these words.
    Word(&'static [&'static str]),
    /// Python's `bool()` of the text: everything but the empty text is true, also `false`.
    NotEmpty,
    /// A word for yes or no, kept as 1 or 0.
    Truth,
    /// Such words, separated by commas.
    Truths,
    /// Any text; may be given several times.
    Repeated,
}

/// What an option starts with.
#[derive(Clone, Copy, Debug)]
pub(super) enum Start {
    Nothing,
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(&'static str),
    /// Three times false.
    Nos,
}

/// An option that was given, and its value.
#[derive(Clone, Debug)]
pub struct Given {
    /// Its row.
    pub row: &'static Row,
    /// Its value, as Python holds it.
    pub value: Value,
}

impl Row {
    pub(super) const fn short(mut self, letter: char) -> Row {
        self.short = Some(letter);
        self
    }

    pub(super) const fn starting(mut self, start: Start) -> Row {
        self.start = start;
        self
    }

    pub(super) const fn into(mut self, argument: &'static str) -> Row {
        self.into = Some(argument);
        self
    }

    /// The launch argument that it sets: `num_processes`.
    pub fn argument(&self) -> &'static str {
        self.into.unwrap_or_else(|| self.flag.trim_start_matches('-'))
    }

    /// The value of its argument when nobody says anything.
    pub fn default(&self) -> Value {
        match self.start {
            Start::Nothing => Value::Null,
            Start::Bool(flag) => Value::Bool(flag),
            Start::Int(number) => Value::int(number),
            Start::Float(number) => Value::Float(number),
            Start::Text(text) => Value::text(text),
            Start::Nos => Value::List(vec![Value::Bool(false); 3]),
        }
    }

    /// True for an option that is followed by text.
    pub fn takes_text(&self) -> bool {
        !matches!(self.kind, Kind::On | Kind::Off)
    }

    /// The value of a given text, or what is wrong with it and what to write.
    pub fn read(&self, text: &str) -> Result<Value, String> {
        match self.kind {
            Kind::On => Ok(Value::Bool(true)),
            Kind::Off => Ok(Value::Bool(false)),
            Kind::Text | Kind::Repeated => Ok(Value::text(text)),
            Kind::NotEmpty => Ok(Value::Bool(!text.is_empty())),
            Kind::Int => python::int(text).map(Value::Int).ok_or_else(|| "write a whole number".to_owned()),
            Kind::Float => {
                python::float_of(text).map(Value::Float).ok_or_else(|| "write a number".to_owned())
            }
            Kind::Word(words) if words.contains(&text) => Ok(Value::text(text)),
            Kind::Word(words) => Err(format!("write {}", text::any_of(words))),
            Kind::Truth => truth(text),
            Kind::Truths => text.split(',').map(truth).collect::<Result<_, _>>().map(Value::List),
        }
    }

    /// What it is for, one sentence.
    pub fn says(&self) -> &'static str {
        if let Some(field) = schema::fields().find(|field| field.flag == Some(self.flag)) {
            return field.help;
        }
        match schema::flag(self.flag) {
            Some(flag) => flag.says,
            None => "Used by Accelerate itself on the machines of a TPU pod.",
        }
    }
}

fn truth(text: &str) -> Result<Value, String> {
    let truth = python::truth(text).ok_or_else(|| "write true or false".to_owned())?;
    Ok(Value::int(i64::from(truth)))
}

/// Headings and rows, in the order of Accelerate's help.
pub fn groups() -> impl Iterator<Item = (&'static str, &'static [Row])> {
    GROUPS.iter().copied()
}

/// All rows.
pub fn rows() -> impl Iterator<Item = &'static Row> {
    GROUPS.iter().flat_map(|(_, rows)| rows.iter())
}

/// The row of an option in either spelling: `--num-processes`, `num_processes`.
pub fn row(name: &str) -> Option<&'static Row> {
    let name = name.trim_start_matches('-').replace('-', "_");
    rows().find(|row| row.flag.trim_start_matches('-') == name)
}

/// The row that sets a launch argument.
pub fn row_of_argument(argument: &str) -> Option<&'static Row> {
    rows().find(|row| row.argument() == argument)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_option_has_a_name_of_its_own_and_a_sentence() {
        let mut names = HashSet::new();
        for row in rows() {
            assert!(names.insert(row.flag), "{} stands twice", row.flag);
            assert!(!row.says().is_empty());
        }
        assert_eq!(names.len(), 123);
    }

    #[test]
    fn the_schema_names_no_option_that_does_not_exist() {
        for flag in schema::fields().filter_map(|field| field.flag) {
            assert!(row(flag).is_some(), "{flag} is no option of accelerate launch");
        }
        for flag in schema::CLI_ONLY_FLAGS.iter().map(|flag| flag.flag).filter(|flag| *flag != "--help") {
            assert!(row(flag).is_some(), "{flag} is no option of accelerate launch");
        }
    }

    #[test]
    fn texts_become_what_argparse_makes_of_them() {
        let read = |flag: &str, text: &str| row(flag).expect("it exists").read(text);
        assert_eq!(read("--num-processes", "8"), Ok(Value::int(8)));
        assert_eq!(read("num_processes", "eight"), Err("write a whole number".into()));
        assert_eq!(read("mixed_precision", "fp32"), Err("write no, fp16, bf16 or fp8".into()));
        assert_eq!(read("megatron_lm_no_load_optim", "false"), Ok(Value::Bool(true)));
        assert_eq!(read("fp8_pad_inner_dim", "off"), Ok(Value::int(0)));
        let truths = [1, 0, 1].map(Value::int).to_vec();
        assert_eq!(read("fp8_override_linear_precision", "yes,no,1"), Ok(Value::List(truths)));
    }
}
