//! Promises that every row keeps, so that form, wizard, schema and reference can rely on them.

use std::collections::BTreeSet;

use super::*;
use crate::key::KeyPath;
use crate::value::Value;

/// The names of all keys that some release of Accelerate from 0.20 to 1.15 has known.
const KEYS: &str = include_str!("../../tests/fixtures/accelerate_keys.txt");

/// True for one sentence: a capital at the start, one full stop, at the end.
fn is_sentence(text: &str) -> bool {
    let starts_well = text.starts_with(|char: char| char.is_uppercase() || char.is_ascii_digit());
    starts_well && text.ends_with('.') && !text.contains(". ") && !text.contains("  ")
}

#[test]
fn every_key_of_accelerate_has_a_row_and_every_row_a_key() {
    let rows: BTreeSet<_> = fields().map(|field| field.key).collect();
    let keys: BTreeSet<_> = KEYS.lines().collect();
    assert_eq!(rows, keys);
    assert_eq!(rows.len(), fields().count(), "two rows share a key");
}

#[test]
fn every_row_speaks_to_a_person() {
    for field in fields() {
        let words = field.label.split_whitespace().count();
        assert!((1..=4).contains(&words), "{}: the label has {words} words", field.key);
        assert!(field.label.len() <= 24, "{}: the label is too long for the form", field.key);
        assert!(field.ask.ends_with('?') && !field.ask.contains("  "), "{}: the question", field.key);
        assert!(is_sentence(field.help), "{}: the help is not one sentence", field.key);
        if let Default::Depends(on) = field.default {
            assert!(!on.is_empty() && !on.ends_with('.'), "{}: on what the default depends", field.key);
        }
    }
}

#[test]
fn every_choice_has_its_sentence() {
    for field in fields() {
        let sentences: Vec<_> = match field.kind {
            Kind::Choice(choices) => {
                choices.iter().map(|choice| (choice.word.to_owned(), choice.says)).collect()
            }
            Kind::Number(choices) => {
                choices.iter().map(|choice| (choice.number.to_string(), choice.says)).collect()
            }
            _ => Vec::new(),
        };
        for (word, says) in sentences {
            assert!(is_sentence(says), "{}: {word} has no sentence of its own", field.key);
        }
    }
}

#[test]
fn conditions_and_replacements_name_keys_that_exist() {
    for row in fields() {
        for key in row.when.keys().into_iter().chain(row.replacement) {
            assert!(field(key).is_some(), "{} speaks of `{key}`, which has no row", row.key);
            assert_ne!(key, row.key, "{key} depends on itself");
        }
    }
}

#[test]
fn conditions_compare_with_words_that_exist() {
    fn check(when: &When) {
        match when {
            When::Is(key, Is::Text(word)) => assert_is_choice(key, word),
            When::In(key, words) => words.iter().for_each(|word| assert_is_choice(key, word)),
            When::All(parts) | When::Any(parts) => parts.iter().for_each(check),
            When::Not(part) => check(part),
            _ => {}
        }
    }
    fn assert_is_choice(key: &str, word: &str) {
        let row = field(key).expect("the keys of conditions exist");
        if let Kind::Choice(choices) = row.kind {
            assert!(choices.iter().any(|choice| choice.word == word), "`{key}` is never `{word}`");
        }
    }
    fields().for_each(|row| check(&row.when));
}

#[test]
fn defaults_are_values_that_work() {
    for field in fields() {
        if let Some(value) = field.default.value() {
            assert_eq!(field.accepts(&value, Release::LATEST), Ok(()), "{}", field.key);
            assert_eq!(field.kind.read(&field.kind.show(&value)), Ok(value), "{}", field.key);
        }
    }
}

#[test]
fn flags_and_variables_look_as_such() {
    for field in fields() {
        assert!(field.flag.is_none_or(|flag| flag.starts_with("--")), "{}", field.key);
        let is_variable = |name: &&str| {
            name.chars().all(|char| char == '_' || char.is_ascii_uppercase() || char.is_ascii_digit())
        };
        assert!(field.env.iter().all(is_variable), "{}", field.key);
    }
    let keys: BTreeSet<_> = fields().filter_map(|field| field.flag).collect();
    for row in CLI_ONLY_FLAGS {
        assert!(is_sentence(row.says), "{}", row.flag);
        assert!(row.flag == "--cpu" || !keys.contains(row.flag), "{} is set by a key", row.flag);
    }
}

#[test]
fn sections_are_rows_and_stand_before_their_keys() {
    let mut seen = BTreeSet::new();
    for field in fields() {
        seen.insert(field.key);
        if let Some(section) = field.section() {
            assert!(seen.contains(section), "{} comes before its section", field.key);
        }
    }
    assert_eq!(sections().count(), 9);
}

#[test]
fn pages_follow_each_other_and_have_something_to_say() {
    let order: Vec<_> = fields().map(|field| field.group).collect();
    assert!(order.is_sorted());
    for page in Group::ALL {
        assert!(group(page).count() > 0 && is_sentence(page.about()), "{}", page.title());
    }
}

#[test]
fn short_names_follow_the_prefix_of_their_section() {
    for field in fields().filter(|field| !field.aliases.is_empty()) {
        let (prefix, _) =
            prefix(field.section().expect("only nested keys have aliases")).expect("of such a section");
        let [alias] = field.aliases else { panic!("{} has one other spelling", field.key) };
        let matches = |long: &str, short: &str| long.strip_prefix(prefix) == Some(short);
        assert!(matches(field.name(), alias) || matches(alias, field.name()), "{}", field.key);
    }
    let prefixed = |field: &&Field| field.section().is_some_and(|section| prefix(section).is_some());
    assert!(fields().filter(prefixed).all(|field| !field.aliases.is_empty()));
}

#[test]
fn a_place_is_found_in_every_spelling_and_in_no_other() {
    let version = field("fsdp_config.fsdp_version").expect("it has a row");
    let found = |dotted: &str| find(&KeyPath::of(dotted)).map(|field| field.key);
    assert_eq!(found("fsdp_config.version"), Some(version.key));
    assert_eq!(found("fp8_config.fp8_backend"), Some("fp8_config.backend"));
    assert_eq!(found("fsdp_config.FSDP_VERSION"), None);
    assert_eq!(found("parallelism_config.tp_size"), None);
    assert_eq!(find(&KeyPath::root().key("fsdp_config.fsdp_version")), None);
}

#[test]
fn a_new_key_stands_beside_its_neighbours_or_keeps_the_alphabet() {
    let processes = field("num_processes").expect("it has a row");
    assert_eq!(after(processes, &["mixed_precision", "distributed_type"])[0], "distributed_type");
    let alphabet = ["compute_environment", "distributed_type", "machine_rank", "use_cpu"];
    assert_eq!(after(processes, &alphabet)[0], "machine_rank");
}

#[test]
fn the_top_level_depends_on_release_and_platform() {
    let keys =
        |platform, release| -> Vec<_> { top_level_keys(platform, release).map(|field| field.key).collect() };
    let latest = keys(Platform::Local, Release::LATEST);
    assert!(latest.contains(&"num_processes") && !latest.contains(&"iam_role_name"));
    assert!(!latest.contains(&"tp_config") && keys(Platform::Local, Release(1, 5)).contains(&"tp_config"));
    assert!(!keys(Platform::Local, Release(1, 9)).contains(&"parallelism_config"));
    let sagemaker = keys(Platform::SageMaker, Release::LATEST);
    assert!(sagemaker.contains(&"iam_role_name") && !sagemaker.contains(&"num_processes"));
}

#[test]
fn a_misfit_says_what_it_is() {
    let judge = |key: &str, value: Value| field(key).expect("it has a row").accepts(&value, Release::LATEST);
    assert_eq!(judge("mixed_precision", false.into()), Err(Mismatch::UnquotedWord("no")));
    assert_eq!(judge("mixed_precision", "BF16".into()), Ok(()));
    assert_eq!(judge("distributed_type", "multi_gpu".into()), Err(Mismatch::WrongCase("MULTI_GPU")));
    assert_eq!(judge("distributed_type", "TPU".into()), Err(Mismatch::Removed(Release(0, 28))));
    assert_eq!(judge("distributed_type", Value::Null), Err(Mismatch::Missing));
    assert_eq!(judge("num_processes", "8".into()), Err(Mismatch::QuotedNumber(Value::int(8))));
    assert_eq!(judge("num_processes", 0.into()), Err(Mismatch::TooSmall(1.0)));
    assert_eq!(judge("main_process_port", 70_000.into()), Err(Mismatch::TooLarge(65535.0)));
    assert_eq!(judge("deepspeed_config.zero_stage", "3".into()), Ok(()));
    assert!(matches!(judge("deepspeed_config.zero_stage", 4.into()), Err(Mismatch::NotOneOf(_, None))));
    assert_eq!(judge("debug", "false".into()), Err(Mismatch::QuotedBool(false)));
    assert_eq!(judge("fsdp_config.fsdp_sharding_strategy", 1.into()), Ok(()));
    assert!(judge("fsdp_config.fsdp_sharding_strategy", 6.into()).is_err());
    assert_eq!(
        judge("fp8_config.override_linear_precision", Value::List(vec![true.into()])),
        Err(Mismatch::WrongLength(3))
    );
}
