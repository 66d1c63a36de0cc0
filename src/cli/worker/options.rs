//! The options of a run as arguments of our verbs, made from their rows: all of them to train, some to try a step.

use clap::builder::ValueParser;
use clap::{Arg, ArgAction, ArgMatches, Args, Command, Error, FromArgMatches};

use crate::worker::{RUN_OPTIONS, Run, RunOption, Takes};

/// What was said of a run.
#[derive(Clone, Debug, Default)]
pub struct RunFlags {
    /// A preset, a config.json or its folder, or an id in the hub's cache.
    pub model: Option<String>,
    /// Names of rows and what was said of them, in the order of the rows.
    pub said: Vec<(&'static str, String)>,
}

/// Heading of these options in the help.
const HEADING: &str = "Training with the bundled worker";

const MODEL: &str = "model";

impl RunFlags {
    /// True where a row was spoken of.
    pub fn says(&self, name: &str) -> bool {
        self.said.iter().any(|(said, _)| *said == name)
    }

    /// Takes a word for a row, unless the row was spoken of.
    pub fn propose(&mut self, name: &'static str, word: &str) {
        if !self.says(name) {
            self.said.push((name, word.to_owned()));
        }
    }

    /// Writes what was said into a run.
    pub fn write(&self, run: &mut Run) -> Result<(), String> {
        for option in RUN_OPTIONS {
            let mut words = self.said.iter().filter(|(name, _)| *name == option.name);
            words.try_for_each(|(_, word)| option.set(run, word))?;
        }
        Ok(())
    }
}

/// What was said of one step: the part of a run that needs no data and saves nothing.
#[derive(Clone, Debug, Default)]
pub struct StepFlags(pub RunFlags);

/// The argument without which an option of a run means nothing.
const WORKER: &str = "worker";

fn training(option: &'static RunOption) -> Arg {
    argument(option).requires(WORKER).hide_short_help(true)
}

fn argument(option: &'static RunOption) -> Arg {
    let help = match option.default {
        "" => option.says.to_owned(),
        default => format!("{} [default: {default}]", option.says),
    };
    let argument = Arg::new(option.name).long(option.name).help(help).help_heading(HEADING);
    let argument = option.alias.into_iter().fold(argument, Arg::alias);
    let takes = option.takes;
    let check = move |word: &str| {
        takes.accepts(word).map(|()| word.to_owned()).map_err(|must| format!("write {must}"))
    };
    let argument = match takes {
        Takes::Switch => return argument.action(ArgAction::SetTrue),
        Takes::Paths => argument.action(ArgAction::Append).value_name("PATH"),
        Takes::Path => argument.value_name("PATH"),
        Takes::Count(..) => argument.value_name("N").allow_negative_numbers(true),
        Takes::Number(..) => argument.value_name("NUMBER").allow_negative_numbers(true),
        Takes::Word(_) => argument.value_name("WORD"),
    };
    argument.value_parser(ValueParser::from(check))
}

fn model() -> Arg {
    Arg::new(MODEL).long(MODEL).value_name("NAME|PATH").help_heading(HEADING).help(
        "A preset such as tiny-llama, a config.json or its folder, or an id in the hub's cache [default: the \
         project's, else tiny-llama]",
    )
}

fn read<'a>(options: impl Iterator<Item = &'static RunOption> + 'a, matches: &'a ArgMatches) -> RunFlags {
    let words = |option: &'static RunOption| -> Vec<String> {
        match option.takes {
            Takes::Switch => matches.get_flag(option.name).then(String::new).into_iter().collect(),
            _ => matches.get_many::<String>(option.name).into_iter().flatten().cloned().collect(),
        }
    };
    let said = options.flat_map(|option| words(option).into_iter().map(move |word| (option.name, word)));
    RunFlags { model: matches.get_one::<String>(MODEL).cloned(), said: said.collect() }
}

/// The rows that describe a step.
fn of_step() -> impl Iterator<Item = &'static RunOption> {
    RUN_OPTIONS.iter().filter(|option| !option.is_for_training)
}

impl Args for StepFlags {
    fn augment_args(command: Command) -> Command {
        of_step().fold(command.arg(model()), |command, option| command.arg(argument(option)))
    }

    fn augment_args_for_update(command: Command) -> Command {
        StepFlags::augment_args(command)
    }
}

impl FromArgMatches for StepFlags {
    fn from_arg_matches(matches: &ArgMatches) -> Result<StepFlags, Error> {
        Ok(StepFlags(read(of_step(), matches)))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), Error> {
        *self = StepFlags::from_arg_matches(matches)?;
        Ok(())
    }
}

impl Args for RunFlags {
    fn augment_args(command: Command) -> Command {
        let model = model().requires(WORKER).hide_short_help(true);
        RUN_OPTIONS.iter().fold(command.arg(model), |command, option| command.arg(training(option)))
    }

    fn augment_args_for_update(command: Command) -> Command {
        RunFlags::augment_args(command)
    }
}

impl FromArgMatches for RunFlags {
    fn from_arg_matches(matches: &ArgMatches) -> Result<RunFlags, Error> {
        Ok(read(RUN_OPTIONS.iter(), matches))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), Error> {
        *self = RunFlags::from_arg_matches(matches)?;
        Ok(())
    }
}
