//! Whatever keys are pressed in whatever order: no panic, no text that is no config, and undo brings
//! back the first byte.

use accel_studio::document::{Document, Format, Stored};
use accel_studio::studio::{Message, Opening, Outcome};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::{FileFailurePersistence, RngSeed};
use ratatui::crossterm::event::{KeyModifiers, MouseButton, MouseEvent, MouseEventKind};

use crate::harness::run::Room;
use crate::harness::screen::{Person, USUAL, keys_of};

/// Sequences tried, and how long each is. Bounded: this runs with every test run.
const SEQUENCES: u32 = 30;
const LENGTH: usize = 60;

/// Keys that do something somewhere, the commoner ones more often. Saving and leaving are left out:
/// they end a sequence early.
const KEYS: &[&str] = &[
    "j",
    "j",
    "j",
    "k",
    "l",
    "h",
    "<down>",
    "<up>",
    "<pgdn>",
    "<pgup>",
    "g",
    "G",
    "<tab>",
    "<tab>",
    "<backtab>",
    "<enter>",
    "<enter>",
    "<enter>",
    "<enter>",
    "<esc>",
    "<esc>",
    "x",
    "<del>",
    "f",
    "F",
    "n",
    "N",
    "u",
    "<c-r>",
    "t",
    "z",
    "?",
    "/",
    ":",
    "<f1>",
    "1",
    "2",
    "3",
    "4",
    "5",
    "6",
    "7",
    "8",
    "9",
    "0",
    "a",
    "J",
    "K",
    "<back>",
    "-",
    "e",
    "'",
    "[",
    "{",
    "#",
    "é",
    "<space>",
    "<c-u>",
    "<home>",
    "<end>",
    "<left>",
    "<right>",
    "d",
    "R",
];

const FILES: &[(&str, &str)] = &[
    ("fsdp.yaml", include_str!("../presets/fsdp2.yaml")),
    ("zero.yaml", include_str!("../presets/zero3-offload.yaml")),
    ("broken.yaml", include_str!("fixtures/studio/broken.yaml")),
    (
        "flow.yaml",
        "{distributed_type: TPU, commands: [a, 'b'], tpu_env: [], fp8_config: {backend: TE}} # all in one\n",
    ),
    ("odd.yaml", "a: &x [1]\nb: *x\nnum_processes: 1\nnum_processes: 2\n1: no\n? c\n: d\n"),
    ("j.json", "{\n  \"distributed_type\": \"FSDP\",\n  \"fsdp_config\": {\"fsdp_version\": 2}\n}\n"),
];

#[derive(Clone, Debug)]
enum Step {
    Press(&'static str),
    Click(u16, u16),
    Wheel(u16, u16),
    Paste(String),
    Resize(u16, u16),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        40 => (0..KEYS.len()).prop_map(|key| Step::Press(KEYS[key])),
        3 => (0..90_u16, 0..30_u16).prop_map(|(x, y)| Step::Click(x, y)),
        1 => (0..90_u16, 0..30_u16).prop_map(|(x, y)| Step::Wheel(x, y)),
        1 => "[ -~é\n]{0,8}".prop_map(Step::Paste),
        1 => (0..130_u16, 0..40_u16).prop_map(|(x, y)| Step::Resize(x, y)),
    ]
}

fn take(person: &mut Person, step: &Step) {
    let mouse = |kind, column, row| MouseEvent { kind, column, row, modifiers: KeyModifiers::NONE };
    match step {
        Step::Press(key) => person.sends_at_once(keys_of(key).into_iter().map(Message::Key)),
        Step::Click(x, y) => {
            person.sends_at_once([Message::Mouse(mouse(MouseEventKind::Down(MouseButton::Left), *x, *y))])
        }
        Step::Wheel(x, y) => {
            person.sends_at_once([Message::Mouse(mouse(MouseEventKind::ScrollDown, *x, *y))])
        }
        Step::Paste(text) => person.sends_at_once([Message::Paste(text.clone())]),
        Step::Resize(columns, rows) => person.resizes(*columns, *rows),
    };
}

/// The same sequences in each run, unless `PROPTEST_CASES` asks for more.
fn config() -> ProptestConfig {
    let config = ProptestConfig {
        failure_persistence: Some(Box::new(FileFailurePersistence::Off)),
        ..ProptestConfig::default()
    };
    match std::env::var_os("PROPTEST_CASES") {
        Some(_) => config,
        None => ProptestConfig { cases: SEQUENCES, rng_seed: RngSeed::Fixed(2026), ..config },
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn no_sequence_of_keys_does_harm(file in 0..FILES.len(), steps in vec(step(), 1..LENGTH)) {
        let (name, text) = FILES[file];
        let room = Room::new().file(name, text);
        let stored = Stored::read(room.path(name)).expect("it was just written");
        let mut person = Person::sits_before(Opening::File(Box::new(stored)), USUAL, 80, 24);
        for step in &steps {
            take(&mut person, step);
        }
        let document = Document::parse(person.text(), Format::of(name));
        prop_assert!(document.fault().is_none(), "{:?}\n{}", document.fault(), person.text());
        if person.outcome() != Outcome::Deserted {
            // A click on the footer, or the list of commands, has left and discarded.
            return Ok(());
        }
        person.resizes(80, 24).types("<esc> <esc> <esc> <esc>");
        person.types(&"u ".repeat(LENGTH));
        prop_assert_eq!(person.text(), text);
    }
}
