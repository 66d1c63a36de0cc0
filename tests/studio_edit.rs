//! A person changes fields: the picture follows each key, and nothing else of the file changes.

use std::path::Path;

use crate::harness::picture::assert_file;
use crate::harness::run::Room;
use crate::harness::screen::Person;

const BROKEN: &str = include_str!("fixtures/studio/broken.yaml");

fn opens_broken(room: &Room) -> Person {
    Person::opens(&room.path("fsdp.yaml"), 80, 24)
}

fn room() -> Room {
    Room::new().file("fsdp.yaml", BROKEN)
}

#[test]
fn a_broken_config_looks_like_this() {
    for (columns, rows) in [(80, 24), (200, 60)] {
        let person = Person::opens(Path::new("tests/fixtures/studio/broken.yaml"), columns, rows);
        assert_file(&format!("tests/fixtures/screens/open_{columns}x{rows}.txt"), &person.picture());
    }
}

#[test]
fn a_number_is_typed_and_checked_at_every_key() {
    let room = room();
    let mut person = Person::opens(&room.path("fsdp.yaml"), 160, 40);
    person.types("/ num_processes <enter> <enter> <back> 0");
    person.must_see("num_processes: 0");
    person.must_see("type an integer of at least 1");
    person.types("<back> 16");
    assert_eq!(person.text(), BROKEN, "nothing is changed before Enter");
    person.types("<enter>");
    assert_eq!(person.text(), BROKEN.replace("num_processes: 8", "num_processes: 16"));
    person.must_see("modified");
}

#[test]
fn escape_takes_back_what_is_typed() {
    let room = room();
    let mut person = opens_broken(&room);
    person.types("/ num_processes <enter> <enter> 99999 <esc>");
    assert_eq!(person.text(), BROKEN);
    assert!(!person.sees("modified"));
}

#[test]
fn a_choice_shows_what_it_would_mean_before_it_is_taken() {
    let room = room();
    let mut person = opens_broken(&room);
    person.types("/ mixed_prec <enter> <enter>");
    person.must_see("no without quotes is read as false");
    person.types("G");
    assert!(!person.sees("no without quotes is read as false"), "{}", person.picture());
    assert_file("tests/fixtures/screens/choose_80x24.txt", &below_header(&person));
    assert_eq!(person.text(), BROKEN);
    person.types("g j j <enter>");
    assert_eq!(person.text(), BROKEN.replace("mixed_precision: no", "mixed_precision: bf16"));
}

#[test]
fn a_toggle_flips_and_unsetting_takes_the_line_away() {
    let room = room();
    let mut person = opens_broken(&room);
    person.types("/ reshard <enter> <enter>");
    assert_eq!(person.text(), BROKEN.replace("reshard_after_forward: true", "reshard_after_forward: false"));
    person.types("x");
    assert_eq!(person.text(), BROKEN.replace("  fsdp_reshard_after_forward: true\n", ""));
    person.types("u u");
    assert_eq!(person.text(), BROKEN);
    person.types("<c-r>");
    assert_eq!(person.text(), BROKEN.replace("reshard_after_forward: true", "reshard_after_forward: false"));
}

#[test]
fn one_key_applies_the_fix_and_another_all_safe_ones() {
    let room = room();
    let mut person = opens_broken(&room);
    person.types("n f");
    assert!(person.text().contains("mixed_precision: 'no'"), "{}", person.text());
    person.types("u F");
    assert!(person.text().contains("mixed_precision: 'no'"), "{}", person.text());
    assert!(person.text().contains("# the new one") && person.text().contains("# typo"));
}

#[test]
fn a_new_key_is_put_beside_its_neighbours() {
    let room = room();
    let mut person = opens_broken(&room);
    person.types("/ offload_params <enter> <enter>");
    assert!(person.text().contains("\n  fsdp_offload_params: true\n"), "{}", person.text());
}

#[test]
fn unknown_keys_are_in_sight_and_can_be_removed() {
    let room = Room::new().file("fsdp.yaml", format!("{BROKEN}my_own: {{a: 1}}\n"));
    let mut person = opens_broken(&room);
    person.types("/ my_own <enter>");
    person.must_see("Other keys");
    person.types("x");
    assert_eq!(person.text(), BROKEN);
    person.types("/ state_dict_typ <enter>");
    person.must_see("fsdp_state_dict_typ");
}

/// The header names the file with its folder, which is another in each run.
fn below_header(person: &Person) -> String {
    person.picture().lines().skip(1).map(|line| format!("{line}\n")).collect()
}

#[test]
fn a_key_that_a_fix_renames_stays_selected() {
    let text = "compute_environment: LOCAL_MACHINE\ndistributed_type: MULTI_GPU\nnum_proceses: 4\n";
    let room = Room::new().file("a.yaml", text);
    let mut person = Person::opens(&room.path("a.yaml"), 120, 40);
    person.types("/ num_proceses <enter> f");
    assert_eq!(person.text(), text.replace("num_proceses", "num_processes"));
    person.types("<enter> <back> 16 <enter>");
    assert_eq!(person.text(), text.replace("num_proceses: 4", "num_processes: 16"));
}
