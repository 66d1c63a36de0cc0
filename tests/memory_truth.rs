//! The estimate of peak memory beside recorded training steps of real models.

use std::collections::BTreeMap;
use std::fs;

use serde_json::Value;

use crate::harness::truth::{self, Figures, Outcome, percent, weigh};

fn outcomes(hides_family: bool) -> Vec<Outcome> {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/memory/truth.jsonl");
    let text = fs::read_to_string(file).expect("the recorded steps are there");
    let cases = truth::read(&text).expect("each line is a case");
    cases.into_iter().map(|case| weigh(case, hides_family)).collect()
}

fn report(outcomes: &[Outcome]) -> String {
    let worst = truth::worst(outcomes, 5).into_iter().flat_map(truth::breakdown);
    truth::tables(outcomes).into_iter().chain(worst).collect::<Vec<_>>().join("\n")
}

#[test]
fn the_estimate_is_near_the_truth() {
    let has_row = |outcome: &Outcome| outcome.parameters.is_some();
    let outcomes: Vec<Outcome> = outcomes(false).into_iter().filter(has_row).collect();
    let all = Figures::over(&outcomes);
    let is_near = all.quantile(0.5) <= 0.01 && all.quantile(0.95) <= 0.05 && all.quantile(1.0) <= 0.15;
    assert!(outcomes.len() > 100 && all.refused == 0, "families have lost their rows");
    let tail = percent(all.quantile(0.95));
    assert!(is_near, "one in twenty is off by {tail} or more\n{}", report(&outcomes));
}

#[test]
fn every_recorded_model_is_counted_to_the_last_parameter() {
    for outcome in outcomes(false) {
        let (Some(ours), Some(recorded)) = (outcome.parameters, outcome.case.parameters()) else { continue };
        assert_eq!(ours, recorded, "{}", outcome.case.id);
    }
}

#[test]
fn the_band_of_a_family_without_a_row_holds_the_truth() {
    let outcomes = outcomes(true);
    let estimated = outcomes.iter().filter(|outcome| outcome.estimate.is_ok()).count();
    let within = outcomes.iter().filter(|outcome| outcome.is_within_band()).count();
    let report = report(&outcomes);
    assert!(within * 100 >= estimated * 95, "only {within} of {estimated} bands hold the truth\n{report}");
}

/// Bytes that another estimator gives, by case.
fn said_by(who: &str) -> BTreeMap<String, u64> {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/memory/rivals.jsonl");
    let text = fs::read_to_string(file).expect("what others say is there");
    let lines = text.lines().map(|line| serde_json::from_str(line).expect("each line is an object"));
    let said = |line: Value| Some((line["id"].as_str()?.to_owned(), line[who].as_u64()?));
    lines.filter_map(said).collect()
}

#[test]
fn estimators_of_others_are_further_from_the_truth() {
    let outcomes = outcomes(false);
    for who in ["deepspeed", "accelerate"] {
        let said = said_by(who);
        let both = outcomes.iter().filter_map(|outcome| {
            let truth = outcome.case.truth.peak_bytes as f64;
            let theirs = *said.get(&outcome.case.id)? as f64;
            Some((outcome.error()?.abs(), (theirs - truth).abs() / truth))
        });
        let (mut ours, mut theirs): (Vec<f64>, Vec<f64>) = both.unzip();
        assert!(ours.len() > 100, "{who} has no lines for our cases");
        ours.sort_by(f64::total_cmp);
        theirs.sort_by(f64::total_cmp);
        for rank in [ours.len() / 2, ours.len() * 95 / 100] {
            assert!(ours[rank] * 5.0 < theirs[rank], "{who}: {} against {}", ours[rank], theirs[rank]);
        }
    }
}
