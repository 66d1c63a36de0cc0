//! `preflight` with a worker that answers what the story needs.

use serde_json::{Value, json};

use crate::harness::run::Room;
use crate::harness::stand_in;

fn rank(number: u32) -> Value {
    json!({
        "rank": number, "host": "one", "pid": 7, "device": "cpu", "why_cpu": null,
        "memory_total": 8_u64 << 30, "memory_free": 6_u64 << 30, "allocated": 1 << 20,
        "matmuls": [{ "precision": "fp32", "size": 512, "tflops": 0.0514 }],
        "to_device": null, "from_device": null, "clock_ahead": 0.0, "clock_uncertainty": 0.001
    })
}

fn health(troubles: Value) -> Value {
    json!({
        "libtorch": "2.11.0", "backend": "gloo", "ranks": [rank(0), rank(1)],
        "all_reduces": [{ "bytes": 1 << 20, "seconds": 0.002, "bus": 5.2e8 }],
        "troubles": troubles, "seconds": 1.5
    })
}

/// A room whose worker answers on rank 0 and ends there with that code; other ranks have nothing to complain of.
fn room(answer: &str, code: u8) -> Room {
    let worker = format!(
        "[ \"$1\" = preflight ] && [ \"$3 $4\" = \"--replicas 1\" ] || exit 9\necho \"rank $RANK was here\" >&2\n\
         [ \"$RANK\" = 0 ] || exit 0\ncat answer.json\nexit {code}\n"
    );
    stand_in::room(&worker).file("answer.json", answer)
}

#[test]
fn all_is_well() {
    let room = room(&health(json!([])).to_string(), 0);
    let run = room.run(&["preflight", "--num_processes", "2"]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert_eq!(
        run.stdout,
        "ok     rank 0     cpu of one; 6.0 GiB of 8.0 GiB free; fp32 0.051 TFLOP/s\n\
         ok     rank 1     cpu of one; 6.0 GiB of 8.0 GiB free; fp32 0.051 TFLOP/s\n\
         ok     all ranks  all-reduce over gloo: 1.0 MiB in 2.00 ms (520.0 MB/s)\n"
    );
    assert!(run.stderr.contains("rank 1: rank 1 was here"), "{}", run.stderr);
    let json = room.run(&["preflight", "--format", "json", "--num_processes", "2"]);
    assert_eq!(serde_json::from_str::<Value>(&json.stdout).expect("JSON"), health(json!([])));
}

#[test]
fn a_trouble_is_an_exit_code() {
    let trouble =
        json!([{ "rank": 1, "look": "memory", "forbids_a_run": true, "says": "rank 1 lacks memory" }]);
    let run = room(&health(trouble).to_string(), 1).run(&["preflight", "--num_processes", "2"]);
    assert_eq!(run.code, 1, "{}", run.stderr);
    assert!(run.stdout.contains("wrong  rank 1     rank 1 lacks memory"), "{}", run.stdout);
}

#[test]
fn no_answer_says_the_last_words_of_the_rank() {
    let run = room("", 3).run(&["preflight", "--num_processes", "2"]);
    assert_eq!((run.code, run.stdout.as_str()), (2, ""));
    assert!(run.stderr.contains("failed: rank"), "{}", run.stderr);
}
