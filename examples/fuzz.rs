//! A bounded fuzzer: damages configs at random, checks what must hold of every text, and edits it.
//!
//! `cargo run --example fuzz -- [SECONDS] [SEED]`, or `make fuzz`. A failing text is printed as a Rust
//! literal, with the seed that leads to it; the program then ends with 1.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use accel_studio::document::{Data, Document, Edit, Format, invert};
use accel_studio::key::KeyPath;
use accel_studio::value::Value;

#[path = "../tests/reading/invariants.rs"]
mod invariants;

/// Pieces that YAML and JSON give a meaning, and pieces that they refuse.
const PIECES: &[&[u8]] = &[
    b"\n",
    b"\r\n",
    b"\r",
    b"\t",
    b" ",
    b"  ",
    b": ",
    b":",
    b"- ",
    b"-",
    b"? ",
    b"#",
    b" #",
    b"[",
    b"]",
    b"{",
    b"}",
    b",",
    b"'",
    b"\"",
    b"|\n",
    b">\n",
    b"|2-\n",
    b">+\n ",
    b"&a ",
    b"*a",
    b"&a [*a]",
    b"!!str ",
    b"!!set ",
    b"!!omap ",
    b"!!binary ",
    b"!x ",
    b"!<y> ",
    b"!",
    b"---\n",
    b"...\n",
    b"--- ",
    b"%YAML 1.1\n---\n",
    b"%TAG ! x\n---\n",
    b"<<: ",
    b"<<",
    b"=",
    b"~",
    b"\\",
    b"\\u12",
    b"\\ud800",
    b"\\x41",
    b"1",
    b"0x",
    b"0b_",
    b"1:30",
    b"1e5",
    b"2024-13-45",
    b"2001-12-14t21:59:43.10-05:00",
    b"NaN",
    b"-Infinity",
    b"null",
    b"true",
    b"\xc2\x85",
    b"\xe2\x80\xa8",
    b"\xef\xbb\xbf",
    b"\xf0\x9f\x98\x80",
    b"\xff",
    b"\0",
    b"\x7f",
    b"\"a\": 1,",
    b"[[[[[[[[",
    b"{a: {a: {a: ",
    b"//",
    b"k: v\n",
];

/// Long enough to hold two configs, short enough for many runs.
const LONGEST: usize = 4_000;

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1).map(|number| number.parse::<u64>().unwrap_or(1));
    let seconds = arguments.next().unwrap_or(60);
    let seed = arguments.next().unwrap_or(1);
    let mut random = Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
    let seeds = seeds();
    let mut pool = seeds.clone();
    let start = Instant::now();
    let mut runs = 0u64;
    while start.elapsed() < Duration::from_secs(seconds) {
        let mut bytes = pool[random.below(pool.len())].clone();
        for _ in 0..=random.below(8) {
            damage(&mut bytes, &pool, &mut random);
        }
        bytes.truncate(LONGEST);
        let promises = invariants::check(&bytes).and_then(|()| check_edit(&bytes, &mut random));
        if let Err(problem) = promises {
            say(&format!("run {runs} of seed {seed}: {problem}\nb\"{}\"", bytes.escape_ascii()));
            return ExitCode::FAILURE;
        }
        runs += 1;
        // Damage piles up for a while, then starts from sound files again.
        match random.below(4) {
            0 => pool.push(bytes),
            _ if pool.len() > seeds.len() + 500 => pool.truncate(seeds.len()),
            _ => {}
        }
    }
    say(&format!("{runs} texts in {seconds} s, seed {seed}: every promise held"));
    ExitCode::SUCCESS
}

fn say(line: &str) {
    // Nobody is left to hear that standard output is closed.
    let _ = writeln!(io::stdout(), "{line}");
}

/// The configs of this repository.
fn seeds() -> Vec<Vec<u8>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files: Vec<PathBuf> =
        ["presets", "tests/fixtures/configs/valid", "tests/fixtures/configs/invalid"]
            .iter()
            .flat_map(|folder| fs::read_dir(root.join(folder)).into_iter().flatten())
            .filter_map(|entry| entry.ok().map(|entry| entry.path()))
            .collect();
    files.sort();
    let mut seeds: Vec<Vec<u8>> = files.iter().filter_map(|file| fs::read(file).ok()).collect();
    seeds.push(b"{\"a\": [1, -2.5e3, \"x\\n\"], \"b\": {\"c\": null}}".to_vec());
    seeds.push(b"a: &x {b: 1}\nc: {<<: *x, d: |\n  text\n}\n".to_vec());
    seeds
}

fn damage(bytes: &mut Vec<u8>, pool: &[Vec<u8>], random: &mut Random) {
    let at = random.below(bytes.len() + 1);
    let end = (at + random.below(12)).min(bytes.len());
    match random.below(7) {
        0..=2 => drop(bytes.splice(at..at, PIECES[random.below(PIECES.len())].iter().copied())),
        3 => drop(bytes.splice(at..end, PIECES[random.below(PIECES.len())].iter().copied())),
        4 => drop(bytes.drain(at..end)),
        5 => {
            let other = &pool[random.below(pool.len())];
            let from = random.below(other.len() + 1);
            let to = (from + random.below(40)).min(other.len());
            bytes.splice(at..at, other[from..to].iter().copied());
        }
        _ => {
            if let Some(byte) = bytes.get_mut(at) {
                *byte = random.below(256) as u8;
            }
        }
    }
}

/// Makes one edit, proves that what it gives back is what it did, and undoes it.
fn check_edit(bytes: &[u8], random: &mut Random) -> Result<(), String> {
    let format = if random.below(4) == 0 { Format::Json } else { Format::Yaml };
    let document = Document::from_bytes(bytes, format);
    let Some(edit) = an_edit(&document, random) else { return Ok(()) };
    let Ok(applied) = document.apply(std::slice::from_ref(&edit)) else { return Ok(()) };
    if document.patched(&applied.patches).text() != applied.document.text() {
        return Err(format!("the patches are not the edit {edit:?}"));
    }
    let undone = applied.document.patched(&invert(&applied.patches, document.text()));
    if undone.text() != document.text() {
        return Err(format!("undoing {edit:?} does not give the text back"));
    }
    let takes_none =
        !matches!(edit, Edit::Remove { .. } | Edit::Set { value: Value::List(_) | Value::Map(_), .. });
    if takes_none && comments(&document) != comments(&applied.document) {
        return Err(format!("comments are not kept by {edit:?}"));
    }
    invariants::check(applied.document.text().as_bytes())
}

/// The texts of all comments. Their order may change: a new line may come before or after one.
fn comments(document: &Document) -> Vec<&str> {
    let spans = document.comments();
    let mut texts: Vec<&str> =
        spans.iter().map(|span| document.text()[span.start..span.end].trim_end()).collect();
    texts.sort_unstable();
    texts
}

/// A change at a random pair or item of the document, up to three levels deep.
fn an_edit(document: &Document, random: &mut Random) -> Option<Edit> {
    let mut path = KeyPath::root();
    for _ in 0..=random.below(3) {
        path = match &document.node(&path)?.target().data {
            Data::Map(pairs) => {
                match pairs.get(random.below(pairs.len().max(1))).map(|pair| &pair.key.data) {
                    Some(Data::Scalar(Value::Text(key))) => path.key(key.clone()),
                    Some(_) => path.pair(random.below(pairs.len())),
                    None => break,
                }
            }
            Data::List(items) => path.item(random.below(items.len() + 1)),
            Data::Scalar(_) | Data::Alias(..) => break,
        };
    }
    let value = [
        Value::from(3),
        Value::from("no"),
        Value::from("a: b # c\n"),
        Value::Null,
        Value::Float(1e-5),
        Value::List(vec![1.into(), "no".into()]),
        Value::Map(vec![("new key".into(), Value::List(vec![Value::Null])), ("a".into(), "x, y".into())]),
    ][random.below(7)]
    .clone();
    Some(match random.below(4) {
        0 => Edit::Set { path, value },
        1 => Edit::Insert {
            path: path.parent()?.key("new_key"),
            value,
            after: path.name().map(str::to_owned).into_iter().collect(),
        },
        2 => Edit::Remove { path },
        _ => Edit::Rename { path, to: "other name".to_owned() },
    })
}

/// Xorshift: small, and the same on every machine.
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % end as u64) as usize
    }
}
