//! Writes texts into YAML and prints what was written: the side of `tests/oracle/write_check.py`
//! that is ours.
//!
//! Input: one JSON text per line. Output: for each a JSON list of YAML documents that hold the text
//! as a value in a block, in braces, in place of a text in single and in double quotes, as an item,
//! and as a key.

use std::io::{self, BufRead, Write};

use accel_studio::document::{Document, Edit, Format};
use accel_studio::key::KeyPath;
use accel_studio::value::Value;
use serde_json::json;

/// Documents in which the text takes the place of `x`.
const SITES: [&str; 6] = ["k: x\n", "{k: x}\n", "k: 'x'\n", "k: \"x\"\n", "k:\n- x\n", "k: [x]\n"];

fn main() -> io::Result<()> {
    let mut out = io::BufWriter::new(io::stdout().lock());
    for line in io::stdin().lock().lines() {
        let text: String = serde_json::from_str(&line?).map_err(io::Error::other)?;
        let key = Edit::Rename { path: KeyPath::of("k"), to: text.clone() };
        let mut written: Vec<Option<String>> = SITES.iter().map(|site| replaced(site, &text)).collect();
        written.push(after("k: 1\n", key.clone()));
        written.push(after("{k: 1}\n", key));
        writeln!(out, "{}", json!(written))?;
    }
    out.flush()
}

fn replaced(site: &str, text: &str) -> Option<String> {
    let path = KeyPath::of("k");
    let path = if site.contains(['-', '[']) { path.item(0) } else { path };
    after(site, Edit::Set { path, value: Value::text(text) })
}

fn after(site: &str, edit: Edit) -> Option<String> {
    let applied = Document::parse(site, Format::Yaml).apply(&[edit]).ok()?;
    Some(applied.document.text().to_owned())
}
