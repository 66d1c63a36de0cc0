//! The form of a machine in a file: what `probe --save` writes and `--machine FILE` reads (docs/machine.md).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Device, Gpus, Host, Machine, Topology, Unseen};

/// Version of the form. It rises when a reader of the old form would misread the new one; keys are added
/// without.
const FORM: u32 = 1;

/// The variables that say which GPUs a process sees. No other is written to a file: tokens and passwords
/// stand among them.
pub const VARIABLES: [&str; 3] = ["CUDA_VISIBLE_DEVICES", "CUDA_DEVICE_ORDER", "NVIDIA_VISIBLE_DEVICES"];

/// A machine as it stands in a file.
#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Form {
    form: Option<u32>,
    name: Option<String>,
    env: BTreeMap<String, String>,
    driver: Option<String>,
    cuda: Option<String>,
    gpus: Vec<Device>,
    unseen: Option<Unseen>,
    topology: Topology,
    host: Host,
}

impl From<Machine> for Form {
    fn from(machine: Machine) -> Form {
        let mut env = machine.env;
        env.retain(|name, _| VARIABLES.contains(&name.as_str()));
        let form = Form { form: Some(FORM), name: machine.name, env, host: machine.host, ..Form::default() };
        match machine.gpus {
            Gpus::Unseen(unseen) => Form { unseen: Some(unseen), ..form },
            Gpus::Listed { driver, cuda, devices, topology } => {
                Form { driver, cuda, gpus: devices, topology, ..form }
            }
        }
    }
}

impl TryFrom<Form> for Machine {
    type Error = String;

    fn try_from(form: Form) -> Result<Machine, String> {
        if let Some(newer) = form.form.filter(|version| *version > FORM) {
            return Err(format!(
                "it has form {newer}, which this release does not know; update accel-studio"
            ));
        }
        let Form { name, env, driver, cuda, gpus: devices, unseen, topology, host, .. } = form;
        if unseen.is_some() && !devices.is_empty() {
            return Err("`unseen` says that no GPU can be seen, and `gpus` lists some; keep one".to_owned());
        }
        let fits = topology.0.is_empty()
            || (topology.0.len() == devices.len() && topology.0.iter().all(|row| row.len() == devices.len()));
        if !fits {
            return Err(format!("`topology` must have {} rows of as many words", devices.len()));
        }
        let gpus = match unseen {
            Some(unseen) => Gpus::Unseen(unseen),
            None => Gpus::Listed { driver, cuda, devices, topology },
        };
        Ok(Machine { name, env, gpus, host, ..Machine::default() })
    }
}

impl Machine {
    /// Reads the text of a machine file; the reason, in lower case and with its place, where it is none.
    pub fn parse(text: &str) -> Result<Machine, String> {
        // The words of a file are repeated in the reason, and must not reach a terminal as they are.
        let harmless =
            |char: char| if char.is_control() { char.escape_default().to_string() } else { char.into() };
        serde_json::from_str(text).map_err(|error| error.to_string().chars().map(harmless).collect())
    }

    /// The text of a machine file.
    pub fn text(&self) -> String {
        let mut text = serde_json::to_string_pretty(self).expect("a machine is plain words and numbers");
        text.push('\n');
        text
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Memory, Ram};
    use super::*;

    fn machine() -> Machine {
        let device = |index| Device {
            index: Some(index),
            name: Some("NVIDIA H200".into()),
            memory: Some(Memory::of(150_754_820_096)),
            capability: Some((9, 0)),
            ..Device::default()
        };
        let gpus = Gpus::Listed {
            driver: Some("580.65.06".into()),
            cuda: Some("13.0".into()),
            devices: vec![device(0), device(1)],
            topology: Topology::nvlinked(2, 18),
        };
        let host = Host { ram: Some(Ram { total: 1 << 40, ..Ram::default() }), ..Host::default() };
        Machine { name: Some("mine".into()), gpus, host, ..Machine::default() }
    }

    #[test]
    fn what_is_written_is_read() {
        let machine = machine();
        let text = machine.text();
        assert!(text.contains("\"capability\": \"9.0\"") && text.contains("\"NV18\""), "{text}");
        assert_eq!(Machine::parse(&text), Ok(machine));
        let unseen = Machine::default();
        assert_eq!(Machine::parse(&unseen.text()), Ok(unseen));
    }

    #[test]
    fn a_few_words_are_enough() {
        let text = r#"{"gpus": [{"name": "Mine", "memory": {"total_bytes": 8589934592}}]}"#;
        let machine = Machine::parse(text).expect("everything else is optional");
        assert_eq!(machine.gpus.devices()[0].memory.map(|memory| memory.usable()), Some(8 << 30));
        assert_eq!(machine.gpus.summary(), "1 × Mine");
    }

    #[test]
    fn secrets_stay_here() {
        let mut machine = machine();
        machine.env.insert("HF_TOKEN".into(), "hf_secret".into());
        machine.env.insert("CUDA_VISIBLE_DEVICES".into(), "1".into());
        let text = machine.text();
        assert!(!text.contains("secret") && text.contains("CUDA_VISIBLE_DEVICES"), "{text}");
    }

    #[test]
    fn mistakes_are_told_with_their_place() {
        let reason = |text| Machine::parse(text).expect_err("it is wrong");
        let typing = reason(r#"{"gpus": [{"memroy": 8}]}"#);
        assert!(typing.contains("unknown field `memroy`") && typing.contains("line 1 column"), "{typing}");
        assert!(reason(r#"{"gpus": [{"capability": "9"}]}"#).contains("such as \"9.0\""));
        assert!(reason(r#"{"form": 9}"#).contains("update accel-studio"));
        assert!(reason(r#"{"gpus": [{}], "topology": [["X", "SYS"]]}"#).contains("1 rows"));
        assert!(reason(r#"{"gpus": [{}], "unseen": "no-driver"}"#).contains("keep one"));
        assert!(reason(r#"{"gpus": [{"memory": {"total_bytes": -1}}]}"#).contains("line 1"));
        let sly = reason(r#"{"gpus": [{"vendor": "\u001b[31m"}]}"#);
        assert!(sly.contains(r"`\u{1b}[31m`"), "{sly}");
    }
}
