//! The picture of the README shows the real studio: `BLESS=1 cargo test studio_picture` draws it anew.

use accel_studio::document::{Document, Format, Stored};
use accel_studio::studio::Opening;

use crate::harness::picture::assert_file;
use crate::harness::screen::{Person, USUAL};
use crate::harness::svg::svg;

#[test]
fn the_picture_of_the_readme_is_fresh() {
    let document = Document::parse(include_str!("fixtures/studio/broken.yaml"), Format::Yaml);
    let opening = Opening::File(Box::new(Stored::new("accelerate_config.yaml", document)));
    let mut person = Person::sits_before(opening, USUAL, 132, 36);
    person.types("n");
    assert_file("assets/studio.svg", &svg(person.cells()));
}
