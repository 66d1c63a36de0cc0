//! Files that everybody on the machine may change are told where a config names them.
#![cfg(unix)]

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;

use crate::harness::run::Room;

const CONFIG: &str = "compute_environment: LOCAL_MACHINE\ndistributed_type: XLA\ntpu_use_cluster: true\n\
                      tpu_name: pod\ntpu_zone: zone\nnum_processes: 8\ncommands:\n- bash scripts/setup.sh --fast\n";

fn room(file: u32, folder: u32) -> Room {
    let room = Room::new().file("config.yaml", CONFIG).file("scripts/setup.sh", "echo\n");
    let set = |path: &str, mode| fs::set_permissions(room.path(path), Permissions::from_mode(mode));
    set("scripts/setup.sh", file).and_then(|()| set("scripts", folder)).expect("own files");
    room
}

fn told(room: &Room) -> String {
    let run = room.run(&["validate", "config.yaml"]);
    run.stdout.lines().filter(|line| line.contains("security/exposed-file")).collect()
}

#[test]
fn a_script_that_everybody_may_write_is_told_at_the_command() {
    let told = told(&room(0o646, 0o755));
    assert!(told.starts_with("config.yaml:8:") && told.contains("may write `scripts/setup.sh`"), "{told}");
}

#[test]
fn so_is_one_in_a_folder_of_everybody() {
    let told = told(&room(0o644, 0o777));
    assert!(told.contains("another file in place of `scripts/setup.sh`"), "{told}");
}

#[test]
fn own_files_shared_folders_and_absent_files_are_silent() {
    let absent = Room::new().file("config.yaml", CONFIG);
    for room in [room(0o664, 0o775), room(0o644, 0o1777), absent] {
        assert_eq!(told(&room), "");
    }
}
