//! Reads documents from standard input and prints what they say, one JSON line each: our side of
//! `tests/oracle/differential.py`.
//!
//! Input: one JSON text per line; with `--json` as argument the documents are JSON, else YAML.
//! Output: `{"value": [type, payload]}`, or `{"error": kind, "line": line, "message": sentence}`.

use std::io::{self, BufRead, Write};

use accel_studio::document::{Document, Format};
use serde_json::{Value as Json, json};
use typed::typed;

#[path = "../tests/reading/typed.rs"]
mod typed;

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
            "line": document.position(fault.span.start).line,
            "message": fault.message,
        }),
    }
}
