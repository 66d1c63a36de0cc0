//! A person looks for something: a field by any word, a command by name, help for what is selected.

use std::path::Path;

use ratatui::crossterm::event::MouseEventKind;

use crate::harness::picture::assert_file;
use crate::harness::screen::Person;

fn opens_broken(columns: u16, rows: u16) -> Person {
    Person::opens(Path::new("tests/fixtures/studio/broken.yaml"), columns, rows)
}

fn assert_screen(name: &str, person: &Person) {
    assert_file(&format!("tests/fixtures/screens/{name}.txt"), &person.picture());
}

#[test]
fn a_word_finds_fields_in_every_section() {
    let mut person = opens_broken(80, 24);
    person.types("/ zero <space> stage");
    assert_screen("find_80x24", &person);
    person.types("<enter>");
    person.must_see("deepspeed_config.zero_stage");
}

#[test]
fn escape_closes_the_search_and_stays() {
    let mut person = opens_broken(80, 24);
    let before = person.picture();
    person.types("/ zero <esc>");
    assert_eq!(person.picture(), before);
}

#[test]
fn the_palette_runs_a_command_by_name() {
    let mut person = opens_broken(80, 24);
    person.types(": keys <enter>");
    person.must_see("Anywhere");
    person.types("<esc> <c-p> hide <enter>");
    assert!(!person.sees("Old fp16 switch"), "{}", person.picture());
    person.must_see("hidden");
}

#[test]
fn the_field_explains_itself() {
    let mut person = opens_broken(80, 24);
    person.types("/ mixed_precision <enter> ?");
    assert_screen("help_80x24", &person);
    person.types("<esc>");
    person.types("F1 <esc>");
}

#[test]
fn the_next_finding_is_one_key_away() {
    let mut person = opens_broken(80, 24);
    person.types("n");
    person.must_see("├ mixed_precision");
    person.types("n");
    person.must_see("├ fsdp_config.fsdp_state_dict_typ");
    person.types("n");
    person.must_see("├ mixed_precision");
    person.types("N");
    person.must_see("├ fsdp_config.fsdp_state_dict_typ");
}

#[test]
fn enter_on_a_finding_goes_to_its_field() {
    let mut person = opens_broken(80, 24);
    person.types("<tab> <tab> j <enter>");
    person.must_see("├ fsdp_config.fsdp_state_dict_typ");
}

#[test]
fn the_mouse_selects_sections_fields_and_findings() {
    let mut person = opens_broken(200, 60);
    let (column, row) = person.finds("DeepSpeed");
    person.clicks(column, row);
    person.must_see("ZeRO stage");
    let (column, row) = person.finds("fsdp_state_dict_typ is no option");
    person.clicks(column, row);
    person.must_see("├ keys/unknown-option");
    let (column, row) = person.finds("num_processes: 8");
    person.clicks(column, row);
    person.must_see("├ num_processes");
    person.mouse(MouseEventKind::ScrollUp, 30, 5);
    person.must_see("├ compute_environment");
    let (column, row) = person.finds("? about");
    person.clicks(column, row);
    person.must_see("┌ Where it runs");
}

#[test]
fn digits_go_to_sections() {
    let mut person = opens_broken(80, 24);
    person.types("5");
    person.must_see("ZeRO stage");
    person.types("1");
    person.must_see("Training type");
}

#[test]
fn what_a_comment_silences_is_not_shown() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("a.yaml");
    let text = "distributed_type: MULTI_GPU\nnum_processes: 010 # accel-studio: ignore[types/octal] eight\n";
    std::fs::write(&path, text).expect("a file");
    let person = Person::opens(&path, 120, 40);
    assert!(!person.sees("is octal"), "{}", person.picture());
    std::fs::write(&path, text.replace("octal]", "octl]")).expect("a file");
    let person = Person::opens(&path, 120, 40);
    person.must_see("there is no rule types/octl");
    person.must_see("is octal");
}
