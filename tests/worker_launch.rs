//! `launch --worker` with a worker that only says what it was told: plans, refusals, and what each rank sees.

use std::fs;

use serde_json::Value;

use crate::harness::run::{Room, Run};
use crate::harness::stand_in;

const FSDP: &str =
    "distributed_type: FSDP\nmixed_precision: bf16\nnum_processes: 2\nfsdp_config:\n  fsdp_version: 2\n";

/// A room with a libtorch and a worker that prints its arguments and its place among the ranks.
fn room() -> Room {
    let worker = "echo \"$1 rank $RANK of $WORLD_SIZE at $MASTER_ADDR with $OMP_NUM_THREADS\"\n\
                  cp \"$2\" \"told${RANK:-0}.json\"\n";
    stand_in::room(worker).file("fsdp.yaml", FSDP)
}

fn planned(room: &Room, words: &[&str]) -> Value {
    let run = room.run(&[&["launch", "--worker", "--dry-run", "--format", "json"], words].concat());
    assert_eq!(run.code, 0, "{}", run.stderr);
    serde_json::from_str(&run.stdout).expect("one JSON object")
}

fn refused(room: &Room, words: &[&str]) -> String {
    let Run { code, stdout, stderr } = room.run(&[&["launch", "--worker"], words].concat());
    assert_eq!((code, stdout.as_str()), (2, ""), "{stderr}");
    stderr
}

#[test]
fn every_rank_is_told_the_run_and_its_place() {
    let room = room();
    let run = room.run(&["launch", "--worker", "--steps", "7", "fsdp.yaml", "--num_processes", "3"]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    for rank in 0..3 {
        assert!(run.stdout.contains(&format!("train rank {rank} of 3 at 127.0.0.1")), "{}", run.stdout);
    }
    assert!(run.stderr.contains("no GPU: 3 ranks run on this machine's CPUs"), "{}", run.stderr);
    let told: Value = serde_json::from_str(&room.read("told0.json")).expect("JSON");
    assert_eq!(told["steps"], 7);
    assert_eq!(told["layout"]["sharded"], "everything");
    assert_eq!((&told["layout"]["world"], &told["layout"]["precision"]), (&3.into(), &"bf16".into()));
    let text = told["data"]["files"][0].as_str().expect("a path");
    assert!(!fs::exists(text).expect("a folder"), "the text goes with the job");
}

#[test]
fn the_runs_folder_keeps_what_was_told() {
    let room = room();
    let run = room.run(&["launch", "--worker", "--save-to", "out", "--data", "fsdp.yaml"]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    let kept: Value = serde_json::from_str(&room.read("out/run.json")).expect("JSON");
    assert_eq!(kept, serde_json::from_str::<Value>(&room.read("told0.json")).expect("JSON"));
    assert_eq!(kept["checkpoints"]["folder"], "out");
}

#[test]
fn a_config_of_accelerate_becomes_a_layout() {
    let room = room()
        .file(
            "zero.yaml",
            "distributed_type: DEEPSPEED\nmixed_precision: fp16\nnum_processes: 4\ndeepspeed_config:\n  zero_stage: 2\n  \
             gradient_accumulation_steps: 3\n  gradient_clipping: 0.5\n  offload_optimizer_device: cpu\n",
        )
        .file("cpu.yaml", "distributed_type: MULTI_CPU\nnum_processes: 2\nmixed_precision: 'no'\n");
    let zero = planned(&room, &["zero.yaml"]);
    let layout = &zero["run"]["layout"];
    assert_eq!((&layout["sharded"], &layout["world"]), (&"gradients".into(), &4.into()));
    assert_eq!((&layout["accumulation"], &layout["clipping"]), (&3.into(), &0.5.into()));
    assert_eq!((&layout["offloads_states"], &layout["precision"]), (&true.into(), &"fp16".into()));
    assert!(zero["run"]["estimated_bytes"].as_u64().is_some_and(|bytes| bytes > 1 << 20));
    assert_eq!(zero["processes"][3]["env"]["RANK"], "3");

    let cpu =
        planned(&room, &["cpu.yaml", "--gradient_accumulation_steps", "2", "--mixed_precision", "bf16"]);
    let layout = &cpu["run"]["layout"];
    assert_eq!((&layout["sharded"], &layout["world"]), (&"nothing".into(), &2.into()));
    assert_eq!((&layout["accumulation"], &layout["precision"]), (&2.into(), &"bf16".into()));

    let alone = planned(&room, &["--num_processes", "2"]);
    assert_eq!(alone["run"]["layout"]["world"], 2, "no config, and two were asked for");
}

#[test]
fn several_machines_each_start_their_own_ranks() {
    let room = room();
    let words = ["fsdp.yaml", "--num_processes", "8", "--num_machines", "2", "--machine_rank", "1"];
    let told = refused(&room, &words);
    assert!(told.contains("several machines need `main_process_ip`"), "{told}");
    let second = planned(&room, &[words.as_slice(), &["--main_process_ip", "10.0.0.1"]].concat());
    let env = &second["processes"][0]["env"];
    assert_eq!(second["processes"].as_array().map(Vec::len), Some(4));
    assert_eq!((&env["RANK"], &env["LOCAL_RANK"]), (&"4".into(), &"0".into()));
    assert_eq!((&env["WORLD_SIZE"], &env["MASTER_ADDR"]), (&"8".into(), &"10.0.0.1".into()));
}

#[test]
fn what_the_worker_cannot_do_is_told_before_anything_starts() {
    let room = room()
        .file("compile.yaml", format!("{FSDP}dynamo_config:\n  dynamo_backend: INDUCTOR\n"))
        .file("fp8.yaml", FSDP.replace("bf16", "fp8"));
    let told = refused(&room, &["compile.yaml", "--force"]);
    assert!(
        told.contains("cannot do torch.compile (`dynamo_backend` is INDUCTOR); set it to 'NO'"),
        "{told}"
    );
    assert!(refused(&room, &["fp8.yaml", "--force"]).contains("cannot do fp8"));
    assert!(refused(&room, &["--data", "nowhere.txt"]).contains("`--data`: there is no nowhere.txt"));
    assert!(refused(&room, &["--model", "no-such"]).contains("no-such"));
    assert!(
        refused(&room, &["fsdp.yaml", "train.py"])
            .contains("with `--worker` there is one config and no script")
    );
    assert!(!room.path("told0.json").exists(), "nothing was started");
}

#[test]
fn an_option_of_the_worker_needs_the_worker() {
    let run = room().run(&["launch", "--steps", "3", "train.py"]);
    assert_eq!(run.code, 2);
    assert!(run.stderr.contains("--worker"), "{}", run.stderr);
}

#[test]
fn a_libtorch_of_another_release_is_named() {
    let room = room().file("torch/version.py", "__version__ = '2.8.0'\n").installed();
    let told = refused(&room, &[]);
    assert!(told.contains("it is libtorch 2.8.0, and the worker needs 2.11"), "{told}");
}
