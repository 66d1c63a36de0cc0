//! What is installed: told line by line, and only what is there and cannot work is a fault.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use serde_json::Value;

use crate::harness::machine;
use crate::harness::run::Room;

fn state<'a>(answer: &'a Value, name: &str) -> (&'a str, &'a str) {
    let checks = answer["checks"].as_array().expect("a list");
    let check =
        checks.iter().find(|check| check["name"] == name).unwrap_or_else(|| panic!("{name}: {answer:#}"));
    (check["state"].as_str().expect("text"), check["says"].as_str().expect("text"))
}

fn asked(room: &Room, variables: &[(&str, &str)]) -> (i32, Value) {
    let run = room.run_with(variables, &["doctor", "--format", "json"]);
    (run.code, serde_json::from_str(&run.stdout).expect("one JSON object"))
}

fn torch(room: Room, folder: &str, version: &str) -> Room {
    room.file(&format!("{folder}/lib/libtorch_cpu.so"), "").file(
        &format!("{folder}/version.py"),
        format!("__version__ = '{version}'\ncuda: Optional[str] = '13.0'\n"),
    )
}

#[test]
fn what_is_not_there_is_no_fault() {
    let room = machine::room("gpus=1").installed();
    let (code, answer) = asked(&room, &[]);
    assert_eq!(code, 0, "{answer:#}");
    assert_eq!(state(&answer, "driver"), ("good", "580.65.06, runs CUDA up to 13.0"));
    for name in ["libtorch", "worker", "NCCL"] {
        assert_eq!(state(&answer, name).0, "absent", "{name}");
    }
    assert!(answer.to_string().contains("make libtorch"), "{answer:#}");
    assert_eq!(answer["is_good"], Value::Bool(true));
}

#[test]
fn a_named_libtorch_of_another_release_is_a_fault() {
    let room = torch(torch(Room::new(), "old", "2.8.0"), ".libtorch/torch", "2.11.0+cpu").installed();
    let (code, answer) = asked(&room, &[]);
    assert_eq!(
        (code, state(&answer, "libtorch")),
        (0, ("good", "2.11.0+cpu in .libtorch/torch (of this project)"))
    );

    let old = room.path("old").display().to_string();
    let (code, answer) = asked(&room, &[("LIBTORCH", &old)]);
    let (state, says) = state(&answer, "libtorch");
    assert_eq!((code, state), (1, "bad"));
    assert!(says.contains("it is libtorch 2.8.0, and the worker needs 2.11"), "{says}");
}

#[test]
fn a_worker_that_cannot_answer_is_a_fault_and_says_its_words() {
    let room = torch(Room::new(), ".libtorch/torch", "2.11.0");
    let room = room.file("worker", "#!/bin/sh\necho 'libtorch_cpu.so: cannot open' >&2\nexit 127\n");
    fs::set_permissions(room.path("worker"), fs::Permissions::from_mode(0o755)).expect("a program");
    let worker = room.path("worker").display().to_string();
    let (code, answer) = asked(&room, &[("ACCEL_STUDIO_WORKER", &worker)]);
    let (word, says) = state(&answer, "worker");
    assert_eq!((code, word), (1, "bad"));
    assert!(says.contains("`probe --json` fails: libtorch_cpu.so: cannot open"), "{says}");

    let room = room.file(
        "worker",
        "#!/bin/sh\necho \"{\\\"nccl\\\": \\\"2.28.9\\\", \\\"path\\\": \\\"$LD_LIBRARY_PATH\\\"}\"\n",
    );
    let (code, answer) = asked(&room, &[("ACCEL_STUDIO_WORKER", &worker)]);
    assert_eq!(code, 0, "{answer:#}");
    assert_eq!(state(&answer, "NCCL"), ("good", "2.28.9, as the worker loads it"));
}
