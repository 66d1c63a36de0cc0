//! A person leaves: at once where nothing is lost, after a question where something would be.

use std::path::Path;

use accel_studio::studio::{Message, Outcome};

use crate::harness::run::Room;
use crate::harness::screen::Person;

#[test]
fn with_nothing_changed_q_leaves() {
    for keys in ["q", "<c-c>", ": quit <enter>"] {
        let mut person = Person::opens(Path::new("tests/fixtures/studio/broken.yaml"), 80, 24);
        person.types(keys);
        assert_eq!(person.outcome(), Outcome::Left, "{keys}");
    }
}

#[test]
fn a_signal_ends_the_studio_and_says_whether_changes_are_lost() {
    let mut person = Person::opens(Path::new("tests/fixtures/studio/broken.yaml"), 80, 24);
    person.sends([Message::Signal(15)]);
    assert_eq!(person.outcome(), Outcome::Ended { signal: 15, loses_changes: false });
}

fn changed(room: &Room) -> Person {
    let mut person = Person::opens(&room.path("a.yaml"), 80, 24);
    person.types("/ num_processes <enter> <enter> 4 <enter>");
    assert_eq!(person.text(), "distributed_type: MULTI_GPU\nnum_processes: 24\n");
    person
}

fn room() -> Room {
    Room::new().file("a.yaml", "distributed_type: MULTI_GPU\nnum_processes: 2\n")
}

#[test]
fn with_unsaved_changes_it_asks_and_escape_stays() {
    let room = room();
    let mut person = changed(&room);
    person.types("q");
    person.must_see("Unsaved changes");
    person.types("<esc>");
    assert_eq!(person.outcome(), Outcome::Deserted);
    assert!(!person.sees("Unsaved changes"));
}

#[test]
fn discarding_leaves_the_file_as_it_was() {
    let room = room();
    let mut person = changed(&room);
    person.types("q d");
    assert_eq!(person.outcome(), Outcome::Left);
    assert!(room.read("a.yaml").ends_with("num_processes: 2\n"));
}

#[test]
fn saving_on_the_way_out_writes_and_leaves() {
    let room = room();
    let mut person = changed(&room);
    person.types("q s <enter>");
    assert_eq!(person.outcome(), Outcome::Left);
    assert!(room.read("a.yaml").ends_with("num_processes: 24\n"));
}

#[test]
fn a_save_that_is_called_off_does_not_leave_later() {
    let room = room();
    let mut person = changed(&room);
    person.types("q s <esc> s <enter>");
    assert_eq!(person.outcome(), Outcome::Deserted);
}
