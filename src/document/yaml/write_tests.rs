//! What is written must come back from our own reader as it was; PyYAML was asked too (`tests/oracle`).

use super::*;
use crate::document::{Document, Format};

fn layout() -> Layout {
    Layout { eol: "\n", unit: "  ".into(), has_deep_dashes: false }
}

fn read(text: &str) -> Value {
    let document = Document::parse(text, Format::Yaml);
    assert_eq!(document.fault(), None, "{text:?}");
    document.value()
}

#[test]
fn text_is_plain_only_where_nobody_reads_something_else() {
    let plain = [
        "bf16",
        "MULTI_GPU",
        "all",
        "0,1",
        "127.0.0.1",
        "a b",
        "--flag",
        "-x",
        "/tmp/a#b",
        "http://x:1/y",
        "yEs",
        "0.30.2",
        "nan0",
        "é",
        "x:y",
        "12:3a",
        "it's",
    ];
    for text in plain {
        assert_eq!(inline(&Value::text(text), Style::Plain), text);
    }
    let quoted = [
        "",
        "no",
        "NO",
        "yes",
        "on",
        "Off",
        "true",
        "TRUE",
        "null",
        "~",
        "Null",
        "y",
        "N",
        "=",
        "<<",
        "08",
        "010",
        "1e5",
        "1.0e5",
        "1E3",
        "12:30",
        "190:20:30",
        "2024-01-01",
        "2024-13-45",
        "0x1F",
        "0o17",
        "0b101",
        "1_000",
        ".5",
        "5.",
        "+1",
        ".inf",
        ".NaN",
        "inf",
        "nan",
        "---",
        "--- a",
        "...",
        "- a",
        "-",
        "? x",
        ": x",
        "a: b",
        "a #b",
        "#a",
        "a:",
        "*a",
        "&a",
        "!a",
        "%a",
        "@a",
        "`a",
        "'a",
        "\"a",
        "[a",
        "{a",
        "|",
        ">",
        " a",
        "a ",
        "-1",
        "-.5",
        "-.inf",
        ",a",
        "]",
        "}",
    ];
    for text in quoted {
        let written = inline(&Value::text(text), Style::Plain);
        assert_eq!(written, format!("'{}'", text.replace('\'', "''")));
        assert_eq!(read(&format!("k: {written}\n")).get("k"), Some(&Value::text(text)));
    }
}

#[test]
fn characters_that_must_be_escaped_are() {
    for text in
        ["a\nb", "\t", "\u{7}", "a\u{85}b", "\u{2028}", "\u{feff}x", "\u{0}", "\u{1f600}\r\n", "\\\"\u{1b}"]
    {
        let written = inline(&Value::text(text), Style::Plain);
        assert!(written.starts_with('"') && !written.contains(['\n', '\r']), "{written}");
        assert_eq!(read(&format!("k: {written}\n")).get("k"), Some(&Value::text(text)));
    }
}

#[test]
fn old_quotes_are_kept_where_they_are_right() {
    let text = Value::text("it's");
    assert_eq!(inline(&text, Style::Double), "\"it's\"");
    assert_eq!(inline(&text, Style::Single), "'it''s'");
    assert_eq!(inline(&Value::text("a\nb"), Style::Single), "\"a\\nb\"");
    assert_eq!(inline(&Value::int(3), Style::Double), "3");
}

#[test]
fn floats_have_a_dot_and_a_signed_exponent() {
    let cases = [
        (1e5, "100000.0"),
        (1e-5, "1.0e-5"),
        (1.5e300, "1.5e+300"),
        (1e16, "1.0e+16"),
        (0.1, "0.1"),
        (-2.0, "-2.0"),
        (-0.0, "-0.0"),
        (f64::MIN_POSITIVE, "2.2250738585072014e-308"),
        (f64::INFINITY, ".inf"),
        (f64::NEG_INFINITY, "-.inf"),
    ];
    for (number, text) in cases {
        assert_eq!(float(number), text);
        assert_eq!(read(text), Value::Float(number));
    }
    assert_eq!(float(f64::NAN), ".nan");
}

#[test]
fn every_kind_of_value_comes_back() {
    let pair = |key: &str, value: Value| (Value::text(key), value);
    let value = Value::Map(vec![
        pair("none", Value::Null),
        pair("flag", Value::Bool(true)),
        pair("no", Value::text("no")),
        pair("big", Value::Int("123456789012345678901234567890".parse().expect("digits"))),
        pair("when", Value::Time("2024-01-01".into())),
        pair("bytes", Value::Bytes(vec![0, 1, 254, 255, 7])),
        pair("set", Value::Set(vec![Value::text("a"), Value::int(1)])),
        pair("empty", Value::List(vec![])),
        pair("nothing", Value::Map(vec![])),
        pair(
            "list",
            Value::List(vec![
                Value::int(1),
                Value::Map(vec![
                    pair("a", Value::int(1)),
                    pair("b", Value::List(vec![Value::text("x, y"), Value::Null])),
                ]),
                Value::List(vec![Value::text("- z"), Value::Map(vec![])]),
            ]),
        ),
        (Value::Bool(false), Value::text("key that is no text")),
        (Value::int(7), Value::text("")),
    ]);
    for layout in [layout(), Layout { eol: "\r\n", unit: "    ".into(), has_deep_dashes: true }] {
        let text = block(&value, "", &layout);
        assert_eq!(read(&format!("{text}{}", layout.eol)), value, "{text}");
        assert_eq!(read(&flow(&value, Style::Plain)), value);
        assert_eq!(read(&flow(&value, Style::Double)), value);
    }
}

#[test]
fn text_of_several_lines_may_be_a_block() {
    for text in ["a\nb", "a\nb\n", "a\n\n  b\nc # d", "x: 1\n- y\n"] {
        let block = literal(text, "", &layout()).expect("an ordinary text");
        assert_eq!(read(&format!("k: {block}\nz: 1\n")).get("k"), Some(&Value::text(text)), "{block}");
    }
    for text in ["a", "a\n", " a\nb", "\na\nb", "a\nb\n\n", "a\tb\nc", "a\r\nb"] {
        assert_eq!(literal(text, "", &layout()), None, "{text:?}");
    }
}
