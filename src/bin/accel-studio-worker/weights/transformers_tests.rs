//! Against transformers: what it computed for recorded models (`make oracle-worker`), and whether it loads what the
//! worker writes, where there is a Python environment with it.

#![allow(clippy::print_stderr, reason = "says why it is skipped")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use tch::{Kind, Tensor};

use super::{Reader, Writer};
use crate::network::{Mode, Network};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The folders of recorded models.
pub(super) fn recorded() -> Vec<PathBuf> {
    let folder = root().join("tests/fixtures/worker/logits");
    let mut all: Vec<PathBuf> = fs::read_dir(folder)
        .expect("it is committed")
        .map(|entry| entry.expect("it can be read").path())
        .collect();
    all.sort();
    assert!(all.len() >= 20, "{} recorded models", all.len());
    all
}

pub(super) fn json(path: &Path) -> Value {
    let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_str(&text).expect("it is JSON")
}

/// A recorded model, its weights as leaves of the graph, and transformers' answers.
struct Case {
    name: String,
    network: Network,
    flats: Vec<Tensor>,
    tokens: Tensor,
    logits: Tensor,
    answer: Value,
}

impl Case {
    fn read(folder: &Path) -> Case {
        let network = Network::read(&json(&folder.join("config.json"))).expect("a family of ours");
        let reader = Reader::open(folder).expect("it is whole");
        reader.check(&network).expect("it fits");
        let flats =
            network.units().iter().map(|unit| reader.unit(unit).expect("it fits").set_requires_grad(true));
        let flats = flats.collect();
        let answer = json(&folder.join("answer.json"));
        let rows: Vec<Vec<i64>> = serde_json::from_value(answer["tokens"].clone()).expect("rows of numbers");
        let tokens = Tensor::from_slice2(&rows);
        let logits =
            Tensor::read_safetensors(folder.join("logits.safetensors")).expect("it is committed").remove(0).1;
        let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
        Case { name, network, flats, tokens, logits, answer }
    }

    fn run(&self) -> Tensor {
        let mut x = self.tokens.narrow(1, 0, self.tokens.size()[1] - 1);
        for (number, stage) in self.network.stages().iter().enumerate() {
            x = self.network.forward(number, &self.flats[stage.unit], &x, Mode::default()).expect("it fits");
        }
        x
    }

    /// The norm of every tensor's gradient.
    fn gradients(&self) -> BTreeMap<String, f64> {
        let mut norms = BTreeMap::new();
        for (unit, flat) in self.network.units().iter().zip(&self.flats) {
            let gradient = flat.grad();
            for entry in &unit.entries {
                let norm = gradient.narrow(0, entry.offset, entry.numel()).norm().double_value(&[]);
                norms.insert(entry.name.clone(), norm);
            }
        }
        norms
    }
}

#[test]
fn logits_losses_and_gradients_are_those_of_transformers() {
    for folder in recorded() {
        let case = Case::read(&folder);
        let logits = case.run();
        let difference = (&logits - &case.logits).abs().max().double_value(&[]);
        assert!(difference < 2e-5, "{}: logits differ by {difference}", case.name);
        let targets = case.tokens.narrow(1, 1, case.tokens.size()[1] - 1);
        let loss = case.network.loss(&logits, &targets).expect("it fits");
        let expected = case.answer["loss"].as_f64().expect("a number");
        assert!(
            (loss.double_value(&[]) - expected).abs() < 1e-5,
            "{}: loss {loss:?}, not {expected}",
            case.name
        );
        loss.backward();
        let expected: BTreeMap<String, f64> =
            serde_json::from_value(case.answer["gradients"].clone()).expect("numbers by name");
        let ours = case.gradients();
        assert_eq!(ours.keys().collect::<Vec<_>>(), expected.keys().collect::<Vec<_>>(), "{}", case.name);
        for (name, expected) in expected {
            let apart = (ours[&name] - expected).abs() / (1e-3 + expected);
            assert!(apart < 1e-4, "{}: gradient of {name} is {}, not {expected}", case.name, ours[&name]);
        }
    }
}

/// Writes a recorded model again, in files of at most so many bytes.
fn write(folder: &Path, to: &Path, most: u64) {
    let config = json(&folder.join("config.json"));
    let network = Network::read(&config).expect("a family of ours");
    let reader = Reader::open(folder).expect("it is whole");
    let mut writer = Writer::begin_in_files_of(to, &network, &config, most).expect("a folder to write in");
    for unit in network.units() {
        writer.add(unit, &reader.unit(unit).expect("it fits")).expect("it can be written");
    }
    writer.finish().expect("it can be written");
}

#[test]
fn what_is_written_reads_the_same() {
    let aside = tempfile::tempdir().expect("a folder");
    for (folder, most) in recorded().iter().flat_map(|folder| [(folder, 10_000), (folder, u64::MAX)]) {
        let to = aside.path().join("model");
        write(folder, &to, most);
        assert_eq!(to.join("model.safetensors.index.json").exists(), most < u64::MAX);
        let (before, after) = (Case::read(folder), Reader::open(&to).expect("it is whole"));
        after.check(&before.network).expect("it fits");
        for (unit, flat) in before.network.units().iter().zip(&before.flats) {
            assert_eq!(&after.unit(unit).expect("it fits"), flat, "{}: {}", before.name, unit.name);
        }
    }
    let left = fs::read_dir(aside.path()).expect("it is ours").count();
    assert_eq!(left, 1, "only the model stays");
}

/// The Python of an environment with transformers, or a message and nothing.
fn python() -> Option<PathBuf> {
    let named = std::env::var_os("ACCEL_STUDIO_PYTHON").map(PathBuf::from);
    let folder = named.unwrap_or_else(|| root().join(".venv"));
    if folder.join("bin/transformers").is_file() {
        return Some(folder.join("bin/python"));
    }
    eprintln!("skipped: there is no transformers in {}; `make oracle-worker` installs it", folder.display());
    None
}

#[test]
fn transformers_loads_what_is_written() {
    let Some(python) = python() else { return };
    let aside = tempfile::tempdir().expect("a folder");
    let mut command = Command::new(python);
    command.arg(root().join("tests/python/load_written.py"));
    for (number, folder) in recorded().iter().enumerate() {
        let to = aside.path().join(number.to_string());
        write(folder, &to, if number % 2 == 0 { 10_000 } else { u64::MAX });
        command.args([&to, folder]);
    }
    let output = command.output().expect("it starts");
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{text}");
    assert_eq!(String::from_utf8_lossy(&output.stdout).lines().count(), recorded().len(), "{text}");
}

#[test]
fn weights_of_every_stored_kind_are_read() {
    let kinds = ["llama", "llama-biases", "qwen2-window"].map(|name| {
        let folder = root().join("tests/fixtures/worker/logits").join(name);
        let stored = Tensor::read_safetensors(folder.join("model.safetensors")).expect("it is committed");
        stored[0].1.kind()
    });
    assert_eq!(kinds, [Kind::Float, Kind::BFloat16, Kind::Half], "the test above reads all three");
}
