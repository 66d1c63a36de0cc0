//! What a launch would start: formats, other engines, and what tutorials get wrong, each row tried on the
//! real Accelerate 1.15.0.

use std::fmt::Write as _;

use serde_json::Value as Json;

use crate::harness::run::{Room, Run};

const MULTI: &str = "distributed_type: MULTI_GPU\nmixed_precision: bf16\nnum_processes: 2\n";

/// The plan for a config on eight pretended GPUs; `--force` because only the plan is asked here.
fn dry_run(config: &str, variables: &[(&str, &str)], options: &[&str]) -> Run {
    let room = Room::new().file("a.yaml", config);
    let head = ["launch", "--dry-run", "--force", "--machine", "8xh100-sxm", "--config_file", "a.yaml"];
    room.run_with(variables, &[&head, options, &["train.py"]].concat())
}

fn plan(config: &str, variables: &[(&str, &str)], options: &[&str]) -> Json {
    let run = dry_run(config, variables, &[&["--format", "json"], options].concat());
    serde_json::from_str(&run.stdout).unwrap_or_else(|error| panic!("{error}: {}{}", run.stdout, run.stderr))
}

fn refused(config: &str, options: &[&str]) -> String {
    let run = dry_run(config, &[], options);
    assert_eq!(run.code, 2, "{}", run.stdout);
    run.stderr
}

fn first(page: &Json, name: &str) -> String {
    page["processes"][0]["env"][name].as_str().unwrap_or("nothing").to_owned()
}

#[test]
fn a_plan_for_programs_names_launcher_processes_and_reasons() {
    let page = plan(MULTI, &[], &[]);
    assert_eq!(page["launcher"], "multi-gpu");
    assert_eq!(page["config"]["file"], "a.yaml");
    assert_eq!(page["config"]["kind"], "named");
    let processes = page["processes"].as_array().expect("a list");
    assert_eq!(processes.len(), 2);
    for (rank, process) in processes.iter().enumerate() {
        assert_eq!(process["rank"], rank);
        assert_eq!(process["env"]["RANK"], rank.to_string());
        assert_eq!(process["env"]["WORLD_SIZE"], "2");
        assert_eq!(process["argv"].as_array().map(Vec::len), Some(3));
    }
    assert_eq!(page["shared_env"]["ACCELERATE_MIXED_PRECISION"], "bf16");
    assert!(page["shared_env"].get("RANK").is_none() && page["shared_env"].get("PATH").is_none());
    let reasons = page["reasons"].as_array().expect("a list");
    let reason = reasons
        .iter()
        .find(|reason| reason["variable"] == "ACCELERATE_MIXED_PRECISION")
        .expect("there is one");
    assert_eq!((&reason["field"], &reason["origin"]), (&"mixed_precision".into(), &"a.yaml:2".into()));
    for name in page["shared_env"].as_object().expect("an object").keys() {
        assert!(reasons.iter().any(|reason| reason["variable"] == *name), "{name} has no reason");
    }
}

#[test]
fn variables_in_small_letters_are_told_to_come_twice() {
    let page = plan(MULTI, &[("http_proxy", "p:1")], &[]);
    assert_eq!(page["shared_env"]["HTTP_PROXY"], "p:1");
    let reasons = page["reasons"].as_array().expect("a list");
    assert!(reasons.iter().any(|reason| reason["variable"] == "HTTP_PROXY"), "it has a reason");
}

#[test]
fn what_the_shell_holds_already_is_no_change() {
    let page = plan(MULTI, &[("ACCELERATE_MIXED_PRECISION", "bf16")], &[]);
    assert!(page["shared_env"].get("ACCELERATE_MIXED_PRECISION").is_none());
}

#[test]
fn people_see_each_variable_with_its_field() {
    let run = dry_run(MULTI, &[], &[]);
    assert!(run.stdout.starts_with("2 processes by the multi-gpu launcher\n"), "{}", run.stdout);
    assert!(run.stdout.contains("ranks 0 to 1: "), "{}", run.stdout);
    let line = run
        .stdout
        .lines()
        .find(|line| line.starts_with("ACCELERATE_MIXED_PRECISION=bf16"))
        .expect("it is there");
    assert!(line.ends_with("mixed_precision (a.yaml:2)"), "{line}");
}

#[test]
fn a_group_over_several_machines_is_one_command_and_needs_an_address() {
    let config = format!("{MULTI}num_machines: 2\n");
    let run = dry_run(&config, &[], &[]);
    assert!(
        run.stdout.starts_with("a command that starts the processes by the torchrun launcher\n"),
        "{}",
        run.stdout
    );
    assert!(run.stderr.contains("several machines need `main_process_ip`"), "{}", run.stderr);
}

#[cfg(unix)]
#[test]
fn a_shell_script_starts_the_same_environment() {
    let room = Room::new()
        .file("a.yaml", MULTI)
        .file("show", "#!/bin/sh\necho \"$RANK of $WORLD_SIZE: $ACCELERATE_MIXED_PRECISION $1\" >> said\n");
    let run = room.run(&[
        "launch",
        "--dry-run",
        "--force",
        "--format",
        "shell",
        "--config_file",
        "a.yaml",
        "--no_python",
        "sh",
        "show",
        "it's a",
    ]);
    let ended =
        std::process::Command::new("sh").arg("-c").arg(&run.stdout).current_dir(room.path("")).status();
    assert!(ended.expect("sh is there").success(), "{}", run.stdout);
    let mut said: Vec<String> = room.read("said").lines().map(str::to_owned).collect();
    said.sort();
    assert_eq!(said, ["0 of 2: bf16 it's a", "1 of 2: bf16 it's a"]);
}

#[test]
fn variables_alone_are_one_to_a_line() {
    let run = dry_run(MULTI, &[], &["--format", "env"]);
    assert!(run.stdout.contains("\nACCELERATE_MIXED_PRECISION=bf16\n"), "{}", run.stdout);
    assert!(run.stdout.contains("# rank 1: LOCAL_RANK=1 RANK=1 ROLE_RANK=1\n"), "{}", run.stdout);
}

#[test]
fn the_same_job_is_a_line_for_other_engines() {
    let line = |config: &str, engine: &str, options: &[&str]| {
        dry_run(config, &[], &[&["--as", engine], options].concat())
    };
    let torchrun = line(MULTI, "torchrun", &["--max_restarts", "2"]).stdout;
    assert!(torchrun.starts_with("env ACCELERATE_DYNAMO_BACKEND=NO "), "{torchrun}");
    assert!(
        torchrun.ends_with(" torchrun --nproc_per_node 2 --master_port 29500 --max_restarts 2 train.py\n"),
        "{torchrun}"
    );
    assert!(!torchrun.contains("TORCHELASTIC"), "{torchrun}");
    let accelerate = line(MULTI, "accelerate", &["--num-processes=4"]).stdout;
    assert_eq!(accelerate, "accelerate launch --config_file a.yaml --num_processes 4 train.py\n");
    assert!(line(MULTI, "deepspeed", &[]).stderr.contains("not one of DeepSpeed"));
    assert!(line("distributed_type: 'NO'\n", "torchrun", &[]).stderr.contains("one process"));
    let machines = format!("{MULTI}num_machines: 2\nmain_process_ip: n0\nmain_process_port: 29500\n");
    let srun = line(&machines, "srun", &[]).stdout;
    assert!(srun.starts_with("srun --nodes 2 --ntasks-per-node 1 bash -c "), "{srun}");
    assert!(srun.contains("$SLURM_NODEID") && srun.contains("scontrol show hostnames"), "{srun}");
    let torchrun = line(&machines, "torchrun", &["--num_processes", "8"]).stdout;
    assert!(
        torchrun.ends_with("torchrun --nnodes 2 --nproc_per_node 4 --rdzv_endpoint n0:29500 train.py\n"),
        "{torchrun}"
    );
}

#[test]
fn a_config_with_errors_starts_nothing_unless_forced() {
    let launch = |config: &str, options: &[&str]| {
        let room = Room::new().file("a.yaml", config);
        room.run(&[&["launch", "--dry-run", "--config_file", "a.yaml"], options, &["train.py"]].concat())
    };
    let wrong = "distributed_type: FSDP\nnum_processes: 2\nfsdp_config:\n  fsdp_auto_wrap_policy: TRANSFORMER_LAYER\n";
    let run = launch(wrong, &[]);
    assert_eq!(run.code, 2);
    assert!(run.stderr.contains("a.yaml:4:") && run.stderr.contains("`--force`"), "{}", run.stderr);
    assert_eq!(launch(wrong, &["--force"]).code, 0);
    let run = launch("distributed_type: MULTI_GPU\nnum_processes: 2\nmixed_precision: fp33\n", &[]);
    assert_eq!(run.code, 2);
    assert!(
        run.stderr.contains("a.yaml:3:") && !run.stderr.contains("--force"),
        "no force helps: {}",
        run.stderr
    );
    assert!(run.stderr.contains("write no, fp8, fp16 or bf16"), "{}", run.stderr);
}

#[test]
fn secrets_of_the_script_are_hidden_from_screens_only() {
    let room = Room::new().file("a.yaml", MULTI);
    let launch = |options: &[&str]| {
        let head = ["launch", "--dry-run", "--machine", "8xh100-sxm", "--config_file", "a.yaml"];
        let script = ["train.py", "--hf_token", "s3cr3t", "--wandb_api_key=s3cr3t", "--pad_token", "<pad>"];
        room.run(&[&head, options, &script].concat())
    };
    let table = launch(&[]);
    assert!(
        table.stdout.contains("--hf_token (hidden) --wandb_api_key=(hidden) --pad_token '<pad>'"),
        "{}",
        table.stdout
    );
    assert!(!table.stdout.contains("s3cr3t") && !table.stderr.contains("s3cr3t"));
    for options in
        [&["--format", "shell"][..], &["--format", "json"], &["--as", "torchrun"], &["--as", "accelerate"]]
    {
        let run = launch(options);
        assert_eq!(
            run.stdout.matches("s3cr3t").count() % 2,
            0,
            "both, or both for each rank: {}",
            run.stdout
        );
        assert!(
            run.stdout.contains("s3cr3t") && run.stderr.contains("`--hf_token` of the script stands"),
            "{}",
            run.stderr
        );
    }
    assert!(!launch(&["--format", "env"]).stdout.contains("s3cr3t"));
    let words = ["export", "slurm", "--config_file", "a.yaml", "train.py", "--hf_token", "s3cr3t"];
    let run = room.run(&words);
    assert!(
        run.stdout.contains("s3cr3t") && run.stderr.contains("`--hf_token` of the script stands"),
        "{}",
        run.stderr
    );
}

#[test]
fn options_are_those_of_accelerate_and_slips_are_understood() {
    let run = Room::new().run(&["launch", "--num_procs", "2", "train.py"]);
    assert!(run.code == 2 && run.stderr.contains("'--num_processes'"), "{}", run.stderr);
    let run = Room::new().run(&[
        "launch",
        "--dry-run",
        "--format",
        "json",
        "train.py",
        "--num_processes",
        "x",
        "--",
        "-y",
    ]);
    let page: Json = serde_json::from_str(&run.stdout).expect("what follows the script is the script's");
    let argv: Vec<&str> = page["processes"][0]["argv"]
        .as_array()
        .expect("a list")
        .iter()
        .skip(1)
        .filter_map(Json::as_str)
        .collect();
    assert_eq!(argv, ["train.py", "--num_processes", "x", "--", "-y"]);
    let help = Room::new().run(&["launch", "--help"]).stdout;
    for row in accel_studio::layers::flags::rows() {
        assert!(help.contains(row.flag), "{} is not in the help", row.flag);
    }
}

#[cfg(unix)]
#[test]
fn dropped_paths_for_disks_are_told_and_can_be_passed_on() {
    let config = "distributed_type: DEEPSPEED\nnum_processes: 2\ndeepspeed_config:\n  zero_stage: 3\n  offload_param_device: nvme\n  \
                  offload_param_nvme_path: /nvme\n";
    // DeepSpeed is not installed in the test's own Python, and that is said first.
    assert!(refused(config, &[]).contains("pip install deepspeed"));
    let room = Room::new()
        .file("a.yaml", config)
        .file("bin/python", "#!/bin/sh\n")
        .file("pyvenv.cfg", "")
        .file("lib/python3.11/site-packages/deepspeed-0.18.2.dist-info/METADATA", "");
    std::fs::set_permissions(room.path("bin/python"), std::os::unix::fs::PermissionsExt::from_mode(0o755))
        .expect("a program");
    let run = |options: &[&str]| {
        let head = ["launch", "--dry-run", "--force", "--format", "json", "--config_file", "a.yaml"];
        let run = room.run(&[&head, options, &["train.py"]].concat());
        serde_json::from_str::<Json>(&run.stdout).unwrap_or_else(|error| panic!("{error}: {}", run.stderr))
    };
    let variable = "ACCELERATE_DEEPSPEED_OFFLOAD_PARAM_NVME_PATH";
    let plain = run(&[]);
    assert_eq!(first(&plain, variable), "nothing");
    assert!(plain["notes"].to_string().contains("drops `offload_param_nvme_path`"), "{}", plain["notes"]);
    assert_eq!(first(&run(&["--honour-file"]), variable), "/nvme");
}

/// One row of the table of wrong claims: a config, and what it does.
struct Claim {
    says: &'static str,
    config: &'static str,
    /// Variables that reach the workers; where empty, a word of the refusal follows.
    carries: &'static [(&'static str, &'static str)],
    refusal: &'static str,
}

const fn carries(
    says: &'static str,
    config: &'static str,
    carries: &'static [(&'static str, &'static str)],
) -> Claim {
    Claim { says, config, carries, refusal: "" }
}

const fn refuses(says: &'static str, config: &'static str, refusal: &'static str) -> Claim {
    Claim { says, config, carries: &[], refusal }
}

/// What tutorials write and what becomes of it, where the launcher has a part in it.
const CLAIMS: &[Claim] = &[
    carries(
        "a policy of that name exists",
        "distributed_type: FSDP\nnum_processes: 2\nfsdp_config:\n  fsdp_auto_wrap_policy: TRANSFORMER_LAYER\n",
        &[("FSDP_AUTO_WRAP_POLICY", "TRANSFORMER_LAYER")],
    ),
    refuses(
        "AWS is an environment",
        "compute_environment: AWS\ndistributed_type: MULTI_GPU\n",
        "takes for Amazon SageMaker",
    ),
    refuses(
        "SLURM is an environment",
        "compute_environment: SLURM\ndistributed_type: MULTI_GPU\n",
        "write LOCAL_MACHINE",
    ),
    refuses(
        "KUBERNETES is an environment",
        "compute_environment: KUBERNETES\ndistributed_type: MULTI_GPU\n",
        "write LOCAL_MACHINE",
    ),
    refuses(
        "local_machine is an environment",
        "compute_environment: local_machine\ndistributed_type: MULTI_GPU\n",
        "write LOCAL_MACHINE",
    ),
    refuses(
        "fp32 is a precision",
        "distributed_type: MULTI_GPU\nnum_processes: 2\nmixed_precision: fp32\n",
        "write no, fp8, fp16 or bf16",
    ),
    refuses(
        "no needs no quotes",
        "distributed_type: MULTI_GPU\nnum_processes: 2\nmixed_precision: no\n",
        "in quotes",
    ),
    refuses(
        "logging_dir is a key",
        "distributed_type: MULTI_GPU\nnum_processes: 2\nlogging_dir: x\n",
        "unknown key",
    ),
    refuses(
        "log_with is a key",
        "distributed_type: MULTI_GPU\nnum_processes: 2\nlog_with: x\n",
        "unknown key",
    ),
    refuses(
        "project_dir is a key",
        "distributed_type: MULTI_GPU\nnum_processes: 2\nproject_dir: x\n",
        "unknown key",
    ),
    refuses("env is a key", "distributed_type: MULTI_GPU\nnum_processes: 2\nenv: []\n", "unknown key"),
    refuses(
        "use_fsdp is a key",
        "distributed_type: MULTI_GPU\nnum_processes: 2\nuse_fsdp: true\n",
        "unknown key",
    ),
    refuses(
        "multi_gpu is a key",
        "distributed_type: MULTI_GPU\nnum_processes: 2\nmulti_gpu: true\n",
        "unknown key",
    ),
    refuses(
        "threads are a key",
        "distributed_type: MULTI_GPU\nnum_processes: 2\nnum_cpu_threads_per_process: 2\n",
        "unknown key",
    ),
    refuses(
        "accumulation is a key of its own",
        "distributed_type: MULTI_GPU\nnum_processes: 2\ngradient_accumulation_steps: 2\n",
        "unknown key",
    ),
    refuses("DDP is a type", "distributed_type: DDP\nnum_processes: 2\n", "`distributed_type` is `DDP`"),
    refuses("ddp is a type", "distributed_type: ddp\nnum_processes: 2\n", "`distributed_type` is `ddp`"),
    refuses("TPU is a type", "distributed_type: TPU\nnum_processes: 2\n", "`distributed_type` is `TPU`"),
    refuses(
        "small letters are a type",
        "distributed_type: multi_gpu\nnum_processes: 2\n",
        "`distributed_type` is `multi_gpu`",
    ),
    refuses(
        "SLURM is a type",
        "distributed_type: SLURM\nnum_processes: 2\n",
        "`distributed_type` is `SLURM`",
    ),
    refuses(
        "devices are a list",
        "distributed_type: MULTI_GPU\nnum_processes: 2\ngpu_ids: [0, 1]\n",
        "must be text",
    ),
    refuses(
        "a device is a number",
        "distributed_type: MULTI_GPU\nnum_processes: 2\ngpu_ids: 0\n",
        "must be text",
    ),
    carries(
        "version 1 reads reshard",
        "distributed_type: FSDP\nnum_processes: 2\nfsdp_config:\n  fsdp_version: 1\n  fsdp_reshard_after_forward: SHARD_GRAD_OP\n",
        &[("FSDP_SHARDING_STRATEGY", "FULL_SHARD"), ("FSDP_RESHARD_AFTER_FORWARD", "shard_grad_op")],
    ),
    carries(
        "the file chooses the rendezvous",
        "distributed_type: MULTI_GPU\nnum_processes: 2\nrdzv_backend: c10d\nsame_network: true\nenable_cpu_affinity: true\n",
        &[("TORCHELASTIC_RUN_ID", "none"), ("ACCELERATE_CPU_AFFINITY", "nothing")],
    ),
    carries(
        "short names work in the mesh",
        "distributed_type: FSDP\nnum_processes: 2\nparallelism_config:\n  tp_size: 2\n",
        &[("PARALLELISM_CONFIG_TP_SIZE", "1"), ("ACCELERATE_USE_PARALLELISM_CONFIG", "true")],
    ),
    carries(
        "classes are a list",
        "distributed_type: FSDP\nnum_processes: 2\nfsdp_config:\n  fsdp_transformer_layer_cls_to_wrap: [A, B]\n",
        &[("FSDP_TRANSFORMER_CLS_TO_WRAP", "['A', 'B']")],
    ),
    carries(
        "classes have a space between them",
        "distributed_type: FSDP\nnum_processes: 2\nfsdp_config:\n  fsdp_transformer_layer_cls_to_wrap: A, B\n",
        &[("FSDP_TRANSFORMER_CLS_TO_WRAP", "A, B")],
    ),
    carries(
        "MULTI_CPU starts its processes",
        "distributed_type: MULTI_CPU\nnum_processes: 4\nuse_cpu: true\n",
        &[("RANK", "nothing"), ("ACCELERATE_USE_CPU", "True")],
    ),
    carries(
        "the later spelling does not matter",
        "distributed_type: FSDP\nnum_processes: 2\nfsdp_config:\n  fsdp_version: 2\n  version: 1\n",
        &[("FSDP_VERSION", "1")],
    ),
];

#[test]
fn wrong_claims_are_planned_as_they_really_work() {
    let mut wrong = String::new();
    for claim in CLAIMS {
        let run = dry_run(claim.config, &[], &["--format", "json"]);
        if !claim.refusal.is_empty() {
            if run.code != 2 || !run.stderr.contains(claim.refusal) {
                let _ = writeln!(wrong, "{}: {} {}", claim.says, run.code, run.stderr);
            }
            continue;
        }
        let page: Json = serde_json::from_str(&run.stdout)
            .unwrap_or_else(|error| panic!("{}: {error} {}", claim.says, run.stderr));
        for (name, value) in claim.carries {
            if first(&page, name) != *value {
                let _ = writeln!(wrong, "{}: {name} is {}, not {value}", claim.says, first(&page, name));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn variables_of_tutorials_change_nothing_and_are_told() {
    let names = [
        "ACCELERATE_NUM_PROCESSES",
        "ACCELERATE_GPU_IDS",
        "ACCELERATE_NUM_MACHINES",
        "ACCELERATE_FSDP_SHARDING_STRATEGY",
        "ACCELERATE_CONFIG_FILE",
    ];
    let variables = names.map(|name| (name, "7"));
    let plain = plan(MULTI, &[], &[]);
    let with = plan(MULTI, &variables, &[]);
    assert_eq!(plain["processes"], with["processes"]);
    let run = dry_run(MULTI, &variables, &[]);
    for name in names {
        assert!(
            run.stderr.contains(&format!("the variable `{name}` does nothing")),
            "{name}: {}",
            run.stderr
        );
    }
    // This one works with plain python only: the launch writes its own.
    assert_eq!(
        first(&plan(MULTI, &[("ACCELERATE_MIXED_PRECISION", "fp16")], &[]), "ACCELERATE_MIXED_PRECISION"),
        "bf16"
    );
}

#[test]
fn a_switch_takes_no_value_and_every_machine_can_have_its_rank() {
    let run =
        Room::new().run(&["launch", "--dry-run", "--format", "json", "--same_network", "false", "train.py"]);
    let page: Json = serde_json::from_str(&run.stdout).expect("JSON");
    assert_eq!(page["processes"][0]["argv"][1], "false", "the word becomes the script, as with Accelerate");
    let config = format!("{MULTI}num_machines: 2\nmain_process_ip: n0\n").replace("2\nnum", "16\nnum");
    let page = plan(&config, &[], &["--machine_rank", "1"]);
    let argv = page["processes"][0]["argv"].to_string();
    assert!(argv.contains("\"--node_rank\",\"1\""), "{argv}");
}

#[test]
fn a_default_file_in_json_is_never_read() {
    let room = Room::new()
        .variable("HF_HOME", "cache")
        .file("cache/accelerate/default_config.json", "{\"distributed_type\": \"NO\"}");
    let run = room.run(&["launch", "--dry-run", "train.py"]);
    assert!(run.stderr.contains("no config is used"), "{}", run.stderr);
}
