//! A new config: from a preset, from proposals, and from questions on a real terminal.

use accel_studio::schema::{self, Platform, Release};

use crate::harness::machine;
use crate::harness::picture::assert_file;
use crate::harness::pty::Terminal;
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
        // Without a host file one of the eight would be started.
        if kind.word == "MULTI_CPU" {
            arguments.extend(["--set", "mpirun_hostfile=hosts"]);
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
    let run = machine::room("gpus=4").run(&["init", "--yes", "-o", "-"]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert!(run.stdout.contains("distributed_type: MULTI_GPU\nnum_processes: 4\n"), "{}", run.stdout);
    let run = machine::room("gpus=4").variable("CUDA_VISIBLE_DEVICES", "").run(&["init", "--yes", "-o", "-"]);
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

/// Starts the program on a terminal of 80 columns and 24 rows.
fn terminal(room: &Room, arguments: &[&str]) -> Terminal {
    Terminal::starts(program(), arguments, &room.path(""), &[("CUDA_VISIBLE_DEVICES", "")], (80, 24))
}

const ENTER: &str = "\r";
const ESC: &str = "\x1b";

#[test]
fn questions_on_a_terminal_go_forth_and_back() {
    let room = room();
    let mut person = terminal(&room, &["init", "-o", "mine.yaml"]);
    person.waits_for("Where will the training run?");
    person.types(ENTER);
    person.waits_for("How should the training be spread");
    person.types("FSDP");
    person.waits_for("> FSDP");
    person.types(ENTER);
    person.waits_for("How many machines take part?");
    person.types(ESC);
    person.waits_for("<canceled>");
    person.waits_for("? How should the training be spread");
    person.types("MULTI_GPU");
    person.waits_for("> MULTI_GPU");
    person.types(ENTER);
    person.waits_for("How many machines take part? 1");
    person.types(ENTER);
    person.waits_for("How many processes in total");
    person.types("none\r");
    person.waits_for("type an integer of at least 1");
    person.types("\x7f\x7f\x7f\x7f2\r");
    person.waits_for("In which number format");
    person.types(ENTER);
    person.waits_for("Which GPUs of this machine");
    person.types(ENTER);
    person.waits_for("Anything special?");
    person.waits_for("Basics: check exchanges");
    person.types(ENTER);
    person.waits_for("This is your config.");
    person.waits_for("num_processes: 2");
    person.types(ENTER);
    assert_eq!(person.ends(), 0);
    person.must_be_restored();
    assert_eq!(
        room.read("mine.yaml"),
        "compute_environment: LOCAL_MACHINE\ndistributed_type: MULTI_GPU\nnum_processes: 2\n\
         mixed_precision: bf16\nnum_machines: 1\n"
    );
}

#[test]
fn ctrl_c_writes_nothing() {
    let room = room();
    let mut person = terminal(&room, &["init", "-o", "mine.yaml"]);
    person.waits_for("Where will the training run?");
    person.types("\x03");
    person.waits_for("stopped; nothing was written");
    assert_eq!(person.ends(), 2);
    person.must_be_restored();
    assert!(!room.path("mine.yaml").exists());
}
