//! A person begins a new config: a short choice, then the form, and a name when it is saved.

use accel_studio::studio::{Opening, Outcome};

use crate::harness::picture::assert_file;
use crate::harness::run::Room;
use crate::harness::screen::{Person, USUAL};

#[test]
fn the_choice_is_short_and_grows_when_asked() {
    let mut person = Person::begins(None, 80, 24);
    assert_file("tests/fixtures/screens/new_80x24.txt", &person.picture());
    person.types("j j j j j <enter>");
    person.must_see("Two machines");
}

#[test]
fn a_preset_is_saved_with_its_comments_under_the_name_given() {
    let room = Room::new();
    let mut person = Person::begins(None, 80, 24);
    person.types("j <enter>");
    assert!(person.text().starts_with("# "), "{}", person.text());
    person.types("s <c-u>").types(room.path("mine.yaml").to_str().expect("UTF-8")).types("<enter>");
    assert_eq!(room.read("mine.yaml"), person.text());
    person.types("q");
    assert_eq!(person.outcome(), Outcome::Left);
}

#[test]
fn a_name_that_was_asked_for_is_used() {
    let room = Room::new();
    let mut person = Person::begins(Some(&room.path("later.yaml")), 80, 24);
    person.types("<enter> s");
    person.must_see("Save later.yaml?");
    person.types("<enter>");
    assert_eq!(room.read("later.yaml"), person.text());
}

#[test]
fn nothing_is_written_by_leaving() {
    let room = Room::new();
    let mut person = Person::begins(Some(&room.path("never.yaml")), 80, 24);
    person.types("q");
    assert_eq!(person.outcome(), Outcome::Left);
    assert!(!room.path("never.yaml").exists());
}

#[test]
fn the_default_file_is_offered_where_there_is_one() {
    let room = Room::new().file("default_config.yaml", "debug: true\n");
    let opening = Opening::New { path: None, default_file: Some(room.path("default_config.yaml")) };
    let mut person = Person::sits_before(opening, USUAL, 80, 24);
    person.must_see("default file");
    person.types("G <enter>");
    assert_eq!(person.text(), "debug: true\n");
    assert!(!person.sees("modified"));
}

#[test]
fn from_nothing_a_config_is_built_field_by_field() {
    let room = Room::new();
    let mut person = Person::begins(Some(&room.path("own.yaml")), 80, 24);
    person.types("G <enter>");
    person.types("/ num_processes <enter> <enter> 4 <enter>");
    assert_eq!(person.text(), "num_processes: 4\n");
}
