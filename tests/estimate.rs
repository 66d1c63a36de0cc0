//! `estimate`: the answer before anything is started.

use serde_json::Value;

use crate::harness::picture::assert_picture;
use crate::harness::run::{Room, Run};

const FSDP: &str = "compute_environment: LOCAL_MACHINE
distributed_type: FSDP # sharded
num_machines: 1
num_processes: 4
mixed_precision: bf16
fsdp_config:
  fsdp_version: 2
  fsdp_auto_wrap_policy: TRANSFORMER_BASED_WRAP
";

const QUESTION: [&str; 9] =
    ["estimate", "--model", "llama-3.1-8b", "--seq-len", "4096", "--gpus", "4", "--gpu-memory", "39.5GiB"];

fn json(run: &Run) -> Value {
    serde_json::from_str(&run.stdout).unwrap_or_else(|error| panic!("{error}: {}{}", run.stdout, run.stderr))
}

#[test]
fn the_answer_comes_first_and_fits_on_a_screen() {
    let room = Room::new().file("fsdp.yaml", FSDP);
    let run = room.run(&[
        "estimate",
        "fsdp.yaml",
        "--model",
        "llama-3.1-8b",
        "--seq-len",
        "4096",
        "--micro-batch",
        "1",
        "--weights",
        "bf16",
        "--checkpointing",
        "--gpu-memory",
        "80GB",
    ]);
    assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
    assert!(run.stdout.starts_with("Fits: "), "{}", run.stdout);
    assert!(run.stdout.lines().count() <= 24, "{}", run.stdout);
    assert!(run.stdout.lines().all(|line| line.chars().count() <= 80), "{}", run.stdout);
    assert_picture("estimate-fits", &run.stdout);
}

#[test]
fn what_to_do_is_answered_with_a_file_that_validates() {
    let room = Room::new();
    let mut arguments = QUESTION.to_vec();
    arguments.extend(["--solve", "fit", "--write", "fixed.yaml"]);
    let run = room.run(&arguments);
    assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
    assert!(run.stdout.starts_with("Does not fit: "), "{}", run.stdout);
    assert!(run.stdout.contains("What makes it fit, the cheapest first:"), "{}", run.stdout);
    assert!(run.stdout.lines().all(|line| line.chars().count() <= 80), "{}", run.stdout);
    assert!(run.stdout.lines().count() <= 50, "one screen: {}", run.stdout);
    let checked = room.run(&["validate", "fixed.yaml", "--fail-on", "warning"]);
    assert_eq!(checked.code, 0, "{}\n{}", room.read("fixed.yaml"), checked.stdout);
    assert!(room.read("fixed.yaml").contains("distributed_type: FSDP"), "{}", room.read("fixed.yaml"));
}

#[test]
fn what_fits_is_left_alone() {
    let room = Room::new();
    let small = ["estimate", "--model", "gpt2", "--gpus", "1", "--gpu-memory", "80GB", "--solve", "fit"];
    let run = room.run(&[&small[..], &["--write", "fixed.yaml"]].concat());
    assert_eq!(run.code, 0);
    assert!(run.stdout.contains("It fits as it is"), "{}", run.stdout);
    assert!(!room.path("fixed.yaml").exists());
}

#[test]
fn a_file_that_is_there_is_not_replaced() {
    let room = Room::new().file("fixed.yaml", "mine: true\n");
    let mut arguments = QUESTION.to_vec();
    arguments.extend(["--solve", "fit", "--write", "fixed.yaml"]);
    let run = room.run(&arguments);
    assert_eq!((run.code, room.read("fixed.yaml").as_str()), (2, "mine: true\n"), "{}", run.stderr);
}

#[test]
fn programs_get_the_numbers_under_names_that_stay() {
    let room = Room::new().file("fsdp.yaml", FSDP);
    let run = room.run(&["estimate", "fsdp.yaml", "--model", "tinyllama-1.1b", "--format", "json"]);
    let report = json(&run);
    assert_eq!(run.code, 0);
    assert_eq!(report["parameters"], 1_100_048_384_u64);
    let of = |key: &str| report["per_gpu"][key].as_u64().unwrap_or_else(|| panic!("`{key}` in {report}"));
    let parts = [
        "weights_bytes",
        "gradients_bytes",
        "optimizer_bytes",
        "activations_bytes",
        "logits_bytes",
        "temporary_bytes",
        "communication_bytes",
    ];
    assert_eq!(parts.iter().map(|part| of(part)).sum::<u64>(), of("allocated_peak_bytes"));
    assert_eq!(of("allocated_peak_bytes") + of("overhead_bytes"), of("peak_bytes"));
    assert!(report["host"]["peak_bytes"].is_u64() && report["nvme"]["peak_bytes"] == 0);
    assert_eq!(report["fits"], Value::Null, "nobody said how large a GPU is");
    assert!(report["confidence"]["high_bytes"].as_u64() > report["confidence"]["low_bytes"].as_u64());
}

#[test]
fn the_exit_code_tells_whether_it_fits() {
    let room = Room::new().file("fsdp.yaml", FSDP);
    let fits = |size: &str| {
        let run = room.run(&[
            "estimate",
            "fsdp.yaml",
            "--model",
            "tinyllama-1.1b",
            "--format",
            "json",
            "--gpu-memory",
            size,
        ]);
        (run.code, json(&run)["fits"].as_str().unwrap_or_default().to_owned())
    };
    assert_eq!(fits("80GiB"), (0, "yes".to_owned()));
    assert_eq!(fits("2GiB"), (1, "no".to_owned()));
}

#[test]
fn deepspeeds_own_file_counts() {
    let config = "distributed_type: DEEPSPEED\nnum_processes: 4\nnum_machines: 1\ndeepspeed_config:\n  \
                  deepspeed_config_file: ds.json\n  zero3_init_flag: false\n";
    let stage = |stage: u64| {
        format!("{{\"bf16\": {{\"enabled\": true}}, \"zero_optimization\": {{\"stage\": {stage}}}}}")
    };
    let needed = |file: &str| {
        let room = Room::new().file("zero.yaml", config).file("ds.json", file);
        let run = room.run(&["estimate", "zero.yaml", "--model", "llama-2-7b", "--format", "json"]);
        json(&run)["per_gpu"]["weights_bytes"].as_u64().expect("weights are counted")
    };
    assert!(needed(&stage(3)) < needed(&stage(2)));
    let room = Room::new().file("zero.yaml", config);
    let run = room.run(&["estimate", "zero.yaml", "--model", "llama-2-7b"]);
    assert_eq!(run.code, 2);
    assert!(run.stderr.contains("ds.json"), "{}", run.stderr);
}

#[test]
fn solvers_answer_with_a_number() {
    let room = Room::new().file("fsdp.yaml", FSDP);
    let solve = |what: &str, key: &str| {
        let run = room.run(&[
            "estimate",
            "fsdp.yaml",
            "--model",
            "tinyllama-1.1b",
            "--gpu-memory",
            "40GiB",
            "--format",
            "json",
            "--solve",
            what,
        ]);
        json(&run)[key].as_u64().unwrap_or_else(|| panic!("{}{}", run.stdout, run.stderr))
    };
    assert!(solve("micro-batch", "largest_micro_batch") > 1);
    assert!(solve("seq-len", "largest_sequence") > 2048);
    assert_eq!(solve("gpus", "fewest_gpus"), 1);
}

#[test]
fn strategies_stand_beside_each_other() {
    let room = Room::new().file("fsdp.yaml", FSDP);
    let all = ["estimate", "fsdp.yaml", "--model", "llama-2-7b", "--all", "--gpu-memory", "80GiB"];
    let run = room.run(&all);
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert!(run.stdout.lines().all(|line| line.chars().count() <= 80), "{}", run.stdout);
    assert!(run.stdout.contains("ZeRO-3, optimizer on disk"), "{}", run.stdout);
    let csv = room.run(&[&all[..], &["--format", "csv"]].concat());
    let cells: Vec<usize> = csv.stdout.lines().skip(1).map(|line| line.matches(',').count()).collect();
    assert_eq!(cells.len(), 40);
}

#[test]
fn csv_of_one_config_is_one_row_with_the_numbers_of_json() {
    let room = Room::new().file("fsdp.yaml", FSDP);
    let one = ["estimate", "fsdp.yaml", "--model", "llama-2-7b", "--gpu-memory", "8GiB", "--format"];
    let csv = room.run(&[&one[..], &["csv"]].concat());
    assert_eq!((csv.code, csv.stdout.lines().count()), (1, 2), "{}", csv.stdout);
    let peak = json(&room.run(&[&one[..], &["json"]].concat()))["per_gpu"]["peak_bytes"].to_string();
    assert!(csv.stdout.contains(&format!(",{peak},")), "{}", csv.stdout);
    let solved = room.run(&[&one[..], &["csv", "--solve", "gpus"]].concat());
    assert_eq!(solved.code, 2);
    assert!(solved.stderr.contains("`--solve` has no answer in csv"), "{}", solved.stderr);
}

#[test]
fn parts_that_do_not_divide_are_told() {
    let config = FSDP.to_owned() + "parallelism_config:\n  parallelism_config_cp_size: 4\n";
    let room = Room::new().file("cp.yaml", config);
    let run = room.run(&["estimate", "cp.yaml", "--model", "llama-3.1-8b", "--seq-len", "1001"]);
    assert_eq!(run.code, 2);
    assert!(
        run.stderr.contains(
            "the sequence length is 1001, which twice the context parallel size, 8, does not divide"
        ),
        "{}",
        run.stderr
    );
}

#[test]
fn numbers_that_cannot_be_are_refused() {
    let room = Room::new();
    for wrong in [
        ["--seq-len", "0"],
        ["--seq-len", "-5"],
        ["--micro-batch", "99999999999999999999"],
        ["--lora-rank", "0"],
        ["--gpus", "0"],
        ["--gpu-memory", "40"],
        ["--gpu-memory", "-1GiB"],
        ["--optimizer", "magic"],
        ["--model", "no-such-model-at-all"],
    ] {
        let run = room.run(&["estimate", "--model", "gpt2", wrong[0], wrong[1]]);
        assert_eq!(run.code, 2, "{wrong:?}: {}", run.stdout);
        assert!(!run.stderr.is_empty() && !run.stderr.contains("panicked"), "{wrong:?}: {}", run.stderr);
    }
    let absurd = ["--micro-batch", "1073741824", "--seq-len", "1073741824"];
    let run = room.run(&[&["estimate", "--model", "llama-3.1-405b"][..], &absurd[..]].concat());
    assert_eq!(run.code, 2, "{}", run.stdout);
}

#[test]
fn a_model_that_nobody_knows_is_never_passed_over() {
    let said = |line: &str| format!("# accel-studio: for {line}\n{FSDP}");
    let room = Room::new().file("fsdp.yaml", FSDP).file("typo.yaml", said("modell=gpt2"));
    let room = room.file("word.yaml", said("llama-3.1-8b"));
    let named = room.run(&["validate", "fsdp.yaml", "--model", "llama-9000b"]);
    assert_eq!(named.code, 2, "{}", named.stdout);
    assert!(named.stderr.contains("`llama-9000b` is no model that is known here"), "{}", named.stderr);
    assert!(!named.stdout.contains("nothing to report"), "{}", named.stdout);
    let told = |file: &str, words: &str| {
        let run = room.run(&["validate", file]);
        assert!(run.stdout.contains("model/unknown") && run.stdout.contains(words), "{}", run.stdout);
    };
    told("typo.yaml", "`modell` says nothing here; did you mean `model`?");
    told("word.yaml", "`llama-3.1-8b` is not of the form `name=value`");
    let room = room.file("accel-studio.yaml", "model: zzz\n");
    let set = room.run(&["validate", "fsdp.yaml"]);
    assert!(set.stdout.contains("nobody can tell whether it fits: `zzz` is no model"), "{}", set.stdout);
}

#[test]
fn what_will_not_run_as_it_is_carries_a_warning() {
    let room = Room::new().file("eight.yaml", FSDP.replace("num_processes: 4", "num_processes: 16"));
    let room = room.file("odd.yaml", format!("{FSDP}nonsense_key: 3\n"));
    let text = "distributed_type: DEEPSPEED\nnum_processes: 4\ndeepspeed_config:\n  deepspeed_config_file: ds.json\n";
    let room = room.file("ds.yaml", text);
    let room =
        room.file("ds.json", r#"{"zero_optimization": {"stage": "x"}, "train_micro_batch_size_per_gpu": 1}"#);
    let warned = |file: &str, machine: &[&str]| {
        let named = ["estimate", file, "--model", "tinyllama-1.1b", "--format", "json"];
        let run = room.run(&[&named[..], machine].concat());
        json(&run)["warnings"].to_string()
    };
    let four = ["--machine", "4xa100-40gb"];
    assert!(warned("eight.yaml", &four).contains("for each machine, which has 4 GPUs"));
    assert!(warned("ds.yaml", &four).contains("it will not run as it is"));
    assert!(warned("odd.yaml", &four).contains("it will not run as it is"));
    assert_eq!(warned("odd.yaml", &["--gpu-memory", "40GiB"]).matches("nonsense_key").count(), 1);
}

#[test]
fn a_job_on_the_cpu_has_no_size_on_a_gpu() {
    let text = "distributed_type: MULTI_CPU\nuse_cpu: true\nnum_processes: 4\n";
    let room = Room::new().file("cpu.yaml", text);
    let run = room.run(&["estimate", "cpu.yaml", "--model", "gpt2", "--machine", "4xa100-40gb"]);
    assert_eq!((run.code, run.stdout.as_str()), (2, ""));
    assert!(run.stderr.contains("this config trains on the CPU and needs no GPU memory"), "{}", run.stderr);
}
