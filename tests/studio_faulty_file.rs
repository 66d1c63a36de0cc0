//! A person opens a file that is no config: the fault is shown where it is, with what to do.

use crate::harness::picture::assert_file;
use crate::harness::run::Room;
use crate::harness::screen::Person;

const TABS: &str = "fsdp_config:\n\tfsdp_version: 2\ndistributed_type: FSDP\n";

fn room() -> Room {
    Room::new().file("tabs.yaml", TABS)
}

#[test]
fn the_fault_stands_beside_the_text() {
    let room = room();
    let person = Person::opens(&room.path("tabs.yaml"), 80, 24);
    let picture: String = person.picture().lines().skip(1).map(|line| format!("{line}\n")).collect();
    assert_file("tests/fixtures/screens/faulty_80x24.txt", &picture);
}

#[test]
fn a_safe_repair_is_one_key_and_brings_the_form() {
    let room = room();
    let mut person = Person::opens(&room.path("tabs.yaml"), 80, 24);
    assert!(!person.sees("Sections"));
    person.types("f");
    person.must_see("Sections");
    assert!(!person.text().contains('\t'));
    person.types("u");
    assert_eq!(person.text(), TABS);
}

#[test]
fn the_editor_repairs_what_nothing_else_can() {
    let room = Room::new().file("open.yaml", "a: [1, 2\n");
    let mut person =
        Person::opens(&room.path("open.yaml"), 80, 24).has_editor(|text| Ok(text.replace("2\n", "2]\n")));
    person.types("e");
    assert_eq!(person.text(), "a: [1, 2]\n");
    person.must_see("Other keys");
    person.types("s <enter>");
    assert_eq!(room.read("open.yaml"), "a: [1, 2]\n");
}

#[test]
fn an_editor_that_fails_changes_nothing() {
    let room = room();
    let mut person = Person::opens(&room.path("tabs.yaml"), 80, 24);
    person.types("e");
    person.must_see("no editor here");
    assert_eq!(person.text(), TABS);
}

#[test]
fn what_is_not_text_can_be_looked_at_and_not_saved() {
    let room = Room::new().file("latin.yaml", b"a: caf\xe9\n");
    let mut person = Person::opens(&room.path("latin.yaml"), 80, 24);
    person.must_see("UTF-8");
    person.types("s q");
    assert_eq!(room.bytes("latin.yaml"), b"a: caf\xe9\n");
}

#[test]
fn odd_files_are_opened_without_harm() {
    let odd: [(&str, &[u8]); 6] = [
        ("empty.yaml", b""),
        ("comment.yaml", b"# nothing\n"),
        ("list.yaml", b"- 1\n- 2\n"),
        ("scalar.yaml", b"hello\n"),
        ("keys.yaml", b"1: a\n? [x]\n: b\nno: c\na: 1\na: 2\n"),
        ("escape.yaml", b"a: \"\x1b[2J\"\n"),
    ];
    for (name, bytes) in odd {
        let room = Room::new().file(name, bytes);
        let mut person = Person::opens(&room.path(name), 80, 24);
        person.types(
            "j k G g <enter> <esc> <tab> j <enter> <esc> n f u x u t j <enter> <esc> ? <esc> / a <enter> x u",
        );
        assert_eq!(person.text().as_bytes(), bytes, "{name}");
    }
}
