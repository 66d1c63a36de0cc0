//! The page of keys is the key table, in writing.

use crate::harness::picture::assert_file;

#[test]
fn the_page_of_keys_is_fresh() {
    assert_file("docs/keys.md", &accel_studio::studio::keys_page());
}
