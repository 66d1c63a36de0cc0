//! Which release of Accelerate a file is checked for.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;

use crate::harness::run::Room;

/// `no` without quotes: fine up to 0.33, a crash since.
const UNQUOTED: &str = "compute_environment: LOCAL_MACHINE\ndistributed_type: MULTI_GPU\nnum_processes: 2\n\
                        mixed_precision: no\n";

fn room() -> Room {
    Room::new().file("a.yaml", UNQUOTED)
}

#[test]
fn without_anything_the_newest_release_counts() {
    let run = room().run(&["validate", "a.yaml"]);
    assert!(
        run.stdout.contains("types/unquoted-no") && !run.stdout.contains("checked for"),
        "{}",
        run.stdout
    );
}

#[test]
fn the_flag_names_a_release() {
    let run = room().run(&["validate", "--accelerate", "0.33", "a.yaml"]);
    assert_eq!((run.code, run.stdout.contains("unquoted")), (0, false));
}

#[test]
fn the_active_environment_names_a_release() {
    let room = room().file("env/lib/python3.11/site-packages/accelerate-0.33.0.dist-info/METADATA", "");
    let environment = room.path("env").display().to_string();
    for name in ["VIRTUAL_ENV", "CONDA_PREFIX"] {
        let run = room.run_with(&[("VIRTUAL_ENV", ""), (name, &environment)], &["validate", "a.yaml"]);
        assert_eq!(run.code, 0, "{}", run.stdout);
        assert!(run.stdout.ends_with(&format!("checked for accelerate 0.33, found in {environment}\n")));
    }
}

#[test]
fn the_python_of_the_path_names_a_release() {
    let room = room()
        .file("env/pyvenv.cfg", "")
        .file("env/bin/python3", "")
        .file("env/lib/python3.11/site-packages/accelerate-0.33.0.dist-info/METADATA", "");
    let python = room.path("env/bin/python3");
    fs::set_permissions(python, Permissions::from_mode(0o755)).expect("it can be made a program");
    let path = room.path("env/bin").display().to_string();
    let run = room.run_with(&[("VIRTUAL_ENV", ""), ("PATH", &path)], &["validate", "a.yaml"]);
    assert_eq!(run.code, 0, "{}", run.stdout);
}

#[test]
fn settings_beat_what_is_installed_and_the_flag_beats_them() {
    let room = room()
        .file("accel-studio.yaml", "accelerate: 1.15\n")
        .file("env/lib/python3.11/site-packages/accelerate-0.33.0.dist-info/METADATA", "");
    let environment = room.path("env").display().to_string();
    let run = |arguments: &[&str]| room.run_with(&[("VIRTUAL_ENV", &environment)], arguments).code;
    assert_eq!(run(&["validate", "a.yaml"]), 1);
    assert_eq!(run(&["validate", "--accelerate", "0.33", "a.yaml"]), 0);
}
