//! What counts for a launch, and who said it: the measured rules of precedence, row by row. What the
//! real launcher does with such pairs is recorded in `fixtures/oracle/launch.json` (see `parity`).

use serde_json::Value as Json;

use crate::harness::run::{Room, Run};

const MULTI: &str = "distributed_type: MULTI_GPU\nmixed_precision: bf16\nnum_processes: 2\n";

fn resolve(config: &str, variables: &[(&str, &str)], options: &[&str]) -> Json {
    let room = Room::new().file("a.yaml", config);
    let run = room.run_with(variables, &[&["resolve", "a.yaml", "--format", "json"], options].concat());
    serde_json::from_str(&run.stdout).unwrap_or_else(|error| panic!("{error}: {}{}", run.stdout, run.stderr))
}

/// `value from origin` of a launch argument.
fn said(page: &Json, name: &str) -> String {
    let settings = page["settings"].as_array().expect("a list");
    let setting = settings.iter().find(|setting| setting["name"] == name).expect("the argument exists");
    let origin = &setting["origin"];
    let place = match origin["kind"].as_str().expect("a word") {
        "file" => format!("{}:{}", origin["file"].as_str().expect("a name"), origin["line"]),
        "flag" | "variable" => origin["name"].as_str().expect("a name").to_owned(),
        "hardware" | "derived" => format!(
            "{}: {}",
            origin["kind"].as_str().expect("a word"),
            origin["from"].as_str().expect("text")
        ),
        other => other.to_owned(),
    };
    format!("{} from {place}", setting["value"])
}

/// Why a key or variable is ignored.
fn why(page: &Json, what: &str) -> String {
    let ignored = page["ignored"].as_array().expect("a list");
    let found = ignored.iter().find(|ignored| ignored["what"] == what);
    found.map_or_else(
        || panic!("{what} is not ignored: {ignored:?}"),
        |found| found["why"].as_str().expect("text").to_owned(),
    )
}

fn fate(page: &Json, name: &str) -> String {
    let shell = page["shell"].as_array().expect("a list");
    let found = shell.iter().find(|variable| variable["name"] == name).expect("the variable is told");
    found["fate"].as_str().expect("a word").to_owned()
}

fn refusal(page: &Json) -> String {
    page["refusal"]["error"].as_str().unwrap_or("nothing").to_owned()
}

#[test]
fn options_beat_the_file_which_beats_the_default_which_beats_the_shell() {
    let shell = [("ACCELERATE_MIXED_PRECISION", "fp16"), ("FSDP_STATE_DICT_TYPE", "FULL_STATE_DICT")];
    let page = resolve(MULTI, &shell, &["--num-processes", "4"]);
    assert_eq!(said(&page, "num_processes"), "4 from --num_processes");
    assert_eq!(said(&page, "mixed_precision"), "\"bf16\" from a.yaml:2");
    assert_eq!(said(&page, "machine_rank"), "0 from default");
    assert_eq!(fate(&page, "ACCELERATE_MIXED_PRECISION"), "overwritten");
    assert_eq!(fate(&page, "FSDP_STATE_DICT_TYPE"), "passed");
    let fsdp = MULTI.replace("MULTI_GPU", "FSDP");
    let shell = [("FSDP_SHARDING_STRATEGY", "NO_SHARD"), ("FSDP_STATE_DICT_TYPE", "FULL_STATE_DICT")];
    let page = resolve(&fsdp, &shell, &["--fsdp_state_dict_type", "SHARDED_STATE_DICT"]);
    assert_eq!(fate(&page, "FSDP_SHARDING_STRATEGY"), "overwritten", "even with no word in the file");
    assert_eq!(fate(&page, "FSDP_STATE_DICT_TYPE"), "overwritten");
}

#[test]
fn variables_that_a_path_does_not_write_survive() {
    let names = [
        "ACCELERATE_CPU_AFFINITY",
        "ACCELERATE_USE_CPU",
        "ACCELERATE_GRADIENT_ACCUMULATION_STEPS",
        "ACCELERATE_DEEPSPEED_OFFLOAD_PARAM_NVME_PATH",
        "ACCELERATE_DEEPSPEED_OFFLOAD_OPTIMIZER_NVME_PATH",
        "ACCELERATE_TORCH_DEVICE",
        "ACCELERATE_LOG_LEVEL",
        "ACCELERATE_ENABLE_RICH",
        "ACCELERATE_BYPASS_DEVICE_MAP",
        "ACCELERATE_ALLOW_CP_STANDALONE",
        "USE_TORCH_XLA",
        "CUDA_VISIBLE_DEVICES",
        "NCCL_DEBUG",
    ];
    let shell = names.map(|name| (name, "1"));
    let page = resolve(MULTI, &shell, &[]);
    for name in names {
        assert_eq!(fate(&page, name), "passed", "{name}");
    }
    let page = resolve(&format!("{MULTI}gpu_ids: 0,1\n"), &shell, &[]);
    assert_eq!(fate(&page, "CUDA_VISIBLE_DEVICES"), "overwritten");
    // The paths of DeepSpeed and of the TPU write nothing of torch.compile, and the plain one says the CPU.
    let dynamo = [("ACCELERATE_DYNAMO_BACKEND", "INDUCTOR"), ("ACCELERATE_USE_CPU", "1")];
    for (kind, compile, cpu) in [
        ("DEEPSPEED", "passed", "passed"),
        ("XLA", "passed", "passed"),
        ("MULTI_GPU", "overwritten", "passed"),
        ("'NO'", "overwritten", "overwritten"),
    ] {
        let page = resolve(&MULTI.replace("MULTI_GPU", kind), &dynamo, &[]);
        assert_eq!(fate(&page, "ACCELERATE_DYNAMO_BACKEND"), compile, "{kind}");
        assert_eq!(fate(&page, "ACCELERATE_USE_CPU"), cpu, "{kind}");
    }
}

#[test]
fn accumulation_is_the_one_variable_that_beats_the_script() {
    let shell = [("ACCELERATE_GRADIENT_ACCUMULATION_STEPS", "3"), ("ACCELERATE_LOG_LEVEL", "INFO")];
    let page = resolve(MULTI, &shell, &[]);
    let remarks: Vec<bool> =
        page["shell"].as_array().expect("a list").iter().map(|told| told["remark"].is_string()).collect();
    assert_eq!(remarks, [true, false]);
}

#[test]
fn secrets_are_not_shown() {
    let options = ["--aws_secret_access_key", "s3cr3t"];
    assert!(!resolve(MULTI, &[], &options).to_string().contains("s3cr3t"));
    let table = Room::new().file("a.yaml", MULTI).run(&[&["resolve", "a.yaml"], options.as_slice()].concat());
    assert!(table.stdout.contains("(hidden)") && !table.stdout.contains("s3cr3t"), "{}", table.stdout);
}

#[test]
fn threads_come_from_the_option_the_shell_the_cores_or_are_one() {
    let threads = |shell: &[(&str, &str)], options: &[&str]| {
        said(&resolve(MULTI, shell, options), "num_cpu_threads_per_process")
    };
    assert_eq!(threads(&[], &[]), "1 from default");
    assert_eq!(threads(&[("OMP_NUM_THREADS", "3")], &[]), "3 from OMP_NUM_THREADS");
    assert_eq!(
        threads(&[("OMP_NUM_THREADS", "3")], &["--num_cpu_threads_per_process", "6"]),
        "6 from --num_cpu_threads_per_process"
    );
    assert_eq!(refusal(&resolve(MULTI, &[("OMP_NUM_THREADS", "many")], &[])), "ValueError");
}

#[test]
fn five_keys_never_count_and_can_be_honoured() {
    let config = format!(
        "{MULTI}rdzv_backend: c10d\nsame_network: true\nenable_cpu_affinity: true\ndowncast_bf16: true\ntpu_use_sudo: true\n"
    );
    let page = resolve(&config, &[], &[]);
    let honoured = resolve(&config, &[], &["--honour-file"]);
    let keys = [
        ("rdzv_backend", "\"c10d\""),
        ("same_network", "true"),
        ("enable_cpu_affinity", "true"),
        ("downcast_bf16", "true"),
        ("tpu_use_sudo", "true"),
    ];
    for (line, (key, value)) in (4..).zip(keys) {
        assert!(said(&page, key).ends_with(" from default"), "{key}");
        assert!(why(&page, key).contains(&format!("`--{key}`")), "{key}: {}", why(&page, key));
        assert_eq!(said(&honoured, key), format!("{value} from a.yaml:{line}"));
    }
    let flagged = resolve(&config, &[], &["--rdzv_backend", "etcd", "--honour-file"]);
    assert_eq!(said(&flagged, "rdzv_backend"), "\"etcd\" from --rdzv_backend");
}

#[test]
fn the_file_chooses_the_way_of_training_unless_an_option_does() {
    let mesh = format!("{MULTI}parallelism_config:\n  parallelism_config_tp_size: 2\n");
    let page = resolve(&mesh, &[], &[]);
    assert_eq!(said(&page, "multi_gpu"), "true from derived: distributed_type");
    assert_eq!(said(&page, "use_parallelism_config"), "true from derived: parallelism_config");
    let page = resolve(&mesh, &[], &["--use_fsdp"]);
    assert_eq!(said(&page, "multi_gpu"), "false from default");
    assert_eq!(said(&page, "use_parallelism_config"), "false from default");
    assert!(why(&page, "parallelism_config").contains("`--use_fsdp`"));
    assert!(why(&page, "distributed_type").contains("`--use_fsdp`"));
}

#[test]
fn gpu_ids_must_be_text_and_more_than_one() {
    let ids = |line: &str| refusal(&resolve(&format!("{MULTI}gpu_ids: {line}\n"), &[], &[]));
    assert_eq!(ids("0"), "AttributeError");
    assert_eq!(ids("[0, 1]"), "AttributeError");
    assert_eq!(ids("'3'"), "ValueError");
    assert_eq!(ids("0,1"), "nothing");
    let page = resolve(MULTI, &[], &[]);
    assert_eq!(said(&page, "gpu_ids"), "\"all\" from default");
}

#[test]
fn a_section_sets_any_argument_and_its_short_names_get_a_prefix() {
    let config = format!(
        "{MULTI}deepspeed_config:\n  max_restarts: 3\n  zero_stagee: 2\nfsdp_config:\n  version: 2\nfp8_config:\n  backend: TE\n\
         dynamo_config:\n  backend: INDUCTOR\nparallelism_config:\n  tp_size: 2\n"
    );
    let page = resolve(&config, &[], &[]);
    assert_eq!(said(&page, "max_restarts"), "3 from a.yaml:5");
    assert_eq!(said(&page, "fsdp_version"), "2 from a.yaml:8");
    assert_eq!(said(&page, "fp8_backend"), "\"TE\" from a.yaml:10");
    assert_eq!(said(&page, "dynamo_backend"), "\"INDUCTOR\" from a.yaml:12");
    assert_eq!(said(&page, "parallelism_config_tp_size"), "1 from default", "this section has no prefix");
    assert!(why(&page, "deepspeed_config.zero_stagee").contains("`zero_stage`"));
    assert!(
        why(&page, "parallelism_config.tp_size").contains("nothing reads"),
        "{}",
        why(&page, "parallelism_config.tp_size")
    );
    let page = resolve(&config, &[], &["--max_restarts", "1"]);
    assert_eq!(said(&page, "max_restarts"), "1 from --max_restarts", "the option wins since 1.5");
    assert!(why(&page, "fsdp_config").contains("distributed_type: FSDP"), "all of it is of no use here");
    let both = format!("{MULTI}fsdp_config:\n  fsdp_version: 2\n  version: 1\n");
    assert_eq!(said(&resolve(&both, &[], &[]), "fsdp_version"), "1 from a.yaml:6");
}

#[test]
fn plain_fields_come_from_the_file_where_no_option_is_given() {
    let config = format!(
        "{MULTI}num_machines: 2\nmachine_rank: 1\nmain_process_ip: n0\nmain_process_port: 1234\ndebug: true\nuse_cpu: false\n\
         main_training_function: go\ntpu_name: pod\n"
    );
    let page = resolve(&config, &[], &["--machine_rank", "0"]);
    for (name, expected) in [
        ("num_machines", "2 from a.yaml:4"),
        ("machine_rank", "0 from --machine_rank"),
        ("main_process_ip", "\"n0\" from a.yaml:6"),
        ("main_process_port", "1234 from a.yaml:7"),
        ("debug", "true from a.yaml:8"),
        ("use_cpu", "false from a.yaml:9"),
        ("main_training_function", "\"go\" from a.yaml:10"),
        ("tpu_name", "\"pod\" from a.yaml:11"),
    ] {
        assert_eq!(said(&page, name), expected);
    }
}

#[test]
fn a_file_without_a_count_asks_for_one() {
    let page = resolve("distributed_type: MULTI_GPU\n", &[], &[]);
    assert_eq!(refusal(&page), "ValueError");
    assert_eq!(said(&page, "mixed_precision"), "\"no\" from default");
    assert_eq!(refusal(&resolve("distributed_type: MULTI_GPU\n", &[], &["--num_processes", "2"])), "nothing");
    assert_eq!(said(&resolve("distributed_type: 'NO'\n", &[], &[]), "num_processes"), "1 from default");
}

#[test]
fn options_alone_can_contradict_each_other() {
    assert_eq!(refusal(&resolve(MULTI, &[], &["--use_fsdp", "--use_deepspeed"])), "ValueError");
    assert_eq!(refusal(&resolve(MULTI, &[], &["--multi_gpu", "--num_processes", "1"])), "ValueError");
    assert_eq!(refusal(&resolve(MULTI, &[], &["--use_parallelism_config"])), "ValueError");
}

#[test]
fn without_a_file_the_machine_decides() {
    let room = Room::new();
    let run = room.run(&["resolve", "--format", "json", "--machine", "8xh100-sxm"]);
    let page: Json = serde_json::from_str(&run.stdout).expect("JSON");
    assert_eq!(said(&page, "num_processes"), "8 from hardware: 8 GPUs");
    assert_eq!(said(&page, "multi_gpu"), "true from hardware: 8 GPUs");
    assert_eq!(said(&page, "num_machines"), "1 from default");
    assert!(run.stderr.contains("no config is used"), "{}", run.stderr);
}

#[test]
fn sagemaker_is_refused_in_plain_words() {
    let config = "compute_environment: AMAZON_SAGEMAKER\ndistributed_type: DATA_PARALLEL\nec2_instance_type: a\niam_role_name: b\n";
    let run = Room::new().file("a.yaml", config).run(&["resolve", "a.yaml"]);
    assert_eq!(run.code, 1);
    assert!(run.stderr.contains("no accelerate from 1.10 to 1.15 can launch one"), "{}", run.stderr);
}

/// The used config as it is told.
fn told(run: &Run) -> &str {
    run.stderr.lines().next().unwrap_or_default()
}

#[test]
fn the_config_that_is_used_is_always_told() {
    let default = "cache/accelerate/default_config.yaml";
    let room = || Room::new().variable("HF_HOME", "cache");
    assert!(told(&room().run(&["resolve"])).contains("no config is used"));
    let run = room().file(default, MULTI).run(&["resolve"]);
    assert!(
        told(&run).contains("Accelerate's default file cache/accelerate/default_config.yaml"),
        "{}",
        run.stderr
    );
    let both = room().file(default, MULTI).file("accelerate_config.yaml", "distributed_type: 'NO'\n");
    let run = both.run(&["resolve"]);
    assert!(
        told(&run).contains("project's accelerate_config.yaml") && told(&run).contains("another project's"),
        "{}",
        run.stderr
    );
    let run = both.run(&["resolve", default]);
    assert!(told(&run).contains("this project has its own"), "{}", run.stderr);
    let run = both.run(&["resolve", "--cpu", "--format", "json"]);
    assert!(told(&run).contains("`--cpu` reads no config"), "{}", run.stderr);
    let run = both.run(&["resolve", "accelerate_config.yaml"]);
    assert_eq!(run.stderr, "", "a named config needs no words");
}

#[test]
fn people_get_a_table_and_programs_yaml() {
    let room = Room::new().file("a.yaml", format!("{MULTI}rdzv_backend: c10d\n"));
    let run = room.run_with(&[("ACCELERATE_GPU_IDS", "1")], &["resolve", "a.yaml", "--num_processes", "4"]);
    assert!(run.stdout.contains("--num_processes, beats 2 (a.yaml:3)"), "{}", run.stdout);
    assert!(
        run.stdout.contains("ACCELERATE_GPU_IDS = '1'") && run.stdout.contains("set CUDA_VISIBLE_DEVICES"),
        "{}",
        run.stdout
    );
    let yaml = room.run(&["resolve", "a.yaml", "--format", "yaml"]).stdout;
    assert!(yaml.contains("num_processes: 2  # a.yaml:3\n"), "{yaml}");
}
