//! Reading: the values that PyYAML and Python's json give, the refusals they give, and exact places.

mod invariants;
mod typed;

use std::fs;
use std::path::Path;

use accel_studio::document::{Document, FaultKind, Format};
use accel_studio::key::KeyPath;
use accel_studio::value::Value;
use proptest::prelude::*;
use serde_json::Value as Json;
use typed::typed;

use crate::harness::picture::assert_file;

/// The recorded cases of a fixture, each with its text.
fn cases(name: &str) -> Vec<Json> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/oracle").join(name);
    let record: Json = serde_json::from_slice(&fs::read(path).expect("the record is there")).expect("JSON");
    record["cases"].as_array().expect("a list of cases").clone()
}

/// What is different between PyYAML's recorded answer and ours; nothing, if all is well.
fn difference(text: &str, case: &Json) -> Option<String> {
    let document = Document::parse(text, Format::Yaml);
    let is_same = match document.fault() {
        None => typed(&document.value()) == case["value"],
        Some(fault) => {
            let line = document.position(fault.span.start).line;
            case["error"].is_string() && case["line"].as_u64().is_none_or(|theirs| theirs == line as u64)
        }
    };
    let ours = document.fault().map_or_else(|| typed(&document.value()).to_string(), |f| format!("{f:?}"));
    (!is_same).then(|| format!("{text:?}\n  recorded {case}\n  ours     {ours}"))
}

fn assert_all_same(differences: Vec<String>) {
    assert!(differences.is_empty(), "{} cases differ\n{}", differences.len(), differences.join("\n"));
}

#[test]
fn documents_read_as_pyyaml_reads_them() {
    let cases = cases("yaml_cases.json");
    assert!(cases.len() >= 308);
    let text = |case: &Json| case["yaml"].as_str().expect("every case has a text").to_owned();
    assert_all_same(cases.iter().filter_map(|case| difference(&text(case), case)).collect());
}

#[test]
fn plain_values_read_as_pyyaml_reads_them() {
    let cases = cases("yaml_scalars.json");
    assert!(cases.len() >= 176);
    let text = |case: &Json| format!("key: {}\n", case["text"].as_str().expect("every case has a text"));
    assert_all_same(cases.iter().filter_map(|case| difference(&text(case), case)).collect());
}

/// Texts that are refused, with what we say: read by people whenever it changes.
///
/// A line `@ title` starts a case; the text follows, up to the lines that start with `=`. A title with
/// `json` chooses that reader. `<TAB>`, `<NUL>` and `<BOM>` stand for those characters.
#[test]
fn refusals_are_plain() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/faults.txt");
    let old = fs::read_to_string(path).expect("the fixture is there");
    let cases = old.split("\n@ ").map(|case| case.trim_start_matches("@ "));
    let new: Vec<String> = cases
        .map(|case| {
            let (title, rest) = case.split_once('\n').expect("a text follows the title");
            let text = rest.split("\n= ").next().unwrap_or_default().trim_end_matches('\n').to_owned() + "\n";
            format!("@ {title}\n{text}{}", report(&text, title))
        })
        .collect();
    assert_file("tests/fixtures/faults.txt", &new.join("\n"));
}

fn report(text: &str, title: &str) -> String {
    let format = if title.contains("json") { Format::Json } else { Format::Yaml };
    let text = text.replace("<TAB>", "\t").replace("<NUL>", "\0").replace("<BOM>", "\u{feff}");
    let document = Document::parse(text, format);
    let fault = document.fault().unwrap_or_else(|| panic!("{title:?} is not refused"));
    let place = |offset| {
        let position = document.position(offset);
        format!("{}:{}", position.line, position.column)
    };
    let shown = &document.text()[fault.span.start..fault.span.end];
    let mut report =
        format!("= {:?} at {} {shown:?}\n= {}\n", fault.kind, place(fault.span.start), fault.message);
    report.push_str(&format!("= {}\n", fault.advice));
    if let Some((span, words)) = &fault.began {
        report.push_str(&format!("= {}: {words}\n", place(span.start)));
    }
    report
}

/// The bytes of a key and its value.
fn written<'d>(document: &'d Document, path: &str) -> (&'d str, &'d str) {
    let pair = document.pair(&KeyPath::of(path)).unwrap_or_else(|| panic!("no `{path}` in {document:?}"));
    let bytes = |span: accel_studio::document::Span| &document.text()[span.start..span.end];
    (bytes(pair.key.span), bytes(pair.value.span))
}

#[test]
fn spans_are_the_bytes_of_keys_and_values() {
    let text = "\u{feff}# é\n\"a\" : &x !!str  é b # c\r\nempty: # c\nlist:\n- 1 # c\n- [2, 3]\n\nmap: # c\n  b: 'it''s'\n  \
                c: \"q\"  \nflow: {d: 1, e}\ntext: |+ # c\n  one\n\n  two\n\n# c\nalias: *x\n? f\n: g\nlast:";
    let document = Document::parse(text, Format::Yaml);
    let expected = [
        ("a", "\"a\"", "é b"),
        ("empty", "empty", ""),
        ("list", "list", "- 1 # c\n- [2, 3]"),
        ("map", "map", "b: 'it''s'\n  c: \"q\""),
        ("map.b", "b", "'it''s'"),
        ("flow", "flow", "{d: 1, e}"),
        ("flow.d", "d", "1"),
        ("flow.e", "e", ""),
        ("text", "text", "|+ # c\n  one\n\n  two"),
        ("alias", "alias", "*x"),
        ("f", "f", "g"),
        ("last", "last", ""),
    ];
    for (path, key, value) in expected {
        assert_eq!(written(&document, path), (key, value), "{path}");
    }
    let empty = document.node(&KeyPath::of("empty")).expect("it is there").span;
    assert_eq!(&text[..empty.start].lines().last(), &Some("empty:"), "an empty value stands after the colon");
}

#[test]
fn json_spans_include_the_quotes() {
    let document = Document::parse("{\"a\": [1, \"x\"], \"b\" : {\"c\": -1.5e3}}", Format::Json);
    assert_eq!(written(&document, "a"), ("\"a\"", "[1, \"x\"]"));
    assert_eq!(written(&document, "b.c"), ("\"c\"", "-1.5e3"));
}

#[test]
fn json_reads_as_in_python() {
    let text = "{\"a\": NaN, \"b\": [Infinity, -Infinity, -0, 1.0, 1e5, 12345678901234567890], \"a\": true, \
                \"\": null, \"\\ud83d\\ude00\\u00e9\\/\": \"\\ud800\"}";
    let read = typed(&Document::parse(text, Format::Json).value()).to_string();
    let expected = r#"["map",[[["str","a"],["bool",true]],[["str","b"],["seq",[["float","7ff0000000000000"],"#
        .to_owned()
        + r#"["float","fff0000000000000"],["int","0"],["float","3ff0000000000000"],["float","40f86a0000000000"],"#
        + r#"["int","12345678901234567890"]]]],[["str",""],["null"]],[["str","😀é/"],["str","�"]]]]"#;
    assert_eq!(read, expected);
}

#[test]
fn what_stands_around_the_value_is_known() {
    let text = "\u{feff}%YAML 1.2\n%FOO bar # c\n--- # start\na: 1\n... # end\n";
    let document = Document::parse(text, Format::Yaml);
    let bytes = |span: &accel_studio::document::Span| &text[span.start..span.end];
    let frame = document.frame();
    assert_eq!(frame.byte_order_mark.as_ref().map(bytes), Some("\u{feff}"));
    assert_eq!(frame.directives.iter().map(bytes).collect::<Vec<_>>(), ["%YAML 1.2", "%FOO bar # c"]);
    assert_eq!(frame.start.as_ref().map(bytes), Some("---"));
    assert_eq!(frame.end.as_ref().map(bytes), Some("..."));
}

#[test]
fn a_value_that_contains_itself_is_refused() {
    for text in ["a: &a [*a]\n", "&a a: *a\nb: &b {c: [*b]}\n", "&a {b: {<<: *a}}\n"] {
        let document = Document::parse(text, Format::Yaml);
        assert_eq!(document.fault().map(|fault| fault.kind), Some(FaultKind::Anchor), "{text:?}");
    }
}

#[test]
fn hostile_files_are_refused_in_bounded_time() {
    let bomb = (1..40).fold("k0: &k0 [x, x]\n".to_owned(), |text, n| {
        text + &format!("k{n}: &k{n} [*k{0}, *k{0}]\n", n - 1)
    });
    let chain = (1..10_000)
        .fold("k0: &k0 [x]\n".to_owned(), |text, n| text + &format!("k{n}: &k{n} [*k{}]\n", n - 1));
    let merges = (1..40).fold("k0: &k0 {a: 1}\n".to_owned(), |text, n| {
        text + &format!("k{n}: &k{n} {{<<: [*k{0}, *k{0}]}}\n", n - 1)
    });
    let nested = |open: &str| format!("a: {}", open.repeat(10_000));
    let indented = (0..10_000).map(|n| format!("{}a:\n", " ".repeat(n % 300 + n / 300))).collect::<String>();
    let stairs = (0..2_000).map(|n| format!("{}a:\n", " ".repeat(n))).collect::<String>();
    let anchors = format!("a: {}", (0..10_000).map(|n| format!("&a{n} [")).collect::<String>());
    for text in [
        bomb,
        chain,
        merges,
        nested("["),
        nested("{a: "),
        nested("- "),
        nested("? "),
        indented,
        stairs,
        anchors,
    ] {
        for format in [Format::Yaml, Format::Json] {
            let document = Document::parse(text.clone(), format);
            assert!(document.fault().is_some(), "{:.60}", text);
        }
    }
    let json = Document::parse("[".repeat(10_000), Format::Json);
    assert_eq!(json.fault().map(|fault| fault.kind), Some(FaultKind::TooLarge));
}

#[test]
fn large_files_are_read_or_refused() {
    let many_keys: String = (0..40_000).map(|n| format!("key_number_{n:06}: {n}\n")).collect();
    let document = Document::parse(many_keys, Format::Yaml);
    assert_eq!(document.value().as_map().map(<[_]>::len), Some(40_000));
    let long_line = format!("a: {}\n", "x ".repeat(500_000));
    assert!(Document::parse(long_line, Format::Yaml).fault().is_none());
    let many_values = format!("[{}1]", "1,".repeat(1_000_000));
    let digits = format!("[{}]", "9".repeat(1_000_000));
    let sixties = format!("[1{}]", ":1".repeat(500_000));
    for (text, format, expected) in [
        (&many_values, Format::Yaml, FaultKind::TooLarge),
        (&many_values, Format::Json, FaultKind::TooLarge),
        (&digits, Format::Yaml, FaultKind::BadScalar),
        (&digits, Format::Json, FaultKind::BadScalar),
        (&sixties, Format::Yaml, FaultKind::BadScalar),
    ] {
        let document = Document::parse(text.as_str(), format);
        assert_eq!(document.fault().map(|fault| fault.kind), Some(expected));
    }
}

#[test]
fn deep_files_within_the_limit_can_be_copied_compared_and_dropped() {
    let text = format!("{}{}", "[".repeat(128), "]".repeat(128));
    let document = Document::parse(text, Format::Yaml);
    let (value, copy) = (document.value(), document.clone());
    assert_ne!(value, Value::Null);
    assert_eq!(copy.value(), value);
}

/// Pieces of YAML and of trouble.
fn pieces() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "a",
        "b: ",
        "- ",
        "? ",
        ": ",
        ":",
        "\n",
        "\n  ",
        "\n    ",
        "\r\n",
        "\r",
        "\t",
        " ",
        "#c",
        " # c",
        "[",
        "]",
        "{",
        "}",
        ",",
        "'",
        "\"",
        "|",
        ">",
        "|2\n",
        ">-\n",
        "&a ",
        "*a",
        "!!str ",
        "!x ",
        "!<y> ",
        "---",
        "\n---\n",
        "\n...\n",
        "%YAML 1.1",
        "<<: ",
        "=",
        "~",
        "1",
        "0x",
        "1:30",
        "2024-01-01",
        "é",
        "\u{85}",
        "\u{2028}",
        "\u{feff}",
        "😀",
        "\\",
        "\\x41",
        "\\u",
        "null",
        "true",
        "NaN",
        "-",
        "1e",
        "\u{0}",
    ]);
    prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn every_text_keeps_the_promises(text in pieces()) {
        prop_assert_eq!(invariants::check(text.as_bytes()), Ok(()));
    }

    #[test]
    fn all_bytes_keep_the_promises(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        prop_assert_eq!(invariants::check(&bytes), Ok(()));
    }
}
