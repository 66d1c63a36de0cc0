//! Tries every edit on every key of the configs in some folders and reports what went wrong.
//!
//! `cargo run --example edit_check -- FOLDER…`. For each file: it is read and saved unchanged; a
//! number of processes is set and undone; then each key and item, one at a time, is set, followed by
//! a new neighbour, renamed and removed, and each of these undone. Undoing must give back the file
//! byte for byte, and no comment may go that the edit does not take with it. `--diff` shows each
//! change; `--lines` prints each as JSON for `tests/oracle/edit_check.py`, which asks PyYAML.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use accel_studio::document::{
    Applied, Data, Document, Edit, EditError, Format, Node, Span, Stored, diff, invert,
};
use accel_studio::key::{KeyPath, Step};
use accel_studio::value::Value;
use serde_json::{Value as Json, json};

/// What was seen.
#[derive(Default)]
struct Tally {
    /// The flag that says how each change is shown.
    shown: Option<&'static str>,
    files: usize,
    faulty: Vec<String>,
    made: BTreeMap<&'static str, usize>,
    refused: BTreeMap<String, Vec<String>>,
    wrong: Vec<String>,
}

#[allow(clippy::print_stdout, reason = "a report is what this example is for")]
fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let shown = ["--diff", "--lines"].into_iter().find(|flag| arguments.iter().any(|given| given == flag));
    let mut tally = Tally { shown, ..Tally::default() };
    for folder in arguments.iter().filter(|argument| !argument.starts_with("--")) {
        for path in files(Path::new(folder)) {
            check(&path, &mut tally);
        }
    }
    println!("{} files, {} with faults (skipped):", tally.files, tally.faulty.len());
    tally.faulty.iter().for_each(|line| println!("  {line}"));
    tally.made.iter().for_each(|(verb, count)| println!("{count} times {verb}"));
    for (reason, places) in &tally.refused {
        println!("{} times refused: {reason}", places.len());
        places.iter().take(8).for_each(|place| println!("    {place}"));
    }
    println!("{} times wrong", tally.wrong.len());
    tally.wrong.iter().for_each(|line| println!("  {line}"));
    std::process::exit(i32::from(!tally.wrong.is_empty()));
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else { return vec![folder.to_owned()] };
    let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    paths.into_iter().flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

fn check(path: &Path, tally: &mut Tally) {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    tally.files += 1;
    let stored = match Stored::read(path) {
        Ok(stored) => stored,
        Err(error) => return tally.wrong.push(error.to_string()),
    };
    let document = stored.document();
    if let Some(fault) = document.fault() {
        let line = document.position(fault.span.start).line;
        return tally.faulty.push(format!("{name}:{line}: {}", fault.message));
    }
    if std::fs::read(path).ok().as_deref() != Some(document.text().as_bytes()) {
        tally.wrong.push(format!("{name}: not the bytes of the file"));
    }
    let three = Edit::Set { path: KeyPath::of("num_processes"), value: Value::int(3) };
    attempt(document, three, "num_processes is set", None, &name, tally);
    let mut places = Vec::new();
    if let Some(root) = document.root() {
        walk(root, &KeyPath::root(), &mut places);
    }
    for (place, taken) in places {
        for (verb, edit, taken) in edits(document, &place, taken) {
            attempt(document, edit, verb, taken, &name, tally);
        }
    }
}

/// Every place below a node, with the bytes of its key and value.
fn walk(node: &Node, path: &KeyPath, places: &mut Vec<(KeyPath, Span)>) {
    match &node.data {
        Data::Map(pairs) => {
            for (index, pair) in pairs.iter().enumerate() {
                let is_counted =
                    pairs.iter().filter(|other| is_same_key(other.key.target(), &pair.key)).count() == 1;
                let here = match &pair.key.target().data {
                    Data::Scalar(Value::Text(name)) if is_counted => path.key(name),
                    _ => path.pair(index),
                };
                walk(&pair.value, &here, places);
                places.push((here, Span { start: pair.key.span.start, end: pair.value.span.end }));
            }
        }
        Data::List(items) => {
            for (index, item) in items.iter().enumerate() {
                walk(item, &path.item(index), places);
                places.push((path.item(index), item.span));
            }
        }
        Data::Scalar(_) | Data::Alias(..) => {}
    }
}

fn is_same_key(one: &Node, other: &Node) -> bool {
    matches!((&one.data, &other.data), (Data::Scalar(one), Data::Scalar(other)) if one == other)
}

/// The edits of one place; with each the bytes whose comments it may take away.
fn edits(document: &Document, place: &KeyPath, taken: Span) -> Vec<(&'static str, Edit, Option<Span>)> {
    let path = place.clone();
    let parent = place.parent().unwrap_or_default();
    let old = document.node(place).map(Node::value);
    let value = if old == Some(Value::int(12345)) { Value::text("no") } else { Value::int(12345) };
    let text = if old == Some(Value::text("a: b")) { Value::text("c") } else { Value::text("a: b") };
    let map = Value::Map(vec![(Value::text("new_key"), Value::text("no"))]);
    let removal = Edit::Remove { path: path.clone() };
    // A section that gets other keys loses the old ones, with their comments.
    let taken_by_map = matches!(old, Some(Value::Map(_))).then_some(taken);
    let mut edits = vec![
        ("set to a number", Edit::Set { path: path.clone(), value: value.clone() }, None),
        ("set to a text", Edit::Set { path: path.clone(), value: text }, None),
        ("set to a section", Edit::Set { path: path.clone(), value: map.clone() }, taken_by_map),
        ("removed", removal, Some(taken)),
    ];
    if let Some(Step::Item(index)) = place.steps().last() {
        edits.push((
            "preceded by a new item",
            Edit::Insert { path: parent.item(*index), value, after: vec![] },
            None,
        ));
        return edits;
    }
    let after = place.name().map(str::to_owned).into_iter().collect();
    let fresh = Edit::Insert { path: parent.key("fresh_key"), value, after };
    edits.push(("followed by a new key", fresh, None));
    edits.push((
        "followed by a new section",
        Edit::Set { path: parent.key("fresh_section"), value: map },
        None,
    ));
    edits.push(("renamed", Edit::Rename { path, to: "fresh_name".to_owned() }, None));
    edits
}

/// Makes an edit and undoes it. `taken`: the bytes that go, with the comments in and beside them.
fn attempt(
    document: &Document,
    edit: Edit,
    verb: &'static str,
    taken: Option<Span>,
    name: &str,
    tally: &mut Tally,
) {
    let shown = format!("{name}: {edit:?}");
    let applied = match document.apply(std::slice::from_ref(&edit)) {
        Ok(applied) => applied,
        Err(error) => return refused(error, verb, shown, tally),
    };
    *tally.made.entry(verb).or_default() += 1;
    if applied.document.patched(&invert(&applied.patches, document.text())).text() != document.text() {
        tally.wrong.push(format!("{shown}: undoing does not give back the text"));
    }
    for lost in lost_comments(document, &applied, taken) {
        tally.wrong.push(format!("{shown}: lost {lost:?}"));
    }
    let after = applied.document.text();
    match tally.shown {
        Some("--diff") => show(&diff::unified(document.text(), after, &format!("{name} {verb}"))),
        Some(_) => show(&line(document, &edit, after)),
        None => {}
    }
}

/// An edit and both texts, where the path has only text keys and indexes.
fn line(document: &Document, edit: &Edit, after: &str) -> String {
    let (verb, path, more) = match edit {
        Edit::Set { path, value } => ("set", path, plain(value)),
        Edit::Insert { path, value, after } => ("insert", path, json!([plain(value), after])),
        Edit::Remove { path } => ("remove", path, Json::Null),
        Edit::Rename { path, to } => ("rename", path, json!(to)),
        Edit::Replace { .. } => return String::new(),
    };
    let steps: Option<Vec<Json>> = path
        .steps()
        .iter()
        .map(|step| match step {
            Step::Key(key) => Some(json!(key)),
            Step::Item(index) => Some(json!(index)),
            Step::Pair(_) => None,
        })
        .collect();
    let is_json = document.format() == Format::Json;
    steps.map_or_else(String::new, |steps| {
        json!({"json": is_json, "before": document.text(), "after": after, "verb": verb, "path": steps, "more": more}).to_string()
    })
}

/// The few kinds of values that this example writes.
fn plain(value: &Value) -> Json {
    match value {
        Value::Map(pairs) => {
            pairs.iter().filter_map(|(key, value)| Some((key.as_text()?, plain(value)))).collect()
        }
        Value::Text(text) => json!(text),
        _ => json!(value.as_int()),
    }
}

#[allow(clippy::print_stdout, reason = "a report is what this example is for")]
fn show(diff: &str) {
    println!("{diff}");
}

fn refused(error: EditError, verb: &str, shown: String, tally: &mut Tally) {
    let reason = match &error {
        EditError::Entangled(_, how) => format!("{verb}, but written with {how}"),
        EditError::Unproven(_) => format!("{verb}, but UNPROVEN"),
        EditError::NoSuchPlace(_) => format!("{verb}, but no such place"),
        _ => format!("{verb}: {error}"),
    };
    tally.refused.entry(reason).or_default().push(shown);
}

/// Comments that are gone although they were neither inside what was taken nor after it on its line.
fn lost_comments(document: &Document, applied: &Applied, taken: Option<Span>) -> Vec<String> {
    let mut left: Vec<&str> = texts(&applied.document, |_| true);
    let line_of = |at: usize| document.position(at).line;
    let goes = |comment: &Span| {
        taken.is_some_and(|taken| {
            (taken.start..taken.end).contains(&comment.start) || line_of(comment.start) == line_of(taken.end)
        })
    };
    let mut lost = Vec::new();
    for comment in texts(document, |comment| !goes(comment)) {
        match left.iter().position(|text| *text == comment) {
            Some(at) => drop(left.remove(at)),
            None => lost.push(comment.to_owned()),
        }
    }
    lost
}

fn texts(document: &Document, wanted: impl Fn(&Span) -> bool) -> Vec<&str> {
    let comments = document.comments();
    comments
        .iter()
        .filter(|span| wanted(span))
        .map(|span| document.text()[span.start..span.end].trim_end())
        .collect()
}
