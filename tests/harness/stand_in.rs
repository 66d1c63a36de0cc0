//! A worker that is a few lines of shell, beside a libtorch that is an empty file.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use super::run::Room;

/// A room in which the program finds this script as its worker.
pub fn room(script: &str) -> Room {
    let room = Room::new()
        .file("torch/lib/libtorch_cpu.so", "")
        .file("torch/version.py", "__version__ = '2.11.0'\n")
        .file("worker", format!("#!/bin/sh\n{script}"));
    fs::set_permissions(room.path("worker"), fs::Permissions::from_mode(0o755)).expect("a program");
    let named = |name: &str| room.path(name).display().to_string();
    let (worker, torch) = (named("worker"), named("torch"));
    room.variable("ACCEL_STUDIO_WORKER", &worker).variable("ACCEL_STUDIO_LIBTORCH", &torch)
}
