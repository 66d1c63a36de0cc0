//! Layers against each other, as measured on accelerate 1.15.0.

use super::*;
use crate::document::{Document, Format};

fn layers(text: Option<&str>, options: &[(&str, &str)], env: &[(&str, &str)]) -> Layers {
    let document = |text: &str| Document::parse(text.to_owned(), Format::Yaml);
    let given = |(name, text): &(&str, &str)| {
        let row = flags::row(name).expect("the option exists");
        Given { row, value: row.read(text).expect("the text fits") }
    };
    let mut layers = Layers {
        source: text.map(|text| Source { name: "a.yaml".into(), document: document(text) }),
        given: options.iter().map(given).collect(),
        ..Layers::default()
    };
    layers.computer.machine.env =
        env.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    layers
}

fn said(resolved: &Resolved, name: &str) -> String {
    let setting = resolved.settings.setting(name).expect("the argument exists");
    format!("{} from {}", python::str(&setting.value), setting.origin)
}

const FSDP: &str = "distributed_type: FSDP\nnum_processes: 4\nmixed_precision: bf16\nrdzv_backend: c10d\n\
                    fsdp_config:\n  version: 2\n  fsdp_typo: 1\n  fsdp_state_dict_type: FULL_STATE_DICT\n";

#[test]
fn an_option_beats_the_file_and_the_file_the_default() {
    let resolved =
        resolve(&layers(Some(FSDP), &[("num_processes", "8"), ("fsdp_state_dict_type", "SHARDED")], &[]));
    assert_eq!(resolved.refusal, None);
    assert_eq!(said(&resolved, "num_processes"), "8 from --num_processes");
    assert_eq!(said(&resolved, "mixed_precision"), "bf16 from a.yaml:3");
    assert_eq!(said(&resolved, "fsdp_version"), "2 from a.yaml:6");
    assert_eq!(said(&resolved, "fsdp_state_dict_type"), "SHARDED from --fsdp_state_dict_type");
    assert_eq!(said(&resolved, "use_fsdp"), "True from follows from distributed_type");
    assert_eq!(said(&resolved, "rdzv_backend"), "static from default");
    let beaten = &resolved.settings.setting("num_processes").expect("it exists").beats;
    assert_eq!(beaten.len(), 1);
    assert_eq!((&beaten[0].value, beaten[0].origin.to_string()), (&Value::int(4), "a.yaml:2".to_owned()));
}

#[test]
fn what_does_not_count_is_told_with_the_reason() {
    let env = [("ACCELERATE_NUM_PROCESSES", "4"), ("ACCELERATE_MIXED_PRECISION", "fp16"), ("PATH", "/bin")];
    let resolved = resolve(&layers(Some(FSDP), &[], &env));
    let told: Vec<&str> = resolved.ignored.iter().map(|ignored| ignored.what.as_str()).collect();
    assert_eq!(told, ["rdzv_backend", "fsdp_config.fsdp_typo", "ACCELERATE_NUM_PROCESSES"]);
    assert!(resolved.ignored[0].why.contains("`--rdzv_backend`"), "{}", resolved.ignored[0].why);
}
