//! CPU and MPI: several CPU processes through mpirun, and what is left of Intel's options.

use crate::schema::{Default, Field, Group, Kind, Reach, Release, Spelling, Text, When};

const CPU: When = When::In("distributed_type", &["MULTI_CPU", "NO"]);
const HOSTFILE: &str = "mpirun_config.mpirun_hostfile";

const MPI: Field = Field { group: Group::Mpi, when: CPU, since: Some(Release(0, 28)), ..Field::BLANK };
const INTEL: Field = Field {
    group: Group::Mpi,
    when: CPU,
    reach: Reach::Dead,
    kind: Kind::Bool,
    gone: Some(Release(1, 13)),
    ..Field::BLANK
};

pub(super) static ROWS: &[Field] = &[
    Field {
        key: "mpirun_config",
        label: "MPI section",
        ask: "Set MPI options?",
        help: "Holds the options of mpirun, which starts several CPU processes.",
        kind: Kind::Section,
        ..MPI
    },
    Field {
        key: HOSTFILE,
        label: "MPI host file",
        ask: "Which host file lists the machines for mpirun?",
        help: "The file that lists the machines for mpirun; without it a MULTI_CPU job runs as one single process.",
        kind: Kind::Text(Text::Path),
        flag: Some("--mpirun_hostfile"),
        common: true,
        ..MPI
    },
    Field {
        key: "mpirun_config.bind-to",
        label: "Process binding",
        ask: "To what should Open MPI bind each process?",
        help: "What Open MPI binds each process to, such as socket, core or none; other MPI programs do not get it.",
        default: Default::Text("socket"),
        when: When::All(&[CPU, When::Set(HOSTFILE)]),
        since: Some(Release(0, 32)),
        ..MPI
    },
    Field {
        key: "mpirun_config.mpirun_ccl",
        label: "Old oneCCL threads",
        ask: "How many oneCCL worker threads?",
        help: "The number of oneCCL worker threads in releases before 1.13; export CCL_WORKER_COUNT instead.",
        kind: Kind::Int { min: 0, max: None },
        spelling: Spelling::QuotedNumber,
        reach: Reach::Dead,
        gone: Some(Release(1, 13)),
        ..MPI
    },
    Field {
        key: "ipex_config",
        label: "Old Intel section",
        ask: "Set options of Intel's PyTorch extension?",
        help: "The options of Intel's PyTorch extension, which Accelerate has refused since 1.13.",
        kind: Kind::Section,
        ..INTEL
    },
    Field {
        key: "ipex_config.ipex",
        label: "Old Intel extension",
        ask: "Use Intel's PyTorch extension?",
        help: "Switched Intel's PyTorch extension on in releases before 1.13.",
        ..INTEL
    },
    Field {
        key: "ipex_config.use_xpu",
        label: "Old Intel GPU switch",
        ask: "Use Intel GPUs?",
        help: "Switched Intel GPUs on in releases before 1.13; choose MULTI_XPU instead.",
        ..INTEL
    },
];
