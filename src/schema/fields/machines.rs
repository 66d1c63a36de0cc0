//! Machines: how several of them find each other.

use crate::schema::{Choice, Default, Field, Group, Is, Kind, Platform, Reach, Spelling, Text, When};

const SEVERAL: When = When::Above("num_machines", 1);
const MACHINES: Field = Field { group: Group::Machines, when: SEVERAL, ..Field::BLANK };

static RENDEZVOUS: &[Choice] = &[
    Choice::new("static", "Fixed machines and ranks: simple, and what Accelerate always uses from a file."),
    Choice::new("c10d", "Machines meet on the first one, which also lets a job restart after a failure."),
    Choice::new("etcd", "Machines meet through an etcd server that you run."),
    Choice::new("etcd-v2", "The same through the second version of etcd's interface."),
];

pub(super) static ROWS: &[Field] = &[
    Field {
        key: "num_machines",
        label: "Machines",
        ask: "How many machines take part?",
        help: "The number of machines that train together; on SageMaker, the number of instances.",
        kind: Kind::Int { min: 1, max: None },
        needs_value: true,
        default: Default::Int(1),
        when: When::Always,
        platform: Platform::Anywhere,
        flag: Some("--num_machines"),
        common: true,
        ..MACHINES
    },
    Field {
        key: "machine_rank",
        label: "This machine's rank",
        ask: "Which number has this machine (0 for the first, which the others connect to)?",
        help: "The number of this machine, from 0 on the one that the others connect to: the only line that must \
               differ between the machines' copies of the file.",
        kind: Kind::Int { min: 0, max: None },
        spelling: Spelling::QuotedNumber,
        default: Default::Int(0),
        flag: Some("--machine_rank"),
        common: true,
        ..MACHINES
    },
    Field {
        key: "main_process_ip",
        label: "Main address",
        ask: "Which address or host name has the first machine?",
        help: "The address of the machine with rank 0, as all the other machines can reach it.",
        kind: Kind::Text(Text::Host),
        flag: Some("--main_process_ip"),
        env: &["MASTER_ADDR"],
        common: true,
        ..MACHINES
    },
    Field {
        key: "main_process_port",
        label: "Main port",
        ask: "On which port of the first machine do the processes meet?",
        help: "The network port on which the processes meet; two jobs on one machine need different ones, and 0 \
               picks a free one on a single machine.",
        kind: Kind::Int { min: 0, max: Some(65535) },
        default: Default::Int(29500),
        when: When::Any(&[SEVERAL, When::Not(&When::Is("distributed_type", Is::Text("NO")))]),
        flag: Some("--main_process_port"),
        env: &["MASTER_PORT"],
        common: true,
        ..MACHINES
    },
    Field {
        key: "rdzv_backend",
        label: "Rendezvous",
        ask: "How should the machines find each other?",
        help: "The method by which torchrun gathers the machines before training starts.",
        kind: Kind::Choice(RENDEZVOUS),
        default: Default::Text("static"),
        reach: Reach::FlagOnly,
        flag: Some("--rdzv_backend"),
        ..MACHINES
    },
    Field {
        key: "same_network",
        label: "Same network",
        ask: "Are all machines in the same local network?",
        help: "Says that all machines see each other directly, so that they connect to the main address without a \
               rendezvous.",
        kind: Kind::Bool,
        default: Default::Bool(false),
        reach: Reach::FlagOnly,
        flag: Some("--same_network"),
        ..MACHINES
    },
];
