//! A window is of any size and changes it: everything that has room is there, nothing breaks.

use std::path::Path;

use accel_studio::document::Stored;
use accel_studio::studio::{Looks, Opening};
use ratatui::style::Color;

use crate::harness::picture::assert_file;
use crate::harness::screen::Person;

const BROKEN: &str = "tests/fixtures/studio/broken.yaml";

/// What a person does at each size: every pane, every sort of window.
const JOURNEY: &[&str] = &[
    "<tab>", "<tab>", "<tab>", "?", "<esc>", "<f1>", "<esc>", "/ zero", "<esc>", ":", "<esc>", "t", "n",
    "<enter>", "<esc>",
];

#[test]
fn no_size_is_too_small_to_survive() {
    let mut person = Person::opens(Path::new(BROKEN), 80, 24);
    for rows in 0..=40 {
        for columns in (0..=100).step_by(1 + usize::from(rows % 7)) {
            person.resizes(u16::try_from(columns).expect("small"), rows);
        }
    }
    for (columns, rows) in [(1, 1), (33, 8), (34, 9), (40, 12), (59, 16), (60, 15), (115, 24), (116, 30)] {
        person.resizes(columns, rows);
        for keys in JOURNEY {
            person.types(keys);
        }
    }
}

#[test]
fn a_tiny_window_says_what_it_needs() {
    let mut person = Person::opens(Path::new(BROKEN), 30, 8);
    person.must_see("The studio needs");
    person.resizes(80, 24);
    person.must_see("Sections");
}

#[test]
fn a_narrow_window_shows_one_pane_at_a_time() {
    let mut person = Person::opens(Path::new(BROKEN), 50, 16);
    assert_file("tests/fixtures/screens/narrow_50x16.txt", &person.picture());
    person.types("<backtab>");
    person.must_see("┌ Sections");
    person.types("<tab> <tab>");
    person.must_see("┌ broken.yaml");
}

#[test]
fn the_text_takes_the_place_of_the_form_where_both_have_no_room() {
    let mut person = Person::opens(Path::new(BROKEN), 80, 24);
    person.types("n t");
    assert_file("tests/fixtures/screens/text_80x24.txt", &person.picture());
    person.types("t");
    person.must_see("Mixed precision");
    person.resizes(200, 60).types("t");
    assert!(!person.sees("# eight cards"), "{}", person.picture());
}

#[test]
fn without_colour_the_picture_is_the_same_and_has_none() {
    let open = |looks| {
        let stored = Stored::read(BROKEN).expect("the file is there");
        Person::sits_before(Opening::File(Box::new(stored)), looks, 80, 24)
    };
    let with = open(Looks { colour: true, unicode: true });
    let without = open(Looks { colour: false, unicode: true });
    assert_eq!(with.picture(), without.picture());
    let colours = |person: &Person| {
        person
            .cells()
            .content
            .iter()
            .filter(|cell| (cell.fg, cell.bg) != (Color::Reset, Color::Reset))
            .count()
    };
    assert!(colours(&with) > 0);
    assert_eq!(colours(&without), 0);
}

#[test]
fn where_unicode_is_missing_everything_is_ascii() {
    let stored = Stored::read(BROKEN).expect("the file is there");
    let looks = Looks { colour: false, unicode: false };
    let mut person = Person::sits_before(Opening::File(Box::new(stored)), looks, 80, 24);
    for keys in JOURNEY {
        person.types(keys);
        assert!(person.picture().is_ascii(), "after {keys}:\n{}", person.picture());
    }
}
