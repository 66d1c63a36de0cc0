//! Files written from the rows are fresh: `BLESS=1 cargo test generated` writes them anew.

use std::fs;

use accel_studio::config::Config;
use accel_studio::document::{Document, Format};
use accel_studio::schema;

use crate::harness::picture::{assert_file, root};

#[test]
fn the_json_schema_is_what_the_rows_say() {
    assert_file("schema/accelerate-config.schema.json", &schema::json_schema());
}

#[test]
fn the_page_of_fields_is_what_the_rows_say() {
    assert_file("docs/fields.md", &schema::fields_page());
}

#[test]
fn the_page_of_deepspeeds_settings_is_what_the_rows_say() {
    assert_file("docs/deepspeed.md", &schema::deepspeed::page());
}

#[test]
fn the_page_of_machines_is_what_the_rows_say() {
    assert_file("docs/gpus.md", &accel_studio::hardware::catalogue::page());
}

#[test]
fn the_page_of_the_worker_is_what_the_rows_say() {
    assert_file("docs/worker.md", &accel_studio::worker::page());
}

#[test]
fn the_text_to_learn_from_is_what_its_grammar_gives() {
    assert_file("assets/garden.txt", &accel_studio::presets::garden());
}

#[test]
fn the_json_schema_is_a_json_schema() {
    let schema = serde_json::from_str(&schema::json_schema()).expect("it is JSON");
    jsonschema::meta::validate(&schema).expect("it follows draft 2020-12");
    assert!(jsonschema::validator_for(&schema).is_ok(), "every reference leads somewhere");
}

#[test]
fn good_configs_are_of_the_shape_that_the_schema_describes() {
    let mut seen = 0;
    for folder in ["presets", "tests/fixtures/configs/valid"] {
        for entry in fs::read_dir(root().join(folder)).expect("the folder is there") {
            let path = entry.expect("it can be read").path();
            // `presets/models` holds models.
            if path.is_dir() {
                continue;
            }
            let name = path.file_name().expect("a file has a name").to_string_lossy().into_owned();
            let bytes = fs::read(&path).expect("the file can be read");
            let config = Config::read(&Document::from_bytes(&bytes, Format::of(&name)));
            let deviations = config.deviations(schema::Release::LATEST);
            assert!(config.is_well_shaped() && deviations.is_empty(), "{name}: {deviations:?}");
            seen += 1;
        }
    }
    assert!(seen > 100, "{seen} files");
}
