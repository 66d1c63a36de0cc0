//! A real training with the real Accelerate on two CPU processes: the same loss under both launchers.
//!
//! Runs where a Python environment with Accelerate exists: `make python` builds one in `.venv`; the
//! variable ACCEL_STUDIO_PYTHON names another one's folder.

#![cfg(unix)]
#![allow(clippy::print_stderr, reason = "says why it is skipped")]

use std::path::PathBuf;
use std::process::{Command, Output};

use crate::harness::picture::root;
use crate::harness::run::{Room, program};

const CONFIG: &str = "compute_environment: LOCAL_MACHINE\ndistributed_type: MULTI_GPU\nnum_processes: 2\n\
                      num_machines: 1\nmachine_rank: 0\nmixed_precision: 'no'\nmain_process_port: 0\n";

/// The environment, or a message and nothing.
fn environment() -> Option<PathBuf> {
    let named = std::env::var_os("ACCEL_STUDIO_PYTHON").map(PathBuf::from);
    let folder = named.unwrap_or_else(|| root().join(".venv"));
    if folder.join("bin/accelerate").is_file() {
        return Some(folder);
    }
    eprintln!("skipped: there is no Accelerate in {}; `make python` installs it", folder.display());
    None
}

fn room() -> Room {
    let script = std::fs::read_to_string(root().join("tests/python/train.py")).expect("the script");
    Room::new().file("a.yaml", CONFIG).file("train.py", script)
}

/// Runs a program in the environment; the variable makes processes without GPUs know each other.
fn run(room: &Room, environment: &std::path::Path, mut command: Command) -> Output {
    let path = format!("{}:/usr/bin:/bin", environment.join("bin").display());
    command.current_dir(room.path("")).env_clear();
    command.env("PATH", path).env("HOME", room.path("")).env("ACCELERATE_USE_CPU", "1");
    command.output().expect("it starts")
}

fn ours(room: &Room, environment: &std::path::Path, script: &[&str]) -> Output {
    let mut command = Command::new(program());
    command.args(["launch", "--config_file", "a.yaml"]).args(script);
    run(room, environment, command)
}

fn losses(output: &Output, prefix: &str) -> Vec<String> {
    let text = String::from_utf8_lossy(&output.stdout);
    let lines = text.lines().map(|line| line.strip_prefix(prefix).unwrap_or(line));
    lines.filter(|line| line.starts_with("{'loss'")).map(str::to_owned).collect()
}

#[test]
fn the_loss_is_that_of_accelerate_launch() {
    let Some(environment) = environment() else { return };
    let room = room();
    let mut theirs = Command::new(environment.join("bin/accelerate"));
    theirs.args(["launch", "--config_file", "a.yaml", "train.py"]);
    let theirs = run(&room, &environment, theirs);
    let ours = ours(&room, &environment, &["train.py"]);
    let said = String::from_utf8_lossy(&ours.stdout);
    assert!(ours.status.success(), "{said}{}", String::from_utf8_lossy(&ours.stderr));
    assert!(said.contains("[rank 0] rank 0 of 2") && said.contains("[rank 1] rank 1 of 2"), "{said}");
    let expected = losses(&theirs, "");
    assert_eq!(expected.len(), 3, "{}", String::from_utf8_lossy(&theirs.stderr));
    assert_eq!(losses(&ours, "[rank 0] "), expected);
}

#[test]
fn the_traceback_of_the_rank_that_failed_stands_last() {
    let Some(environment) = environment() else { return };
    let ours = ours(&room(), &environment, &["train.py", "--fail", "1"]);
    // torch 2.11 aborts on the way out where gloo's threads still run: 134 then, else 1.
    assert!(matches!(ours.status.code(), Some(1 | 134)));
    let said = String::from_utf8_lossy(&ours.stderr);
    let end = said.rsplit_once("rank 1 of 2 processes failed first").expect("the end is told").1;
    assert!(end.contains("RuntimeError: broken on purpose"), "{end}");
    assert!(!end.contains("outside of Python"), "{end}");
}
