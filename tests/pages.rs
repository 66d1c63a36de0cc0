//! What the pages for users show is what happens: every command in them is run.

use std::fmt::Write as _;
use std::fs;

use crate::harness::picture::{assert_file, root};
use crate::harness::run::Room;

/// A fenced block of a page: what stands behind the fence, and its lines.
struct Block<'a> {
    info: &'a str,
    lines: Vec<&'a str>,
}

/// Runs every `console` block of a page in a room with the page's own files; gives the page back with
/// what really came out.
fn played(page: &str) -> String {
    let mut room = Room::new();
    let mut out = String::new();
    let mut lines = page.lines();
    while let Some(line) = lines.next() {
        let _ = writeln!(out, "{line}");
        let Some(info) = line.strip_prefix("```").filter(|info| !info.is_empty()) else { continue };
        let block = Block { info, lines: lines.by_ref().take_while(|line| *line != "```").collect() };
        if let Some((_, name)) = block.info.split_once(' ') {
            room = room.file(name, format!("{}\n", block.lines.join("\n")));
        }
        if block.info == "console" {
            play(&room, &block, &mut out);
        } else {
            block.lines.iter().for_each(|line| {
                let _ = writeln!(out, "{line}");
            });
        }
        out.push_str("```\n");
    }
    out
}

fn play(room: &Room, block: &Block, out: &mut String) {
    for command in block.lines.iter().filter_map(|line| line.strip_prefix("$ accel-studio ")) {
        let run = room.run(&command.split_whitespace().collect::<Vec<_>>());
        assert!(run.code < 2, "accel-studio {command}: {}", run.stderr);
        let _ = write!(out, "$ accel-studio {command}\n{}{}", run.stdout, run.stderr);
    }
}

#[test]
fn pages_show_what_the_program_says() {
    for name in ["README.md", "docs/json.md", "docs/launch.md", "docs/formats.md", "docs/machine.md"] {
        let page = fs::read_to_string(root().join(name)).expect("the page is there");
        assert_file(name, &played(&page));
    }
}

#[test]
fn every_verb_that_the_readme_names_exists() {
    let page = fs::read_to_string(root().join("README.md")).expect("the page is there");
    let mut verbs: Vec<&str> = page
        .split("`accel-studio ")
        .skip(1)
        .filter_map(|rest| rest.split([' ', '`', '\n']).next())
        .filter(|verb| verb.chars().all(|char| char.is_ascii_lowercase()))
        .collect();
    verbs.sort_unstable();
    verbs.dedup();
    assert!(verbs.contains(&"validate") && verbs.contains(&"init"), "{verbs:?}");
    for verb in verbs {
        let run = Room::new().run(&[verb, "--help"]);
        assert!(
            run.stdout.contains(&format!("Usage: accel-studio {verb}")),
            "{verb}: {}{}",
            run.stdout,
            run.stderr
        );
    }
}

#[test]
fn the_readme_s_files_and_pictures_are_there() {
    let page = fs::read_to_string(root().join("README.md")).expect("the page is there");
    for link in page.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
        if !link.starts_with("https://") {
            assert!(root().join(link).is_file(), "README.md links to {link}");
        }
    }
}

#[test]
fn the_yaml_of_the_readme_is_yaml() {
    let page = fs::read_to_string(root().join("README.md")).expect("the page is there");
    let blocks: Vec<&str> =
        page.split("```yaml").skip(1).filter_map(|rest| rest.split("```").next()).collect();
    assert!(blocks.iter().any(|block| block.contains("codequality:")), "{} blocks", blocks.len());
    for block in blocks {
        let (_, text) = block.split_once('\n').expect("a block has lines");
        let read: Result<serde_yaml::Value, _> = serde_yaml::from_str(text);
        assert!(read.is_ok(), "{read:?}\n{text}");
    }
}

#[test]
fn the_settings_of_the_readme_are_settings() {
    let page = fs::read_to_string(root().join("README.md")).expect("the page is there");
    let block = page.split("```yaml accel-studio.yaml\n").nth(1).and_then(|rest| rest.split("```").next());
    let settings =
        accel_studio::settings::Settings::parse(block.expect("the block")).expect("it is in order");
    let complaints: Vec<String> = accel_studio::rules::complaints(&settings.rules).collect();
    assert_eq!(complaints, [""; 0]);
}
