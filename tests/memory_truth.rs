//! The estimate of peak memory beside recorded training steps of real models.

use std::fs;

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
