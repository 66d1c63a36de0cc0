//! `measure` with a worker that answers what the story needs.

use serde_json::{Value, json};

use crate::harness::run::Room;
use crate::harness::stand_in;

fn depth(blocks: u32) -> Value {
    json!({
        "blocks": blocks, "parameters": 1_000_000, "step_seconds": 0.25, "tokens_per_second": 8192.0,
        "memory": {
            "base": 100 << 20, "weights": 4 << 20, "gradients": 4 << 20, "optimizer": 8 << 20, "working": 30 << 20,
            "peak": 146 << 20
        }
    })
}

/// A room whose worker keeps what it was asked and answers with these depths.
fn room(runs: &[u32], planned: u32) -> Room {
    let answer = json!({
        "device": "cpu", "counted": "resident", "ranks": 1, "mfu": null, "planned": depth(planned),
        "runs": runs.iter().map(|blocks| depth(*blocks)).collect::<Vec<Value>>(),
        "is_extrapolated": runs.len() > 1
    });
    let worker = "[ \"$1\" = measure ] || exit 9\ncp \"$2\" asked.json\ncat answer.json\n";
    stand_in::room(worker).file("answer.json", answer.to_string())
}

fn asked(room: &Room) -> Value {
    serde_json::from_str(&room.read("asked.json")).expect("JSON")
}

#[test]
fn measured_and_estimated_stand_beside_each_other() {
    let room = room(&[4], 4);
    let run = room.run(&["measure", "--seq-len", "64", "--micro-batch", "2", "--steps", "3"]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert!(
        run.stdout.starts_with("tiny-llama with 4 blocks on 1 rank (cpu)\n\nof a rank"),
        "{}",
        run.stdout
    );
    assert!(run.stdout.contains("A step takes 0.250 s: 8192 tokens/s; MFU unknown"), "{}", run.stdout);
    let optimizer = run.stdout.lines().find(|line| line.starts_with("optimizer")).expect("a line");
    // 2 835 584 parameters with two states of four bytes each
    assert!(optimizer.contains("8.0 MiB") && optimizer.ends_with("21.6 MiB"), "{optimizer}");
    let asked = asked(&room);
    assert_eq!((&asked["steps"], &asked["depths"]), (&3.into(), &json!([])));
    assert_eq!(asked["run"]["batch"], json!({ "micro": 2, "sequence": 64 }));
}

#[test]
fn two_depths_are_a_line_and_that_is_said() {
    let room = room(&[1, 2], 4);
    let run = room.run(&["measure", "--depths", "1,2"]);
    assert!(run.stdout.contains("a straight line through models of 1 and 2 blocks"), "{}", run.stdout);
    assert_eq!(asked(&room)["depths"], json!([1, 2]));
    let refused = room.run(&["measure", "--depths", "2,2"]);
    assert_eq!(refused.code, 2);
    assert!(refused.stderr.contains("takes two different numbers"), "{}", refused.stderr);
}

#[test]
fn a_model_that_does_not_fit_is_run_with_few_blocks() {
    let room = room(&[2, 4], 80);
    let run = room.run(&["measure", "--model", "llama-3.1-405b", "--format", "json"]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert_eq!(asked(&room)["depths"], json!([2, 4]));
    let answer: Value = serde_json::from_str(&run.stdout).expect("JSON");
    assert_eq!(answer["measured"]["planned"]["blocks"], 80);
    assert!(answer["estimated"]["weights"].as_u64().is_some_and(|bytes| bytes > 1 << 40));
}
