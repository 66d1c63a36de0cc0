//! Promises that every row keeps.

use std::collections::BTreeSet;

use super::*;

#[test]
fn keys_are_unique_and_stand_in_sections_that_exist() {
    let mut seen = BTreeSet::new();
    for row in settings() {
        assert!(seen.insert(row.key), "{} stands twice", row.key);
        assert!(manner(row.section()).is_some(), "{}: there is no section {}", row.key, row.section());
        assert!(setting(row.key).is_some_and(|found| found.key == row.key), "{} is not found", row.key);
    }
}

#[test]
fn every_row_speaks_to_a_person() {
    for row in settings() {
        let one = row.says.ends_with('.') && !row.says.contains(". ") && !row.says.contains("  ");
        assert!(
            one && row.says.starts_with(|first: char| !first.is_lowercase()),
            "{}: {}",
            row.key,
            row.says
        );
        assert!(!row.holds.expected().is_empty());
    }
}

#[test]
fn what_is_removed_is_no_setting() {
    for gone in REMOVED {
        assert!(setting(gone.key).is_none(), "{} is both", gone.key);
    }
}

#[test]
fn a_setting_is_found_under_both_names() {
    let short = setting("zero_optimization.prefetch_bucket_size").expect("it has a row");
    assert_eq!(short.key, "zero_optimization.stage3_prefetch_bucket_size");
    assert_eq!(manner("optimizer.params"), Some(Manner::Arguments));
    assert_eq!(manner("optimizer.type"), None);
}
