//! The options of `accelerate launch` as arguments of our verbs, made from their rows.
//!
//! Both spellings count, `--num_processes` and `--num-processes`; of an option that is given twice the
//! last one counts, as in Python's argparse.

use clap::builder::ValueParser;
use clap::parser::ValueSource;
use clap::{Arg, ArgAction, ArgMatches, Args, Command, FromArgMatches};

use crate::layers::Given;
use crate::layers::flags::{self, Kind, Row};

/// Headings that the short help (`-h`) leaves out.
const RARE: [&str; 8] =
    ["TPU", "DeepSpeed", "FSDP", "Megatron-LM", "FP8", "Amazon SageMaker", "MPI", "Parallelism"];

/// The options that were given.
#[derive(Clone, Debug, Default)]
pub struct LaunchOptions {
    /// In the order of the rows; of each the text that counts.
    pub given: Vec<Given>,
}

impl LaunchOptions {
    /// The text of an option that takes one.
    pub fn text(&self, flag: &str) -> Option<&str> {
        self.given.iter().rev().find(|given| given.row.flag == flag)?.value.as_text()
    }

    /// True where a switch is given.
    pub fn has(&self, flag: &str) -> bool {
        self.given.iter().any(|given| given.row.flag == flag)
    }
}

impl Args for LaunchOptions {
    fn augment_args(command: Command) -> Command {
        let command = command.args_override_self(true);
        flags::groups().fold(command, |command, (heading, rows)| {
            command.args(rows.iter().map(|row| argument(row, heading)))
        })
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for LaunchOptions {
    fn from_arg_matches(matches: &ArgMatches) -> Result<LaunchOptions, clap::Error> {
        Ok(LaunchOptions { given: flags::rows().flat_map(|row| given(row, matches)).collect() })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

fn argument(row: &'static Row, heading: &'static str) -> Arg {
    let name = row.flag.trim_start_matches('-');
    let argument = Arg::new(name)
        .long(name)
        .help(row.says())
        .help_heading(heading)
        .hide_short_help(RARE.contains(&heading));
    let argument = match row.short {
        Some(letter) => argument.short(letter),
        None => argument,
    };
    let hyphens = name.replace('_', "-");
    let argument = if hyphens == name { argument } else { argument.alias(hyphens) };
    if !row.takes_text() {
        return argument.action(ArgAction::SetTrue);
    }
    let action = if row.kind == Kind::Repeated { ArgAction::Append } else { ArgAction::Set };
    let check = |text: &str| row.read(text).map(|_| text.to_owned());
    argument
        .action(action)
        .value_name(value_name(row.kind))
        .allow_negative_numbers(true)
        .value_parser(ValueParser::from(check))
}

fn value_name(kind: Kind) -> &'static str {
    match kind {
        Kind::Int => "N",
        Kind::Float => "NUMBER",
        Kind::Word(_) => "WORD",
        Kind::Truth | Kind::NotEmpty => "TRUE|FALSE",
        _ => "TEXT",
    }
}

/// An option as it was given; several times for those that repeat.
fn given(row: &'static Row, matches: &ArgMatches) -> Vec<Given> {
    let name = row.flag.trim_start_matches('-');
    if matches.value_source(name) != Some(ValueSource::CommandLine) {
        return Vec::new();
    }
    let texts: Vec<String> = match row.takes_text() {
        true => matches.get_many::<String>(name).into_iter().flatten().cloned().collect(),
        false => vec![String::new()],
    };
    let value = |text: &String| row.read(text).expect("the parser has read it before");
    texts.iter().map(|text| Given { row, value: value(text) }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(words: &[&str]) -> Result<LaunchOptions, clap::Error> {
        let command = LaunchOptions::augment_args(Command::new("launch").no_binary_name(true));
        LaunchOptions::from_arg_matches(&command.try_get_matches_from(words)?)
    }

    #[test]
    fn both_spellings_count_and_the_last_one_wins() {
        let options =
            read(&["--num_processes", "2", "--num-processes=4", "-t", "3", "--cpu"]).expect("they exist");
        let said: Vec<String> =
            options.given.iter().map(|given| format!("{} {:?}", given.row.flag, given.value)).collect();
        assert_eq!(said, ["--cpu Bool(true)", "--num_processes Int(4)", "--tee Text(\"3\")"]);
    }

    #[test]
    fn a_slip_is_refused_with_the_nearest_option() {
        let refusal = read(&["--num_procs", "2"]).expect_err("no such option").to_string();
        assert!(refusal.contains("--num_processes"), "{refusal}");
        let refusal = read(&["--num_processes", "two"]).expect_err("no number").to_string();
        assert!(refusal.contains("write a whole number"), "{refusal}");
    }
}
