//! The main program starts on machines that have never seen libtorch.

use accel_studio::worker::elf;

use crate::harness::run::program;

#[test]
fn the_main_program_needs_the_system_only() {
    let linkage = elf::linkage(program()).expect("it is an ELF file");
    assert!(linkage.needs.iter().any(|name| name.starts_with("libc.")), "{linkage:?}");
    let strange = ["torch", "c10", "cuda", "nccl", "stdc++"];
    let wrong: Vec<_> =
        linkage.needs.iter().filter(|name| strange.iter().any(|part| name.contains(part))).collect();
    assert!(wrong.is_empty(), "{wrong:?}");
    assert!(linkage.looks_in.is_empty(), "{:?}", linkage.looks_in);
}
