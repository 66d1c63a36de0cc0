//! Files written from the rows are fresh: `BLESS=1 cargo test generated` writes them anew.

use accel_studio::schema;

use crate::harness::picture::assert_file;

#[test]
fn the_json_schema_is_what_the_rows_say() {
    assert_file("schema/accelerate-config.schema.json", &schema::json_schema());
}

#[test]
fn the_page_of_fields_is_what_the_rows_say() {
    assert_file("docs/fields.md", &schema::fields_page());
}
