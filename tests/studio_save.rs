//! A person saves: what will change is shown first, nothing is written over unseen, comments stay.

use accel_studio::studio::Outcome;

use crate::harness::picture::assert_file;
use crate::harness::run::Room;
use crate::harness::screen::Person;

const FILE: &str = "\
# two cards\r
distributed_type: MULTI_GPU  # no sharding\r
\r
num_processes: 2   # one each\r
mixed_precision: \"bf16\"\r
";

fn room() -> Room {
    Room::new().file("a.yaml", FILE)
}

fn changed(room: &Room) -> Person {
    let mut person = Person::opens(&room.path("a.yaml"), 80, 24);
    person.types("/ num_processes <enter> <enter> <back> 8 <enter>");
    person
}

#[test]
fn what_will_change_is_shown_and_only_that_is_written() {
    let room = room();
    let mut person = changed(&room);
    person.types("s");
    person.must_see("Save a.yaml?");
    person.must_see("- num_processes: 2   # one each");
    person.must_see("+ num_processes: 8   # one each");
    assert_eq!(room.read("a.yaml"), FILE, "nothing is written before Enter");
    person.types("<enter>");
    assert_eq!(room.read("a.yaml"), FILE.replace("num_processes: 2", "num_processes: 8"));
    person.must_see("saved");
    assert!(!person.sees("modified"));
}

#[test]
fn an_unchanged_file_is_not_written() {
    let room = room();
    let mut person = Person::opens(&room.path("a.yaml"), 80, 24);
    person.types("s");
    person.must_see("nothing to save");
}

#[test]
fn a_file_that_changed_meanwhile_is_not_written_over() {
    let room = room();
    let mut person = changed(&room);
    std::fs::write(room.path("a.yaml"), "debug: true\n").expect("somebody else writes");
    person.types("s <enter>");
    person.must_see("was changed by somebody else");
    assert_eq!(room.read("a.yaml"), "debug: true\n");
    person.types("r");
    assert_eq!(person.text(), "debug: true\n");
    person.types("u");
    assert!(person.text().contains("num_processes: 8"), "undo brings one's own version back");
    person.types("s <enter>");
    assert!(room.read("a.yaml").contains("num_processes: 8"));
}

#[test]
fn writing_over_it_must_be_asked_for() {
    let room = room();
    let mut person = changed(&room);
    std::fs::write(room.path("a.yaml"), "debug: true\n").expect("somebody else writes");
    person.types("s <enter> o");
    assert!(room.read("a.yaml").contains("num_processes: 8"));
    person.types("q");
    assert_eq!(person.outcome(), Outcome::Left);
}

#[test]
fn save_as_asks_for_a_name_and_never_takes_one_that_is_there() {
    let room = room().file("b.yaml", "debug: true\n");
    let mut person = changed(&room);
    person.types("S <c-u>");
    person.types(room.path("b.yaml").to_str().expect("UTF-8")).types("<enter>");
    person.must_see("is there already");
    assert_eq!(room.read("b.yaml"), "debug: true\n");
    person.types("a <c-u>").types(room.path("c.yaml").to_str().expect("UTF-8")).types("<enter>");
    assert!(room.read("c.yaml").contains("num_processes: 8"));
    assert_eq!(room.read("a.yaml"), FILE);
}

#[test]
fn the_diff_can_be_seen_at_any_time() {
    let room = room();
    let mut person = changed(&room);
    person.types("d");
    assert_file("tests/fixtures/screens/diff_80x24.txt", &below_header(&person));
}

/// The header names the file with its folder, which is another in each run.
fn below_header(person: &Person) -> String {
    person.picture().lines().skip(1).map(|line| format!("{line}\n")).collect()
}
