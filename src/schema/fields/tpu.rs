//! TPU: single TPU hosts and pods of them.

use crate::schema::{Default, Field, Group, Is, Kind, Reach, Text, When};

const ON: When = When::Is("distributed_type", Is::Text("XLA"));
const POD: When = When::All(&[ON, When::Is("tpu_use_cluster", Is::Bool(true))]);

const TPU: Field = Field { group: Group::Tpu, when: ON, ..Field::BLANK };
const SWITCH: Field = Field { kind: Kind::Bool, default: Default::Bool(false), ..TPU };

pub(super) static ROWS: &[Field] = &[
    Field {
        key: "main_training_function",
        label: "Training function",
        ask: "What is the function in the script that trains?",
        help: "The function of the script that every TPU process calls; nothing but TPU training reads it.",
        default: Default::Text("main"),
        flag: Some("--main_training_function"),
        common: true,
        ..TPU
    },
    Field {
        key: "downcast_bf16",
        label: "Shrink doubles",
        ask: "Turn 64-bit floats into bf16 as well?",
        help: "On TPUs with bf16, turns 64-bit floats into 16-bit ones as well, instead of into 32-bit ones.",
        when: When::All(&[ON, When::Is("mixed_precision", Is::Text("bf16"))]),
        reach: Reach::FlagOnly,
        flag: Some("--downcast_bf16"),
        env: &["XLA_DOWNCAST_BF16", "XLA_USE_BF16"],
        ..SWITCH
    },
    Field {
        key: "tpu_use_cluster",
        label: "TPU pod",
        ask: "Train on a pod of several TPU machines?",
        help: "Starts the job on all machines of a TPU pod instead of on this one alone.",
        flag: Some("--tpu_cluster"),
        common: true,
        ..SWITCH
    },
    Field {
        key: "tpu_name",
        label: "Pod name",
        ask: "What is the TPU pod called?",
        help: "The name of the TPU pod, as gcloud shows it.",
        when: POD,
        common: true,
        ..TPU
    },
    Field {
        key: "tpu_zone",
        label: "Pod zone",
        ask: "In which zone is the TPU pod?",
        help: "The Google Cloud zone of the pod, which only the command accelerate tpu-config reads.",
        when: POD,
        ..TPU
    },
    Field {
        key: "tpu_vm",
        label: "Pod machines",
        ask: "Which machines of the pod should take part?",
        help: "The names of the pod's machines that take part; all of them when empty.",
        kind: Kind::Texts,
        when: POD,
        ..TPU
    },
    Field {
        key: "tpu_use_sudo",
        label: "Start with sudo",
        ask: "Start the job on the pod with sudo?",
        help: "Puts sudo in front of the command that starts the job on each machine of the pod.",
        when: POD,
        reach: Reach::FlagOnly,
        flag: Some("--tpu_use_sudo"),
        ..SWITCH
    },
    Field {
        key: "tpu_env",
        label: "Pod variables",
        ask: "Which environment variables should the pod get?",
        help: "Meant for environment variables of the pod, but Accelerate never sends them.",
        kind: Kind::Texts,
        when: POD,
        reach: Reach::Dead,
        ..TPU
    },
    Field {
        key: "command_file",
        label: "Set-up script",
        ask: "Which script sets up the machines of the pod?",
        help: "A shell script that accelerate tpu-config runs on every machine of the pod.",
        kind: Kind::Text(Text::Path),
        when: POD,
        ..TPU
    },
    Field {
        key: "commands",
        label: "Set-up commands",
        ask: "Which commands set up the machines of the pod?",
        help: "Shell commands that accelerate tpu-config runs on every machine of the pod.",
        kind: Kind::Texts,
        when: POD,
        ..TPU
    },
];
