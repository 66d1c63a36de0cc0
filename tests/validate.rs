//! `validate`: what a person sees, and the exit code.

use crate::harness::picture::assert_picture;
use crate::harness::run::Room;

const FINE: &str = "distributed_type: MULTI_GPU\nnum_processes: 2\n";
const WRONG: &str = "distributed_type: MULTI_GPU\nmixed_precision: no\nnum_processes: 2\n";
const WARNED: &str = "distributed_type: MULTI_GPU\nnum_processes: 2\nnum_processes: 8\n";

#[test]
fn a_clean_file_is_said_to_be_clean() {
    let run = Room::new().file("a.yaml", FINE).run(&["validate", "a.yaml"]);
    assert_eq!((run.code, run.stdout.as_str(), run.stderr.as_str()), (0, "1 file: nothing to report\n", ""));
}

#[test]
fn an_error_names_file_line_column_and_rule() {
    let run = Room::new().file("a.yaml", WRONG).run(&["validate", "a.yaml"]);
    assert_eq!(run.code, 1);
    assert!(run.stdout.starts_with("a.yaml:2:18: error[types/unquoted-no]: "), "{}", run.stdout);
    assert!(run.stdout.ends_with("1 error in 1 file; 1 fixable with `accel-studio fix`\n"), "{}", run.stdout);
}

#[test]
fn fail_on_decides_the_exit_code() {
    let room = Room::new().file("a.yaml", WARNED);
    assert_eq!(room.run(&["validate", "a.yaml"]).code, 0);
    assert_eq!(room.run(&["validate", "--fail-on", "warning", "a.yaml"]).code, 1);
    let room = Room::new().file("a.yaml", WRONG);
    assert_eq!(room.run(&["validate", "--fail-on", "never", "a.yaml"]).code, 0);
}

#[test]
fn hints_are_shown_when_asked_for() {
    let room =
        Room::new().file("a.yaml", "distributed_type: MULTI_GPU\nnum_processes: 2\ngpu_ids: \"0, 1\"\n");
    assert!(!room.run(&["validate", "a.yaml"]).stdout.contains("hint["));
    assert!(room.run(&["validate", "--hints", "a.yaml"]).stdout.contains("hint[gpu-ids/spaces]"));
    let strict = room.run(&["validate", "--fail-on", "hint", "a.yaml"]);
    assert!(strict.code == 1 && strict.stdout.contains("hint[gpu-ids/spaces]"), "{strict:?}");
}

#[test]
fn quiet_leaves_the_summary_out() {
    let run = Room::new().file("a.yaml", FINE).run(&["validate", "--quiet", "a.yaml"]);
    assert_eq!((run.code, run.stdout.as_str()), (0, ""));
}

#[test]
fn a_missing_file_is_an_error_and_the_others_are_still_checked() {
    let run = Room::new().file("a.yaml", WRONG).run(&["validate", "gone.yaml", "a.yaml"]);
    assert_eq!(run.code, 2);
    assert!(run.stderr.starts_with("accel-studio: there is no file `gone.yaml`"), "{}", run.stderr);
    assert!(run.stdout.contains("a.yaml:2:18: error"), "{}", run.stdout);
}

#[test]
fn a_folder_is_searched_and_foreign_yaml_passed_over() {
    let room = Room::new()
        .file("configs/b.yaml", WRONG)
        .file("configs/deep/a.yml", FINE)
        .file("configs/compose.yaml", "services:\n  web:\n    image: nginx\n")
        .file("configs/ds.json", "{\"zero_optimization\": {\"stage\": 2}, \"train_batch_size\": 8}")
        .file("configs/trainer.json", "{\"deepspeed\": {\"zero_optimization\": {\"stage\": 9}}}")
        .file("configs/.hidden/c.yaml", WRONG)
        .file("configs/notes.txt", WRONG);
    let run = room.run(&["validate", "configs"]);
    assert_eq!(run.code, 1);
    assert_eq!(run.stdout.lines().filter(|line| line.contains("error[")).count(), 1, "{}", run.stdout);
    assert!(run.stdout.contains("1 error in 3 files"), "{}", run.stdout);
}

#[test]
fn without_arguments_this_folder_is_searched() {
    let run = Room::new().file("accelerate.yaml", WRONG).run(&["validate"]);
    assert!(run.code == 1 && run.stdout.starts_with("accelerate.yaml:2:18: "), "{run:?}");
}

#[test]
fn a_folder_without_configs_says_so() {
    let run = Room::new().file("notes.txt", "").run(&["validate"]);
    assert_eq!(run.code, 2);
    assert_eq!(
        run.stderr,
        "accel-studio: there is no Accelerate config in this folder; name a file to check it anyway\n"
    );
}

#[test]
fn a_named_foreign_file_is_one_finding() {
    let run = Room::new()
        .file("compose.yaml", "services:\n  web:\n    image: nginx\nvolumes: {}\n")
        .run(&["validate", "compose.yaml"]);
    assert_eq!(run.code, 1);
    assert!(run.stdout.starts_with("compose.yaml:1:1: error[file/not-a-config]: "), "{}", run.stdout);
    assert!(run.stdout.contains("1 error in 1 file"), "{}", run.stdout);
}

#[test]
fn standard_input_is_read_under_the_name_it_is_given() {
    let room = Room::new().stdin(WRONG);
    let run = room.run(&["validate", "-"]);
    assert!(run.code == 1 && run.stdout.starts_with("<stdin>:2:18: error["), "{run:?}");
    let json = Room::new().stdin("{\"distributed_type\": \"MULTI_GPU\",}");
    let run = json.run(&["validate", "--stdin-name", "a.json", "-"]);
    assert!(run.stdout.starts_with("a.json:1:33: error[json/syntax]"), "{}", run.stdout);
}

#[test]
fn many_files_are_reported_in_their_order() {
    let names: Vec<String> = (0..40).map(|number| format!("c{number:02}.yaml")).collect();
    let room = names.iter().fold(Room::new(), |room, name| room.file(name, WRONG));
    let mut arguments = vec!["validate"];
    arguments.extend(names.iter().map(String::as_str));
    let run = room.run(&arguments);
    let order: Vec<&str> =
        run.stdout.lines().filter_map(|line| line.split_once(":2:18: ")).map(|pair| pair.0).collect();
    assert_eq!(order, names);
}

#[test]
fn bad_bytes_never_break_it() {
    let nested = "[".repeat(10_000);
    let cases: [(&str, &[u8]); 8] = [
        ("empty.yaml", b""),
        ("latin1.yaml", b"a: f\xfcr\n"),
        ("nul.yaml", b"distributed_type: \x00\n"),
        ("bom.json", b"\xef\xbb\xbf{}"),
        ("cycle.yaml", b"a: &a [*a]\n"),
        ("deep.yaml", nested.as_bytes()),
        ("tab.yaml", b"a:\n\tb: 1\n"),
        ("escape.yaml", b"distributed_type: \"\\e[2J\"\nfoo\x1b[31m: 1\n"),
    ];
    for (name, bytes) in cases {
        let run = Room::new().file(name, bytes).run(&["validate", "--format", "pretty", name]);
        assert_eq!(run.code, 1, "{name}: {run:?}");
        assert!(run.stdout.contains(name) && !run.stdout.contains('\u{1b}'), "{name}: {}", run.stdout);
    }
}

#[test]
fn projects_can_silence_and_weigh_rules() {
    let room = Room::new()
        .file("a.yaml", WRONG)
        .file("sub/b.yaml", WARNED)
        .file("accel-studio.yaml", "fail_on: warning\nrules:\n  ignore: [types/unquoted-no]\n");
    assert_eq!(room.run(&["validate", "a.yaml"]).code, 0);
    assert_eq!(room.run(&["validate", "sub/b.yaml"]).code, 1);
    assert_eq!(room.run(&["validate", "--fail-on", "error", "sub/b.yaml"]).code, 0);
}

#[test]
fn a_rule_that_does_not_exist_is_no_silent_wish() {
    let room =
        Room::new().file("a.yaml", FINE).file("accel-studio.yaml", "rules:\n  ignore: [types/nonsense]\n");
    let run = room.run(&["validate", "a.yaml"]);
    assert!(run.code == 2 && run.stderr.contains("there is no rule `types/nonsense`"), "{run:?}");
}

#[test]
fn older_releases_know_less() {
    let room =
        Room::new().file("a.yaml", "distributed_type: FSDP\nnum_processes: 2\nparallelism_config: {}\n");
    assert_eq!(room.run(&["validate", "a.yaml"]).code, 0);
    let run = room.run(&["validate", "--accelerate", "1.9", "a.yaml"]);
    assert!(run.code == 1 && run.stdout.contains("needs accelerate 1.10 or newer"), "{run:?}");
    let text = "distributed_type: FSDP\nnum_processes: 2\nfsdp_config:\n  fsdp_version: 2\n";
    let run = Room::new().file("a.yaml", text).run(&["validate", "--accelerate", "1.5", "a.yaml"]);
    assert!(run.code == 0 && run.stdout.contains("`fsdp_version` needs accelerate 1.6 or newer"), "{run:?}");
}

#[test]
fn a_closed_pipe_is_no_failure() {
    let room = Room::new().file("a.yaml", WARNED);
    let mut child = room
        .command(&["validate", "a.yaml"])
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .expect("the program starts");
    drop(child.stdout.take());
    let output = child.wait_with_output().expect("the program ends");
    assert_eq!((output.status.code(), output.stderr.as_slice()), (Some(0), b"".as_slice()));
}

#[test]
fn help_speaks_to_people() {
    let overview = Room::new().run(&["--help"]).stdout;
    assert!(overview.contains("Examples:\n") && overview.contains("  validate "), "{overview}");
    assert_picture("help-validate", &Room::new().run(&["validate", "--help"]).stdout);
    assert_picture("help-fix", &Room::new().run(&["fix", "--help"]).stdout);
}

#[test]
fn bad_usage_is_refused_with_advice() {
    let run = Room::new().run(&["validat"]);
    assert!(run.code == 2 && run.stderr.contains("validate"), "{run:?}");
    let run = Room::new().run(&["validate", "--fail-on", "warnings"]);
    assert!(run.code == 2 && run.stderr.contains("warning"), "{run:?}");
}

#[test]
fn matters_of_taste_wait_to_be_asked_for() {
    let text = "num_processes: 2\ndistributed_type: MULTI_GPU\n";
    let room = Room::new().file("a.yaml", text);
    let quiet = room.run(&["validate", "--hints", "a.yaml"]);
    assert!(!quiet.stdout.contains("taste/"), "{}", quiet.stdout);
    let asked = room.run(&["validate", "--hints", "--select", "default,taste", "a.yaml"]);
    assert!(asked.stdout.contains("hint[taste/key-order]"), "{}", asked.stdout);
    let project = room.file("accel-studio.yaml", "rules:\n  select: [default, taste]\n");
    assert!(project.run(&["validate", "--hints", "a.yaml"]).stdout.contains("taste/key-order"));
    let ignored = project.run(&["validate", "--hints", "--ignore", "taste", "a.yaml"]);
    assert!(!ignored.stdout.contains("taste/"), "{}", ignored.stdout);
}

#[test]
fn only_the_selected_rules_are_looked_for() {
    let room =
        Room::new().file("a.yaml", "distributed_type: MULTI_GPU\nnum_processes: 2\nfoo: 1\ngpu_ids: 0\n");
    let run = room.run(&["validate", "--select", "gpu-ids", "a.yaml"]);
    assert!(
        run.stdout.contains("gpu-ids/not-text") && !run.stdout.contains("keys/unknown"),
        "{}",
        run.stdout
    );
    let faulty = Room::new().file("a.yaml", "gpu_ids: \"0,1\n");
    assert_eq!(faulty.run(&["validate", "--select", "taste", "a.yaml"]).code, 1);
    let run = room.run(&["validate", "--select", "nonsense", "a.yaml"]);
    assert!(run.code == 2 && run.stderr.contains("there is no rule `nonsense`"), "{run:?}");
}
