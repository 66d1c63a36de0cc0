//! A person asks whether it fits: names a model, describes a step, and watches the answer at every key.

use std::fs;
use std::path::Path;

use accel_studio::document::Stored;
use accel_studio::hardware::{Device, Gpus, Machine, Memory};
use accel_studio::model::{self, ModelCard};
use accel_studio::settings::Settings;
use accel_studio::studio::{Around, Opening};

use crate::harness::picture::assert_file;
use crate::harness::run::Room;
use crate::harness::screen::{Person, USUAL};

const CONFIG: &str = "\
# eight cards, one copy of the model each
distributed_type: MULTI_GPU
num_processes: 4
mixed_precision: bf16
";

const LLAMA: &str = r#"{"model_type": "llama", "hidden_size": 2048, "intermediate_size": 8192,
    "num_hidden_layers": 16, "num_attention_heads": 32, "num_key_value_heads": 8, "head_dim": 64,
    "vocab_size": 128256, "tie_word_embeddings": true}"#;

fn find_model(name: &str, _here: &Machine) -> Result<ModelCard, String> {
    match name {
        "llama-3.2-1b" => model::read_text(LLAMA, name).map_err(|error| error.to_string()),
        _ => Err(format!("no model is called `{name}`")),
    }
}

fn four_a100() -> Machine {
    let device = Device {
        name: Some("NVIDIA A100-SXM4-40GB".to_owned()),
        memory: Some(Memory::of(40 << 30)),
        capability: Some((8, 0)),
        ..Device::default()
    };
    Machine { gpus: Gpus::listed(vec![device; 4]), ..Machine::default() }
}

fn sits_down(room: &Room, settings: &str, columns: u16, rows: u16) -> Person {
    let around = Around {
        settings: Settings::parse(settings).expect("the settings are in order"),
        folder: room.path(""),
        here: four_a100(),
        find_model,
        ..Around::default()
    };
    let stored = Stored::read(room.path("a.yaml")).expect("the file can be read");
    Person::sits_in(around, Opening::File(Box::new(stored)), USUAL, columns, rows)
}

/// The picture without its first line, which names a temporary folder.
fn below_header(person: &Person) -> String {
    person.picture().split_once('\n').map(|(_, rest)| rest.to_owned()).unwrap_or_default()
}

fn room() -> Room {
    Room::new().file("a.yaml", CONFIG)
}

fn kept(room: &Room) -> String {
    fs::read_to_string(room.path("accel-studio.yaml")).expect("the settings were kept")
}

#[test]
fn without_a_model_the_pane_asks_for_one() {
    let room = room();
    let mut person = sits_down(&room, "", 80, 24);
    person.types("m");
    person.must_see("name one to see whether it fits");
    assert_file("tests/fixtures/screens/memory_none_80x24.txt", &below_header(&person));
}

#[test]
fn a_model_is_named_and_the_answer_stands_beside_the_form() {
    let room = room();
    let mut person = sits_down(&room, "", 160, 40);
    person.types("m <enter> llama-3.2-1b <enter>");
    person.must_see("of 40.0 GiB");
    assert_eq!(kept(&room), "model: llama-3.2-1b\n");
    assert_eq!(person.text(), CONFIG, "nothing of it goes into the config");
    assert_file("tests/fixtures/screens/memory_160x40.txt", &below_header(&person));
}

#[test]
fn a_longer_sequence_needs_more_and_the_pane_says_what_it_was() {
    let room = room();
    let mut person = sits_down(&room, "model: llama-3.2-1b\n", 80, 24);
    person.types("m j j <enter>");
    person.types("<back> <back> <back> <back> 16384 <enter>");
    person.must_see("was ");
    person.must_see("does not fit");
    assert_eq!(kept(&room), "workload:\n  sequence: 16384\n");
    assert_file("tests/fixtures/screens/memory_80x24.txt", &below_header(&person));
}

#[test]
fn an_unknown_model_is_told_in_the_pane() {
    let room = room();
    let mut person = sits_down(&room, "", 120, 30);
    person.types("m <enter> nonsense <enter>");
    person.must_see("no model is called nonsense");
}

#[test]
fn a_number_that_cannot_be_is_not_taken() {
    let room = room();
    let mut person = sits_down(&room, "", 120, 30);
    person.types("m j j <enter> <back> <back> <back> <back> 0 <enter>");
    person.must_see("a whole number from 1");
    person.types("<esc>");
    assert!(!Path::new(&room.path("accel-studio.yaml")).exists());
}

#[test]
fn a_small_terminal_says_too_why_a_number_is_not_taken() {
    let room = room();
    let mut person = sits_down(&room, "model: llama-3.2-1b\n", 80, 24);
    person.types("m j j <enter> <back> <back> <back> <back> 0");
    person.must_see("a whole number from 1");
}

#[test]
fn a_change_of_the_config_changes_the_answer_before_it_is_taken() {
    let room = room();
    let mut person = sits_down(&room, "model: llama-3.2-1b\n", 160, 40);
    person.types("m m / mixed_prec <enter> <enter> g");
    person.must_see("was ");
    person.types("<esc>");
    assert!(!person.sees("was "), "{}", person.picture());
}

#[test]
fn what_does_not_fit_is_made_to_fit_with_two_keys_and_taken_back_with_one() {
    let room = room();
    let mut person = sits_down(&room, "model: llama-3.2-1b\nworkload:\n  sequence: 16384\n", 120, 36);
    person.types("m M");
    person.must_see("Make it fit");
    assert_file("tests/fixtures/screens/memory_fit_120x36.txt", &below_header(&person));
    person.types("<enter>");
    person.must_see(": fits");
    person.types("m u");
    assert_eq!(person.text(), CONFIG);
}

#[test]
fn a_comment_of_the_file_names_the_model_too() {
    let room =
        Room::new().file("a.yaml", format!("# accel-studio: for model=llama-3.2-1b sequence=512\n{CONFIG}"));
    let mut person = sits_down(&room, "workload:\n  sequence: 64\n", 120, 36);
    person.types("m");
    person.must_see("llama-3.2-1b");
    person.must_see("512");
    person.must_see("of 40.0 GiB");
}
