//! The picture of the README shows the real studio: `BLESS=1 cargo test studio_picture` draws it anew.

use std::path::Path;

use crate::harness::picture::assert_file;
use crate::harness::screen::Person;
use crate::harness::svg::svg;

#[test]
fn the_picture_of_the_readme_is_fresh() {
    let mut person = Person::opens(Path::new("tests/fixtures/studio/broken.yaml"), 132, 36);
    person.types("n");
    assert_file("assets/studio.svg", &svg(person.cells()));
}
