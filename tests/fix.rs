//! `fix`: what is repaired, what is left, and what is never touched.

use crate::harness::run::Room;

const BROKEN: &str = "# mine\r\ndistributed_type: MULTI_GPU   # keep\r\nmixed_precision: no # trap\r\n\r\ngpu_ids: [0, 1]\r\nnum_processes: 2";

#[test]
fn by_default_it_shows_a_diff_and_writes_nothing() {
    let room = Room::new().file("a.yaml", BROKEN);
    let run = room.run(&["fix", "a.yaml"]);
    assert_eq!(run.code, 1);
    assert!(run.stdout.contains("-mixed_precision: no # trap\r\n"), "{}", run.stdout);
    assert!(run.stdout.contains("+mixed_precision: 'no' # trap\r\n"), "{}", run.stdout);
    assert_eq!(run.stderr, "2 repairs in 1 file; add `--write` to make them\n");
    assert_eq!(room.read("a.yaml"), BROKEN);
}

#[test]
fn writing_changes_only_what_is_wrong() {
    let room = Room::new().file("a.yaml", BROKEN);
    let run = room.run(&["fix", "--write", "a.yaml"]);
    assert_eq!(run.code, 0, "{run:?}");
    let expected = BROKEN.replace(": no #", ": 'no' #").replace("[0, 1]", "'0,1'");
    assert_eq!(room.read("a.yaml"), expected);
    assert_eq!(room.run(&["validate", "a.yaml"]).code, 0);
    assert_eq!(run.stderr, "2 repairs made in 1 file\n");
}

#[test]
fn the_diff_is_one_that_patch_understands() {
    let room = Room::new().file("a.yaml", "distributed_type: NO\nnum_processes: 1\n");
    let run = room.run(&["fix", "--diff", "a.yaml"]);
    let expected = "--- a/a.yaml\n+++ b/a.yaml\n@@ -1,2 +1,2 @@\n-distributed_type: NO\n+distributed_type: 'NO'\n num_processes: 1\n";
    assert_eq!(run.stdout, expected);
}

#[test]
fn what_needs_a_decision_is_left() {
    let text = "distributed_type: MULTI_GPU\nnum_processes: 2\nfrac_gpu_memory: 0.5\n";
    let room = Room::new().file("a.yaml", text);
    let run = room.run(&["fix", "--write", "a.yaml"]);
    assert_eq!(run.code, 1);
    assert_eq!(run.stderr, "nothing to repair; 1 error left for you: see `accel-studio validate`\n");
    assert_eq!(room.read("a.yaml"), text);
}

#[test]
fn tabs_become_spaces_and_then_the_rest_is_repaired() {
    let text = "distributed_type: FSDP\nnum_processes: 2\nfsdp_config:\n\tfsdp_version: 2\n\tfsdp-offload-params: true\n";
    let room = Room::new().file("a.yaml", text);
    assert_eq!(room.run(&["fix", "-w", "a.yaml"]).code, 0);
    assert!(room.read("a.yaml").ends_with("fsdp_config:\n  fsdp_version: 2\n  fsdp_offload_params: true\n"));
}

#[test]
fn standard_input_becomes_standard_output() {
    let room = Room::new().stdin("distributed_type: NO\nnum_processes: 1\n");
    let run = room.run(&["fix", "--write", "-"]);
    assert_eq!((run.code, run.stdout.as_str()), (0, "distributed_type: 'NO'\nnum_processes: 1\n"));
}

#[test]
fn a_clean_file_is_not_even_opened_for_writing() {
    let room = Room::new().file("a.yaml", "distributed_type: MULTI_GPU\nnum_processes: 2\n");
    let before = std::fs::metadata(room.path("a.yaml")).and_then(|about| about.modified()).expect("a time");
    let run = room.run(&["fix", "--write", "a.yaml"]);
    let after = std::fs::metadata(room.path("a.yaml")).and_then(|about| about.modified()).expect("a time");
    assert_eq!((run.code, before), (0, after));
}

#[test]
fn a_missing_file_does_not_stop_the_others() {
    let room = Room::new().file("a.yaml", "distributed_type: NO\nnum_processes: 1\n");
    let run = room.run(&["fix", "--write", "gone.yaml", "a.yaml"]);
    assert_eq!(run.code, 2);
    assert!(run.stderr.contains("there is no file `gone.yaml`"), "{}", run.stderr);
    assert!(room.read("a.yaml").starts_with("distributed_type: 'NO'"));
}

#[test]
fn a_file_that_is_not_utf8_stays_as_it_is() {
    let bytes: &[u8] = b"distributed_type: NO # f\xfcr\n";
    let room = Room::new().file("a.yaml", bytes);
    assert_eq!(room.run(&["fix", "--write", "a.yaml"]).code, 1);
    assert_eq!(room.bytes("a.yaml"), bytes);
}
