//! Machines that are not there: a driver library that the tests build themselves.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use super::run::Room;

/// How old the stand-in is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Driver {
    /// It answers everything that we ask.
    Modern,
    /// It lacks what drivers before 510 lack.
    Old,
    /// It is none that can be asked.
    Ancient,
}

/// A room in which the program finds a driver with that scene, such as `gpus=8 mig=2`; see the stand-in's source.
pub fn room(scene: &str) -> Room {
    room_with(Driver::Modern, scene)
}

pub fn room_with(driver: Driver, scene: &str) -> Room {
    let library = library(driver);
    Room::new()
        .variable("ACCEL_STUDIO_NVML", library.to_str().expect("the path is text"))
        .variable("NVML_STAND_IN", scene)
}

/// The stand-in for `libnvidia-ml.so.1`, built once in a run of the tests.
pub fn library(driver: Driver) -> &'static Path {
    static BUILT: [OnceLock<PathBuf>; 3] = [const { OnceLock::new() }; 3];
    BUILT[driver as usize].get_or_init(|| build(driver))
}

fn build(driver: Driver) -> PathBuf {
    // Of its own process: several runs may share the folder.
    let name = format!("nvml-{driver:?}-{}.so", std::process::id());
    let library = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let source = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/nvml/stand_in.c");
    let mut compiler = Command::new("cc");
    compiler.args(["-shared", "-fPIC", "-o"]).arg(&library).arg(source);
    match driver {
        Driver::Modern => {}
        Driver::Old => {
            compiler.arg("-DOLD");
        }
        Driver::Ancient => {
            compiler.arg("-DANCIENT");
        }
    }
    let done = compiler.status().expect("there is a C compiler: Rust itself links with it");
    assert!(done.success(), "the stand-in compiles");
    library
}
