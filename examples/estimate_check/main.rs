//! Measures our estimate of peak memory against recorded training steps.
//!
//! `cargo run --example estimate_check FILE… [--fallback] [--cases] [--worst N] [--only TEXT]
//! [--rivals FILE] [--fail]`
//! reads files of recorded cases (one JSON line each, as `tests/oracle/record_memory.py` writes them) and
//! prints the error of the estimated peak: over all, per family, per setting, and for the worst cases with
//! both breakdowns. Quantiles are by nearest rank and of the error's size; the bias keeps its sign.
//!
//! * `--fallback` hides the family's name, which is what a model gets that we have no row for;
//! * `--cases` prints every case on a line of its own;
//! * `--worst N` prints N worst cases instead of 10;
//! * `--only TEXT` keeps the cases whose id holds the text;
//! * `--rivals FILE` prints what other estimators make of the same cases, as `tests/oracle/record_rivals.py`
//!   wrote it down;
//! * `--fail` exits with 1 unless the median is at most 1 %, the 95th percentile 5 %, the maximum 15 %.

mod rivals;
#[path = "../../tests/harness/truth/mod.rs"]
mod truth;

use std::error::Error;
use std::fs;
use std::io::{self, Write};
use std::process::ExitCode;

use accel_studio::memory::Estimate;
use truth::{Figures, Outcome, percent, weigh};

/// What the command line asks for.
#[derive(Default)]
struct Asked {
    files: Vec<String>,
    hides_family: bool,
    shows_cases: bool,
    worst: usize,
    only: Option<String>,
    rivals: Option<String>,
    fails: bool,
}

const USAGE: &str = "usage: estimate_check FILE… [--fallback] [--cases] [--worst N] [--only TEXT] \
                     [--rivals FILE] [--fail]";

fn main() -> ExitCode {
    let asked = match Asked::read(std::env::args().skip(1)) {
        Ok(asked) => asked,
        Err(error) => {
            complain(&error);
            return ExitCode::from(2);
        }
    };
    match measure(&asked) {
        Ok(all) => {
            let is_good =
                all.quantile(0.5) <= 0.01 && all.quantile(0.95) <= 0.05 && all.quantile(1.0) <= 0.15;
            ExitCode::from(u8::from(asked.fails && (!is_good || all.refused > 0)))
        }
        Err(error) => {
            complain(&error.to_string());
            ExitCode::from(2)
        }
    }
}

fn measure(asked: &Asked) -> Result<Figures, Box<dyn Error>> {
    let outcomes = outcomes(asked)?;
    let all = tell(asked, &outcomes);
    if let Some(file) = &asked.rivals {
        let text = fs::read_to_string(file).map_err(|error| format!("{file}: {error}"))?;
        rivals::table(&text, &outcomes)?.iter().for_each(|line| say(line));
    }
    Ok(all)
}

impl Asked {
    fn read(mut words: impl Iterator<Item = String>) -> Result<Asked, String> {
        let mut asked = Asked { worst: 10, ..Asked::default() };
        while let Some(word) = words.next() {
            match word.as_str() {
                "--fallback" => asked.hides_family = true,
                "--cases" => asked.shows_cases = true,
                "--fail" => asked.fails = true,
                "--only" => asked.only = Some(words.next().ok_or("`--only` needs a text")?),
                "--rivals" => asked.rivals = Some(words.next().ok_or("`--rivals` needs a file")?),
                "--worst" => {
                    let number = words.next().and_then(|word| word.parse().ok());
                    asked.worst = number.ok_or("`--worst` needs a number")?;
                }
                word if word.starts_with("--") => return Err(format!("`{word}` is not known here")),
                _ => asked.files.push(word),
            }
        }
        if asked.files.is_empty() {
            return Err(USAGE.to_owned());
        }
        Ok(asked)
    }
}

fn outcomes(asked: &Asked) -> Result<Vec<Outcome>, Box<dyn Error>> {
    let mut all = Vec::new();
    for file in &asked.files {
        let text = fs::read_to_string(file).map_err(|error| format!("{file}: {error}"))?;
        let cases = truth::read(&text).map_err(|error| format!("{file}: {error}"))?;
        let kept =
            cases.into_iter().filter(|case| asked.only.as_ref().is_none_or(|only| case.id.contains(only)));
        all.extend(kept.map(|case| weigh(case, asked.hides_family)));
    }
    Ok(all)
}

/// Prints all tables; returns the figures over all cases.
fn tell(asked: &Asked, outcomes: &[Outcome]) -> Figures {
    truth::tables(outcomes).iter().for_each(|line| say(line));
    if asked.shows_cases {
        outcomes.iter().for_each(tell_case);
    }
    let worst = truth::worst(outcomes, asked.worst);
    worst.into_iter().flat_map(truth::breakdown).for_each(|line| say(&line));
    Figures::over(outcomes)
}

fn tell_case(outcome: &Outcome) {
    let estimate = outcome.estimate.as_ref().ok();
    say(&format!(
        "{:>9} {:>15} {:>15} {}",
        percent(outcome.error().unwrap_or(f64::NAN)),
        estimate.map_or(0, Estimate::allocated),
        outcome.case.truth.peak_bytes,
        outcome.case.id
    ));
}

/// A reader that has seen enough (`| head`) is no failure.
fn say(line: &str) {
    let _ = writeln!(io::stdout(), "{line}");
}

fn complain(line: &str) {
    let _ = writeln!(io::stderr(), "{line}");
}
