//! The house keeps its own rules: floors, sizes, first lines, words, registered tests.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use crate::harness::picture::root;

/// Most lines of a file without its tests, and of tests inside a file.
const FILE: usize = 600;
const INLINE_TESTS: usize = 150;

/// Folders with our own text.
const FOLDERS: [&str; 9] =
    ["src", "tests", "benches", "examples", "presets", "docs", "schema", "assets", "fuzz/fuzz_targets"];

/// Every file below a folder, by its path from the root, with `/` between the parts.
fn files(folder: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut open: Vec<PathBuf> = vec![root().join(folder)];
    while let Some(folder) = open.pop() {
        let Ok(entries) = fs::read_dir(&folder) else { continue };
        for path in entries.map(|entry| entry.expect("it can be read").path()) {
            if path.is_dir() {
                open.push(path);
            } else {
                let below = path.strip_prefix(root()).expect("it lies below the root");
                found.push(below.to_string_lossy().replace('\\', "/"));
            }
        }
    }
    found.sort();
    found
}

fn rust_files(folder: &str) -> Vec<String> {
    files(folder).into_iter().filter(|name| name.ends_with(".rs")).collect()
}

fn text(name: &str) -> String {
    fs::read_to_string(root().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// The drawing: each room's floor, and the rooms of its own floor that it may use.
struct Floors {
    floor: BTreeMap<String, usize>,
    arrows: BTreeSet<(String, String)>,
}

fn floors(of: &str) -> Floors {
    let page = text("ARCHITECTURE.md");
    let block = page
        .split(&format!("```{of}\n"))
        .nth(1)
        .and_then(|rest| rest.split("```").next())
        .expect("the block");
    let mut floors = Floors { floor: BTreeMap::new(), arrows: BTreeSet::new() };
    for line in block.lines() {
        let mut parts = line.split("  ").map(str::trim);
        let number: usize = parts.next().and_then(|number| number.parse().ok()).expect("a floor's number");
        for room in parts {
            let (name, uses) = room.split_once(" → ").unwrap_or((room, ""));
            floors.floor.insert(name.to_owned(), number);
            let used = uses.split(", ").filter(|used| !used.is_empty());
            floors.arrows.extend(used.map(|used| (name.to_owned(), used.to_owned())));
        }
    }
    floors
}

/// Where the worker's own rooms lie.
const WORKER: &str = "src/bin/accel-studio-worker/";

/// `src/report/json.rs` lies in room `report`, `src/key.rs` is room `key`; `src/foo_tests.rs` holds
/// the tests of `foo`.
fn room(name: &str) -> &str {
    let below = name.strip_prefix(WORKER).or(name.strip_prefix("src/")).expect("a source file");
    let first = below.split('/').next().expect("a path has a first part");
    first.trim_end_matches(".rs").trim_end_matches("_tests")
}

/// The rooms that a file names after `crate::`, comments aside.
fn used_rooms(source: &str) -> BTreeSet<String> {
    let code: Vec<&str> = source.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
    let code = code.join("\n");
    code.split("crate::").skip(1).flat_map(first_names).collect()
}

/// `a::b` names `a`; `{a, b::{c, d}}` names `a` and `b`.
fn first_names(after: &str) -> Vec<String> {
    let word = |text: &str| text.chars().take_while(|char| char.is_alphanumeric() || *char == '_').collect();
    let Some(group) = after.strip_prefix('{') else { return vec![word(after)] };
    let (mut names, mut depth, mut start) = (Vec::new(), 0_i32, 0);
    for (at, char) in group.char_indices() {
        match char {
            '{' => depth += 1,
            '}' if depth == 0 => {
                names.push(word(group[start..at].trim()));
                break;
            }
            '}' => depth -= 1,
            ',' if depth == 0 => {
                names.push(word(group[start..at].trim()));
                start = at + 1;
            }
            _ => {}
        }
    }
    names.retain(|name: &String| !name.is_empty());
    names
}

/// Every use of a room that the drawing does not allow.
fn broken(floors: &Floors, files: &[String]) -> Vec<String> {
    let mut broken = Vec::new();
    for name in files {
        let room = room(name);
        if ["lib", "main"].contains(&room) {
            continue;
        }
        let Some(floor) = floors.floor.get(room) else {
            broken.push(format!("{name}: room `{room}` is not in the drawing"));
            continue;
        };
        for used in used_rooms(&text(name)).into_iter().filter(|used| used != room) {
            let is_lower = floors.floor.get(&used).is_some_and(|lower| lower < floor);
            if !is_lower && !floors.arrows.contains(&(room.to_owned(), used.clone())) {
                broken.push(format!("{name}: `{room}` may not use `{used}`"));
            }
        }
    }
    broken
}

#[test]
fn rooms_use_lower_floors_only() {
    let (worker, library): (Vec<_>, Vec<_>) =
        rust_files("src").into_iter().partition(|name| name.starts_with(WORKER));
    let mut wrong = broken(&floors("floors"), &library);
    wrong.extend(broken(&floors("worker-floors"), &worker));
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What names tch links libtorch, and then does not start without it.
#[test]
fn only_the_worker_knows_libtorch() {
    for name in rust_files("src").into_iter().filter(|name| !name.starts_with(WORKER)) {
        let source = text(&name);
        for word in ["tch::", "torch_sys::"] {
            let begins =
                |at: usize| !source[..at].ends_with(|before: char| before.is_alphanumeric() || before == '_');
            assert!(!source.match_indices(word).any(|(at, _)| begins(at)), "{name} names `{word}`");
        }
    }
}

#[test]
fn the_drawing_shows_the_rooms_that_exist() {
    let library = text("src/lib.rs");
    let modules = library.lines().filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';'));
    let there: BTreeSet<String> = modules.map(str::to_owned).collect();
    let drawn: BTreeSet<String> = floors("floors").floor.into_keys().collect();
    assert_eq!(drawn, there);
}

#[test]
fn a_top_file_of_a_room_does_not_reach_around_the_drawing() {
    for name in rust_files("src") {
        let is_top =
            name.matches('/').count() == 1 || (name.matches('/').count() == 2 && name.ends_with("/mod.rs"));
        let is_tests = name.ends_with("_tests.rs");
        let reaches = |line: &str| line.starts_with("use super::") || line.starts_with("pub use super::");
        if is_top && !is_tests {
            assert!(!text(&name).lines().any(reaches), "{name}: `super` is the crate here; write `crate::`");
        }
    }
}

#[test]
fn files_are_small() {
    for name in FOLDERS.iter().flat_map(|folder| rust_files(folder)) {
        let source = text(&name);
        let code = source.lines().take_while(|line| !line.starts_with("#[cfg(test)]")).count();
        let tests = source.lines().count() - code;
        let is_test = name.starts_with("tests/") || name.ends_with("tests.rs");
        assert!(is_test || code <= FILE, "{name} has {code} lines: make two rooms of it");
        assert!(
            is_test || tests <= INLINE_TESTS,
            "{name} has {tests} lines of tests: move them to a file beside it"
        );
    }
}

#[test]
fn every_file_says_first_what_it_is_for() {
    for name in FOLDERS.iter().flat_map(|folder| rust_files(folder)) {
        let source = text(&name);
        let first = source.lines().find(|line| !line.starts_with("#!["));
        assert!(first.is_some_and(|line| line.starts_with("//! ")), "{name} begins with {first:?}");
    }
}

/// Words that stay out of the tree, spelt so that this file passes its own test.
const WORDS: [&str; 7] = [
    concat!("to", "do"),
    concat!("fix", "me"),
    concat!("x", "xx"),
    concat!("unimple", "mented!"),
    concat!("/wo", "rk/"),
    concat!("/ro", "ot/"),
    concat!(".car", "go/registry"),
];

#[test]
fn nothing_is_left_for_later_and_no_machine_is_named() {
    let pages = ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md", "Makefile", ".ci/run"];
    let names = FOLDERS.iter().flat_map(|folder| files(folder)).chain(pages.map(str::to_owned));
    for name in names {
        let Ok(source) = fs::read_to_string(root().join(&name)) else { continue };
        for (index, line) in source.to_lowercase().lines().enumerate() {
            let said = WORDS.iter().find(|word| has_word(line, word));
            assert!(said.is_none(), "{name}:{}: {:?} does not belong here", index + 1, said);
        }
    }
}

/// True when a word stands in a line, not as part of a longer one.
fn has_word(line: &str, word: &str) -> bool {
    let is_part = |char: Option<char>| char.is_some_and(char::is_alphanumeric);
    line.match_indices(word).any(|(at, _)| {
        let after = word.ends_with(char::is_alphanumeric) && is_part(line[at + word.len()..].chars().next());
        !after && !is_part(line[..at].chars().next_back())
    })
}

/// What may lie at the top; the folders of tools that write beside us are left out.
const TOP: [&str; 27] = [
    ".cargo",
    ".ci",
    ".git",
    ".gitignore",
    ".pre-commit-hooks.yaml",
    ".venv",
    "ARCHITECTURE.md",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "Cargo.lock",
    "Cargo.toml",
    "LICENSE",
    ".libtorch",
    "Makefile",
    "build.rs",
    "README.md",
    "assets",
    "benches",
    "docs",
    "examples",
    "presets",
    "proptest-regressions",
    "rustfmt.toml",
    "schema",
    "src",
    "target",
    "tests",
];

#[test]
fn nothing_strange_lies_at_the_top() {
    for entry in fs::read_dir(root()).expect("the repository is there") {
        let name = entry.expect("it can be read").file_name().to_string_lossy().into_owned();
        assert!(
            TOP.contains(&name.as_str()),
            "{name}: a stray file, or one that tests/house.rs does not know"
        );
    }
}

#[test]
fn every_test_file_is_registered() {
    let list = text("tests/lib.rs");
    for name in rust_files("tests") {
        let Some(module) = name.strip_prefix("tests/").and_then(|file| file.strip_suffix(".rs")) else {
            continue;
        };
        if module != "lib" && !module.contains('/') {
            assert!(list.contains(&format!("mod {module};")), "tests/lib.rs does not name {module}");
        }
    }
}

#[test]
fn makefile_and_ci_offer_what_the_pages_promise() {
    let makefile = text("Makefile");
    for page in ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", ".ci/run"] {
        for target in text(page).split("make ").skip(1).filter_map(target) {
            assert!(makefile.contains(&format!("\n{target}:")), "{page} speaks of `make {target}`");
        }
    }
    assert!(Path::new(&root().join(".pre-commit-hooks.yaml")).is_file());
}

/// The target that follows `make `, where it is marked as code or ends its line.
fn target(after: &str) -> Option<&str> {
    let end = after.find(|char: char| !char.is_ascii_lowercase()).unwrap_or(after.len());
    let closes = after[end..].chars().next().is_none_or(|char| char == '`' || char == '\n');
    (closes && end > 0).then_some(&after[..end])
}
