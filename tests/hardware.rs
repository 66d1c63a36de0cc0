//! The probe of the machine, against a driver library that the test builds itself.

use std::path::{Path, PathBuf};
use std::process::Command;

use accel_studio::hardware::{Gpus, Unseen, nvml};

/// NVML's answers to nvmlInit: fine, and three ways to fail.
const FINE: u32 = 0;
const NO_PERMISSION: u32 = 4;
const NOT_LOADED: u32 = 9;
const MISMATCH: u32 = 18;

/// Builds `libnvidia-ml.so.1` with that many GPUs in a folder.
pub fn driver(folder: &Path, gpus: u32, start: u32) -> PathBuf {
    let library = folder.join("libnvidia-ml.so.1");
    let source = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/nvml/stand_in.c");
    let mut compiler = Command::new("cc");
    compiler.args(["-shared", "-fPIC", "-o"]).arg(&library).arg(source);
    compiler.args([format!("-DGPUS={gpus}"), format!("-DSTART={start}")]);
    let done = compiler.status().expect("there is a C compiler: Rust itself links with it");
    assert!(done.success(), "the stand-in compiles");
    library
}

fn probe(gpus: u32, start: u32) -> Gpus {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let library = driver(folder.path(), gpus, start);
    nvml::probe_through(library.as_os_str())
}

#[test]
fn two_devices_are_described() {
    let gpus = probe(2, FINE);
    let devices = gpus.devices();
    assert_eq!(gpus.summary(), "2 × NVIDIA Test 80GB");
    assert_eq!(devices[1].capability, Some((9, 0)));
    assert_eq!(devices[0].capability, None, "one refused question leaves the other answers");
    assert_eq!(devices[0].memory.map(|memory| (memory.total, memory.free)), Some((80 << 30, Some(79 << 30))));
    assert_eq!(devices[0].uuid.as_deref(), Some("GPU-00000001"));
    assert!(matches!(&gpus, Gpus::Listed { driver: Some(version), .. } if version == "580.65.06"));
}

#[test]
fn a_driver_without_devices_is_no_failure() {
    let gpus = probe(0, FINE);
    assert_eq!(gpus.summary(), "no GPU");
    assert!(matches!(gpus, Gpus::Listed { .. }));
}

#[test]
fn each_refusal_has_its_reason() {
    for (start, reason) in
        [(NO_PERMISSION, Unseen::Forbidden), (NOT_LOADED, Unseen::NotLoaded), (MISMATCH, Unseen::Mismatch)]
    {
        assert_eq!(probe(1, start), Gpus::Unseen(reason));
    }
}

#[test]
fn a_missing_library_means_no_driver() {
    let gpus = nvml::probe_through("/nowhere/libnvidia-ml.so.1".as_ref());
    assert_eq!(gpus, Gpus::Unseen(Unseen::NoDriver));
}
