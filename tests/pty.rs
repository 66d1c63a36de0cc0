//! The studio in a real terminal: what only a terminal can show.

#![cfg(unix)]

use std::path::Path;
use std::thread;
use std::time::Duration;

use crate::harness::pty::Terminal;
use crate::harness::run::{Room, program};

const FILE: &str =
    "# ours\ndistributed_type: MULTI_GPU\nnum_processes: 2 # per machine\nmixed_precision: bf16\n";
const USUAL: (u16, u16) = (80, 24);

fn room() -> Room {
    Room::new().file("a.yaml", FILE)
}

fn opens(room: &Room, variables: &[(&str, &str)]) -> Terminal {
    let terminal = Terminal::starts(program(), &["a.yaml"], &room.path(""), variables, USUAL);
    terminal.waits_for("Training type");
    terminal
}

#[test]
fn an_edit_is_saved_with_every_comment() {
    let room = room();
    let mut terminal = opens(&room, &[]);
    terminal.types("/num_processes\r");
    terminal.waits_for("normally one per GPU");
    terminal.types("\r\x7f16\r");
    terminal.waits_for("modified");
    terminal.types("s");
    terminal.waits_for("+ num_processes: 16");
    terminal.types("\r");
    terminal.waits_for("saved");
    terminal.types("q");
    assert_eq!(terminal.ends(), 0);
    terminal.must_be_restored();
    assert_eq!(room.read("a.yaml"), FILE.replace(": 2 ", ": 16 "));
}

#[test]
fn control_c_leaves_and_restores_the_terminal() {
    let room = room();
    let mut terminal = opens(&room, &[]);
    terminal.types("\x03");
    assert_eq!(terminal.ends(), 0);
    terminal.must_be_restored();
}

#[test]
fn signals_restore_the_terminal_and_say_what_is_lost() {
    for (signal, code) in [("TERM", 143), ("HUP", 129)] {
        let room = room();
        let mut terminal = opens(&room, &[]);
        terminal.types("x");
        terminal.kill(signal);
        assert_eq!(terminal.ends(), code, "{signal}");
        terminal.must_be_restored();
        terminal.waits_for("ended by signal");
    }
}

#[test]
fn a_panic_restores_the_terminal_before_it_speaks() {
    let room = room();
    let this = std::env::current_exe().expect("the tests are a program");
    let arguments = ["--exact", "pty::a_studio_that_panics", "--ignored", "--nocapture"];
    let mut terminal = Terminal::starts(&this, &arguments, &room.path(""), &[], USUAL);
    terminal.waits_for("Training type");
    terminal.waits_for("on purpose");
    assert_eq!(terminal.ends(), 101);
    terminal.must_be_restored();
}

/// Not a test of its own: the one above runs it in a terminal.
#[test]
#[ignore = "needs a terminal and panics"]
fn a_studio_that_panics() {
    let panics = || {
        // Long enough for the first frame to be seen.
        thread::sleep(Duration::from_secs(2));
        let has_panicked = thread::spawn(|| panic!("on purpose")).join().is_err();
        std::process::exit(if has_panicked { 101 } else { 0 });
    };
    thread::spawn(panics);
    let end =
        accel_studio::studio::open(Some(Path::new("a.yaml")), None, accel_studio::studio::Around::default());
    assert!(end.is_ok(), "{end:?}");
}

#[test]
fn colour_is_used_unless_it_is_not_wanted() {
    let room = room();
    assert!(opens(&room, &[]).has_colour());
    assert!(!opens(&room, &[("NO_COLOR", "1")]).has_colour());
}

#[test]
fn ascii_is_used_where_the_locale_has_no_unicode() {
    let room = room();
    let terminal = opens(&room, &[("LANG", "C")]);
    assert!(terminal.contents().is_ascii(), "{}", terminal.contents());
}

#[test]
fn a_resize_is_drawn_at_once() {
    let room = room();
    let mut terminal = opens(&room, &[]);
    assert!(!terminal.contents().contains("# ours"));
    terminal.resizes(160, 50);
    terminal.waits_for("# ours");
    terminal.resizes(20, 5);
    terminal.waits_for("needs 34x9");
    terminal.resizes(80, 24);
    terminal.waits_for("Training type");
    terminal.types("q");
    assert_eq!(terminal.ends(), 0);
}

#[test]
fn the_terminal_is_lent_to_an_editor_and_taken_back() {
    let editor = "#!/bin/sh\nstty -a > settings.txt\nread -r line\nprintf '%s\\n' \"$line\" >> \"$1\"\n";
    let room = room().file("editor.sh", editor);
    let run = format!("sh {}", room.path("editor.sh").display());
    let mut terminal = opens(&room, &[("EDITOR", &run)]);
    terminal.types("e");
    terminal.waits_until("the main screen", |parser| !parser.screen().alternate_screen());
    terminal.types("debug: true\r");
    terminal.waits_for("taken over");
    terminal.types("s");
    terminal.waits_for("+ debug: true");
    terminal.types("\rq");
    assert_eq!(terminal.ends(), 0);
    terminal.must_be_restored();
    assert_eq!(room.read("a.yaml"), format!("{FILE}debug: true\n"));
    let settings = room.read("settings.txt");
    assert!(settings.contains(" echo ") && settings.contains(" icanon "), "{settings}");
}

#[test]
fn without_a_terminal_it_says_what_to_use_instead() {
    let room = room();
    let run = room.run(&["a.yaml"]);
    assert_eq!((run.code, run.stdout.as_str()), (2, ""));
    assert!(run.stderr.contains("the studio needs a terminal"), "{}", run.stderr);
    assert!(run.stderr.contains("accel-studio validate"), "{}", run.stderr);
}

#[test]
fn a_file_that_cannot_be_read_is_told_before_the_screen_changes() {
    let room = Room::new();
    let mut terminal = Terminal::starts(program(), &["."], &room.path(""), &[], USUAL);
    assert_eq!(terminal.ends(), 2);
    terminal.waits_for("is a folder");
    terminal.must_be_restored();
}

#[test]
fn the_settings_of_the_project_count() {
    let room = room().file("a.yaml", "distributed_type: NO\n");
    let quiet = Room::new()
        .file("a.yaml", "distributed_type: NO\n")
        .file("accel-studio.yaml", "rules:\n  ignore: [types/unquoted-type]\n");
    opens(&room, &[]).waits_for("without quotes");
    opens(&quiet, &[]).waits_for("no findings");
}
