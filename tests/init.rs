//! A new config: from a preset, from proposals, and from questions on a real terminal.

use std::io::{Read, Write};
use std::num::NonZero;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use accel_studio::schema::{self, Platform, Release};
use portable_pty::{CommandBuilder, PtySize, native_pty_system};

use crate::hardware::driver;
use crate::harness::picture::assert_file;
use crate::harness::run::{Room, program};

/// Runs without GPUs, whatever the machine of the test has.
fn room() -> Room {
    Room::new().variable("CUDA_VISIBLE_DEVICES", "")
}

#[test]
fn a_preset_is_written_as_it_is() {
    let room = room();
    let run = room.run(&["init", "--preset", "zero3", "-o", "zero3.yaml"]);
    assert_eq!((run.code, run.stdout.as_str()), (0, ""), "{}", run.stderr);
    assert_eq!(room.read("zero3.yaml"), include_str!("../presets/zero3.yaml"));
    assert!(run.stderr.contains("accelerate launch --config_file zero3.yaml"), "{}", run.stderr);
}

#[test]
fn settings_change_a_preset_and_keep_its_comments() {
    let run = room().run(&[
        "init",
        "--preset",
        "zero2",
        "-o",
        "-",
        "--set",
        "num_processes=4",
        "--set",
        "main_process_port=29501",
        "--set",
        "gradient_clipping=",
    ]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert!(run.stdout.contains("num_processes: 4 # one for each GPU\n"), "{}", run.stdout);
    assert!(run.stdout.contains("main_process_port: 29501\n"), "{}", run.stdout);
    assert!(!run.stdout.contains("gradient_clipping"), "{}", run.stdout);
    assert!(run.stdout.starts_with("# DeepSpeed ZeRO-2"), "{}", run.stdout);
}

/// What the wizard makes of each way of training; `loader.rs` knows that Accelerate launches them.
#[test]
fn every_way_of_training_is_made_from_suggestions() {
    let kinds = schema::field("distributed_type").expect("it has a row");
    for kind in kinds.choices(Release::LATEST, Platform::Local) {
        let (distribution, count) = (format!("distributed_type={}", kind.word), "num_processes=8");
        let mut arguments = vec!["init", "--yes", "-o", "-", "--set", &distribution];
        if kind.word != "NO" {
            arguments.extend(["--set", count]);
        }
        let run = room().run(&arguments);
        assert_eq!((run.code, run.stderr.as_str()), (0, ""), "{}", kind.word);
        assert_file(&format!("tests/fixtures/configs/made/{}.yaml", kind.word.to_lowercase()), &run.stdout);
    }
}

#[test]
fn a_file_is_never_replaced_unasked() {
    let room = room().file("a.yaml", "debug: true\n");
    let run = room.run(&["init", "--preset", "cpu", "-o", "a.yaml"]);
    assert_eq!(run.code, 2);
    assert!(
        run.stderr.contains("`a.yaml` is there already") && run.stderr.contains("--force"),
        "{}",
        run.stderr
    );
    assert_eq!(room.read("a.yaml"), "debug: true\n");
    assert_eq!(room.run(&["init", "--preset", "cpu", "-o", "a.yaml", "--force"]).code, 0);
    assert_eq!(room.read("a.yaml"), include_str!("../presets/cpu.yaml"));
}

#[test]
fn yes_takes_what_fits_the_machine() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    driver(folder.path(), 4, 0);
    let library = folder.path().to_str().expect("the path is text");
    let run = Room::new().variable("LD_LIBRARY_PATH", library).run(&["init", "--yes", "-o", "-"]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert!(run.stdout.contains("distributed_type: MULTI_GPU\nnum_processes: 4\n"), "{}", run.stdout);
    let run = room().variable("LD_LIBRARY_PATH", library).run(&["init", "--yes", "-o", "-"]);
    assert!(run.stdout.contains("use_cpu: true\n"), "hidden GPUs do not count: {}", run.stdout);
}

#[test]
fn without_a_terminal_it_says_what_to_do() {
    let run = room().run(&["init"]);
    assert_eq!(run.code, 2);
    assert!(run.stderr.contains("--preset NAME or --yes"), "{}", run.stderr);
    let run = room().run(&["init", "--yes", "--set", "distributed_type=FSDP"]);
    assert_eq!(run.code, 2);
    assert!(run.stderr.contains("`num_processes` is needed"), "{}", run.stderr);
}

#[test]
fn words_that_are_wrong_are_answered_with_the_right_ones() {
    let told = |arguments: &[&str]| {
        let run = room().run(arguments);
        assert_eq!(run.code, 2, "{}", run.stderr);
        run.stderr
    };
    assert!(told(&["init", "--preset", "zero4"]).contains("did you mean `zero3`?"));
    assert!(
        told(&["init", "--yes", "--set", "mixed_precison=no"]).contains("did you mean `mixed_precision`?")
    );
    assert!(told(&["init", "--yes", "-o", "a.json"]).contains("ends in .yaml"));
    assert!(told(&["presets", "ddp"]).contains("`accel-studio presets` lists them"));
}

#[test]
fn presets_are_listed_and_printed() {
    let list = room().run(&["presets"]).stdout;
    assert!(list.contains("zero3-offload       DeepSpeed ZeRO-3 with CPU offload\n"), "{list}");
    assert_eq!(room().run(&["init", "--preset", "help"]).stdout, list);
    assert_eq!(room().run(&["presets", "fsdp2"]).stdout, include_str!("../presets/fsdp2.yaml"));
}

#[test]
fn shells_learn_the_verbs() {
    for shell in ["bash", "zsh", "fish"] {
        let run = room().run(&["completions", shell]);
        assert!(run.code == 0 && run.stdout.contains("validate"), "{shell}: {}", run.stderr);
    }
}

const ROWS: NonZero<u16> = NonZero::new(24).expect("not zero");
const COLUMNS: NonZero<u16> = NonZero::new(80).expect("not zero");

/// The program on a terminal of its own, 80 columns by 24 rows.
struct Session {
    screen: Arc<Mutex<vt100::Parser>>,
    keys: Box<dyn Write + Send>,
    child: Box<dyn portable_pty::Child + Send + Sync>,
    _terminal: Box<dyn portable_pty::MasterPty + Send>,
}

impl Session {
    fn start(room: &Room, arguments: &[&str]) -> Session {
        let size = PtySize { rows: ROWS.get(), cols: COLUMNS.get(), pixel_width: 0, pixel_height: 0 };
        let pair = native_pty_system().openpty(size).expect("the system has pseudo-terminals");
        let mut command = CommandBuilder::new(program());
        command.args(arguments);
        command.cwd(room.path(""));
        command.env_clear();
        command.env("TERM", "xterm-256color");
        command.env("CUDA_VISIBLE_DEVICES", "");
        let child = pair.slave.spawn_command(command).expect("the program starts");
        let screen = Arc::new(Mutex::new(vt100::Parser::new(ROWS, COLUMNS, 0)));
        let mut output = pair.master.try_clone_reader().expect("the terminal can be read");
        let shared = Arc::clone(&screen);
        thread::spawn(move || {
            let mut bytes = [0; 4096];
            while let Ok(count @ 1..) = output.read(&mut bytes) {
                shared.lock().expect("nobody panics with the screen").process(&bytes[..count]);
            }
        });
        let keys = pair.master.take_writer().expect("the terminal can be written");
        Session { screen, keys, child, _terminal: pair.master }
    }

    fn picture(&self) -> String {
        self.screen.lock().expect("nobody panics with the screen").screen().contents()
    }

    /// Waits until the screen shows a text. The limit only ends a test that has failed anyway.
    fn see(&self, text: &str) {
        let limit = Instant::now() + Duration::from_secs(30);
        while !self.picture().contains(text) {
            assert!(Instant::now() < limit, "no {text:?} on the screen:\n{}", self.picture());
            thread::sleep(Duration::from_millis(5));
        }
    }

    fn press(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).and_then(|()| self.keys.flush()).expect("the keys are taken");
    }

    fn end(mut self) -> u32 {
        self.child.wait().expect("the program ends").exit_code()
    }
}

const ENTER: &str = "\r";
const ESC: &str = "\x1b";

#[test]
fn questions_on_a_terminal_go_forth_and_back() {
    let room = room();
    let mut session = Session::start(&room, &["init", "-o", "mine.yaml"]);
    session.see("Where will the training run?");
    session.press(ENTER);
    session.see("How should the training be spread");
    session.press("FSDP");
    session.see("> FSDP");
    session.press(ENTER);
    session.see("How many machines take part?");
    session.press(ESC);
    session.see("<canceled>");
    session.see("? How should the training be spread");
    session.press("MULTI_GPU");
    session.see("> MULTI_GPU");
    session.press(ENTER);
    session.see("How many machines take part? 1");
    session.press(ENTER);
    session.see("How many processes in total");
    session.press("none\r");
    session.see("type an integer of at least 1");
    session.press("\x7f\x7f\x7f\x7f2\r");
    session.see("In which number format");
    session.press(ENTER);
    session.see("Which GPUs of this machine");
    session.press(ENTER);
    session.see("Anything special?");
    session.see("Basics: check exchanges");
    session.press(ENTER);
    session.see("This is your config.");
    session.see("num_processes: 2");
    session.press(ENTER);
    assert_eq!(session.end(), 0);
    assert_eq!(
        room.read("mine.yaml"),
        "compute_environment: LOCAL_MACHINE\ndistributed_type: MULTI_GPU\nnum_processes: 2\n\
         mixed_precision: bf16\nnum_machines: 1\n"
    );
}

#[test]
fn ctrl_c_writes_nothing() {
    let room = room();
    let mut session = Session::start(&room, &["init", "-o", "mine.yaml"]);
    session.see("Where will the training run?");
    session.press("\x03");
    session.see("stopped; nothing was written");
    assert_eq!(session.end(), 2);
    assert!(!room.path("mine.yaml").exists());
}
