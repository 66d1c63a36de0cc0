//! Only the worker needs libtorch: the main program starts without it also where both are built together.

use std::path::Path;

use accel_studio::worker::elf;

fn needs(program: &str) -> Vec<String> {
    elf::linkage(Path::new(program)).expect("it is an ELF file").needs
}

#[test]
fn the_worker_needs_libtorch_and_the_main_program_does_not() {
    let worker = needs(env!("CARGO_BIN_EXE_accel-studio-worker"));
    assert!(worker.iter().any(|name| name.starts_with("libtorch_cpu.")), "{worker:?}");
    assert!(worker.iter().all(|name| !name.contains("cuda") && !name.contains("nccl")), "{worker:?}");
    let main = needs(env!("CARGO_BIN_EXE_accel-studio"));
    assert!(main.iter().any(|name| name.starts_with("libc.")), "{main:?}");
    assert!(main.iter().all(|name| !name.contains("torch") && !name.contains("c10")), "{main:?}");
}
