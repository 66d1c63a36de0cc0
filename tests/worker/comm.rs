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
        assert_eq!((&outcome["local_rank"], &outcome["local_size"]), (&outcome["rank"], &4.into()));
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

/// A selftest that goes on until its group breaks.
fn endless(world: usize, timeout: &str) -> Launch {
    Launch::new(world, &["selftest", "--cpu", "--rounds", "1000000", "--timeout", timeout])
}

/// Each of these ranks ended by itself, with the exit code for it, and named whom it misses.
fn assert_all_name(ended: &[Ended], words: &str) {
    for rank in ended {
        assert_eq!(rank.code, Some(3), "{rank:#?}");
        assert!(rank.stderr.contains(words), "{words:?} was expected: {rank:#?}");
    }
}

#[test]
fn a_rank_that_never_arrives_is_named() {
    let ended = Launch::new(4, &["selftest", "--cpu", "--timeout", "4"]).without(2).run();
    assert_eq!(ended.len(), 3);
    assert_all_name(&ended, "rank 2 has not arrived within 4 s: of 4 ranks 3 met at 127.0.0.1:");
}

#[test]
fn a_first_rank_that_never_arrives_is_named() {
    let ended = Launch::new(2, &["selftest", "--cpu", "--timeout", "2"]).without(0).run();
    assert_all_name(&ended, "rank 0 has not arrived within 2 s: nothing answers at 127.0.0.1:");
}

#[test]
fn a_rank_that_is_killed_is_named_by_all_others() {
    let ranks = endless(4, "60").start();
    ranks.wait_for(2, "collectives of `replica`");
    ranks.kill(2);
    assert_all_name(&ranks.wait_of(&[0, 1, 3]), "rank 2 is gone or hangs");
}

#[test]
fn the_first_rank_that_is_killed_takes_the_meeting_place_with_it() {
    let ranks = endless(3, "60").start();
    ranks.wait_for(0, "collectives of `replica`");
    ranks.kill(0);
    assert_all_name(&ranks.wait_of(&[1, 2]), "rank 0, through which all ranks meet, is gone or hangs");
}

#[test]
fn a_rank_that_hangs_is_named_by_all_others() {
    let ranks = endless(3, "8").start();
    ranks.wait_for(1, "collectives of `replica`");
    ranks.stop(1);
    assert_all_name(&ranks.wait_of(&[0, 2]), "rank 1 is gone or hangs");
}

#[test]
fn the_first_rank_that_hangs_is_named() {
    let ranks = endless(2, "8").start();
    ranks.wait_for(0, "collectives of `replica`");
    ranks.stop(0);
    assert_all_name(&ranks.wait_of(&[1]), "rank 0, through which all ranks meet, is gone or hangs");
}
