//! The schema and the rows agree, and deviations name what is wrong.

use super::*;
use crate::document::{Document, Format};
use crate::schema::{Default, Kind, Reach};

fn config(text: &str) -> Config {
    Config::read(&Document::parse(text, Format::Yaml))
}

fn deviations(text: &str) -> Vec<(String, What)> {
    let found = config(text).deviations(Release::LATEST);
    found.into_iter().map(|deviation| (deviation.path.to_string(), deviation.what)).collect()
}

/// A config in which only this field is set, beside what every config needs.
fn with(field: &Field, value: Value) -> Config {
    let mut pairs = match field.platform {
        Platform::SageMaker => vec![
            ("compute_environment", Value::from("AMAZON_SAGEMAKER")),
            ("distributed_type", Value::from("DATA_PARALLEL")),
            ("ec2_instance_type", Value::from("ml.p3.2xlarge")),
            ("iam_role_name", Value::from("role")),
        ],
        _ => vec![("distributed_type", Value::from("FSDP"))],
    };
    let (key, value) = match field.section() {
        Some(section) => (section, Value::Map(vec![(Value::from(field.name()), value)])),
        None => (field.key, value),
    };
    pairs.retain(|(name, _)| *name != key);
    pairs.push((key, value));
    Config::of(Value::Map(pairs.into_iter().map(|(key, value)| (Value::from(key), value)).collect()))
}

/// Values of every type, right and wrong.
fn samples() -> Vec<Value> {
    let words = [
        "no",
        "NO",
        "bf16",
        "BF16",
        "FSDP",
        "fsdp",
        "TPU",
        "DATA_PARALLEL",
        "full_shard",
        "FULL_SHARD",
        "none",
        "cpu",
        "CPU",
        "auto",
        "1",
        "8",
        "0",
        "1.5",
        "1e-3",
        "-1",
        "te",
        "TE",
        "torch",
        "",
        "all",
        "0,1",
        "LOCAL_MACHINE",
        "x y",
    ];
    let numbers = [-2, -1, 0, 1, 2, 3, 4, 5, 6, 29500, 65535, 65536];
    let lists = [
        vec![],
        vec![Value::from("a")],
        vec![Value::from(true); 3],
        vec![Value::from(true); 2],
        vec![1.into()],
    ];
    let mut samples =
        vec![Value::Null, Value::Bool(true), Value::Bool(false), Value::Float(0.5), Value::Float(-0.5)];
    samples.extend(words.map(Value::from));
    samples.extend(numbers.map(Value::from));
    samples.extend(lists.map(Value::List));
    samples.push(Value::Map(Vec::new()));
    samples
}

/// Where schema and rows may differ: editors read an unquoted `no` as text, so the schema takes the
/// words of YAML 1.1; it takes words that do no harm in some configs; and it lists the words of one
/// platform at a time.
fn may_differ(field: &Field, value: &Value) -> bool {
    let is_tolerated = value.as_text().is_some_and(|word| field.tolerated.contains(&word));
    let is_word_for_bool = matches!((field.kind, value), (Kind::Bool, Value::Text(_)));
    is_tolerated || is_word_for_bool || field.key == "distributed_type"
}

#[test]
fn the_schema_takes_what_the_rows_take() {
    for field in schema::fields().filter(|field| field.exists_in(Release::LATEST)) {
        for value in samples().iter().filter(|value| !may_differ(field, value)) {
            let by_rows = field.accepts(value, Release::LATEST);
            let by_schema = with(field, value.clone()).is_well_shaped();
            assert_eq!(by_schema, by_rows.is_ok(), "{} with {value:?}: the row says {by_rows:?}", field.key);
        }
    }
}

#[test]
fn every_default_and_every_word_is_well_shaped() {
    for field in
        schema::fields().filter(|field| field.exists_in(Release::LATEST) && field.reach != Reach::Dead)
    {
        let words = field.choices(Release::LATEST, field.platform).map(|choice| Value::from(choice.word));
        // These two choose among sorts of config, which need different keys.
        let words = words.filter(|_| !matches!(field.key, "compute_environment" | "distributed_type"));
        for value in words.chain(Default::value(field.default)) {
            assert!(with(field, value.clone()).is_well_shaped(), "{}: {value:?}", field.key);
        }
        for alias in field.aliases {
            let text =
                format!("distributed_type: FSDP\n{}:\n  {alias}:\n", field.section().unwrap_or_default());
            let unknown = |(_, what): &(String, What)| *what == What::UnknownKey;
            assert!(!deviations(&text).iter().any(unknown), "{alias} is a spelling of {}", field.key);
        }
    }
}

#[test]
fn a_good_config_does_not_deviate() {
    let text = "distributed_type: FSDP\nnum_processes: 8\nmixed_precision: bf16\ndowncast_bf16: no\n\
                fsdp_config:\n  version: 2\n  fsdp_offload_params: off\n";
    assert_eq!(deviations(text), []);
    assert!(config(text).is_well_shaped());
}

#[test]
fn each_deviation_says_what_it_is() {
    let one = |text: &str| deviations(text).into_iter().next().expect("it deviates");
    let misfit = |text: &str| match one(text) {
        (path, What::Misfit(mismatch)) => (path, mismatch),
        other => panic!("no misfit: {other:?}"),
    };
    assert_eq!(one("distributed_type: FSDP\nnum_proceses: 8\n"), ("num_proceses".into(), What::UnknownKey));
    assert_eq!(one("mixed_precision: bf16\n"), (String::new(), What::MissingKey("distributed_type".into())));
    assert_eq!(one("- a\n"), (String::new(), What::NotAMapping("a list")));
    assert_eq!(
        one("distributed_type: FSDP\nfsdp_config: {FSDP_VERSION: 2}\n"),
        ("fsdp_config.FSDP_VERSION".into(), What::UnknownKey)
    );
    assert_eq!(
        misfit("distributed_type: FSDP\nmixed_precision: no\n"),
        ("mixed_precision".into(), Mismatch::UnquotedWord("no"))
    );
    assert_eq!(
        misfit("distributed_type: FSDP\nfp8_config: {override_linear_precision: [true]}\n"),
        ("fp8_config.override_linear_precision".into(), Mismatch::WrongLength(3))
    );
}

#[test]
fn values_that_json_cannot_hold_are_judged_and_never_missing() {
    let found = deviations("distributed_type: 2024-01-01\nnum_processes: .nan\ncommands: !!set {a}\n1: x\n");
    let paths: Vec<_> = found.iter().map(|(path, _)| path.as_str()).collect();
    assert_eq!(paths, ["distributed_type", "num_processes", "commands"]);
    assert!(found.iter().all(|(_, what)| matches!(what, What::Misfit(_))), "{found:?}");
}

#[test]
fn another_release_knows_other_keys_and_words() {
    let config = config("distributed_type: TP\ntp_config: {tp_size: 2}\n");
    assert_eq!(config.deviations(Release(1, 5)), []);
    assert_eq!(config.deviations(Release::LATEST).len(), 2);
    let mesh = self::config("distributed_type: FSDP\nparallelism_config: {}\n");
    assert_eq!(mesh.deviations(Release(1, 9))[0].what, What::UnknownKey);
}

#[test]
fn a_list_that_holds_what_it_should_not_is_one_deviation() {
    let found = deviations("distributed_type: XLA\ncommands: [a, 1, {b: c}]\n");
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0].0, "commands");
}
