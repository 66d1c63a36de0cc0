//! Other estimators on the same cases, from what `tests/oracle/record_rivals.py` wrote down.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::truth::{Outcome, percent};

/// What the others say of a case, bytes per GPU.
#[derive(Deserialize)]
struct Line {
    id: String,
    deepspeed: u64,
    accelerate: u64,
}

/// The signed errors of one estimator.
struct Errors(Vec<f64>);

/// The printed comparison.
///
/// # Errors
/// A line that is not as `record_rivals.py` writes it.
pub fn table(text: &str, outcomes: &[Outcome]) -> Result<Vec<String>, String> {
    let mut said = BTreeMap::new();
    for line in text.lines() {
        let line: Line = serde_json::from_str(line).map_err(|error| error.to_string())?;
        said.insert(line.id.clone(), line);
    }
    let both: Vec<(&Outcome, &Line)> =
        outcomes.iter().filter_map(|outcome| Some((outcome, said.get(&outcome.case.id)?))).collect();
    let is_sharded = |outcome: &Outcome| outcome.case.settings.dist.starts_with("fsdp");
    let (sharded, whole): (Vec<_>, Vec<_>) = both.into_iter().partition(|(outcome, _)| is_sharded(outcome));
    let mut lines = Vec::new();
    for (title, group) in [("one GPU or DDP", whole), ("FSDP", sharded)] {
        lines.push(String::new());
        lines.push(format!("{title:46} cases   median      p95      max within 10 % too low by over 10 %"));
        let ours = group.iter().filter_map(|(outcome, _)| outcome.error());
        lines.push(Errors::new(ours).line("accel-studio"));
        let other = |bytes: fn(&Line) -> u64| {
            Errors::new(group.iter().map(move |(outcome, line)| {
                let truth = outcome.case.truth.peak_bytes as f64;
                (bytes(line) as f64 - truth) / truth
            }))
        };
        lines.push(other(|line| line.deepspeed).line("DeepSpeed 0.19.8 estimate_zero*_mem_needs"));
        lines.push(other(|line| line.accelerate).line("Accelerate 1.15.0 estimate-memory"));
    }
    Ok(lines)
}

impl Errors {
    fn new(errors: impl Iterator<Item = f64>) -> Errors {
        let mut errors: Vec<f64> = errors.collect();
        errors.sort_by(|one, other| one.abs().total_cmp(&other.abs()));
        Errors(errors)
    }

    fn quantile(&self, share: f64) -> String {
        let rank = (share * self.0.len() as f64).ceil() as usize;
        percent(self.0.get(rank.saturating_sub(1)).map_or(f64::NAN, |error| error.abs()))
    }

    fn share(&self, is_counted: impl Fn(f64) -> bool) -> String {
        let counted = self.0.iter().filter(|error| is_counted(**error)).count();
        percent(counted as f64 / self.0.len() as f64)
    }

    fn line(&self, who: &str) -> String {
        format!(
            "{who:46} {:5} {:>8} {:>8} {:>8} {:>11} {:>20}",
            self.0.len(),
            self.quantile(0.5),
            self.quantile(0.95),
            self.quantile(1.0),
            self.share(|error| error.abs() <= 0.1),
            self.share(|error| error < -0.1),
        )
    }
}
