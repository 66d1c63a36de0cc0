//! Ranks meet and speak with each other, in all groups that a run has.

use crate::harness::{Ended, Launch};

fn selftest(world: usize, replicas: &str) -> Vec<serde_json::Value> {
    let arguments = ["selftest", "--cpu", "--json", "--replicas", replicas, "--timeout", "60"];
    let ended = Launch::new(world, &arguments).run();
    ended
        .iter()
        .map(Ended::expect_success)
        .map(|rank| serde_json::from_str(&rank.stdout).expect("JSON"))
        .collect()
}

/// What a rank's selftest says of a group.
fn group<'a>(outcome: &'a serde_json::Value, name: &str) -> &'a str {
    let checks = outcome["checks"].as_array().expect("a list");
    let name = format!("collectives of `{name}`");
    checks
        .iter()
        .find(|check| check["name"] == name)
        .and_then(|check| check["says"].as_str())
        .expect("it was made")
}

#[test]
fn one_process_needs_nobody() {
    let outcome = &selftest(1, "1")[0];
    assert_eq!(group(outcome, "all"), "112 right ones among 1 over local");
    assert_eq!(outcome["device"], "Cpu");
}

#[test]
fn two_ranks_share_one_copy() {
    for (rank, outcome) in selftest(2, "1").iter().enumerate() {
        assert_eq!(outcome["rank"], rank);
        assert_eq!(group(outcome, "all"), "112 right ones among 2 over gloo");
        assert_eq!(group(outcome, "shard"), "112 right ones among 2 over gloo");
        assert_eq!(group(outcome, "replica"), "112 right ones among 1 over local");
    }
}

#[test]
fn four_ranks_share_two_copies() {
    for outcome in &selftest(4, "2") {
        assert_eq!(group(outcome, "all"), "112 right ones among 4 over gloo");
        assert_eq!(group(outcome, "shard"), "112 right ones among 2 over gloo");
        assert_eq!(group(outcome, "replica"), "112 right ones among 2 over gloo");
    }
}

#[test]
fn three_ranks_with_three_copies_share_nothing() {
    for outcome in &selftest(3, "3") {
        assert_eq!(group(outcome, "shard"), "112 right ones among 1 over local");
        assert_eq!(group(outcome, "replica"), "112 right ones among 3 over gloo");
    }
}

#[test]
fn a_world_that_does_not_divide_is_refused() {
    let ended = Launch::new(2, &["selftest", "--cpu", "--replicas", "3"]).run();
    for rank in &ended {
        assert_eq!(rank.code, Some(3), "{rank:#?}");
        assert!(rank.stderr.contains("2 processes cannot be 3 equal groups"), "{rank:#?}");
    }
}
