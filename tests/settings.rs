//! A project's own wishes: `accel-studio.yaml`.

use crate::harness::run::Room;

const CONFIG: &str = "distributed_type: MULTI_GPU\nnum_processes: 010\n";

fn room() -> Room {
    Room::new().file("configs/a.yaml", CONFIG)
}

#[test]
fn rules_are_silenced_and_weighed_from_the_folder_above() {
    assert!(room().run(&["validate", "configs/a.yaml"]).stdout.contains("warning[types/octal]"));
    let silent = room().file("accel-studio.yaml", "rules: {ignore: [types/octal]}\n");
    let run = silent.run(&["validate", "configs/a.yaml"]);
    assert!(run.code == 0 && !run.stdout.contains("octal"), "{}", run.stdout);
    let strict = room().file("accel-studio.yaml", "rules: {severity: {types/octal: error}}\n");
    let run = strict.run(&["validate", "configs"]);
    assert!(run.code == 1 && run.stdout.contains("error[types/octal]"), "{}", run.stdout);
}

#[test]
fn a_project_decides_what_fails() {
    let run = room().file("accel-studio.yaml", "fail_on: warning\n").run(&["validate", "configs"]);
    assert_eq!(run.code, 1, "{}", run.stderr);
    let strict = room().file("accel-studio.yaml", "fail_on: warning\n");
    assert_eq!(strict.run(&["validate", "configs", "--fail-on", "error"]).code, 0, "the flag beats the file");
}

#[test]
fn a_project_names_its_release() {
    let config = "distributed_type: FSDP\nnum_processes: 8\nfsdp_config:\n  fsdp_version: 2\n\
                  parallelism_config:\n  parallelism_config_dp_shard_size: 8\n";
    let old = Room::new().file("a.yaml", config).file("accel-studio.yaml", "accelerate: 1.4\n");
    let run = old.run(&["validate", "a.yaml"]);
    assert!(run.code == 1 && run.stdout.contains("parallelism_config"), "{}{}", run.stdout, run.stderr);
    assert_eq!(Room::new().file("a.yaml", config).run(&["validate", "a.yaml"]).code, 0);
}

#[test]
fn mistakes_in_the_settings_are_told_with_their_place() {
    let run = room().file("accel-studio.yaml", "fail_on: warning\nrulez: {}\n").run(&["validate", "configs"]);
    assert_eq!(run.code, 2);
    assert!(run.stderr.contains("accel-studio.yaml:2:1: unknown field `rulez`"), "{}", run.stderr);
    let run = room().file("accel-studio.yaml", "rules: {ignore: [types/octl]}\n").run(&["settings"]);
    assert!(run.code == 2 && run.stderr.contains("did you mean `types/octal`?"), "{}", run.stderr);
}

#[test]
fn settings_are_shown_with_their_origin() {
    let run = room().run(&["settings"]);
    assert_eq!(
        run.stdout,
        "# no accel-studio.yaml in this folder or above it: the defaults\naccelerate: '1.15'\nfail_on: error\n"
    );
    let room = room().file("accel-studio.yaml", "rules: {ignore: [types/octal]}\n");
    let run = room.run(&["settings", "configs"]);
    assert!(run.stdout.starts_with("# from ") && run.stdout.contains("  - types/octal\n"), "{}", run.stdout);
    let again = Room::new().file("accel-studio.yaml", &run.stdout).run(&["settings"]);
    assert_eq!(
        again.stdout.lines().skip(1).collect::<Vec<_>>(),
        run.stdout.lines().skip(1).collect::<Vec<_>>()
    );
}
