//! What a preflight and a probe tell, as the main program reads it.

use accel_studio::worker::{Health, Look};

use crate::harness::{Ended, Launch};

fn preflight(world: usize, more: &[&str]) -> Vec<Ended> {
    let arguments = [&["preflight", "--cpu", "--json", "--timeout", "60"], more].concat();
    Launch::new(world, &arguments).run()
}

fn health(rank: &Ended) -> Health {
    serde_json::from_str(&rank.stdout).unwrap_or_else(|error| panic!("{error}: {rank:#?}"))
}

#[test]
fn sound_ranks_are_healthy_and_measured() {
    let ended = preflight(2, &[]);
    let health = health(ended[0].expect_success());
    assert!(ended[1].expect_success().stdout.is_empty(), "rank 0 speaks for all");
    assert!(
        health.is_healthy() && health.troubles.iter().all(|trouble| trouble.look == Look::Matmul),
        "{health:#?}"
    );
    assert_eq!((health.backend.as_str(), health.ranks.len()), ("gloo", 2));
    for (number, rank) in health.ranks.iter().enumerate() {
        assert_eq!((rank.rank, rank.device.as_str(), rank.matmuls.len()), (number, "cpu", 3));
        assert!(rank.memory_free <= rank.memory_total && rank.allocated > 0, "{rank:#?}");
        // Both read the same clock.
        assert!(rank.clock_ahead.abs() <= rank.clock_uncertainty + 0.001, "{rank:#?}");
    }
    assert_ne!(health.ranks[0].pid, health.ranks[1].pid);
    assert_eq!(health.all_reduces[0].bytes, 1024);
    assert!(health.all_reduces.iter().all(|reduce| reduce.seconds > 0.0 && reduce.bus > 0.0));
}

#[test]
fn one_process_has_nobody_to_reduce_with() {
    let ended = preflight(1, &[]);
    let health = health(ended[0].expect_success());
    assert_eq!((health.backend.as_str(), health.all_reduces.len()), ("local", 0));
}

#[test]
fn a_run_that_needs_more_memory_than_is_free_is_forbidden() {
    let ended = preflight(1, &["--estimated-bytes", "1000000000000000"]);
    assert_eq!(ended[0].code, Some(1), "{:#?}", ended[0]);
    let health = health(&ended[0]);
    let trouble = &health.troubles[0];
    assert_eq!((trouble.look, trouble.forbids_a_run, trouble.rank), (Look::Estimate, true, Some(0)));
    assert!(trouble.says.contains("is estimated to need 909.5 TiB"), "{trouble:#?}");
}

#[test]
fn a_rank_that_is_missing_is_told_in_the_same_form() {
    let arguments = ["preflight", "--cpu", "--json", "--timeout", "3"];
    let ended = Launch::new(3, &arguments).without(1).run();
    assert_eq!(ended[0].code, Some(3), "{:#?}", ended[0]);
    let trouble = &health(&ended[0]).troubles[0];
    assert!(
        trouble.forbids_a_run && trouble.says.contains("rank 1 has not arrived within 3 s"),
        "{trouble:#?}"
    );
}

#[test]
fn a_probe_tells_what_there_is_or_why_not() {
    let ended = Launch::new(1, &["probe", "--json"]).run();
    let seen: serde_json::Value = serde_json::from_str(&ended[0].expect_success().stdout).expect("JSON");
    assert!(seen["libtorch"].as_str().is_some_and(|version| version.starts_with("2.11.")), "{seen}");
    for (what, why_not) in [("cuda", "cuda_why_not"), ("nccl", "nccl_why_not")] {
        let is_there = seen[what] == true || seen[what].is_string();
        assert_eq!(is_there, seen[why_not].is_null(), "{seen}");
    }
}

#[test]
fn a_selftest_ends_with_models_that_learn() {
    let ended = Launch::new(2, &["selftest", "--cpu", "--json", "--timeout", "60"]).run();
    let outcomes = ended.iter().map(|rank| {
        let outcome: serde_json::Value = serde_json::from_str(&rank.expect_success().stdout).expect("JSON");
        outcome["checks"].as_array().expect("a list").clone()
    });
    for checks in outcomes {
        let names: Vec<&str> = checks.iter().filter_map(|check| check["name"].as_str()).collect();
        for name in ["gradient hooks", "fused AdamW", "autocast", "training, sharded, bf16"] {
            assert!(names.contains(&name), "{names:?}");
        }
        let training = checks
            .iter()
            .filter(|check| check["name"].as_str().is_some_and(|name| name.starts_with("training")));
        for check in training {
            assert!(
                check["says"].as_str().is_some_and(|says| says.starts_with("the loss goes from 4.")),
                "{check}"
            );
        }
    }
}
