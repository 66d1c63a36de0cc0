//! Reads documents from standard input and prints what they say, one JSON line each: the side of
//! `tests/oracle/differential.py` that is ours.
//!
//! Input: one JSON text per line; with `--json` as argument the documents are JSON, else YAML.
//! Output: `{"value": [type, payload]}`, or `{"error": kind, "line": line, "began": line, "message": …}`.

use std::io::{self, BufRead, Write};

use accel_studio::document::{Document, Format};
use accel_studio::value::Value;
use serde_json::{Value as Json, json};

fn main() -> io::Result<()> {
    let format = if std::env::args().any(|flag| flag == "--json") { Format::Json } else { Format::Yaml };
    let mut out = io::BufWriter::new(io::stdout().lock());
    for line in io::stdin().lock().lines() {
        let text: String = serde_json::from_str(&line?).map_err(io::Error::other)?;
        writeln!(out, "{}", answer(&Document::parse(text, format)))?;
    }
    out.flush()
}

fn answer(document: &Document) -> Json {
    match document.fault() {
        None => json!({ "value": typed(&document.value()) }),
        Some(fault) => json!({
            "error": format!("{:?}", fault.kind),
            "message": fault.message,
            "line": document.position(fault.span.start).line,
            "began": fault.began.as_ref().map(|(span, _)| document.position(span.start).line),
        }),
    }
}

/// A value with its type: integers as text, floats by their bits.
fn typed(value: &Value) -> Json {
    match value {
        Value::Null => json!(["null"]),
        Value::Bool(flag) => json!(["bool", flag]),
        Value::Int(number) => json!(["int", number.to_string()]),
        Value::Float(number) if number.is_nan() => json!(["float", "nan"]),
        Value::Float(number) => json!(["float", format!("{:016x}", number.to_bits())]),
        Value::Text(text) => json!(["str", text]),
        Value::Time(iso) => json!(["ts", iso]),
        Value::Bytes(bytes) => {
            json!(["bin", bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>()])
        }
        Value::List(items) => json!(["seq", items.iter().map(typed).collect::<Vec<_>>()]),
        Value::Set(members) => json!(["set", members.iter().map(typed).collect::<Vec<_>>()]),
        Value::Map(pairs) => {
            json!(["map", pairs.iter().map(|(key, value)| [typed(key), typed(value)]).collect::<Vec<_>>()])
        }
    }
}
