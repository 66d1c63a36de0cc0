//! Figures over recorded steps as text.

use std::collections::BTreeMap;

use accel_studio::memory::{Category, Estimate};

use super::outcome::{Figures, HEADING, Outcome, percent};

/// The tables over all cases: all, per family, per setting, and why some have no estimate.
pub fn tables(outcomes: &[Outcome]) -> Vec<String> {
    let all = Figures::over(outcomes);
    let mut lines = vec![
        format!("{:28} {HEADING}", ""),
        format!("{:28} {}", "all", all.line()),
        format!(
            "{:28} {} within 1 %, {} within 5 %, {} within 15 %",
            "",
            percent(all.share_within(0.01)),
            percent(all.share_within(0.05)),
            percent(all.share_within(0.15))
        ),
    ];
    lines.extend(table("family", outcomes, |outcome| vec![outcome.case.family().to_owned()]));
    lines.extend(table("setting", outcomes, |outcome| outcome.case.groups()));
    lines.extend(refusals(outcomes));
    lines
}

fn table(what: &str, outcomes: &[Outcome], keys: impl Fn(&Outcome) -> Vec<String>) -> Vec<String> {
    let mut groups: BTreeMap<String, Vec<&Outcome>> = BTreeMap::new();
    for outcome in outcomes {
        for key in keys(outcome) {
            groups.entry(key).or_default().push(outcome);
        }
    }
    let heading = [String::new(), format!("per {what:24} {HEADING}")];
    let lines = groups.into_iter().map(|(key, group)| format!("{key:28} {}", Figures::over(group).line()));
    heading.into_iter().chain(lines).collect()
}

fn refusals(outcomes: &[Outcome]) -> Vec<String> {
    let mut reasons: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for outcome in outcomes {
        if let Err(reason) = &outcome.estimate {
            let model = &outcome.case.model;
            let reason = reason.replace(model, "…").replace(outcome.case.family(), "…");
            reasons.entry(reason).or_default().push(model);
        }
    }
    let line = |(reason, mut models): (String, Vec<&str>)| {
        let count = models.len();
        models.sort_unstable();
        models.dedup();
        let reason: String = reason.chars().take(200).collect();
        format!("no estimate for {count} ({}): {reason}", models.join(", "))
    };
    reasons.into_iter().map(line).collect()
}

/// The cases with the largest errors, worst first.
pub fn worst(outcomes: &[Outcome], count: usize) -> Vec<&Outcome> {
    let mut worst: Vec<&Outcome> = outcomes.iter().filter(|outcome| outcome.error().is_some()).collect();
    let size = |outcome: &Outcome| outcome.error().unwrap_or_default().abs();
    worst.sort_by(|one, other| size(other).total_cmp(&size(one)));
    worst.truncate(count);
    worst
}

/// A case's two breakdowns, category by category where they differ: ours, the truth, the difference.
pub fn breakdown(outcome: &Outcome) -> Vec<String> {
    let truth = &outcome.case.truth;
    let phase = outcome.estimate.as_ref().ok().and_then(Estimate::peak).map(|moment| moment.phase);
    let when = phase.map_or_else(|| "-".to_owned(), |phase| format!("{phase:?}"));
    let mut lines = vec![
        String::new(),
        format!("{} {}", percent(outcome.error().unwrap_or(f64::NAN)), outcome.case.id),
        format!("    we say {when}, it was {} in {}", truth.peak_phase, truth.peak_op),
    ];
    for category in Category::ALL {
        let (expected, recorded) = (outcome.expected(category), outcome.recorded(category));
        if expected != recorded {
            lines.push(format!(
                "    {:14} {expected:>15} {recorded:>15} {:>+16}",
                format!("{category:?}").to_lowercase(),
                i128::from(expected) - i128::from(recorded)
            ));
        }
    }
    lines
}
