//! What a plan needs to know of the computer beyond its hardware: interpreter, packages, MPI, ports.

use std::path::PathBuf;

/// The place where a job starts, as plain data and two questions.
pub struct Site<'a> {
    /// The interpreter that runs the script.
    pub python: String,
    /// The folder of the launch.
    pub folder: Option<PathBuf>,
    /// What is installed for that interpreter.
    pub packages: Packages,
    /// The MPI that is on the PATH.
    pub mpi: Option<Mpi>,
    /// True for a port of this computer that somebody listens on.
    pub is_port_taken: &'a dyn Fn(u16) -> bool,
    /// Who listens on a port of this computer, in words, as far as this user may know.
    pub port_holder: &'a dyn Fn(u16) -> Option<String>,
    /// A port that is free now.
    pub free_port: &'a dyn Fn() -> u16,
    /// Passes on what Accelerate drops from the file (`--honour-file`).
    pub honours_file: bool,
}

/// Packages that decide what can be launched.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Packages {
    /// Version of DeepSpeed.
    pub deepspeed: Option<String>,
    /// One of torchao, Transformer Engine and MS-AMP is there.
    pub has_fp8: bool,
    /// torch_xla is there and sees a TPU.
    pub has_tpu: bool,
}

/// An MPI, which differs in the names of its options; holds its program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mpi {
    /// Open MPI.
    OpenMpi(String),
    /// Intel MPI, MVAPICH and their kin.
    Other(String),
}
