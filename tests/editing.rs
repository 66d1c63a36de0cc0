//! Edits change what they must and nothing else: hand-written texts before and after.
//!
//! A file of `tests/fixtures/edits/` holds cases. A line `@ case NAME` starts one; `@ before` the old
//! text, `@ edit` one edit a line, `@ after` the new text or `@ refused` the reason. After `before`,
//! `json` chooses that reader, `crlf` and `cr` other line ends, `open` leaves the last line end out
//! (of both texts), `mark` puts a byte order mark in front.

use std::fs;
use std::path::Path;

use accel_studio::document::{Document, Edit, Format, Span, invert};
use accel_studio::key::{KeyPath, Step};
use accel_studio::value::Value;

struct Case {
    name: String,
    options: Vec<String>,
    before: String,
    edits: Vec<String>,
    after: Option<String>,
    refused: Option<String>,
}

#[test]
fn every_case_edits_as_written() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/edits");
    let mut failures = Vec::new();
    let mut count = 0;
    for entry in fs::read_dir(folder).expect("the fixtures are here") {
        let path = entry.expect("an entry").path();
        let text = fs::read_to_string(&path).expect("a fixture is text");
        for case in cases(&text) {
            count += 1;
            if let Err(problem) = check(&case) {
                failures.push(format!("{}: {}\n{problem}", path.display(), case.name));
            }
        }
    }
    assert!(failures.is_empty(), "{} of {count} cases fail\n\n{}", failures.len(), failures.join("\n\n"));
    assert!(count > 60, "only {count} cases were found");
}

fn check(case: &Case) -> Result<(), String> {
    let format = if has(case, "json") { Format::Json } else { Format::Yaml };
    let document = Document::parse(laid_out(case, &case.before), format);
    let edits: Vec<Edit> = case.edits.iter().map(|line| edit(line)).collect();
    match (document.apply(&edits), &case.after, &case.refused) {
        (Ok(applied), Some(after), _) => {
            expect(&laid_out(case, after), applied.document.text())?;
            let back = applied.document.patched(&invert(&applied.patches, document.text()));
            expect(document.text(), back.text())?;
            expect(applied.document.text(), document.patched(&applied.patches).text())
        }
        (Err(error), _, Some(reason)) => expect(reason, &error.to_string()),
        (Ok(applied), None, _) => Err(format!("not refused:\n{}", applied.document.text())),
        (Err(error), ..) => Err(format!("refused: {error}")),
    }
}

fn expect(wanted: &str, found: &str) -> Result<(), String> {
    if wanted == found { Ok(()) } else { Err(format!("wanted {wanted:?}\nfound  {found:?}\n{found}")) }
}

fn has(case: &Case, option: &str) -> bool {
    case.options.iter().any(|each| each == option)
}

fn laid_out(case: &Case, text: &str) -> String {
    let mut text = text.to_owned();
    if has(case, "open") {
        text.truncate(text.trim_end_matches('\n').len());
    }
    if has(case, "crlf") {
        text = text.replace('\n', "\r\n");
    }
    if has(case, "cr") {
        text = text.replace('\n', "\r");
    }
    if has(case, "mark") { format!("\u{feff}{text}") } else { text }
}

fn cases(text: &str) -> Vec<Case> {
    let mut cases: Vec<Case> = Vec::new();
    let mut part = "";
    for line in text.lines() {
        let mut words = line.strip_prefix("@ ").unwrap_or_default().split(' ');
        match (words.next().unwrap_or_default(), cases.last_mut()) {
            ("case", last) => {
                // The empty line between two cases belongs to neither.
                if let Some(after) = last.and_then(|case| case.after.as_mut()) {
                    after.truncate(after.strip_suffix("\n\n").map_or(after.len(), |rest| rest.len() + 1));
                }
                let name = words.collect::<Vec<_>>().join(" ");
                cases.push(Case {
                    name,
                    options: vec![],
                    before: String::new(),
                    edits: vec![],
                    after: None,
                    refused: None,
                });
            }
            ("", Some(case)) => match part {
                "before" => case.before += &format!("{line}\n"),
                "edit" => case.edits.push(line.to_owned()),
                "after" => *case.after.get_or_insert_default() += &format!("{line}\n"),
                "refused" if !line.is_empty() => case.refused = Some(line.to_owned()),
                _ => assert!(line.is_empty(), "outside of any part: {line}"),
            },
            (word, Some(case)) => {
                part = ["before", "edit", "after", "refused"]
                    .into_iter()
                    .find(|part| *part == word)
                    .unwrap_or_else(|| panic!("no part of a case: {line}"));
                case.options.extend(words.map(str::to_owned));
                if part == "after" {
                    case.after = Some(String::new());
                }
            }
            (_, None) => assert!(line.is_empty(), "before the first case: {line}"),
        }
    }
    cases
}

/// `set PATH = VALUE`, `insert PATH = VALUE after A, B`, `remove PATH`, `rename PATH -> NAME`,
/// `replace START END -> TEXT` with byte offsets. Values are YAML.
fn edit(line: &str) -> Edit {
    let (verb, rest) = line.split_once(' ').expect("a verb and its object");
    match verb {
        "set" => {
            let (path, value) = rest.split_once(" =").expect("a path and a value");
            Edit::Set { path: path_of(path), value: value_of(value) }
        }
        "insert" => {
            let (path, value) = rest.split_once(" = ").expect("a path and a value");
            let (value, after) = value.split_once(" after ").unwrap_or((value, ""));
            let after = after.split(", ").filter(|name| !name.is_empty()).map(str::to_owned).collect();
            Edit::Insert { path: path_of(path), value: value_of(value), after }
        }
        "remove" => Edit::Remove { path: path_of(rest) },
        "rename" => {
            let (path, to) = rest.split_once(" -> ").expect("a path and a name");
            Edit::Rename { path: path_of(path), to: to.to_owned() }
        }
        "replace" => {
            let (span, text) = rest.split_once(" -> ").expect("a span and a text");
            let (start, end) = span.split_once(' ').expect("a start and an end");
            let offset = |digits: &str| digits.parse().expect("an offset");
            Edit::Replace { span: Span { start: offset(start), end: offset(end) }, text: text.to_owned() }
        }
        _ => panic!("no such edit: {line}"),
    }
}

fn value_of(text: &str) -> Value {
    let document = Document::parse(text, Format::Yaml);
    assert_eq!(document.fault(), None, "{text}");
    document.value()
}

/// `a.b`, `a[0]`, `a{2}` for the third pair, `.` for the root.
fn path_of(text: &str) -> KeyPath {
    let mut path = KeyPath::root();
    for part in text.split('.').filter(|part| !part.is_empty()) {
        let (name, mut rest) = part.split_at(part.find(['[', '{']).unwrap_or(part.len()));
        if !name.is_empty() {
            path = path.key(name);
        }
        while let Some(end) = rest.find([']', '}']) {
            let index = rest[1..end].parse().expect("an index");
            path = path.then(if rest.starts_with('[') { Step::Item(index) } else { Step::Pair(index) });
            rest = &rest[end + 1..];
        }
    }
    path
}
