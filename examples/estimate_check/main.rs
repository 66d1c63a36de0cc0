//! Measures our estimate of peak memory against recorded training steps.
//!
//! `cargo run --example estimate_check FILE… [--fallback] [--cases] [--worst N] [--only TEXT] [--fail]`
//! reads files of recorded cases (one JSON line each, as `tests/oracle/record_memory.py` writes them) and
//! prints the error of the estimated peak: over all, per family, per setting, and for the worst cases with
//! both breakdowns. Quantiles are by nearest rank and of the error's size; the bias keeps its sign.
//!
//! * `--fallback` hides the family's name, which is what a model gets that we have no row for;
//! * `--cases` prints every case on a line of its own;
//! * `--worst N` prints N worst cases instead of 10;
//! * `--only TEXT` keeps the cases whose id holds the text;
//! * `--fail` exits with 1 unless the median is at most 1 %, the 95th percentile 5 %, the maximum 15 %.

mod outcome;
#[path = "../../tests/harness/truth.rs"]
mod truth;

use std::collections::BTreeMap;
use std::error::Error;
use std::fs;
use std::process::ExitCode;

use accel_studio::memory::{self, Category};
use accel_studio::model::{self, ModelCard};
use outcome::{Figures, HEADING, Outcome, percent};
use serde_json::Value;
use truth::Case;

/// What the command line asks for.
#[derive(Default)]
struct Asked {
    files: Vec<String>,
    hides_family: bool,
    shows_cases: bool,
    worst: usize,
    only: Option<String>,
    fails: bool,
}

fn main() -> ExitCode {
    let asked = match Asked::read(std::env::args().skip(1)) {
        Ok(asked) => asked,
        Err(error) => {
            complain(&error);
            return ExitCode::from(2);
        }
    };
    match outcomes(&asked) {
        Ok(outcomes) => {
            let all = tell(&asked, &outcomes);
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

impl Asked {
    fn read(mut words: impl Iterator<Item = String>) -> Result<Asked, String> {
        let mut asked = Asked { worst: 10, ..Asked::default() };
        while let Some(word) = words.next() {
            match word.as_str() {
                "--fallback" => asked.hides_family = true,
                "--cases" => asked.shows_cases = true,
                "--fail" => asked.fails = true,
                "--only" => asked.only = Some(words.next().ok_or("`--only` needs a text")?),
                "--worst" => {
                    let number = words.next().and_then(|word| word.parse().ok());
                    asked.worst = number.ok_or("`--worst` needs a number")?;
                }
                word if word.starts_with("--") => return Err(format!("`{word}` is not known here")),
                _ => asked.files.push(word),
            }
        }
        if asked.files.is_empty() {
            return Err(
                "usage: estimate_check FILE… [--fallback] [--cases] [--worst N] [--only TEXT] [--fail]"
                    .into(),
            );
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

/// Asks the library about a case.
fn weigh(case: Case, hides_family: bool) -> Outcome {
    let card = card(&case, hides_family);
    let parameters = card.as_ref().ok().map(ModelCard::parameters);
    let estimate = card.and_then(|card| {
        let (workload, strategy) = (case.workload()?, case.strategy()?);
        memory::estimate(&card, &workload, &strategy).map_err(|error| error.to_string())
    });
    Outcome { case, parameters, estimate }
}

fn card(case: &Case, hides_family: bool) -> Result<ModelCard, String> {
    let mut config = case.config_json();
    if hides_family {
        config["model_type"] = Value::from("unheard-of");
    }
    model::read_config(&config, &case.model).map_err(|error| error.to_string())
}

/// Prints all tables; returns the figures over all cases.
fn tell(asked: &Asked, outcomes: &[Outcome]) -> Figures {
    let all = Figures::over(outcomes);
    say(&format!("{:28} {HEADING}", ""));
    say(&format!("{:28} {}", "all", all.line()));
    say(&format!(
        "{:28} {} within 1 %, {} within 5 %, {} within 15 %",
        "",
        percent(all.share_within(0.01)),
        percent(all.share_within(0.05)),
        percent(all.share_within(0.15))
    ));
    table("family", outcomes, |outcome| vec![outcome.case.family().to_owned()]);
    table("setting", outcomes, |outcome| settings(&outcome.case));
    refusals(outcomes);
    if asked.shows_cases {
        outcomes.iter().for_each(tell_case);
    }
    let mut worst: Vec<&Outcome> = outcomes.iter().filter(|outcome| outcome.error().is_some()).collect();
    worst.sort_by(|one, other| size(other).total_cmp(&size(one)));
    worst.iter().take(asked.worst).for_each(|outcome| tell_breakdown(outcome));
    all
}

fn size(outcome: &Outcome) -> f64 {
    outcome.error().unwrap_or_default().abs()
}

fn table(what: &str, outcomes: &[Outcome], keys: impl Fn(&Outcome) -> Vec<String>) {
    let mut groups: BTreeMap<String, Vec<&Outcome>> = BTreeMap::new();
    for outcome in outcomes {
        for key in keys(outcome) {
            groups.entry(key).or_default().push(outcome);
        }
    }
    say(&format!("\nper {what:24} {HEADING}"));
    for (key, group) in groups {
        say(&format!("{key:28} {}", Figures::over(group).line()));
    }
}

/// The settings by which cases are grouped, named as the person would.
fn settings(case: &Case) -> Vec<String> {
    let settings = &case.settings;
    let mut keys = vec![
        format!("dist {}", settings.dist),
        format!("weights {}, mixed {}", settings.weights_dtype, settings.mixed_precision),
        format!("attention {}", settings.attn),
        format!("optimizer {} {}", settings.optimizer, settings.opt_impl),
    ];
    let switches = [
        ("checkpointing", settings.ckpt),
        ("without checkpointing", !settings.ckpt),
        ("padding", settings.padding),
        ("outputs kept", settings.keep_outputs),
        ("gradient accumulation", settings.grad_accum > 1),
        ("gradient clipping", settings.clip),
        ("no reshard after forward", !settings.reshard),
        ("named wrap classes", settings.wrap.is_some()),
        ("hybrid sharding", settings.replicate > 1),
        ("lora", settings.lora.is_some() && settings.qlora.is_none()),
        ("qlora", settings.qlora.is_some()),
    ];
    keys.extend(switches.iter().filter(|(_, is_on)| *is_on).map(|(name, _)| (*name).to_owned()));
    keys.extend(settings.strategy.iter().map(|strategy| format!("strategy {strategy}")));
    keys
}

fn refusals(outcomes: &[Outcome]) {
    let mut reasons: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for outcome in outcomes {
        if let Err(reason) = &outcome.estimate {
            reasons.entry(reason).or_default().push(&outcome.case.model);
        }
    }
    for (reason, mut models) in reasons {
        let count = models.len();
        models.dedup();
        say(&format!("refused {count} ({}): {reason}", models.join(", ")));
    }
}

fn tell_case(outcome: &Outcome) {
    let estimate = outcome.estimate.as_ref().ok();
    say(&format!(
        "{:>9} {:>15} {:>15} {}",
        percent(outcome.error().unwrap_or(f64::NAN)),
        estimate.map_or(0, memory::Estimate::allocated),
        outcome.case.truth.peak_bytes,
        outcome.case.id
    ));
}

fn tell_breakdown(outcome: &Outcome) {
    let truth = &outcome.case.truth;
    let phase = outcome.estimate.as_ref().ok().and_then(memory::Estimate::peak).map(|moment| moment.phase);
    say(&format!("\n{} {}", percent(outcome.error().unwrap_or(f64::NAN)), outcome.case.id));
    let when = phase.map_or_else(|| "-".to_owned(), |phase| format!("{phase:?}"));
    say(&format!("    we say {when}, it was {} in {}", truth.peak_phase, truth.peak_op));
    for category in Category::ALL {
        let (expected, recorded) = (outcome.expected(category), outcome.recorded(category));
        if expected != recorded {
            say(&format!(
                "    {:14} {expected:>15} {recorded:>15} {:>+16}",
                format!("{category:?}").to_lowercase(),
                i128::from(expected) - i128::from(recorded)
            ));
        }
    }
}

#[expect(clippy::print_stdout, reason = "an example's output is what it is for")]
fn say(line: &str) {
    println!("{line}");
}

#[expect(clippy::print_stderr, reason = "an example's output is what it is for")]
fn complain(line: &str) {
    eprintln!("{line}");
}
