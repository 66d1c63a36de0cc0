//! Flags of a workload, one for each row of `memory::WORKLOAD_FIELDS`, and sizes such as 40GiB.

use std::collections::BTreeMap;
use std::str::FromStr;

use clap::{Arg, ArgMatches, Args, Command, Error, FromArgMatches};

use crate::memory::{WORKLOAD_FIELDS, WorkloadField, WorkloadKind};

/// What was said of the workload, by names of the rows.
#[derive(Clone, Debug, Default)]
pub struct WorkloadFlags(pub BTreeMap<String, String>);

/// Heading of these flags in the help.
const HEADING: &str = "One training step";

/// Another word for a flag, where people know one.
fn flag(field: &WorkloadField) -> String {
    match field.name {
        "sequence" => "seq-len".to_owned(),
        "target_sequence" => "target-seq-len".to_owned(),
        name => name.replace('_', "-"),
    }
}

fn argument(field: &'static WorkloadField) -> Arg {
    let says = field.says.trim_end_matches('.');
    let argument = Arg::new(field.name).long(flag(field)).help_heading(HEADING);
    match field.kind {
        WorkloadKind::Switch => argument
            .num_args(0..=1)
            .require_equals(true)
            .default_missing_value("true")
            .value_name("TRUTH")
            .help(says),
        WorkloadKind::Choice(words) => {
            let words: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
            argument.value_name("WORD").help(format!("{says} [{}]", words.join(", ")))
        }
        WorkloadKind::Words => argument.value_name("NAMES").help(says),
        WorkloadKind::Count | WorkloadKind::OptionalCount => {
            argument.value_name("N").allow_negative_numbers(true).help(says)
        }
    }
}

impl Args for WorkloadFlags {
    fn augment_args(command: Command) -> Command {
        WORKLOAD_FIELDS.iter().fold(command, |command, field| command.arg(argument(field)))
    }

    fn augment_args_for_update(command: Command) -> Command {
        WorkloadFlags::augment_args(command)
    }
}

impl FromArgMatches for WorkloadFlags {
    fn from_arg_matches(matches: &ArgMatches) -> Result<WorkloadFlags, Error> {
        let said = WORKLOAD_FIELDS.iter().filter_map(|field| {
            let word = matches.get_one::<String>(field.name)?;
            Some((field.name.to_owned(), word.clone()))
        });
        Ok(WorkloadFlags(said.collect()))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), Error> {
        *self = WorkloadFlags::from_arg_matches(matches)?;
        Ok(())
    }
}

/// A number of bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size(pub u64);

/// Units by their spelling, in bytes.
const UNITS: [(&str, f64); 7] = [
    ("tib", 1_099_511_627_776.0),
    ("gib", 1_073_741_824.0),
    ("mib", 1_048_576.0),
    ("tb", 1e12),
    ("gb", 1e9),
    ("mb", 1e6),
    ("g", 1_073_741_824.0),
];

impl FromStr for Size {
    type Err = String;

    fn from_str(text: &str) -> Result<Size, String> {
        let lower = text.trim().to_lowercase();
        let wrong = || format!("`{text}` is no size; write it as 40GiB, 80GB or 24576MiB");
        let (number, unit) = UNITS
            .iter()
            .find_map(|(unit, bytes)| Some((lower.strip_suffix(unit)?, *bytes)))
            .ok_or_else(wrong)?;
        let number: f64 = number.trim().parse().map_err(|_| wrong())?;
        let bytes = number * unit;
        if !bytes.is_finite() || bytes < 1.0 || bytes > 2_f64.powi(50) {
            return Err(format!("`{text}` is no memory of a GPU; write it as 40GiB or 80GB"));
        }
        Ok(Size(bytes as u64))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_in_both_kinds_of_units() {
        assert_eq!("40GiB".parse(), Ok(Size(40 << 30)));
        assert_eq!("80 GB".parse(), Ok(Size(80_000_000_000)));
        assert_eq!("24g".parse(), Ok(Size(24 << 30)));
        assert_eq!("1.5gib".parse(), Ok(Size(3 << 29)));
        for wrong in ["", "40", "GiB", "-1GiB", "0GiB", "nanGiB", "infGiB", "1e40GiB", "4 0GiB"] {
            assert!(wrong.parse::<Size>().is_err(), "{wrong}");
        }
    }
}
